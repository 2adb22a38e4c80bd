#include "parser/http_secrets.hpp"

#include <algorithm>
#include <array>

#include "parser/ascii.hpp"

namespace legible::parser {

bool is_secret_field(std::string_view name) {
  constexpr std::array<std::string_view, 4> secrets{"Authorization", "Proxy-Authorization",
                                                    "Cookie", "Set-Cookie"};
  // Asked of every field that is told: most have none of these lengths.
  return std::ranges::any_of(secrets, [&](std::string_view each) {
    return each.size() == name.size() && same_in_any_case(name, each);
  });
}

std::string without_credentials(std::string_view target) {
  constexpr std::string_view separator = "://";
  std::string text(target);
  const std::size_t scheme = target.find(separator);
  if (scheme == std::string_view::npos || target.find('/') < scheme) return text;
  const std::size_t begin = scheme + separator.size();
  const std::size_t end = std::min(target.find_first_of("/?#", begin), target.size());
  const std::size_t at = target.substr(0, end).rfind('@');
  if (at != std::string_view::npos && at >= begin) text.replace(begin, at - begin, masked);
  return text;
}

}  // namespace legible::parser
