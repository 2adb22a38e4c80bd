#include "proxy/net/reach.hpp"

#include <algorithm>

#include "proxy/net/address_range.hpp"
#include "proxy/net/own_listener.hpp"
#include "proxy/ways/client_rules.hpp"

namespace legible::proxy {
namespace {

/// What is of this machine or its hypervisor alone, cloud providers' metadata services above all:
/// RFC 3927, RFC 4291 section 2.5.6, RFC 1122 section 3.2.1.3, and one well-known address.
const std::vector<AddressRange>& local_places() {
  static const std::vector<AddressRange> places = [] {
    std::vector<AddressRange> ranges;
    for (const char* range :
         {"169.254.0.0/16", "0.0.0.0/8", "fe80::/10", "fd00:ec2::254", "::/128"}) {
      ranges.push_back(*AddressRange::parse(range));
    }
    return ranges;
  }();
  return places;
}

/// A pattern of stars alone allows everything that is not special.
bool names(std::string_view pattern, const SocketAddress& address) {
  const std::size_t host_end = std::min(pattern.find(':'), pattern.size());
  return pattern.substr(0, host_end).find_first_not_of("*?") != pattern.npos &&
         covers_target(pattern, {address.host(), address.port()});
}

}  // namespace

std::optional<OutOfReach> Reach::obstacle(const SocketAddress& address) const {
  if (leads_to_own_listener(address, listeners)) return OutOfReach::own_listener;
  if (!clients_choose || !any_contains(local_places(), address)) return std::nullopt;
  // By its address: what a name leads to is for whoever runs its name server to say.
  const bool allowed =
      std::ranges::any_of(allowed_targets, [&](const auto& glob) { return names(glob, address); });
  return allowed ? std::nullopt : std::optional(OutOfReach::not_allowed);
}

}  // namespace legible::proxy
