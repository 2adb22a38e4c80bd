#pragma once
// Where the proxy connects on a client's behalf, and where it does not.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proxy/net/socket_address.hpp"

namespace legible::proxy {

enum class OutOfReach : std::uint8_t {
  own_listener,  ///< the proxy would serve itself, each connection opening the next
  not_allowed,   ///< a place that a client shall not reach through this machine
};

struct Reach {
  std::vector<SocketAddress> listeners;  ///< the proxy's own
  /// Clients choose their target: link-local and unspecified addresses are refused, unless
  /// `allowed_targets` names them as addresses.
  bool clients_choose = false;
  std::vector<std::string> allowed_targets;  ///< globs

  /// Why not to connect to `address`. None: nothing speaks against it.
  std::optional<OutOfReach> obstacle(const SocketAddress& address) const;
};

}  // namespace legible::proxy
