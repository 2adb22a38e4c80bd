#include "proxy/options/config_words.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <utility>

#include "proxy/commands/usage.hpp"

namespace legible::proxy {
namespace {

using Type = ConfigValue::Type;

// Which of the two it is depends on the release of cxxopts.
[[maybe_unused]] std::string long_name(const std::string& name) { return name; }
[[maybe_unused]] std::string long_name(const std::vector<std::string>& names) {
  return names.front();
}

/// What is wrong with a value's type. Empty: nothing.
std::string_view wrong_type(const OptionShape& shape, Type type) {
  if (type == Type::boolean && shape.is_flag) return {};
  if (!shape.needs_value) return "true or false is needed";
  if (shape.is_number) {
    return type == Type::integer ? "" : "a whole number is needed, without quotation marks";
  }
  const bool as_text = type == Type::text || (type == Type::integer && !shape.is_file);
  return as_text ? "" : "a text in quotation marks is needed";
}

std::string word_for(const OptionShape& shape, const ConfigValue& value,
                     const std::filesystem::path& folder) {
  if (value.type == Type::boolean) return "--" + shape.name;
  // What is not given is another complaint than the folder.
  const bool relative = shape.is_file && !value.text.empty();
  return fmt::format("--{}={}", shape.name, relative ? (folder / value.text).string() : value.text);
}

/// Where one of the entries is named as an option, first.
struct Naming {
  std::size_t entry = 0;
  std::size_t at = std::string::npos;
};
std::optional<Naming> named_entry(std::string_view message,
                                  const std::vector<EntryWords>& entries) {
  static constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz-";
  for (std::size_t at = 0; (at = message.find("--", at)) != message.npos;) {
    const std::size_t begin = at + 2;
    const std::size_t end = std::min(message.find_first_not_of(letters, begin), message.size());
    const auto named =
        std::ranges::find(entries, message.substr(begin, end - begin), &EntryWords::key);
    if (named != entries.end()) {
      return Naming{static_cast<std::size_t>(named - entries.begin()), at};
    }
    at = std::max(end, begin);
  }
  return std::nullopt;
}

}  // namespace

std::vector<OptionShape> shapes_of(const cxxopts::Options& options,
                                   std::span<const std::string_view> repeatable) {
  std::vector<OptionShape> shapes;
  for (const std::string& group : options.groups()) {
    for (const cxxopts::HelpOptionDetails& option : options.group_help(group).options) {
      const std::string name = long_name(option.l);
      if (name == "help" || name == "config") continue;
      const std::string& value = option.arg_help;
      shapes.push_back({.name = name,
                        .is_flag = option.is_boolean || option.has_implicit,
                        .needs_value = !option.is_boolean,
                        .is_number = value == "N" || value == "BYTES",
                        .is_file = value == "FILE" || value == "DIR",
                        .repeatable = std::ranges::find(repeatable, name) != repeatable.end()});
    }
  }
  return shapes;
}

std::vector<EntryWords> words_of(const ConfigTable& table, std::span<const OptionShape> shapes,
                                 const std::string& folder, std::vector<ConfigError>& errors) {
  std::vector<std::string_view> names;
  for (const OptionShape& shape : shapes) names.push_back(shape.name);
  std::vector<EntryWords> all;
  for (const ConfigEntry& entry : table.entries) {
    const auto shape = std::ranges::find(shapes, entry.key, &OptionShape::name);
    if (shape == shapes.end()) {
      const auto meant = similar_words(entry.key, names);
      errors.push_back(
          {entry.line,
           fmt::format(
               "'{}' is no setting here{}", entry.key,
               meant.empty() ? "" : fmt::format("; did you mean {}?", fmt::join(meant, " or ")))});
      continue;
    }
    std::string_view wrong =
        entry.is_list && !shape->repeatable ? "one value is needed, no list" : "";
    EntryWords words{entry.key, entry.line, {}};
    for (const ConfigValue& value : entry.values) {
      if (wrong.empty()) wrong = wrong_type(*shape, value.type);
      const bool is_off = value.type == Type::boolean && value.text == "false";
      if (!is_off) words.words.push_back(word_for(*shape, value, folder));
    }
    if (!wrong.empty()) {
      errors.push_back({entry.line, fmt::format("{}: {}", entry.key, wrong)});
    } else if (!words.words.empty()) {
      all.push_back(std::move(words));
    }
  }
  return all;
}

std::string find_faults(std::vector<EntryWords> entries,
                        const std::function<void(const std::vector<std::string>&)>& understand,
                        std::vector<ConfigError>& errors) {
  for (;;) {
    std::vector<std::string> words;
    for (const EntryWords& entry : entries) {
      words.insert(words.end(), entry.words.begin(), entry.words.end());
    }
    try {
      understand(words);
      return {};
    } catch (const Refused& refused) {
      std::string message = refused.message;
      const auto named = named_entry(message, entries);
      if (!named) return message;
      // A file has no dashes.
      if (named->at == 0) message.erase(0, 2);
      errors.push_back({entries[named->entry].line, std::move(message)});
      entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(named->entry));
    }
  }
}

}  // namespace legible::proxy
