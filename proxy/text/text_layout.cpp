#include "proxy/text/text_layout.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

namespace legible::proxy {
namespace {

bool begins_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

bool has_value(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

}  // namespace

const Palette& palette_for(int descriptor) {
  if (isatty(descriptor) == 0 || has_value("NO_COLOR")) return plain_text;
  const char* terminal = std::getenv("TERM");
  const bool capable = terminal != nullptr && std::string_view(terminal) != "dumb";
  return capable ? coloured : plain_text;
}

std::size_t line_width(int descriptor) {
  constexpr std::size_t narrowest_line = 60;
  winsize terminal{};
  if (ioctl(descriptor, TIOCGWINSZ, &terminal) != 0 || terminal.ws_col == 0) return widest_line;
  return std::clamp<std::size_t>(terminal.ws_col, narrowest_line, widest_line);
}

std::string elided(std::string_view text, std::size_t limit) {
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (begins_character(text[i]) && ++characters > limit) {
      return std::string(text.substr(0, i)) + "…";
    }
  }
  return std::string(text);
}

std::string bytes_text(std::uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  static constexpr std::array<std::string_view, 6> units = {"kB", "MB", "GB", "TB", "PB", "EB"};
  double amount = static_cast<double>(bytes) / 1000.0;
  std::size_t unit = 0;
  while (amount >= 999.95 && unit + 1 < units.size()) {
    amount /= 1000.0;
    ++unit;
  }
  return fmt::format("{:.1f} {}", amount, units.at(unit));
}

}  // namespace legible::proxy
