#include "proxy/net/own_listener.hpp"

#include <ifaddrs.h>

#include <algorithm>
#include <memory>
#include <string>

namespace legible::proxy {
namespace {

constexpr std::string_view any_ipv4 = "0.0.0.0";
constexpr std::string_view any_ipv6 = "::";

bool is_ipv6(std::string_view host) { return host.find(':') != std::string_view::npos; }

/// Where the kernel goes when it is told to connect to this address.
std::string destination(const SocketAddress& target) {
  constexpr std::string_view mapped = "::ffff:";  // RFC 4291 section 2.5.5.2
  std::string host = target.host();
  if (host.starts_with(mapped) && host.find('.') != std::string::npos) host.erase(0, mapped.size());
  if (host == any_ipv4) return "127.0.0.1";
  if (host == any_ipv6) return "::1";
  return host;
}

bool is_interface_address(std::string_view host) {
  ifaddrs* first = nullptr;
  if (getifaddrs(&first) != 0) return false;
  const std::unique_ptr<ifaddrs, decltype(&freeifaddrs)> owned{first, &freeifaddrs};
  for (; first != nullptr; first = first->ifa_next) {
    const sockaddr* address = first->ifa_addr;
    if (address == nullptr) continue;
    if (address->sa_family != AF_INET && address->sa_family != AF_INET6) continue;
    if (SocketAddress(address).host() == host) return true;
  }
  return false;
}

bool is_of_this_machine(std::string_view host) {
  // RFC 1122 section 3.2.1.3: all of 127/8 is loopback, though one address of it is configured.
  return host == "::1" || (host.starts_with("127.") && !is_ipv6(host)) ||
         is_interface_address(host);
}

}  // namespace

bool leads_to_own_listener(const SocketAddress& target, std::span<const SocketAddress> listeners) {
  const std::string host = destination(target);
  return std::ranges::any_of(listeners, [&](const SocketAddress& listener) {
    if (listener.port() != target.port()) return false;
    const std::string own = listener.host();
    if (own == any_ipv4) return !is_ipv6(host) && is_of_this_machine(host);
    if (own == any_ipv6) return is_ipv6(host) && is_of_this_machine(host);
    return own == host;
  });
}

}  // namespace legible::proxy
