#include "proxy/ways/way_in.hpp"

#include <algorithm>

#include "parser/ascii.hpp"

namespace legible::proxy {

std::string in_lower_case(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), parser::ascii_lower);
  return lower;
}

}  // namespace legible::proxy
