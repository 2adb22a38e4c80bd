#include "proxy/capture/pcapng_blocks.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace legible::capture {
namespace {

constexpr std::uint32_t byte_order_magic = 0x1a2b3c4d;
constexpr std::uint32_t frame_bytes = 12;                    // type, length, and length again
constexpr std::uint32_t section_header_bytes = 16;           // magic, version, section length
constexpr std::size_t piece_bytes = std::size_t{64} * 1024;  // read at a time
constexpr const char* cut = "the file ends inside a block";

}  // namespace

std::uint16_t PcapngBody::u16(std::size_t at) const {
  const auto [high, low] = big_endian ? std::pair{at, at + 1} : std::pair{at + 1, at};
  return static_cast<std::uint16_t>(bytes[high] << 8 | bytes[low]);
}

std::uint32_t PcapngBody::u32(std::size_t at) const {
  const std::uint32_t first = u16(at);
  const std::uint32_t second = u16(at + 2);
  return big_endian ? first << 16 | second : second << 16 | first;
}

std::optional<std::uint32_t> PcapngBlocks::next() {
  if (!error_.empty() || !finish_block()) return std::nullopt;
  std::array<std::uint8_t, 8> start{};
  const std::size_t count = std::fread(start.data(), 1, start.size(), file_.get());
  if (count == 0 && std::ferror(file_.get()) == 0) return std::nullopt;
  if (count < start.size()) return fail(cut);

  const auto number = [&](std::size_t at) { return PcapngBody{start, big_endian_}.u32(at); };
  const std::uint32_t type = number(0);
  std::uint32_t head = 0;
  if (type == pcapng_block::section_header) {
    std::array<std::uint8_t, section_header_bytes> section{};
    if (!read(section.data(), section.size())) return std::nullopt;
    big_endian_ = section[0] == byte_order_magic >> 24;
    if (PcapngBody{section, big_endian_}.u32(0) != byte_order_magic) {
      return fail("a section of unknown byte order");
    }
    in_section_ = true;
    head = section_header_bytes;
  }
  if (!in_section_) return fail("no section header at its beginning");
  length_ = number(4);
  if (length_ < frame_bytes + head || length_ % 4 != 0) {
    return fail("a block of impossible length " + std::to_string(length_));
  }
  rest_ = length_ - frame_bytes - head;
  inside_ = true;
  return type;
}

std::optional<PcapngBody> PcapngBlocks::body() {
  if (!inside_ || rest_ > longest_body) {
    return fail("a block of " + std::to_string(length_) + " bytes");
  }
  // Grows by what is there, not by what is announced.
  body_.clear();
  while (rest_ > 0) {
    const std::size_t have = body_.size();
    const auto piece = static_cast<std::uint32_t>(std::min<std::size_t>(rest_, piece_bytes));
    body_.resize(have + piece);
    if (!read(body_.data() + have, piece)) return std::nullopt;
    rest_ -= piece;
  }
  return PcapngBody{body_, big_endian_};
}

bool PcapngBlocks::read(void* bytes, std::size_t count) {
  if (std::fread(bytes, 1, count, file_.get()) == count) return true;
  fail(cut);
  return false;
}

bool PcapngBlocks::skip(std::uint32_t count) {
  std::array<std::uint8_t, 4096> piece{};
  while (count > 0) {
    const auto part = std::min<std::uint32_t>(count, piece.size());
    if (!read(piece.data(), part)) return false;
    count -= part;
  }
  return true;
}

/// Steps over what is left of the present block.
bool PcapngBlocks::finish_block() {
  if (!std::exchange(inside_, false)) return true;
  std::array<std::uint8_t, 4> again{};
  if (!skip(rest_) || !read(again.data(), again.size())) return false;
  if (PcapngBody{again, big_endian_}.u32(0) == length_) return true;
  fail("a block whose two lengths differ");
  return false;
}

std::nullopt_t PcapngBlocks::fail(std::string reason) {
  if (error_.empty()) error_ = std::move(reason);
  return std::nullopt;
}

}  // namespace legible::capture
