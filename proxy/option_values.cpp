#include "proxy/option_values.hpp"

#include <fmt/format.h>

#include <charconv>

namespace legible::proxy {

void refuse(std::string_view option, std::string_view value, std::string_view wanted) {
  throw Refused{fmt::format("--{} {}: {}", option, value, wanted)};
}

std::uint32_t number(const cxxopts::ParseResult& given, const std::string& option,
                     std::uint32_t least, std::uint32_t most) {
  const auto& text = given[option].as<std::string>();
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < least || value > most) {
    refuse(option, text, fmt::format("a whole number from {} to {} is needed", least, most));
  }
  return value;
}

std::string file_name(const cxxopts::ParseResult& given, const std::string& option) {
  if (given.count(option) == 0) return {};
  auto name = given[option].as<std::string>();
  if (name.empty()) refuse(option, "''", "a file name is needed");
  return name;
}

}  // namespace legible::proxy
