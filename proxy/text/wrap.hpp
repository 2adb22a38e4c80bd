#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace legible::proxy {

/// Columns that UTF-8 text takes: one for each code point, none for a terminal's colour sequence.
std::size_t columns(std::string_view utf8);

/// Breaks `text` at blanks into lines of at most `width` columns. Every line but the first begins
/// with `indent` blanks, which count; the first is to stand at column `start`. Several blanks
/// inside a line stay. No trailing newline. A word that is longer than a line stays whole.
std::string wrap(std::string_view text, std::size_t width, std::size_t indent,
                 std::size_t start = 0);

}  // namespace legible::proxy
