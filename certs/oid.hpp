#pragma once
// Object identifiers: written as dotted text in our tables, compared as the DER that is on the
// wire.

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace legible::certs {

/// The content octets of an OBJECT IDENTIFIER (X.690 section 8.19), made at compile time.
struct Oid {
  std::array<std::uint8_t, 12> octets{};
  std::uint8_t size = 0;

  constexpr std::span<const std::uint8_t> bytes() const { return {octets.data(), size}; }
  friend constexpr bool operator==(const Oid& oid, std::span<const std::uint8_t> der) {
    return std::ranges::equal(oid.bytes(), der);
  }
};

/// "2.5.4.3"_oid. Text that is no identifier, or a too long one, does not compile.
consteval Oid operator""_oid(const char* text, std::size_t length) {
  Oid oid;
  std::uint64_t first = 0;
  std::size_t index = 0;
  for (std::size_t at = 0; at < length; ++index) {
    std::uint64_t arc = 0;
    for (; at < length && text[at] != '.'; ++at) {
      if (text[at] < '0' || text[at] > '9') throw "an arc is a decimal number";
      arc = arc * 10 + static_cast<std::uint64_t>(text[at] - '0');
    }
    ++at;
    if (index == 0) {
      first = arc;
      continue;
    }
    if (index == 1) arc += first * 40;
    unsigned shift = 0;
    while (arc >> shift >= 0x80) shift += 7;
    for (;; shift -= 7) {
      const bool last = shift == 0;
      oid.octets.at(oid.size++) =
          static_cast<std::uint8_t>(((arc >> shift) & 0x7f) | (last ? 0u : 0x80u));
      if (last) break;
    }
  }
  if (index < 2) throw "an identifier has at least two arcs";
  return oid;
}

/// "2.5.4.3". An identifier that is malformed, or has an arc beyond 63 bits, is told as hex.
std::string dotted(std::span<const std::uint8_t> oid);

/// The DER content octets of dotted text. Throws std::invalid_argument when it is no identifier.
std::vector<std::uint8_t> parse_dotted(std::string_view text);

/// A row of a table of names.
struct NamedOid {
  Oid oid;
  std::string_view name;
};

/// The name in the table, else empty.
std::string_view find_name(std::span<const NamedOid> table, std::span<const std::uint8_t> oid);
/// The identifier in the table, else null.
const Oid* find_oid(std::span<const NamedOid> table, std::string_view name);
/// The name in the table, else the dotted text.
std::string name_or_dotted(std::span<const NamedOid> table, std::span<const std::uint8_t> oid);

std::span<const NamedOid> attribute_names();           ///< "CN", "O", ... (RFC 4514 section 3)
std::span<const NamedOid> signature_names();           ///< "sha256WithRSAEncryption", ...
std::span<const NamedOid> key_names();                 ///< "RSA", "EC", "Ed25519", ...
std::span<const NamedOid> curve_names();               ///< "P-256", ...
std::span<const NamedOid> extended_key_usage_names();  ///< "serverAuth", ...

}  // namespace legible::certs
