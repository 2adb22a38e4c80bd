#pragma once
// UTF-8: RFC 3629.

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace legible::proxy {

/// One character: its length and value, or one byte that begins none.
struct Utf8Character {
  std::size_t length = 1;
  std::uint32_t code = 0;
  bool valid = false;
};

/// The first character of a text that is not empty: in the shortest form only, no surrogate,
/// nothing above U+10FFFF.
Utf8Character decode_utf8(std::string_view text);

/// Length of the longest prefix that is whole characters.
std::size_t valid_utf8_prefix(std::string_view text);

}  // namespace legible::proxy
