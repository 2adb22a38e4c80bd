#pragma once
// Letters and digits of the protocols that are text: ASCII, whatever the locale.

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <system_error>

namespace legible::parser {

constexpr char ascii_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

constexpr bool same_in_any_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, ascii_lower, ascii_lower);
}

constexpr bool begins_in_any_case(std::string_view text, std::string_view beginning) {
  return same_in_any_case(text.substr(0, beginning.size()), beginning);
}

/// The number that `text` is, all of it, in digits of that base; of a signed type it may begin with
/// a minus sign. None: it is something else, or more than an Integer holds.
template <class Integer>
std::optional<Integer> number_in(std::string_view text, int base = 10) {
  Integer number{};
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const auto [stop, error] = std::from_chars(begin, end, number, base);
  return error == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

}  // namespace legible::parser
