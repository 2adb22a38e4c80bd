#include "parser/http1_head_scan.hpp"

#include <bit>
#include <cstddef>
#include <cstring>
#include <utility>

namespace legible::parser {
namespace {

constexpr bool is_space(std::uint8_t byte) { return byte == ' ' || byte == '\t'; }
constexpr bool is_control(std::uint8_t byte) { return (byte < 0x20) | (byte == 0x7f); }
constexpr bool ends_name(std::uint8_t byte) {
  return (byte <= ' ') | (byte == ':') | (byte == 0x7f);
}

constexpr std::uint64_t each(std::uint8_t byte) { return 0x0101010101010101u * byte; }
constexpr std::ptrdiff_t block = sizeof(std::uint64_t);

/// Marks the highest bit of each byte of a block that is below `limit`, which is at most 0x80. Only
/// the first mark is sure.
constexpr std::uint64_t below(std::uint64_t bytes, std::uint8_t limit) {
  return (bytes - each(limit)) & ~bytes & each(0x80);
}
constexpr std::uint64_t equal(std::uint64_t bytes, std::uint8_t byte) {
  return below(bytes ^ each(byte), 1);
}
constexpr std::uint64_t controls(std::uint64_t bytes) {
  return below(bytes, 0x20) | equal(bytes, 0x7f);
}
constexpr std::uint64_t ends_of_name(std::uint64_t bytes) {
  return below(bytes, ' ' + 1) | equal(bytes, ':') | equal(bytes, 0x7f);
}

/// The first byte that `is_one` is true of. `marks` tells the same of a block, all its bytes at
/// once.
const std::uint8_t* find(const std::uint8_t* at, const std::uint8_t* end, auto marks, auto is_one) {
  for (; end - at >= block; at += block) {
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, at, sizeof(bytes));
    const std::uint64_t found = marks(bytes);
    if (found == 0) continue;
    if constexpr (std::endian::native != std::endian::little) break;
    return at + std::countr_zero(found) / 8;
  }
  while (at != end && !is_one(*at)) ++at;
  return at;
}

}  // namespace

void Http1HeadScan::feed(std::span<const std::uint8_t> bytes) {
  const std::uint8_t* at = bytes.data();
  const std::uint8_t* const end = at + bytes.size();
  while (at != end && part_ != Part::done) {
    at = skip_plain(at, end);
    if (at != end) take(*at++);
  }
}

/// What says nothing: most of a name, and of a value all but control characters.
const std::uint8_t* Http1HeadScan::skip_plain(const std::uint8_t* at, const std::uint8_t* end) {
  if (after_cr_ || part_ == Part::line_start) return at;
  return part_ == Part::name ? find(at, end, ends_of_name, ends_name)
                             : find(at, end, controls, is_control);
}

void Http1HeadScan::take(std::uint8_t byte) {
  if (byte == '\n') return end_line();
  if (std::exchange(after_cr_, byte == '\r')) flags_.set(HttpFlag::bare_cr);
  if (byte == '\r') return;
  if (is_control(byte) && byte != '\t') flags_.set(HttpFlag::control_character);
  if (part_ == Part::line_start) {
    begin_line(byte);
  } else if (part_ == Part::name && byte == ':') {
    part_ = Part::value;
  } else if (part_ == Part::name && is_space(byte)) {
    flags_.set(HttpFlag::space_before_colon);
  }
}

void Http1HeadScan::end_line() {
  const bool with_cr = std::exchange(after_cr_, false);
  const bool empty = part_ == Part::line_start;
  // RFC 9112 section 2.2: empty lines may come before a message.
  if (empty && lines_ == 0) return;
  if (!with_cr) flags_.set(HttpFlag::bare_lf);
  part_ = empty ? Part::done : Part::line_start;
  lines_ = lines_ == 0 ? 1 : 2;
}

void Http1HeadScan::begin_line(std::uint8_t byte) {
  if (lines_ == 0) {
    part_ = Part::start_line;
  } else if (is_space(byte)) {
    flags_.set(lines_ == 1 ? HttpFlag::space_before_first_field : HttpFlag::obs_fold);
    part_ = Part::value;
  } else {
    part_ = byte == ':' ? Part::value : Part::name;
  }
}

}  // namespace legible::parser
