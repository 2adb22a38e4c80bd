#include "proxy/json_writer.hpp"

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cstdlib>

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
