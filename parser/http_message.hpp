#pragma once
// What an HTTP observer reports: messages, and what ends a stream before they do.
//
// Messages are told by reference and only for the moment: an observer uses them again for the next
// one, so that a message costs next to no allocation. Whoever keeps one copies it.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "parser/content_budget.hpp"
#include "parser/http2_types.hpp"
#include "parser/http_flags.hpp"
#include "parser/limits.hpp"
#include "parser/observation.hpp"

namespace legible::parser {

/// When bytes came, on a clock of the caller's choice.
using Instant = std::chrono::microseconds;

/// Field lines in the order sent (RFC 9110 section 5), in one buffer. Raw.
class HttpFields {
 public:
  struct Field {
    std::string_view name;
    std::string_view value;
  };

  void add(std::string_view name, std::string_view value);
  void clear();

  std::size_t size() const { return ends_.size(); }
  /// Of names and values.
  std::size_t bytes() const { return text_.size(); }
  Field operator[](std::size_t index) const;
  /// The first of that name in any case, if there is one.
  std::optional<std::string_view> find(std::string_view name) const;
  /// Calls `take` with each field.
  void for_each(const auto& take) const {
    for (std::size_t i = 0; i < size(); ++i) take((*this)[i]);
  }

 private:
  struct Ends {
    std::uint32_t name;
    std::uint32_t value;
  };
  std::string text_;
  std::vector<Ends> ends_;
};

/// What requests and responses have in common.
struct HttpMessage {
  /// HTTP/1: the exchange's number on its connection, from 1. HTTP/2: the stream's. A response to
  /// no request has 0.
  std::uint64_t id = 0;
  std::optional<std::uint32_t> stream;  ///< HTTP/2
  std::uint8_t major = 0;
  std::uint8_t minor = 0;  ///< HTTP/0.9 when a request has no version

  /// Of the request, also in its response: empty where no request is known.
  std::string method;
  std::string target;

  HttpFields headers;
  HttpFields trailers;
  std::uint64_t fields_dropped = 0;  ///< beyond Limits::http_fields or http_kept_bytes
  std::string protocol;              ///< that an upgrade asks for, or agrees to
  std::uint64_t body_bytes = 0;      ///< content, without its framing
  std::vector<std::uint8_t> body;    ///< its start, as far as the limits allow
  ContentShare body_share;           ///< that `body` has of the common budget
  bool over_budget = false;          ///< the budget let less be kept than the other limits
  HttpFlags flags;
  bool complete = false;  ///< false: the connection, stream or reading ended before the message

  Instant request_begun{};  ///< the request's first byte
  Instant begun{};          ///< this message's first byte
  Instant ended{};          ///< its last one so far

  /// Adds to `fields`, which is one of this message's, as long as the limits allow.
  void keep_field(HttpFields& fields, std::string_view name, std::string_view value,
                  const Limits& limits);
  /// Counts a part of the content, and keeps of all of it at most the first `kept` bytes, as far as
  /// the budget (may be null) reaches.
  void take_body(std::span<const std::uint8_t> bytes, std::uint32_t kept, ContentBudget* budget);
  void drop_body();
  /// Empties it for the next message, and keeps its memory.
  void clear();
};

struct HttpRequest : HttpMessage {
  std::string scheme;     ///< HTTP/2
  std::string authority;  ///< HTTP/2
  bool pushed = false;    ///< HTTP/2: by the server (PUSH_PROMISE)

  /// Bytes of its content that the limits allow to keep.
  std::uint32_t kept_content(const Limits& limits) const { return limits.http_body_bytes; }
  void clear();
};

struct HttpResponse : HttpMessage {
  int status = 0;  ///< below 200: interim, another one follows
  std::string reason;

  /// Of an error at least its start, since it may say why the connection ends.
  std::uint32_t kept_content(const Limits& limits) const {
    constexpr int first_error = 400;
    const std::uint32_t of_error = status >= first_error ? limits.http_error_bytes : 0;
    return std::max(limits.http_body_bytes, of_error);
  }
  void clear();
};

/// RST_STREAM: RFC 9113 section 6.4.
struct Http2StreamReset {
  std::uint64_t id = 0;
  std::uint32_t stream = 0;
  Http2Error error;
};

/// GOAWAY: RFC 9113 section 6.8.
struct Http2GoAway {
  static constexpr std::size_t kept_debug_bytes = 256;

  std::uint32_t last_stream = 0;
  Http2Error error;
  std::string debug;  ///< its start, raw
};

/// One message or control frame: RFC 6455 section 5.
struct WebSocketMessage {
  std::uint64_t id = 0;  ///< of the exchange that opened the WebSocket
  std::uint8_t opcode = 0;
  std::uint64_t bytes = 0;   ///< payload as sent: compressed, if it is
  std::uint64_t frames = 0;  ///< of which it consists
  bool masked = false;       ///< all of them
  bool compressed = false;   ///< RFC 7692
  bool complete = false;
  std::optional<std::uint16_t> code;  ///< of a close
  std::string reason;                 ///< of a close, raw
};

template <class T>
using Ref = std::reference_wrapper<const T>;

/// Something that happened inside HTTP; what is referred to is there during the call. After a
/// Malformed that direction is no longer read.
using HttpEvent =
    std::variant<Ref<HttpRequest>, Ref<HttpResponse>, Ref<Http2StreamReset>, Ref<Http2GoAway>,
                 Ref<WebSocketMessage>, Ref<Malformed>, Ref<LimitReached>>;

/// Receives what an HTTP observer tells, in wire order, within the call that produced it.
class HttpSink {
 public:
  virtual ~HttpSink() = default;
  /// The first head of a direction, as soon as it is whole. HTTP/2's preface counts as a client's.
  virtual void on_first_head(Side from, PlainHttp&& head) = 0;
  virtual void on_http(Side from, const HttpEvent& event) = 0;
};

template <class Event>
void report(HttpSink& sink, Side from, const Event& event) {
  sink.on_http(from, std::cref(event));
}

}  // namespace legible::parser
