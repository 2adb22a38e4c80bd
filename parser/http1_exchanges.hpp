#pragma once
// HTTP/1 in both directions (RFC 9112): requests and responses, paired by their order.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parser/http1_fields.hpp"
#include "parser/http1_observer.hpp"
#include "parser/http_message.hpp"

namespace legible::parser {

/// What both sides have agreed to speak after HTTP/1: by a 101 to Upgrade (RFC 9110 section 7.8),
/// or a 2xx to CONNECT.
struct HttpUpgrade {
  std::uint64_t id = 0;  ///< of the exchange
  std::string method;
  std::string target;
  Instant begun{};          ///< the request's first byte
  std::string protocol;     ///< as the response names it; empty after CONNECT
  bool compressed = false;  ///< WebSocket: with an extension that compresses (RFC 7692)
};

class Http1Exchanges {
 public:
  /// `sink` and `limits` must outlive it.
  Http1Exchanges(HttpSink& sink, const Limits& limits);

  /// Bytes of one direction, the first of them at `offset` of its stream. Returns how many were
  /// looked at: fewer than given when what follows is no HTTP/1 any more.
  std::size_t feed(Side from, std::span<const std::uint8_t> bytes, Instant now,
                   std::uint64_t offset);

  /// The next response is to this request, which was not read here.
  void expect_response(std::string_view method, std::string_view target, Instant now);

  /// The direction ended as its sender meant it to: ends a message that lasts until then.
  void finish(Side from);

  /// Nothing more is read of this direction: a message that it has begun is told unfinished.
  void stop(Side from);

  /// The upgrade, once the response that agrees to it is whole.
  const std::optional<HttpUpgrade>& upgrade() const { return upgrade_; }
  /// A request is not whole yet.
  bool inside_request() const { return requests_.observer.inside_message(); }

 private:
  /// What one direction carries, as far as it is the same for both.
  template <class Message>
  class Direction : public Http1Events {
   public:
    Direction(Http1Exchanges& owner, Side which, Http1Observer::Kind kind);
    void on_message_begin() override;
    void on_header(std::string_view name, std::string_view value) override;
    void on_body(std::span<const std::uint8_t> bytes) override;
    void on_chunk_extension() override { message.flags.set(HttpFlag::chunk_extensions); }
    void on_trailer(std::string_view name, std::string_view value) override;

    void keep_start_line(const HttpStartLine& line);
    void tell();
    void tell_first_head(int status, std::string_view server_or_host);

    Http1Exchanges& exchanges;
    Side side;
    Http1Observer observer;
    Message message;
    Http1FieldCheck check;
    std::optional<std::uint64_t> begins_at;  ///< in the direction's stream
    bool has_start_line = false;             ///< so that there is something to tell
    bool first_head_told = false;
    bool stopped = false;
  };

  struct Requests final : Direction<HttpRequest> {
    using Direction::Direction;
    void on_message_begin() override;
    void on_start_line(const HttpStartLine& line) override;
    AfterHead on_head_end() override;
    void on_message_end() override;
  };

  struct Responses final : Direction<HttpResponse> {
    using Direction::Direction;
    void on_message_begin() override;
    void on_start_line(const HttpStartLine& line) override;
    AfterHead on_head_end() override;
    void on_message_end() override;
  };

  /// A request that waits for its response.
  struct Open {
    std::uint64_t id = 0;
    Instant begun{};
    std::string method;
    std::string target;
  };

  template <class Message>
  std::size_t feed(Direction<Message>& from, std::span<const std::uint8_t> bytes,
                   std::uint64_t offset);
  template <class Message>
  void stop(Direction<Message>& from);
  void give_up_pairing();
  void agree_to_upgrade();

  HttpSink& sink_;
  const Limits& limits_;
  Requests requests_;
  Responses responses_;
  std::vector<Open> open_;  ///< the oldest first
  std::uint64_t requests_seen_ = 0;
  std::optional<HttpUpgrade> upgrade_;
  Instant now_{};                 ///< of the call in progress
  bool connect_pending_ = false;  ///< the last request was CONNECT, and is not answered
  bool paired_ = true;            ///< false: to which request a response belongs is not known
};

}  // namespace legible::parser
