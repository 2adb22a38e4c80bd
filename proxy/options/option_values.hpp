#pragma once
// Checks of a command line's values, shared by the commands.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// std::regex would triple the time to compile this, for splitting words at '='.
#define CXXOPTS_NO_REGEX
#include <cxxopts.hpp>

namespace legible::proxy {

/// Thrown by these checks, caught where the options are parsed.
struct Refused {
  std::string message;
};

/// Parses words that have no command in front.
cxxopts::ParseResult parse_words(cxxopts::Options& options, const std::vector<std::string>& words);

/// Refuses a value, with the option's name.
[[noreturn]] void refuse(std::string_view option, std::string_view value, std::string_view wanted);

std::uint32_t number(const cxxopts::ParseResult& given, const std::string& option,
                     std::uint32_t least, std::uint32_t most);

/// Empty when the option was not given.
std::string file_name(const cxxopts::ParseResult& given, const std::string& option);

/// Of an option that may be given several times, in order.
std::vector<std::string> file_names(const cxxopts::ParseResult& given, std::string_view option);

/// --json, or --format json, which may not contradict each other.
bool wants_json(const cxxopts::ParseResult& given);

/// Refuses an option that has a value and is given twice, where it is not clear what both together
/// would mean. `repeatable`: those where it is.
void refuse_repeated(const cxxopts::ParseResult& given,
                     std::span<const std::string_view> repeatable);

}  // namespace legible::proxy
