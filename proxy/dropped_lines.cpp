#include "proxy/dropped_lines.hpp"

#include <fmt/format.h>

#include <charconv>

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
  const std::string_view digits = notice.substr(begin + before.size());
  std::uint64_t count = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  return error == std::errc{} && end == digits.data() + digits.size() ? count : 0;
}

}  // namespace legible::proxy
