#include "parser/http2_frames.hpp"

#include <algorithm>

namespace legible::parser {
namespace {

std::uint32_t number(std::span<const std::uint8_t> bytes) {
  std::uint32_t value = 0;
  for (const std::uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

constexpr std::uint32_t stream_bits = 0x7fffffff;

/// What is told of a frame besides its header.
bool has_content(std::uint8_t type) {
  using namespace http2_frame;
  return type == data || type == headers || type == rst_stream || type == settings ||
         type == push_promise || type == goaway || type == continuation;
}

bool can_be_padded(std::uint8_t type) {
  return type == http2_frame::data || type == http2_frame::headers ||
         type == http2_frame::push_promise;
}

}  // namespace

bool Http2FrameReader::feed(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty() && broken_.empty()) {
    std::size_t size = 1;
    switch (part_) {
      case Part::header:
        held_[held_bytes_++] = bytes[0];
        if (held_bytes_ == header_bytes) take_header();
        break;
      case Part::prefix:
        held_[held_bytes_++] = bytes[0];
        if (held_bytes_ == prefix_bytes()) take_prefix();
        break;
      case Part::content:
        size = std::min<std::size_t>(content_left_, bytes.size());
        take_content(bytes.first(size));
        break;
      case Part::padding:
        size = std::min<std::size_t>(padding_left_, bytes.size());
        padding_left_ -= static_cast<std::uint32_t>(size);
        if (padding_left_ == 0) part_ = Part::header;
        break;
    }
    consumed_ += size;
    if (broken_.empty() && part_ == Part::header && held_bytes_ == 0) frame_offset_ = consumed_;
    bytes = bytes.subspan(size);
  }
  return broken_.empty();
}

std::size_t Http2FrameReader::prefix_bytes() const {
  std::size_t bytes = 0;
  if (can_be_padded(frame_.type) && frame_.has(http2_flag::padded)) bytes += 1;
  if (frame_.type == http2_frame::headers && frame_.has(http2_flag::priority)) bytes += 5;
  if (frame_.type == http2_frame::push_promise) bytes += 4;
  return bytes;
}

void Http2FrameReader::take_header() {
  const std::span held(held_);
  frame_ = {number(held.first(3)), held[3], held[4], number(held.subspan(5, 4)) & stream_bits, 0};
  held_bytes_ = 0;
  // RFC 9113 section 4.3: a header block comes in one go.
  const bool continues = frame_.type == http2_frame::continuation;
  const bool in_order = continues ? header_block_of_ != 0 && frame_.stream == header_block_of_
                                  : header_block_of_ == 0;
  if (!in_order) return stop("frame inside a header block");
  if (frame_.length < prefix_bytes()) return stop("frame length");
  if (prefix_bytes() > 0) {
    part_ = Part::prefix;
  } else {
    padding_left_ = 0;
    content_left_ = frame_.length;
    begin_content();
  }
}

void Http2FrameReader::take_prefix() {
  const std::span prefix = std::span(held_).first(held_bytes_);
  const bool padded = can_be_padded(frame_.type) && frame_.has(http2_flag::padded);
  padding_left_ = padded ? prefix[0] : 0;
  if (frame_.type == http2_frame::push_promise) {
    frame_.promised = number(prefix.last(4)) & stream_bits;
  }
  const auto rest = frame_.length - static_cast<std::uint32_t>(held_bytes_);
  held_bytes_ = 0;
  if (padding_left_ > rest) return stop("padding");
  content_left_ = rest - padding_left_;
  begin_content();
}

void Http2FrameReader::begin_content() {
  using namespace http2_frame;
  const bool header_block =
      frame_.type == headers || frame_.type == push_promise || frame_.type == continuation;
  if (header_block) header_block_of_ = frame_.has(http2_flag::end_headers) ? 0 : frame_.stream;
  part_ = Part::content;
  events_.on_frame(frame_);
  if (content_left_ == 0 && broken_.empty()) take_content({});
}

void Http2FrameReader::take_content(std::span<const std::uint8_t> bytes) {
  content_left_ -= static_cast<std::uint32_t>(bytes.size());
  if (has_content(frame_.type)) events_.on_content(frame_, bytes, content_left_ == 0);
  if (content_left_ > 0) return;
  part_ = padding_left_ == 0 ? Part::header : Part::padding;
}

}  // namespace legible::parser
