#pragma once
// A cursor over DER elements (X.690) that never reads beyond its bytes.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace legible::certs {

/// Identifier octets of the types that X.509 uses.
namespace tag {
inline constexpr std::uint8_t boolean = 0x01;
inline constexpr std::uint8_t integer = 0x02;
inline constexpr std::uint8_t bit_string = 0x03;
inline constexpr std::uint8_t octet_string = 0x04;
inline constexpr std::uint8_t null = 0x05;
inline constexpr std::uint8_t oid = 0x06;
inline constexpr std::uint8_t enumerated = 0x0a;
inline constexpr std::uint8_t utf8_string = 0x0c;
inline constexpr std::uint8_t printable_string = 0x13;
inline constexpr std::uint8_t t61_string = 0x14;
inline constexpr std::uint8_t ia5_string = 0x16;
inline constexpr std::uint8_t utc_time = 0x17;
inline constexpr std::uint8_t generalized_time = 0x18;
inline constexpr std::uint8_t visible_string = 0x1a;
inline constexpr std::uint8_t universal_string = 0x1c;
inline constexpr std::uint8_t bmp_string = 0x1e;
inline constexpr std::uint8_t sequence = 0x30;
inline constexpr std::uint8_t set = 0x31;
/// [n] around a primitive value, and [n] around an element.
constexpr std::uint8_t context(unsigned n) { return static_cast<std::uint8_t>(0x80 | n); }
constexpr std::uint8_t explicit_context(unsigned n) { return static_cast<std::uint8_t>(0xa0 | n); }
}  // namespace tag

struct DerElement {
  std::uint8_t tag = 0;
  std::span<const std::uint8_t> content;
  std::span<const std::uint8_t> whole;  ///< header and content
  bool cut = false;                     ///< the length says more than there is
};

/// Non-minimal lengths are read too, as the common stacks do; indefinite ones, and tags of more
/// than one octet, are not: the cursor then stays before them, with `empty()` false.
class DerReader {
 public:
  explicit DerReader(std::span<const std::uint8_t> bytes) : rest_(bytes) {}

  bool empty() const { return rest_.empty(); }
  std::span<const std::uint8_t> rest() const { return rest_; }

  /// The next element, whole.
  std::optional<DerElement> next() { return take(false); }

  /// The next element, whole, when it has this tag; otherwise the cursor stays.
  std::optional<DerElement> next(std::uint8_t tag) {
    return !rest_.empty() && rest_.front() == tag ? take(false) : std::nullopt;
  }

  /// As `next(tag)`; an element that is cut short gives what there is of it.
  std::optional<DerElement> next_or_cut(std::uint8_t tag) {
    return !rest_.empty() && rest_.front() == tag ? take(true) : std::nullopt;
  }

 private:
  std::optional<DerElement> take(bool allow_cut) {
    if (rest_.size() < 2 || (rest_[0] & 0x1f) == 0x1f) return std::nullopt;
    std::size_t header = 2;
    std::size_t length = rest_[1];
    if (length >= 0x80) {
      const std::size_t octets = length & 0x7f;
      if (octets == 0 || octets > 4 || rest_.size() < header + octets) return std::nullopt;
      length = 0;
      for (std::size_t i = 0; i < octets; ++i) length = length << 8 | rest_[header + i];
      header += octets;
    }
    const bool cut = length > rest_.size() - header;
    if (cut && !allow_cut) return std::nullopt;
    if (cut) length = rest_.size() - header;
    const DerElement element{rest_[0], rest_.subspan(header, length), rest_.first(header + length),
                             cut};
    rest_ = rest_.subspan(header + length);
    return element;
  }

  std::span<const std::uint8_t> rest_;
};

}  // namespace legible::certs
