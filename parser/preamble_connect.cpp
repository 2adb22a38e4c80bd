// HTTP CONNECT: RFC 9110 section 9.3.6.

#include <optional>

#include "parser/ascii.hpp"
#include "parser/http1_observer.hpp"
#include "parser/http_secrets.hpp"
#include "parser/preamble.hpp"

namespace legible::parser {
namespace {

class ConnectPreamble : public Preamble {
 public:
  ConnectPreamble(const Limits& limits, ObservationSink& sink)
      : Preamble(Protocol::http_connect, limits.dialogue_bytes),
        sink_(sink),
        head_limit_(limits.http_head_bytes),
        responses_(Http1Observer::Kind::responses, response_head_, head_limit_) {}

  bool admits(Protocol other) const override {
    return other == Protocol::http_connect || other == Protocol::http;
  }
  std::string_view unit() const override { return "head of an HTTP message"; }
  bool inside_message(Side from) const override {
    return from == Side::client ? request_ && request_->inside_head() : responses_.inside_head();
  }

  PreambleStep feed(Side from, std::span<const std::uint8_t> bytes) override {
    return from == Side::client ? feed_request(bytes) : feed_response(bytes);
  }

 private:
  /// After a refusal the client may try again, with credentials, on the same connection.
  PreambleStep feed_request(std::span<const std::uint8_t> bytes) {
    using Next = PreambleStep::Next;
    if (!request_) {
      constexpr std::string_view again = "CONNECT ";
      const std::string_view start = as_text(bytes).substr(0, again.size());
      if (!again.starts_with(start)) return {Next::hand_over};
      if (start.size() < again.size()) return {Next::need_more};
      request_.emplace(Http1Observer::Kind::requests, request_head_, head_limit_);
    }
    const Http1Observer::Progress progress = request_->feed(bytes);
    switch (progress.status) {
      case Http1Observer::Status::reading:
        break;
      case Http1Observer::Status::tunnel:
        request_.reset();
        break;
      case Http1Observer::Status::head_limit:
      case Http1Observer::Status::broken:
        return {Next::leave, bytes.size()};
    }
    return {Next::proceed, progress.consumed};
  }

  PreambleStep feed_response(std::span<const std::uint8_t> bytes) {
    using Next = PreambleStep::Next;
    const Http1Observer::Progress progress = responses_.feed(bytes);
    switch (progress.status) {
      case Http1Observer::Status::reading:
        return {Next::proceed, progress.consumed};
      case Http1Observer::Status::tunnel:
        return {Next::hand_over, progress.consumed};
      case Http1Observer::Status::head_limit:
      case Http1Observer::Status::broken:
        break;
    }
    return {Next::leave, bytes.size()};
  }

  /// One side's heads, as lines.
  class Head : public Http1Events {
   public:
    Head(ConnectPreamble& dialogue, Side from) : dialogue_(dialogue), from_(from) {}

    void on_start_line(const HttpStartLine& line) override {
      plain_ = {line.status, {}, {}, {}, {}};
      const std::string version =
          "HTTP/" + std::to_string(line.major) + "." + std::to_string(line.minor);
      if (from_ == Side::server) {
        dialogue_.say(from_, version + " " + std::to_string(line.status) + " " + line.reason);
        return;
      }
      dialogue_.set_target(line.target);
      dialogue_.say(from_, line.method + " " + line.target + " " + version);
    }

    void on_header(std::string_view name, std::string_view value) override {
      if (same_in_any_case(name, "Server")) plain_.server = value;
      dialogue_.say(from_,
                    std::string(name).append(": ").append(is_secret_field(name) ? masked : value));
    }

    AfterHead on_head_end() override {
      constexpr int refusals_told = 8;
      if (plain_.status >= 200 && plain_.status < 300) return AfterHead::tunnel;
      if (plain_.status >= 300 && ++refusals_ <= refusals_told) {
        dialogue_.sink_.on_observation(from_, std::make_shared<const PlainHttp>(plain_));
      }
      return AfterHead::as_framed;
    }

   private:
    ConnectPreamble& dialogue_;
    Side from_;
    PlainHttp plain_;
    int refusals_ = 0;
  };

  ObservationSink& sink_;
  std::uint32_t head_limit_;
  Head request_head_{*this, Side::client};
  Head response_head_{*this, Side::server};
  std::optional<Http1Observer> request_;
  Http1Observer responses_;
};

}  // namespace

std::unique_ptr<Preamble> make_connect_preamble(const Limits& limits, ObservationSink& sink) {
  return std::make_unique<ConnectPreamble>(limits, sink);
}

}  // namespace legible::parser
