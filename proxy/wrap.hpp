#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace legible::proxy {

/// Breaks `text` at blanks into lines of at most `width` columns, counting code points. Every line
/// but the first begins with `indent` blanks, which count; the first is to stand at column `start`.
/// No trailing newline. A word that is longer than a line stays whole.
std::string wrap(std::string_view text, std::size_t width, std::size_t indent,
                 std::size_t start = 0);

}  // namespace legible::proxy
