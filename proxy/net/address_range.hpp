#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/net/socket_address.hpp"

namespace legible::proxy {

/// Addresses with a common prefix, in CIDR notation (RFC 4632 section 3.1).
class AddressRange {
 public:
  /// `10.0.0.0/8`, `2001:db8::/32`, or a single address. None when it is neither.
  static std::optional<AddressRange> parse(std::string_view text);

  /// An IPv4 address that is written as an IPv6 one (RFC 4291 section 2.5.5.2) counts as what it
  /// is.
  bool contains(const SocketAddress& address) const;

 private:
  using Bytes = std::array<std::uint8_t, 16>;

  static Bytes mapped(const SocketAddress& address);

  Bytes network_{};  ///< an IPv4 address as an IPv6 one
  int bits_ = 0;     ///< of `network_`
};

bool any_contains(const std::vector<AddressRange>& ranges, const SocketAddress& address);

}  // namespace legible::proxy
