#include "proxy/net/socket_address.hpp"

#include <arpa/inet.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "parser/ascii.hpp"

namespace legible::proxy {
namespace {

bool is_host_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
         c == '-' || c == '_';
}

bool is_ipv6(const std::string& host) {
  sockaddr_in6 parsed;
  return uv_ip6_addr(host.c_str(), 0, &parsed) == 0;
}

}  // namespace

std::optional<HostPort> parse_host_port(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;

  HostPort result;
  const auto port = parser::number_in<std::uint16_t>(text.substr(colon + 1));
  if (!port) return std::nullopt;
  result.port = *port;

  const std::string_view host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    result.host = host.substr(1, host.size() - 2);
    if (!is_ipv6(result.host)) return std::nullopt;
    return result;
  }
  // RFC 1035 section 2.3.4: a name has at most 255 octets.
  if (host.empty() || host.size() > 255 || !std::ranges::all_of(host, is_host_character)) {
    return std::nullopt;
  }
  result.host = host;
  return result;
}

SocketAddress::SocketAddress(const sockaddr* address) {
  if (address->sa_family == AF_INET6) {
    std::memcpy(&storage_.v6, address, sizeof storage_.v6);
  } else {
    std::memcpy(&storage_.v4, address, sizeof storage_.v4);
  }
}

std::optional<SocketAddress> SocketAddress::from_numeric(const std::string& host,
                                                         std::uint16_t port) {
  SocketAddress address;
  if (uv_ip4_addr(host.c_str(), port, &address.storage_.v4) == 0) return address;
  if (uv_ip6_addr(host.c_str(), port, &address.storage_.v6) == 0) return address;
  return std::nullopt;
}

socklen_t SocketAddress::size() const {
  return family() == AF_INET6 ? sizeof storage_.v6 : sizeof storage_.v4;
}

std::string SocketAddress::host() const {
  if (family() == AF_INET6) {
    char text[INET6_ADDRSTRLEN] = "";
    inet_ntop(AF_INET6, &storage_.v6.sin6_addr, text, sizeof text);
    return text;
  }
  // inet_ntop is a sprintf, which every connection would pay for three times.
  const auto bytes = std::bit_cast<std::array<std::uint8_t, 4>>(storage_.v4.sin_addr);
  std::string text;
  for (const std::uint8_t byte : bytes) {
    if (!text.empty()) text += '.';
    text += std::to_string(byte);
  }
  return text;
}

std::string SocketAddress::text() const {
  const std::string shown = family() == AF_INET6 ? "[" + host() + "]" : host();
  return shown + ":" + std::to_string(port());
}

std::uint16_t SocketAddress::port() const {
  return ntohs(family() == AF_INET6 ? storage_.v6.sin6_port : storage_.v4.sin_port);
}

std::span<const std::uint8_t> SocketAddress::bytes() const {
  if (family() == AF_INET6) return storage_.v6.sin6_addr.s6_addr;
  const auto& v4 = storage_.v4.sin_addr;
  return {reinterpret_cast<const std::uint8_t*>(&v4), sizeof v4};
}

}  // namespace legible::proxy
