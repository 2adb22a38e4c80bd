#include "proxy/net/address_range.hpp"

#include <algorithm>

#include "parser/ascii.hpp"

namespace legible::proxy {
namespace {

constexpr int ipv4_bits = 32;
constexpr int ipv6_bits = 128;

}  // namespace

AddressRange::Bytes AddressRange::mapped(const SocketAddress& address) {
  Bytes bytes{};
  const auto own = address.bytes();
  std::ranges::copy_backward(own, bytes.end());
  if (own.size() < bytes.size()) bytes[10] = bytes[11] = 0xff;
  return bytes;
}

std::optional<AddressRange> AddressRange::parse(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto address = SocketAddress::from_numeric(std::string(text.substr(0, slash)), 0);
  if (!address) return std::nullopt;
  const int longest = address->family() == AF_INET ? ipv4_bits : ipv6_bits;
  int bits = longest;
  if (slash < text.size()) {
    const auto given = parser::number_in<int>(text.substr(slash + 1));
    if (!given || *given < 0 || *given > longest) return std::nullopt;
    bits = *given;
  }
  AddressRange range;
  range.network_ = mapped(*address);
  range.bits_ = ipv6_bits - longest + bits;
  return range;
}

bool AddressRange::contains(const SocketAddress& address) const {
  const Bytes bytes = mapped(address);
  const auto whole = static_cast<std::size_t>(bits_ / 8);
  if (!std::equal(bytes.begin(), bytes.begin() + whole, network_.begin())) return false;
  if (bits_ % 8 == 0) return true;
  const int mask = 0xff00 >> bits_ % 8 & 0xff;
  return ((bytes[whole] ^ network_[whole]) & mask) == 0;
}

bool any_contains(const std::vector<AddressRange>& ranges, const SocketAddress& address) {
  return std::ranges::any_of(ranges,
                             [&](const AddressRange& range) { return range.contains(address); });
}

}  // namespace legible::proxy
