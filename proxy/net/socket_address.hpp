#pragma once
// Addresses as people write them and as the kernel wants them.

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace legible::proxy {

/// A host (name or address, without brackets) and a port.
struct HostPort {
  std::string host;
  std::uint16_t port = 0;

  bool operator==(const HostPort&) const = default;
};

/// `partner.example:443`, `1.2.3.4:443`, `[2001:db8::1]:443`. None when it is neither.
std::optional<HostPort> parse_host_port(std::string_view text);

/// An IPv4 or IPv6 address with its port.
class SocketAddress {
 public:
  SocketAddress() = default;
  explicit SocketAddress(const sockaddr* address);

  /// None unless `host` is a numeric address.
  static std::optional<SocketAddress> from_numeric(const std::string& host, std::uint16_t port);

  int family() const { return storage_.any.sa_family; }
  const sockaddr* data() const { return &storage_.any; }
  socklen_t size() const;

  std::string host() const;  ///< `1.2.3.4`, `2001:db8::1`
  std::string text() const;  ///< `1.2.3.4:443`, `[2001:db8::1]:443`
  std::uint16_t port() const;
  /// The address itself, 4 or 16 bytes in network order.
  std::span<const std::uint8_t> bytes() const;

 private:
  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
  } storage_{};
};

}  // namespace legible::proxy
