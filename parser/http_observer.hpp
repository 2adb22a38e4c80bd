#pragma once
// The HTTP of one connection, whichever version: what the first bytes begin, and what an upgrade
// turns it into.

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "parser/http1_exchanges.hpp"
#include "parser/http2_observer.hpp"
#include "parser/http_message.hpp"
#include "parser/limits.hpp"
#include "parser/web_socket_reader.hpp"

namespace legible::parser {

/// Watches the plaintext of both directions. Lenient: it tells what is there and judges nothing.
/// Silent about what is no HTTP. After a gap, or bytes that it cannot read, it stops reading that
/// direction. Never throws for what a peer sent; bounded by its limits.
class HttpObserver {
 public:
  /// `sink` must outlive it.
  HttpObserver(HttpSink& sink, const Limits& limits);
  ~HttpObserver();
  HttpObserver(const HttpObserver&) = delete;
  HttpObserver& operator=(const HttpObserver&) = delete;

  /// HTTP begins at this offset of the direction's stream: offsets of faults are counted from the
  /// stream's start. To be called before the direction's first bytes, if it is called at all.
  void start_at(Side from, std::uint64_t offset) { of(from).offset = offset; }

  /// Bytes of one direction, in order, in any split, and when they came.
  void feed(Side from, std::span<const std::uint8_t> bytes, Instant now);

  /// Bytes of this direction are missing.
  void gap(Side from) { stop(from); }

  /// This direction ended as its sender meant it to, so that a message that lasts until then is
  /// whole: with TLS by close_notify.
  void end(Side from);

  /// Nothing more comes of this direction: what is unfinished is told.
  void stop(Side from);

  /// Nothing more is read of this direction.
  bool stopped(Side from) const {
    return directions_[static_cast<std::size_t>(from)].reads == Reads::nothing;
  }

 private:
  enum class Reads : std::uint8_t { undecided, http1, http2, web_socket, nothing };

  struct Direction {
    Reads reads = Reads::undecided;
    std::uint64_t offset = 0;        ///< of the next byte
    std::vector<std::uint8_t> held;  ///< first bytes, too few to tell what they begin
  };

  std::size_t step(Side from, std::span<const std::uint8_t> bytes, Instant now);
  std::size_t decide_client(std::span<const std::uint8_t> first);
  void decide_server(std::span<const std::uint8_t> first, Instant now);
  std::size_t read_http1(Side from, std::span<const std::uint8_t> bytes, Instant now);
  void follow(const HttpUpgrade& upgrade);
  Http1Exchanges& http1();
  Http2Observer& http2();
  Direction& of(Side side) { return directions_[static_cast<std::size_t>(side)]; }

  HttpSink& sink_;
  Limits limits_;
  std::array<Direction, 2> directions_;
  std::unique_ptr<Http1Exchanges> http1_;
  std::unique_ptr<Http2Observer> http2_;
  std::array<std::unique_ptr<WebSocketReader>, 2> web_socket_;
};

}  // namespace legible::parser
