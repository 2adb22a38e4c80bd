#include "proxy/text/wrap.hpp"

#include <algorithm>

namespace legible::proxy {

std::size_t columns(std::string_view utf8) {
  std::size_t count = 0;
  bool in_sequence = false;
  for (const char unit : utf8) {
    if (in_sequence) {
      in_sequence = unit != 'm';
    } else if (unit == '\x1b') {
      in_sequence = true;
    } else if ((static_cast<unsigned char>(unit) & 0xc0) != 0x80) {  // no continuation byte
      ++count;
    }
  }
  return count;
}

std::string wrap(std::string_view text, std::size_t width, std::size_t indent, std::size_t start) {
  std::string lines;
  std::size_t column = start;
  bool line_is_empty = true;
  while (!text.empty()) {
    const std::size_t blanks = std::min(text.find_first_not_of(' '), text.size());
    const std::size_t end = std::min(text.find(' ', blanks), text.size());
    const std::string_view word = text.substr(blanks, end - blanks);
    text.remove_prefix(end);
    if (word.empty()) break;

    const std::size_t length = columns(word);
    if (!line_is_empty && column + blanks + length > width) {
      lines += '\n';
      lines.append(indent, ' ');
      column = indent;
    } else if (!line_is_empty) {
      lines.append(blanks, ' ');
      column += blanks;
    }
    lines += word;
    column += length;
    line_is_empty = false;
  }
  return lines;
}

}  // namespace legible::proxy
