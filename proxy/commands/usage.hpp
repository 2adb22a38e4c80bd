#pragma once
// What a command line is, when it is not to be carried out.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace legible::proxy {

/// Wrong usage: one line that names the option.
struct UsageError {
  std::string message;
};

/// What was asked for instead.
struct HelpText {
  std::string text;
};

/// Those of `words` that begin as `word` does; else those that differ from it in two letters at
/// most. Three at most, in their order.
std::vector<std::string> similar_words(std::string_view word,
                                       std::span<const std::string_view> words);

/// From a complaint of cxxopts, with the option named as it was typed. Of a word that is no option,
/// those of `help` (a command's help text) that may have been meant are named.
UsageError usage_error(std::string_view message, std::string_view help);

}  // namespace legible::proxy
