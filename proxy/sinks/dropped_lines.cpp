#include "proxy/sinks/dropped_lines.hpp"

#include <fmt/format.h>

#include "parser/ascii.hpp"

namespace legible::proxy {
namespace {

constexpr std::string_view before = ": ";
constexpr std::string_view after = " lines were dropped here";

}  // namespace

std::string dropped_lines_text(std::string_view destination, std::uint64_t count) {
  return fmt::format("{}{}{}{}", destination, before, count, after);
}

std::uint64_t lines_dropped(std::string_view notice) {
  if (!notice.ends_with(after)) return 0;
  notice.remove_suffix(after.size());
  const std::size_t begin = notice.rfind(before);
  if (begin == std::string_view::npos) return 0;
  return parser::number_in<std::uint64_t>(notice.substr(begin + before.size())).value_or(0);
}

}  // namespace legible::proxy
