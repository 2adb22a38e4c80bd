#include "proxy/wrap.hpp"

#include <algorithm>

namespace legible::proxy {
namespace {

std::size_t columns(std::string_view utf8) {
  return static_cast<std::size_t>(std::ranges::count_if(utf8, [](char unit) {
    return (static_cast<unsigned char>(unit) & 0xc0) != 0x80;  // not a continuation byte
  }));
}

}  // namespace

std::string wrap(std::string_view text, std::size_t width, std::size_t indent, std::size_t start) {
  std::string lines;
  std::size_t column = start;
  bool line_is_empty = true;
  while (!text.empty()) {
    const std::size_t blank = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, blank);
    text.remove_prefix(std::min(blank + 1, text.size()));
    if (word.empty()) continue;

    const std::size_t length = columns(word);
    if (!line_is_empty && column + 1 + length > width) {
      lines += '\n';
      lines.append(indent, ' ');
      column = indent;
    } else if (!line_is_empty) {
      lines += ' ';
      ++column;
    }
    lines += word;
    column += length;
    line_is_empty = false;
  }
  return lines;
}

}  // namespace legible::proxy
