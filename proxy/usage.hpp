#pragma once
// What a command line is, when it is not to be carried out.

#include <string>
#include <string_view>

namespace legible::proxy {

/// Wrong usage: one line that names the option.
struct UsageError {
  std::string message;
};

/// What was asked for instead.
struct HelpText {
  std::string text;
};

/// From a complaint of cxxopts, with the option named as it was typed. Of a word that is no option,
/// those of `help` (a command's help text) that may have been meant are named.
UsageError usage_error(std::string_view message, std::string_view help);

}  // namespace legible::proxy
