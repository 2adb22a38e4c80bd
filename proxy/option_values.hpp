#pragma once
// Checks of a command line's values, shared by the options of `legible run`.

#include <cstdint>
#include <string>
#include <string_view>

// std::regex would triple the time to compile this, for splitting words at '='.
#define CXXOPTS_NO_REGEX
#include <cxxopts.hpp>

namespace legible::proxy {

/// Thrown by these checks, caught where the options are parsed.
struct Refused {
  std::string message;
};

/// Refuses a value, with the option's name.
[[noreturn]] void refuse(std::string_view option, std::string_view value, std::string_view wanted);

std::uint32_t number(const cxxopts::ParseResult& given, const std::string& option,
                     std::uint32_t least, std::uint32_t most);

/// Empty when the option was not given.
std::string file_name(const cxxopts::ParseResult& given, const std::string& option);

}  // namespace legible::proxy
