#pragma once
// What a report for people needs: colour, and short forms of long things.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace legible::proxy {

/// The escape sequences of a terminal, or nothing in their place.
struct Palette {
  std::string_view bold, dim, red, green, yellow, reset;
};
inline constexpr Palette plain_text{};
inline constexpr Palette coloured{"\x1b[1m",  "\x1b[2m",  "\x1b[31m",
                                  "\x1b[32m", "\x1b[33m", "\x1b[0m"};

/// Is `descriptor` a terminal that wants colour (NO_COLOR unset or empty, TERM not "dumb")?
const Palette& palette_for(int descriptor);

/// Beyond this a line is hard to read.
inline constexpr std::size_t widest_line = 100;
/// The columns of the terminal at `descriptor` as it is now, from 60 to widest_line, which is also
/// that of anything else.
std::size_t line_width(int descriptor);

/// At most `limit` characters of a text that is already escaped, with "…" for the rest.
std::string elided(std::string_view text, std::size_t limit = 120);

/// "517 B", "1.2 kB", "34.0 MB".
std::string bytes_text(std::uint64_t bytes);

}  // namespace legible::proxy
