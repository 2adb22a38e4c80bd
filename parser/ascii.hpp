#pragma once
// Letters of the protocols that are text: ASCII, whatever the locale.

#include <algorithm>
#include <string_view>

namespace legible::parser {

constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

constexpr bool same_in_any_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, ascii_lower, ascii_lower);
}

}  // namespace legible::parser
