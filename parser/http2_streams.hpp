#pragma once
// The streams of an HTTP/2 connection, each a request and its response: RFC 9113 sections 5 and 8.

#include <array>
#include <cstdint>
#include <map>
#include <memory>

#include "parser/http1_exchanges.hpp"
#include "parser/http_message.hpp"
#include "parser/web_socket_reader.hpp"

namespace legible::parser {

/// One that is open in either direction.
struct Http2Stream {
  HttpRequest request;
  HttpResponse response;
  bool request_begun = false;  ///< there is something to tell
  bool request_told = false;
  bool response_begun = false;
  bool response_told = false;
  /// By side: RFC 8441.
  std::array<std::unique_ptr<WebSocketReader>, 2> web_socket;

  bool done() const { return request_told && response_told; }
};

/// Bounded: streams beyond the limit, and fields beyond theirs, are not kept.
class Http2Streams {
 public:
  /// As Http2Observer.
  Http2Streams(HttpSink& sink, const Limits& limits, const HttpUpgrade* upgrade);

  void set_time(Instant now) { now_ = now; }
  Instant now() const { return now_; }

  /// Null when it is not open.
  Http2Stream* find(std::uint32_t number);
  /// The one that is open, or a new one; null beyond the limit.
  Http2Stream* open(std::uint32_t number);

  /// Keeps a field of a message's headers or trailers, as the limits allow.
  void keep(HttpMessage& message, HttpFields& fields, std::string_view name,
            std::string_view value);

  /// A head is whole. An interim response is told at once.
  void end_request_head(Http2Stream& stream);
  void end_response_head(Http2Stream& stream, bool ends_stream);
  void take_data(Side from, Http2Stream& stream, std::span<const std::uint8_t> bytes);
  /// This side has said all that it had to say on the stream, which may be gone afterwards.
  void end(Side from, std::uint32_t number);
  /// RST_STREAM: the stream is gone.
  void reset(Side from, std::uint32_t number, Http2Error error);
  /// Nothing more is read of this side.
  void stop(Side from);

 private:
  void tell_request(Http2Stream& stream, bool complete);
  void tell_response(Http2Stream& stream, bool complete);
  void tell(Side from, HttpMessage& message, const HttpEvent& event);

  HttpSink& sink_;
  const Limits& limits_;
  std::map<std::uint32_t, Http2Stream> streams_;
  std::uint64_t first_id_ = 0;  ///< added to a stream's number: its messages' id
  std::size_t kept_bytes_ = 0;  ///< of all streams' fields
  std::size_t kept_content_bytes_ = 0;
  bool limit_told_ = false;
  std::array<bool, 2> stopped_{};
  bool first_head_told_ = false;
  Instant now_{};
};

}  // namespace legible::parser
