#include "proxy/sinks/json_writer.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cstdlib>
#include <cstring>

namespace legible::proxy {
namespace {

constexpr std::size_t growth = 1024;
constexpr std::size_t longest_integer = 20;  // characters
constexpr std::string_view digits = "0123456789abcdef";

/// RFC 8259 section 7.
constexpr bool needs_escape(char c) {
  return (static_cast<unsigned char>(c) < 0x20) | (c == '"') | (c == '\\');
}

/// Looks at every character, many at once: without a branch the compiler uses its vector unit.
bool any_needs_escape(std::string_view text) {
  int found = 0;
  for (const char c : text) found |= needs_escape(c);
  return found != 0;
}

/// The character after the backslash where there is a short form; else 0.
char short_escape(char c) {
  switch (c) {
    case '"':
    case '\\':
      return c;
    case '\b':
      return 'b';
    case '\f':
      return 'f';
    case '\n':
      return 'n';
    case '\r':
      return 'r';
    case '\t':
      return 't';
    default:
      return 0;
  }
}

constexpr std::size_t block = sizeof(std::uint64_t);

constexpr std::uint64_t each(std::uint8_t byte) { return 0x0101010101010101u * byte; }

/// Not zero if one of the eight characters is no printable ASCII, or needs an escape.
constexpr std::uint64_t odd_ones(std::uint64_t characters) {
  const auto equal = [&](std::uint8_t byte) {
    const std::uint64_t difference = characters ^ each(byte);
    return (difference - each(1)) & ~difference;
  };
  const std::uint64_t below_blank = (characters - each(' ')) & ~characters;
  return (below_blank | equal('"') | equal('\\') | equal(0x7f) | characters) & each(0x80);
}

constexpr bool is_odd(char c) { return (static_cast<unsigned char>(c) >= 0x7f) | needs_escape(c); }

}  // namespace

JsonWriter::JsonWriter(std::string& out) : out_(out), at_(out.data() + out.size()), end_(at_) {}

void JsonWriter::grow(std::size_t count) {
  const auto written = static_cast<std::size_t>(at_ - out_.data());
  out_.resize(written + std::max(count, growth));
  at_ = out_.data() + written;
  end_ = out_.data() + out_.size();
}

void JsonWriter::finish() {
  out_.resize(static_cast<std::size_t>(at_ - out_.data()));
  at_ = end_ = out_.data() + out_.size();
  comma_due_ = false;
}

void JsonWriter::end_line() {
  reserve(1);
  *at_++ = '\n';
  finish();
}

void JsonWriter::open(char bracket) {
  reserve(1);
  char* at = begin_value();
  *at++ = bracket;
  end_value(at);
  comma_due_ = false;
}

void JsonWriter::close(char bracket) {
  reserve(1);
  *at_++ = bracket;
  comma_due_ = true;
}

/// Looks and copies at once, eight characters at a time: the last eight may overlap others.
bool JsonWriter::printable_value(std::string_view text) {
  reserve(text.size());
  char* at = begin_value();
  *at++ = '"';
  const auto copy_block = [&](std::size_t index) {
    std::uint64_t characters = 0;
    std::memcpy(&characters, text.data() + index, block);
    std::memcpy(at + index, &characters, block);
    return odd_ones(characters);
  };
  std::uint64_t odd = 0;
  if (text.size() >= block) {
    const std::size_t last = text.size() - block;
    for (std::size_t i = 0; i < last; i += block) odd |= copy_block(i);
    odd |= copy_block(last);
  } else {
    for (std::size_t i = 0; i < text.size(); ++i) {
      odd |= is_odd(text[i]);
      at[i] = text[i];
    }
  }
  if (odd != 0) return false;
  at += text.size();
  *at++ = '"';
  end_value(at);
  return true;
}

void JsonWriter::plain_value(std::string_view text) {
  assert(!any_needs_escape(text));
  reserve(text.size());
  char* at = begin_value();
  *at++ = '"';
  at += text.copy(at, text.size());
  *at++ = '"';
  end_value(at);
}

void JsonWriter::hex_value(std::span<const std::uint8_t> bytes) {
  reserve(2 * bytes.size());
  char* at = begin_value();
  *at++ = '"';
  for (const std::uint8_t byte : bytes) {
    *at++ = digits[byte >> 4];
    *at++ = digits[byte & 0xf];
  }
  *at++ = '"';
  end_value(at);
}

void JsonWriter::hex_id_value(std::uint32_t number, std::size_t bytes) {
  constexpr std::string_view prefix = "\"0x";
  reserve(2 + 2 * bytes);
  char* at = begin_value();
  at += prefix.copy(at, prefix.size());
  for (std::size_t shift = 8 * bytes; shift > 0;) {
    shift -= 4;
    *at++ = digits[number >> shift & 0xf];
  }
  *at++ = '"';
  end_value(at);
}

void JsonWriter::written(std::string_view json) {
  reserve(json.size());
  char* at = begin_value();
  at += json.copy(at, json.size());
  end_value(at);
}

void JsonWriter::value(std::nullptr_t) { written("null"); }

void JsonWriter::truth(bool flag) { written(flag ? "true" : "false"); }

void JsonWriter::integer(std::int64_t number) {
  reserve(longest_integer);
  end_value(std::to_chars(begin_value(), end_, number).ptr);
}

void JsonWriter::unsigned_integer(std::uint64_t number) {
  reserve(longest_integer);
  end_value(std::to_chars(begin_value(), end_, number).ptr);
}

void JsonWriter::value(std::chrono::microseconds time) {
  reserve(longest_integer + 4);
  char* at = begin_value();
  const std::lldiv_t milliseconds = std::lldiv(time.count(), 1000);
  if (time.count() < 0) *at++ = '-';
  at = std::to_chars(at, end_, std::llabs(milliseconds.quot)).ptr;
  *at++ = '.';
  long long rest = std::llabs(milliseconds.rem);
  do {
    *at++ = digits[static_cast<std::size_t>(rest / 100)];
    rest = rest % 100 * 10;
  } while (rest != 0);
  end_value(at);
}

void JsonWriter::value(std::string_view text) {
  if (!any_needs_escape(text)) return plain_value(text);
  constexpr std::string_view control = "\\u00";
  constexpr std::size_t longest_escape = 6;  // of a character: \u001f
  reserve(longest_escape * text.size());
  char* at = begin_value();
  *at++ = '"';
  for (const char c : text) {
    if (!needs_escape(c)) {
      *at++ = c;
    } else if (const char escaped = short_escape(c)) {
      *at++ = '\\';
      *at++ = escaped;
    } else {
      at += control.copy(at, control.size());
      *at++ = digits[static_cast<unsigned char>(c) >> 4];
      *at++ = digits[static_cast<unsigned char>(c) & 0xf];
    }
  }
  *at++ = '"';
  end_value(at);
}

}  // namespace legible::proxy
