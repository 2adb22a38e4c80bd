#include "proxy/options/option_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "parser/ascii.hpp"

namespace legible::proxy {

cxxopts::ParseResult parse_words(cxxopts::Options& options, const std::vector<std::string>& words) {
  std::vector<const char*> argv{"legible"};
  for (const std::string& word : words) argv.push_back(word.c_str());
  return options.parse(static_cast<int>(argv.size()), argv.data());
}

void refuse(std::string_view option, std::string_view value, std::string_view wanted) {
  throw Refused{fmt::format("--{} {}: {}", option, value, wanted)};
}

std::uint32_t number(const cxxopts::ParseResult& given, const std::string& option,
                     std::uint32_t least, std::uint32_t most) {
  const auto& text = given[option].as<std::string>();
  const auto value = parser::number_in<std::uint32_t>(text);
  if (!value || *value < least || *value > most) {
    refuse(option, text, fmt::format("a whole number from {} to {} is needed", least, most));
  }
  return *value;
}

std::string file_name(const cxxopts::ParseResult& given, const std::string& option) {
  if (given.count(option) == 0) return {};
  auto name = given[option].as<std::string>();
  if (name.empty()) refuse(option, "''", "a file name is needed");
  return name;
}

std::vector<std::string> file_names(const cxxopts::ParseResult& given, std::string_view option) {
  std::vector<std::string> names;
  for (const auto& argument : given.arguments()) {
    if (argument.key() != option) continue;
    if (argument.value().empty()) refuse(option, "''", "a file name is needed");
    names.push_back(argument.value());
  }
  return names;
}

bool wants_json(const cxxopts::ParseResult& given) {
  const auto& text = given["format"].as<std::string>();
  if (text != "text" && text != "json") refuse("format", text, "text or json is needed");
  const bool json = given.count("json") > 0;
  if (json && given.count("format") > 0 && text == "text") {
    throw Refused{"--json and --format text contradict each other"};
  }
  return json || text == "json";
}

void refuse_repeated(const cxxopts::ParseResult& given,
                     std::span<const std::string_view> repeatable) {
  static constexpr std::string_view flags[] = {"json", "help"};
  std::set<std::string_view> seen;
  for (const auto& argument : given.arguments()) {
    const std::string_view name = argument.key();
    if (seen.insert(name).second || std::ranges::find(flags, name) != std::end(flags)) continue;
    if (std::ranges::find(repeatable, name) != repeatable.end()) continue;
    throw Refused{fmt::format("--{} is given twice", name)};
  }
}

}  // namespace legible::proxy
