#include "proxy/commands/usage.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>
#include <vector>

namespace legible::proxy {
namespace {

/// A complaint's three parts.
struct Complaint {
  std::string_view before;
  std::string_view option;
  std::string_view after;
};

// cxxopts puts an option's bare name between quotes: up to 3.1 typographic ones, then plain ones.
std::optional<Complaint> split(std::string_view message) {
  struct Quotes {
    std::string_view opening;
    std::string_view closing;
  };
  for (const auto& [opening, closing] : {Quotes{"‘", "’"}, Quotes{"'", "'"}}) {
    const std::size_t begin = message.find(opening);
    const std::size_t end = message.rfind(closing);
    if (begin == end || std::max(begin, end) == std::string_view::npos) continue;
    const std::size_t at = begin + opening.size();
    return Complaint{message.substr(0, begin), message.substr(at, end - at),
                     message.substr(end + closing.size())};
  }
  return std::nullopt;
}

/// How many letters must be put in, left out or replaced to make one word of the other
/// (Levenshtein).
std::size_t distance(std::string_view one, std::string_view other) {
  std::vector<std::size_t> row(other.size() + 1);
  std::iota(row.begin(), row.end(), 0U);
  for (std::size_t i = 0; i < one.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < other.size(); ++j) {
      const std::size_t replaced = diagonal + (one[i] == other[j] ? 0U : 1U);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

/// Every option that a help text names, without its dashes.
std::vector<std::string_view> options_in(std::string_view help) {
  static constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz0123456789-";
  std::vector<std::string_view> names;
  for (std::size_t at = 0; (at = help.find(" --", at)) != help.npos;) {
    at += 3;
    const std::string_view name = help.substr(at, help.find_first_not_of(letters, at) - at);
    if (!name.empty() && std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  return names;
}

}  // namespace

std::vector<std::string> similar_words(std::string_view word,
                                       std::span<const std::string_view> words) {
  constexpr std::size_t most = 3;
  std::vector<std::string> begin_alike;
  std::vector<std::string> similar;
  for (const std::string_view each : words) {
    if (each.starts_with(word)) begin_alike.emplace_back(each);
    if (distance(each, word) <= 2) similar.emplace_back(each);
  }
  std::vector<std::string> meant = begin_alike.empty() ? similar : begin_alike;
  if (meant.size() > most) meant.resize(most);
  return meant;
}

UsageError usage_error(std::string_view message, std::string_view help) {
  const std::optional<Complaint> complaint = split(message);
  if (!complaint) return {std::string(message)};
  const auto& [before, option, after] = *complaint;
  // One whose name it does not take for one is told with its dashes.
  const bool bare = !option.starts_with('-');
  const std::string typed = fmt::format("{}{}",
                                        !bare                ? ""
                                        : option.size() == 1 ? "-"
                                                             : "--",
                                        option);
  if (after.find("does not exist") == after.npos && bare) {
    return {fmt::format("{}{}{}", before, typed, after)};
  }
  std::string_view word = typed;
  word = word.substr(std::min(word.find_first_not_of('-'), word.size()));
  word = word.substr(0, word.find('='));
  const auto meant =
      word.empty() ? std::vector<std::string>() : similar_words(word, options_in(help));
  if (meant.empty()) return {fmt::format("{} is no option", typed)};
  return {fmt::format("{} is no option; did you mean --{}?", typed, fmt::join(meant, " or --"))};
}

}  // namespace legible::proxy
