#pragma once
// A connection's HTTP in a few lines: the first exchanges, and how many there were.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "parser/http_message.hpp"

namespace legible::proxy {

/// One request and what came of it.
struct ExchangeDigest {
  std::uint64_t id = 0;
  std::string method;  ///< raw, cut; empty when no request is known
  std::string target;  ///< likewise, without credentials
  bool http2 = false;
  int status = 0;  ///< 0: no answer
  std::uint64_t body_bytes = 0;
  std::chrono::microseconds took{};  ///< from the request's first byte to the response's last
  bool complete = false;
  std::optional<parser::Http2Error> reset;  ///< HTTP/2: by one of the two
  parser::Side reset_by = parser::Side::client;
  parser::Instant begun{};  ///< the request's first byte
  bool sent = false;        ///< the request came whole
  /// Messages of a WebSocket that the exchange opened, of both sides.
  std::uint64_t web_socket_messages = 0;
};

/// Bounded: keeps the first exchanges, and counts the others.
class HttpDigest {
 public:
  static constexpr std::size_t kept = 6;

  void add(parser::Side from, const parser::HttpEvent& event);

  const std::vector<ExchangeDigest>& exchanges() const { return exchanges_; }
  std::uint64_t not_kept() const { return not_kept_; }
  bool empty() const { return exchanges_.empty(); }
  /// The last request, if the server, whose side was read to the end, answered nothing: no request
  /// has a response or was reset by it, and there was no GOAWAY before the client gave them all up.
  const ExchangeDigest* unanswered() const;
  /// The last request of HTTP/1, if it had no response, though earlier ones had.
  struct Asked {
    std::uint64_t id = 0;
    parser::Instant begun{};  ///< its first byte
    bool sent = false;        ///< it came whole
  };
  const Asked* last_unanswered() const;
  /// The first one whose stream the server reset, if it answered none.
  const ExchangeDigest* refused() const;
  /// HTTP/2's preface was answered in HTTP/1.
  bool answered_in_http1() const { return answered_in_http1_; }
  /// An answer that ended before its length was reached: the last one of those that were told. An
  /// HTTP/2 stream that was reset is none.
  struct Cut {
    std::uint64_t id = 0;
    std::uint64_t bytes = 0;                 ///< of content
    std::optional<std::uint64_t> announced;  ///< by Content-Length
    bool endless = false;                    ///< its type has no end
  };
  const std::optional<Cut>& cut() const { return cut_; }
  /// The first GOAWAY that tells of an error, and who sent it: the other one's follows from it.
  const std::optional<parser::Http2GoAway>& failure() const { return failure_; }
  parser::Side failed_by() const { return failed_by_; }

 private:
  void take(const parser::HttpRequest& request);
  void take(const parser::HttpResponse& response);
  void take(const parser::Http2StreamReset& reset);
  void take(const parser::Http2GoAway& goaway);
  void take(const parser::WebSocketMessage& message);
  void take(const parser::Malformed&) {}
  void take(const parser::LimitReached&) {}
  static bool ends_reading(const parser::HttpEvent& event);

  ExchangeDigest* find(std::uint64_t id);
  ExchangeDigest* open(const parser::HttpMessage& message);

  std::vector<ExchangeDigest> exchanges_;
  std::uint64_t not_kept_ = 0;
  parser::Side from_ = parser::Side::client;  ///< of the event in hand
  Asked last_request_;                        ///< of HTTP/1
  std::uint64_t last_answered_ = 0;           ///< of HTTP/1: its id
  bool answered_in_http1_ = false;
  bool server_spoke_ = false;  ///< a GOAWAY, or what could not be read
  bool unreadable_ = false;    ///< the latter
  std::optional<Cut> cut_;
  std::uint64_t last_reset_ = 0;  ///< the exchange; what there is of its answer is told next
  std::optional<parser::Http2GoAway> failure_;
  parser::Side failed_by_ = parser::Side::client;
};

}  // namespace legible::proxy
