#pragma once
// One direction of an HTTP/1 stream (RFC 9112), watched in passing.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "parser/http_flags.hpp"

namespace legible::parser {

/// A request line or a status line. Long fields are cut at Http1Observer::kept_bytes.
struct HttpStartLine {
  int status = 0;      ///< 0 for a request
  std::string method;  ///< empty for a response
  std::string target;  ///< request target, raw
  std::string reason;  ///< reason phrase of a response, raw
  std::uint8_t major = 0;
  std::uint8_t minor = 0;  ///< HTTP/0.9 when a request has no version
};

/// What follows a head: RFC 9112 section 6.3.
enum class AfterHead : std::uint8_t {
  as_framed,  ///< what the fields announce
  no_body,    ///< whatever they announce: in a response to HEAD
  tunnel,     ///< no HTTP any more: in a 2xx to CONNECT (RFC 9110 section 9.3.6)
};

/// Receives what one direction carries, in wire order, within the call that produced it. Views are
/// valid during the call; values come from the peer, raw.
class Http1Events {
 public:
  virtual ~Http1Events() = default;
  virtual void on_message_begin() {}
  virtual void on_start_line(const HttpStartLine& line) = 0;
  virtual void on_header(std::string_view name, std::string_view value) = 0;
  virtual AfterHead on_head_end() = 0;
  /// A part of the content, without its framing.
  virtual void on_body(std::span<const std::uint8_t>) {}
  virtual void on_chunk_extension() {}
  virtual void on_trailer(std::string_view /*name*/, std::string_view /*value*/) {}
  virtual void on_message_end() {}
};

/// Frames and reports the messages of one direction. Lenient: it looks at what is relayed, it does
/// not judge it. Never throws for what a peer sent. Bounded: fields are cut, heads have a limit.
class Http1Observer {
 public:
  /// Of a target, a field name or a field value, this much is kept.
  static constexpr std::size_t kept_bytes = 4096;

  enum class Kind : std::uint8_t { requests, responses };

  enum class Status : std::uint8_t {
    reading,  ///< all was consumed, more may follow
    tunnel,   ///< what follows is not HTTP/1: after CONNECT, a 2xx to it, a 101, HTTP/2's preface
    head_limit,  ///< a head is longer than allowed
    broken,      ///< no HTTP/1
  };

  struct Progress {
    std::size_t consumed = 0;  ///< fewer than given only with `tunnel`
    Status status = Status::reading;
  };

  /// `events` must outlive the observer. `head_limit` counts the bytes of one message's head.
  Http1Observer(Kind kind, Http1Events& events, std::uint32_t head_limit);
  ~Http1Observer();
  Http1Observer(Http1Observer&&) noexcept;
  Http1Observer& operator=(Http1Observer&&) noexcept;

  /// Bytes in order, in any split. Not to be called again once the status is `head_limit` or
  /// `broken`.
  Progress feed(std::span<const std::uint8_t> bytes);

  /// The stream ended as its sender meant it to: ends a message that lasts until then.
  void finish();

  /// True while the stream stands inside an unfinished head.
  bool inside_head() const;
  /// True from a message's first byte to its last.
  bool inside_message() const;
  /// Of the bytes fed, how many came before the current message.
  std::uint64_t message_offset() const;
  /// How the current head is written: whole when its end is told.
  HttpFlags head_flags() const;
  /// What it was that is `broken`: a field's name, "chunk", "syntax".
  std::string_view broken_part() const;

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace legible::parser
