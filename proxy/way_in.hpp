#pragma once
// How clients come to a listener, and so how the server of each is found.

#include <cstdint>

#include "proxy/socket_address.hpp"

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

}  // namespace legible::proxy
