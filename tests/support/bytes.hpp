#pragma once
// Bytes as tests like to write them.

#include <cstdint>
#include <initializer_list>
#include <span>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace legible::test {

using Bytes = std::vector<std::uint8_t>;

inline Bytes text(std::string_view characters) { return {characters.begin(), characters.end()}; }

/// Hexadecimal digits; blanks are for the reader. Throws for anything else.
inline Bytes hex(std::string_view digits) {
  Bytes bytes;
  int high = -1;
  for (const char c : digits) {
    if (c == ' ' || c == '\n') continue;
    constexpr std::string_view values = "0123456789abcdef";
    const std::size_t value = values.find(c);
    if (value == std::string_view::npos) throw std::invalid_argument("not a hexadecimal digit");
    if (high < 0) {
      high = static_cast<int>(value);
    } else {
      bytes.push_back(static_cast<std::uint8_t>(high << 4 | static_cast<int>(value)));
      high = -1;
    }
  }
  if (high >= 0) throw std::invalid_argument("half a byte");
  return bytes;
}

inline Bytes concat(std::initializer_list<Bytes> parts) {
  Bytes all;
  for (const Bytes& part : parts) all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace legible::test
