#include "proxy/ways/client_rules.hpp"

#include <algorithm>
#include <string>

#include "proxy/text/glob.hpp"

namespace legible::proxy {

bool covers_target(std::string_view pattern, const HostPort& target) {
  const std::size_t colon = pattern.rfind(':');
  const bool bracketed = pattern.starts_with('[');
  const bool has_port =
      colon != pattern.npos && (bracketed ? pattern[colon - 1] == ']' : pattern.find(':') == colon);
  if (has_port && !matches_glob(pattern.substr(colon + 1), std::to_string(target.port))) {
    return false;
  }
  std::string_view host = has_port ? pattern.substr(0, colon) : pattern;
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const bool for_addresses = host.find_first_of("0123456789") != host.npos &&
                             host.find_first_not_of("0123456789.*?") == host.npos;
  if (for_addresses && !SocketAddress::from_numeric(target.host, 0)) return false;
  return matches_glob(host, target.host);
}

bool ClientRules::admits(const SocketAddress& client) const {
  return clients.empty() || any_contains(clients, client);
}

bool ClientRules::allows(const HostPort& target) const {
  return targets.empty() || std::ranges::any_of(targets, [&](const auto& each) {
           return covers_target(each, target);
         });
}

}  // namespace legible::proxy
