#pragma once
// HTTP/2 in both directions (RFC 9113), watched in passing.
//
// libnghttp2 decodes header blocks only. Its sessions are endpoints: each answers frames, keeps
// windows and refuses what a peer may not send, where an observer stands between two that may.

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "parser/http2_streams.hpp"

namespace legible::parser {

/// What a client says first: RFC 9113 section 3.4.
inline constexpr std::string_view http2_preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

class Http2Observer {
 public:
  /// `sink` and `limits` must outlive it. `upgrade`: what came before it, if it was HTTP/1; its
  /// request is stream 1's (RFC 7540 section 3.2).
  Http2Observer(HttpSink& sink, const Limits& limits, const HttpUpgrade* upgrade = nullptr);
  ~Http2Observer();
  Http2Observer(const Http2Observer&) = delete;
  Http2Observer& operator=(const Http2Observer&) = delete;

  /// Bytes of one direction behind the client's preface, the first of them at `offset` of its
  /// stream.
  void feed(Side from, std::span<const std::uint8_t> bytes, Instant now, std::uint64_t offset);

  /// Nothing more is read of this direction: its unfinished messages are told.
  void stop(Side from);

 private:
  class Direction;
  Direction& of(Side side) { return *directions_[static_cast<std::size_t>(side)]; }

  Http2Streams streams_;
  std::array<std::unique_ptr<Direction>, 2> directions_;
};

}  // namespace legible::parser
