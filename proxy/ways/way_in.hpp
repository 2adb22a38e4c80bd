#pragma once
// How clients come to a listener, and so how the server of each is found.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "proxy/net/socket_address.hpp"

namespace legible::proxy {

enum class WayIn : std::uint8_t {
  fixed,        ///< everything goes to one server
  forward,      ///< the client names it: HTTP CONNECT, absolute-form HTTP, SOCKS
  by_sni,       ///< the client's hello does
  transparent,  ///< it is where the client's packets went before they were redirected
};

struct ListenerSettings {
  SocketAddress address;
  WayIn way = WayIn::fixed;
  HostPort target;  ///< fixed: the server; by_sni: the port alone
};

/// Where to connect for a name that clients ask for, instead of looking it up. Names in lower case.
using NamedAddresses = std::map<std::string, std::string, std::less<>>;

std::string in_lower_case(std::string_view name);

}  // namespace legible::proxy
