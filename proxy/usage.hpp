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

/// From a complaint of cxxopts, with the option named as it was typed.
UsageError usage_error(std::string_view message);

}  // namespace legible::proxy
