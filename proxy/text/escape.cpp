#include "proxy/text/escape.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>

#include "proxy/text/utf8.hpp"

namespace legible::proxy {
namespace {

std::uint8_t byte_at(std::string_view text, std::size_t index) {
  return static_cast<std::uint8_t>(text[index]);
}

void append_hex(std::string& out, std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::uint8_t byte = byte_at(bytes, i);
    out += {'\\', 'x', digits[byte >> 4], digits[byte & 0x0f]};
  }
}

constexpr bool is_printable_ascii(std::uint8_t byte) { return (byte >= 0x20) & (byte <= 0x7e); }

struct Range {
  std::uint32_t first, last;
};

/// What does not print, or changes how its neighbours print (Unicode's categories Cc, Zl, Zp,
/// private use, and of Cf what is invisible). Sorted.
constexpr Range invisible[] = {
    {0x00, 0x1f},         // C0
    {0x7f, 0x9f},         // DEL, C1
    {0xad, 0xad},         // soft hyphen
    {0x34f, 0x34f},       // combining grapheme joiner
    {0x61c, 0x61c},       // Arabic letter mark (bidi)
    {0x115f, 0x1160},     // Hangul fillers
    {0x180b, 0x180f},     // Mongolian selectors and vowel separator
    {0x200b, 0x200f},     // zero width, bidi marks
    {0x2028, 0x202e},     // line and paragraph separators, bidi embeddings and overrides
    {0x2060, 0x206f},     // word joiner, invisible operators, bidi isolates
    {0x3164, 0x3164},     // Hangul filler
    {0xe000, 0xf8ff},     // private use: a font may show anything
    {0xfdd0, 0xfdef},     // noncharacters
    {0xfeff, 0xfeff},     // byte order mark
    {0xffa0, 0xffa0},     // Hangul filler
    {0xfff0, 0xfffb},     // unassigned, interlinear annotation
    {0x1bca0, 0x1bca3},   // shorthand format controls
    {0x1d173, 0x1d17a},   // musical format controls
    {0xe0000, 0xe0fff},   // tags, variation selectors
    {0xf0000, 0x10ffff},  // private use
};

bool is_printable(std::uint32_t code) {
  if ((code & 0xfffe) == 0xfffe) return false;  // the last two of each plane are noncharacters
  const auto* range = std::ranges::lower_bound(invisible, code, {}, &Range::last);
  return range == std::end(invisible) || code < range->first;
}

/// Length of the longest prefix of printable ASCII without a backslash: nearly always all of it.
std::size_t plain_prefix(std::string_view text) {
  const auto end = std::ranges::find_if(
      text, [](char c) { return !is_printable_ascii(static_cast<std::uint8_t>(c)) || c == '\\'; });
  return static_cast<std::size_t>(end - text.begin());
}

enum class Backslash { escaped, kept };

std::string escape(std::string_view text, Backslash backslash) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t plain = plain_prefix(text);
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;

    const Utf8Character character = decode_utf8(text);
    const std::string_view bytes = text.substr(0, character.length);
    const bool stays = bytes == "\\" ? backslash == Backslash::kept
                                     : character.valid && is_printable(character.code);
    if (stays) {
      out.append(bytes);
    } else {
      append_hex(out, bytes);
    }
    text.remove_prefix(character.length);
  }
  return out;
}

}  // namespace

std::string escape_ascii(std::string_view raw) {
  std::string out;
  out.reserve(raw.size());
  while (!raw.empty()) {
    const std::size_t plain = plain_prefix(raw);
    out.append(raw.substr(0, plain));
    raw.remove_prefix(plain);
    if (raw.empty()) break;
    append_hex(out, raw.substr(0, 1));
    raw.remove_prefix(1);
  }
  return out;
}

std::string escape_utf8(std::string_view raw) { return escape(raw, Backslash::escaped); }

std::string escape_again(std::string_view text) { return escape(text, Backslash::kept); }

}  // namespace legible::proxy
