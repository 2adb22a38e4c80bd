#include "proxy/client_rules.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "proxy/glob.hpp"

namespace legible::proxy {

bool ClientRules::admits(const SocketAddress& client) const {
  return clients.empty() || any_contains(clients, client);
}

bool ClientRules::allows(const HostPort& target) const {
  return targets.empty() || std::ranges::any_of(targets, [&](const std::string& glob) {
           return matches_glob(glob, target.host) ||
                  matches_glob(glob, fmt::format("{}:{}", target.host, target.port));
         });
}

}  // namespace legible::proxy
