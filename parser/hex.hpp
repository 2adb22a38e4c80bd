#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace legible::parser {

/// Two lower-case digits for each byte.
inline std::string hex(std::span<const std::uint8_t> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text(bytes.size() * 2, '0');
  auto digit = text.begin();
  for (const std::uint8_t byte : bytes) {
    *digit++ = digits[byte >> 4];
    *digit++ = digits[byte & 0xf];
  }
  return text;
}

}  // namespace legible::parser
