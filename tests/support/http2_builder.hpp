#pragma once
// Frames of HTTP/2, byte by byte: RFC 9113 section 4.1.

#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <utility>

#include "support/bytes.hpp"

namespace legible::test {

inline const std::string_view h2_preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

inline Bytes number32(std::uint32_t value) {
  return {static_cast<std::uint8_t>(value >> 24), static_cast<std::uint8_t>(value >> 16),
          static_cast<std::uint8_t>(value >> 8), static_cast<std::uint8_t>(value)};
}

inline Bytes h2_frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                      const Bytes& payload = {}) {
  const auto size = static_cast<std::uint32_t>(payload.size());
  return concat({{static_cast<std::uint8_t>(size >> 16), static_cast<std::uint8_t>(size >> 8),
                  static_cast<std::uint8_t>(size), type, flags},
                 number32(stream),
                 payload});
}

/// A header block of literals that go into no table: RFC 7541 section 6.2.2. Strings below 127
/// bytes.
inline Bytes h2_fields(
    std::initializer_list<std::pair<std::string_view, std::string_view>> fields) {
  Bytes block;
  for (const auto& [name, value] : fields) {
    block.push_back(0);
    for (const std::string_view each : {name, value}) {
      block.push_back(static_cast<std::uint8_t>(each.size()));
      block.insert(block.end(), each.begin(), each.end());
    }
  }
  return block;
}

inline constexpr std::uint8_t h2_end_stream = 1;
inline constexpr std::uint8_t h2_end_headers = 4;
inline constexpr std::uint8_t h2_padded = 8;
inline constexpr std::uint8_t h2_priority = 0x20;

inline Bytes h2_headers(std::uint32_t stream, std::uint8_t flags, const Bytes& block) {
  return h2_frame(1, static_cast<std::uint8_t>(flags | h2_end_headers), stream, block);
}
inline Bytes h2_data(std::uint32_t stream, std::uint8_t flags, std::string_view words) {
  return h2_frame(0, flags, stream, text(words));
}
inline Bytes h2_settings() { return h2_frame(4, 0, 0); }

}  // namespace legible::test
