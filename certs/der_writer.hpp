#pragma once
// DER from the inside out: the content first, then its header (X.690 section 10).

#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "certs/der_reader.hpp"

namespace legible::certs::der {

using Bytes = std::vector<std::uint8_t>;

inline Bytes element(std::uint8_t tag, std::span<const std::uint8_t> content) {
  Bytes bytes{tag};
  if (content.size() < 0x80) {
    bytes.push_back(static_cast<std::uint8_t>(content.size()));
  } else {
    unsigned octets = 1;
    while (octets < sizeof(std::size_t) && content.size() >> (8 * octets) != 0) ++octets;
    bytes.push_back(static_cast<std::uint8_t>(0x80 | octets));
    while (octets-- > 0) {
      bytes.push_back(static_cast<std::uint8_t>(content.size() >> (8 * octets) & 0xff));
    }
  }
  bytes.insert(bytes.end(), content.begin(), content.end());
  return bytes;
}

template <std::same_as<Bytes>... Part>
Bytes concatenate(const Part&... parts) {
  Bytes bytes;
  (bytes.insert(bytes.end(), parts.begin(), parts.end()), ...);
  return bytes;
}

template <std::same_as<Bytes>... Part>
Bytes sequence(const Part&... parts) {
  return element(tag::sequence, concatenate(parts...));
}

inline Bytes oid(std::span<const std::uint8_t> octets) { return element(tag::oid, octets); }

inline Bytes text(std::uint8_t tag, std::string_view value) {
  return element(tag, {reinterpret_cast<const std::uint8_t*>(value.data()), value.size()});
}

/// A non-negative INTEGER from big-endian octets.
inline Bytes integer(std::span<const std::uint8_t> octets) {
  while (octets.size() > 1 && octets.front() == 0) octets = octets.subspan(1);
  Bytes content(octets.begin(), octets.end());
  if (content.empty() || (content.front() & 0x80) != 0) content.insert(content.begin(), 0);
  return element(tag::integer, content);
}

inline Bytes integer(std::uint32_t value) {
  const std::uint8_t octets[] = {
      static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>(value >> 16),
      static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
  return integer(octets);
}

inline Bytes boolean(bool value) {
  const std::uint8_t octet[] = {static_cast<std::uint8_t>(value ? 0xff : 0x00)};
  return element(tag::boolean, octet);
}

inline Bytes null() { return element(tag::null, {}); }

/// A BIT STRING of whole octets.
inline Bytes bit_string(std::span<const std::uint8_t> octets) {
  Bytes content{0};
  content.insert(content.end(), octets.begin(), octets.end());
  return element(tag::bit_string, content);
}

}  // namespace legible::certs::der
