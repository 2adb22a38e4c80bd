#pragma once
// Standard error for people, and standard streams that somebody may have closed, or filled.

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

namespace legible::proxy {

/// One line on standard error. That it cannot be written ends nothing: fmt::print would throw.
template <class... Values>
void complain(fmt::format_string<Values...> format, Values&&... values) {
  const std::string line = fmt::format(format, std::forward<Values>(values)...) + '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

/// All of it on standard output, flushed: a command that ends must not call a full disk a success.
/// Throws std::system_error with one line.
void print_out(std::string_view text);

/// A number from 0 to 2 that is free would go to the next file or socket, which then got what is
/// meant for people. Leads such numbers to /dev/null; to be called before anything is opened.
void occupy_standard_streams();

}  // namespace legible::proxy
