#pragma once
// Standard error for people, and standard streams that somebody may have closed.

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <utility>

namespace legible::proxy {

/// One line on standard error. That it cannot be written ends nothing: fmt::print would throw.
template <class... Values>
void complain(fmt::format_string<Values...> format, Values&&... values) {
  const std::string line = fmt::format(format, std::forward<Values>(values)...) + '\n';
  std::fwrite(line.data(), 1, line.size(), stderr);
}

/// A number from 0 to 2 that is free would go to the next file or socket, which then got what is
/// meant for people. Leads such numbers to /dev/null; to be called before anything is opened.
void occupy_standard_streams();

}  // namespace legible::proxy
