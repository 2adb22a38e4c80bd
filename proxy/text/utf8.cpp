#include "proxy/text/utf8.hpp"

#include <algorithm>
#include <iterator>

namespace legible::proxy {

Utf8Character decode_utf8(std::string_view text) {
  struct Form {
    std::uint8_t mask, lead;
    std::size_t length;
    std::uint32_t smallest;
  };
  static constexpr Form forms[] = {
      {0x80, 0x00, 1, 0}, {0xe0, 0xc0, 2, 0x80}, {0xf0, 0xe0, 3, 0x800}, {0xf8, 0xf0, 4, 0x10000}};

  const std::uint8_t first = static_cast<std::uint8_t>(text[0]);
  const auto* form =
      std::ranges::find_if(forms, [&](const Form& f) { return (first & f.mask) == f.lead; });
  if (form == std::end(forms) || text.size() < form->length) return {};

  std::uint32_t code = first & static_cast<std::uint8_t>(~form->mask);
  for (std::size_t i = 1; i < form->length; ++i) {
    const std::uint8_t byte = static_cast<std::uint8_t>(text[i]);
    if ((byte & 0xc0) != 0x80) return {};
    code = code << 6 | (byte & 0x3fu);
  }
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < form->smallest || code > 0x10ffff || surrogate) return {};
  return {form->length, code, true};
}

std::size_t valid_utf8_prefix(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size()) {
    // Nearly all is ASCII.
    if (static_cast<std::uint8_t>(text[length]) < 0x80) {
      ++length;
      continue;
    }
    const Utf8Character character = decode_utf8(text.substr(length));
    if (!character.valid) break;
    length += character.length;
  }
  return length;
}

}  // namespace legible::proxy
