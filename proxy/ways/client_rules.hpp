#pragma once
// Who may use the proxy, and for what, where clients choose their target.

#include <optional>
#include <string>
#include <vector>

#include "proxy/net/address_range.hpp"
#include "proxy/net/socket_address.hpp"
#include "proxy/ways/proxy_credentials.hpp"

namespace legible::proxy {

/// Whether a pattern of --allow-to covers the target: HOST, or HOST:PORT with an IPv6 address in
/// brackets. One of digits, dots and wildcards alone is for addresses: no name matches it.
bool covers_target(std::string_view pattern, const HostPort& target);

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
