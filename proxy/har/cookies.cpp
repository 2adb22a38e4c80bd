#include "proxy/har/cookies.hpp"

#include <algorithm>

#include "parser/ascii.hpp"

namespace legible::proxy::har {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t";
  text.remove_prefix(std::min(text.find_first_not_of(blank), text.size()));
  return text.substr(0, text.find_last_not_of(blank) + 1);
}

using Pair = std::pair<std::string_view, std::string_view>;

/// Takes the part before the next semicolon.
Pair next_pair(std::string_view& rest) {
  const std::size_t end = std::min(rest.find(';'), rest.size());
  const std::string_view part = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  const std::size_t equals = std::min(part.find('='), part.size());
  return {trimmed(part.substr(0, equals)), trimmed(part.substr(std::min(equals + 1, part.size())))};
}

}  // namespace

std::vector<Cookie> sent_cookies(std::string_view field) {
  std::vector<Cookie> all;
  while (!field.empty()) {
    const auto [name, value] = next_pair(field);
    if (!name.empty() || !value.empty()) all.push_back({name, value, {}, {}});
  }
  return all;
}

Cookie set_cookie(std::string_view field) {
  const auto [name, value] = next_pair(field);
  Cookie cookie{name, value, {}, {}};
  while (!field.empty()) {
    const auto [attribute, content] = next_pair(field);
    if (parser::same_in_any_case(attribute, "Path")) cookie.path = content;
    if (parser::same_in_any_case(attribute, "Domain")) cookie.domain = content;
    cookie.http_only |= parser::same_in_any_case(attribute, "HttpOnly");
    cookie.secure |= parser::same_in_any_case(attribute, "Secure");
  }
  return cookie;
}

}  // namespace legible::proxy::har
