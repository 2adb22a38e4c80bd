#pragma once
// One direction of a WebSocket (RFC 6455 section 5), watched in passing.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "parser/http_message.hpp"

namespace legible::parser {

/// A response agrees to an extension that compresses messages (RFC 7692).
bool agrees_to_compression(const HttpFields& headers);

/// Joins frames to messages, counts what they carry, and reads the words of a close. Keeps nothing
/// else, however long a message is.
class WebSocketReader {
 public:
  /// `compressed`: an extension was agreed to that compresses messages. `sink` must outlive it.
  WebSocketReader(HttpSink& sink, Side from, std::uint64_t exchange, bool compressed);

  /// Bytes in order, in any split, the first of them at `offset` of the stream.
  void feed(std::span<const std::uint8_t> bytes, std::uint64_t offset);

  /// Nothing more comes: tells what is unfinished.
  void stop();

 private:
  static constexpr std::size_t longest_header = 14;
  static constexpr std::size_t longest_control = 125;

  bool header_is_whole() const;
  void begin_frame();
  void take_payload(std::span<const std::uint8_t> bytes);
  void end_frame();
  void tell(WebSocketMessage& message);
  void read_close();
  void give_up(const char* field, std::uint64_t offset);

  HttpSink& sink_;
  Side from_;
  std::uint64_t exchange_;
  bool compressed_;

  std::array<std::uint8_t, longest_header> header_{};
  std::size_t header_bytes_ = 0;

  bool in_payload_ = false;
  bool final_ = false;      ///< the frame ends its message
  std::uint64_t left_ = 0;  ///< of the frame's payload
  std::uint64_t taken_ = 0;
  std::array<std::uint8_t, 4> mask_{};

  std::optional<WebSocketMessage> message_;  ///< of data, that is not whole
  std::optional<WebSocketMessage> control_;  ///< may stand between its fragments
  std::string control_payload_;
  bool stopped_ = false;
};

}  // namespace legible::parser
