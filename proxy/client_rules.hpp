#pragma once
// Who may use the proxy, and for what, where clients choose their target.

#include <optional>
#include <string>
#include <vector>

#include "proxy/address_range.hpp"
#include "proxy/forward_dialogue.hpp"
#include "proxy/socket_address.hpp"

namespace legible::proxy {

struct ClientRules {
  std::vector<AddressRange> clients;            ///< that are served; empty: all
  std::vector<std::string> targets;             ///< globs of HOST or HOST:PORT; empty: all
  std::optional<ProxyCredentials> credentials;  ///< that a forward proxy's clients have to give
  /// Whose PROXY header is believed; empty: nobody's is looked for.
  std::vector<AddressRange> header_senders;

  bool admits(const SocketAddress& client) const;
  bool allows(const HostPort& target) const;
};

}  // namespace legible::proxy
