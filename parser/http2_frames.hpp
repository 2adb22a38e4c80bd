#pragma once
// One direction of HTTP/2 as frames: RFC 9113 sections 4 and 6. Padding and priorities are taken
// off; what a frame carries is handed on as it comes.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace legible::parser {

namespace http2_frame {
inline constexpr std::uint8_t data = 0;
inline constexpr std::uint8_t headers = 1;
inline constexpr std::uint8_t rst_stream = 3;
inline constexpr std::uint8_t settings = 4;
inline constexpr std::uint8_t push_promise = 5;
inline constexpr std::uint8_t goaway = 7;
inline constexpr std::uint8_t continuation = 9;
}  // namespace http2_frame

namespace http2_flag {
inline constexpr std::uint8_t end_stream = 0x01;  ///< of DATA and HEADERS
inline constexpr std::uint8_t ack = 0x01;         ///< of SETTINGS
inline constexpr std::uint8_t end_headers = 0x04;
inline constexpr std::uint8_t padded = 0x08;
inline constexpr std::uint8_t priority = 0x20;
}  // namespace http2_flag

struct Http2Frame {
  std::uint32_t length = 0;
  std::uint8_t type = 0;
  std::uint8_t flags = 0;
  std::uint32_t stream = 0;
  std::uint32_t promised = 0;  ///< PUSH_PROMISE

  bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
};

/// Receives the frames of one direction, in wire order.
class Http2FrameEvents {
 public:
  virtual ~Http2FrameEvents() = default;
  /// A frame of any type: its header, and what comes before the content of HEADERS and
  /// PUSH_PROMISE.
  virtual void on_frame(const Http2Frame& frame) = 0;
  /// A part of the content of DATA, HEADERS, PUSH_PROMISE, CONTINUATION, SETTINGS, RST_STREAM or
  /// GOAWAY, without padding. `last`: all of it has come; it may be empty then.
  virtual void on_content(const Http2Frame& frame, std::span<const std::uint8_t> part,
                          bool last) = 0;
};

class Http2FrameReader {
 public:
  /// `events` must outlive it.
  explicit Http2FrameReader(Http2FrameEvents& events) : events_(events) {}

  /// Bytes in order, in any split. False when they break a rule without which nothing can be read
  /// any more: then not to be called again.
  bool feed(std::span<const std::uint8_t> bytes);

  /// Ends the feeding from inside an event: nothing more is told, and `feed` says false.
  void stop(std::string_view why) { broken_ = why; }

  /// Which rule was broken; empty: none.
  std::string_view broken() const { return broken_; }
  /// Of the bytes fed, how many came before the current frame.
  std::uint64_t frame_offset() const { return frame_offset_; }

 private:
  static constexpr std::size_t header_bytes = 9;

  enum class Part : std::uint8_t { header, prefix, content, padding };

  void take_header();
  void take_prefix();
  void begin_content();
  void take_content(std::span<const std::uint8_t> bytes);
  std::size_t prefix_bytes() const;

  Http2FrameEvents& events_;
  Part part_ = Part::header;
  std::array<std::uint8_t, header_bytes> held_{};  ///< of the header, or of the prefix
  std::size_t held_bytes_ = 0;
  Http2Frame frame_;
  std::uint32_t content_left_ = 0;
  std::uint32_t padding_left_ = 0;
  std::uint32_t header_block_of_ = 0;  ///< stream whose header block is not whole, else 0
  std::string_view broken_;
  std::uint64_t frame_offset_ = 0;
  std::uint64_t consumed_ = 0;
};

}  // namespace legible::parser
