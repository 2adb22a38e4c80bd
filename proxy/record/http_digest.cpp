#include "proxy/record/http_digest.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "parser/ascii.hpp"
#include "parser/http_secrets.hpp"

namespace legible::proxy {
namespace {

constexpr std::size_t longest_kept = 160;

bool is_final(const parser::HttpResponse& response) {
  constexpr int switching_protocols = 101;
  return response.status >= 200 || response.status == switching_protocols;
}

/// Where its end is that of the connection, nobody knows how long it was to be.
bool ends_before_its_length(const parser::HttpResponse& response) {
  if (response.complete || response.status == 101) return false;
  return response.stream || response.headers.find("content-length") ||
         response.headers.find("transfer-encoding");
}

/// Events, and what servers send to be shown as it comes.
bool has_no_end(const parser::HttpResponse& response) {
  constexpr std::array<std::string_view, 4> types{"text/event-stream", "multipart/x-mixed-replace",
                                                  "application/x-ndjson", "application/grpc"};
  const auto type = response.headers.find("content-type");
  return type && std::ranges::any_of(types, [&](std::string_view each) {
           return parser::same_in_any_case(type->substr(0, each.size()), each);
         });
}

}  // namespace

bool HttpDigest::ends_reading(const parser::HttpEvent& event) {
  return std::holds_alternative<parser::Ref<parser::Malformed>>(event) ||
         std::holds_alternative<parser::Ref<parser::LimitReached>>(event);
}

void HttpDigest::add(parser::Side from, const parser::HttpEvent& event) {
  unreadable_ |= ends_reading(event);
  // What tells of the server's own doing without being an answer.
  const bool word =
      ends_reading(event) || std::holds_alternative<parser::Ref<parser::Http2GoAway>>(event);
  server_spoke_ |= from == parser::Side::server && word;
  from_ = from;
  std::visit([&](const auto& held) { take(held.get()); }, event);
}

const ExchangeDigest* HttpDigest::unanswered() const {
  const auto is_open = [](const ExchangeDigest& exchange) {
    const bool refused = exchange.reset && exchange.reset_by == parser::Side::server;
    return exchange.status == 0 && !exchange.method.empty() && !refused;
  };
  // A server's GOAWAY may follow from that.
  const bool given_up = !unreadable_ && std::ranges::all_of(exchanges_, [](const auto& exchange) {
    return exchange.reset && exchange.reset_by == parser::Side::client;
  });
  const bool none_answered =
      (!server_spoke_ || given_up) && not_kept_ == 0 && std::ranges::all_of(exchanges_, is_open);
  return none_answered && !exchanges_.empty() ? &exchanges_.back() : nullptr;
}

const HttpDigest::Asked* HttpDigest::last_unanswered() const {
  const bool open = last_answered_ != 0 && last_request_.id > last_answered_ && !unreadable_;
  return open ? &last_request_ : nullptr;
}

const ExchangeDigest* HttpDigest::refused() const {
  const bool none_answered = not_kept_ == 0 && !unreadable_ &&
                             std::ranges::all_of(exchanges_, [](const ExchangeDigest& exchange) {
                               return exchange.status == 0;
                             });
  if (!none_answered) return nullptr;
  const auto found = std::ranges::find_if(exchanges_, [](const ExchangeDigest& exchange) {
    constexpr std::uint32_t no_error = 0;
    return exchange.reset && exchange.reset->value != no_error &&
           exchange.reset_by == parser::Side::server;
  });
  return found == exchanges_.end() ? nullptr : &*found;
}

ExchangeDigest* HttpDigest::find(std::uint64_t id) {
  const auto found = std::ranges::find(exchanges_, id, &ExchangeDigest::id);
  return found == exchanges_.end() ? nullptr : &*found;
}

/// The message's exchange, as long as it is kept.
ExchangeDigest* HttpDigest::open(const parser::HttpMessage& message) {
  ExchangeDigest* const known = find(message.id);
  if (known != nullptr && !known->method.empty()) return known;
  if (known == nullptr && exchanges_.size() == kept) return nullptr;
  // A stream may be reset before its request is whole, and told.
  ExchangeDigest& exchange = known != nullptr ? *known : exchanges_.emplace_back();
  exchange.id = message.id;
  exchange.http2 = message.stream.has_value();
  exchange.method = message.method.substr(0, longest_kept);
  exchange.target = parser::without_credentials(message.target).substr(0, longest_kept);
  return &exchange;
}

void HttpDigest::take(const parser::HttpRequest& request) {
  if (!request.stream) {
    last_request_ = {request.id, request.begun, request.complete};
  }
  ExchangeDigest* const exchange = open(request);
  if (exchange == nullptr) {
    ++not_kept_;
    return;
  }
  exchange->begun = request.begun;
  exchange->sent = request.complete;
}

void HttpDigest::take(const parser::HttpResponse& response) {
  if (!is_final(response)) return;
  if (response.method == "PRI") {
    answered_in_http1_ = true;  // there was no such request
    return;
  }
  if (!response.stream) last_answered_ = std::max(last_answered_, response.id);
  if (ends_before_its_length(response) && !unreadable_ && response.id != last_reset_) {
    const auto length = response.headers.find("content-length");
    const Cut cut{response.id, response.body_bytes,
                  length ? parser::number_in<std::uint64_t>(*length) : std::nullopt,
                  has_no_end(response)};
    // Who leaves an endless one may have wanted the other.
    if (!cut_ || cut_->endless || !cut.endless) cut_ = cut;
  }
  ExchangeDigest* const exchange = open(response);
  if (exchange == nullptr) return;
  exchange->status = response.status;
  exchange->body_bytes = response.body_bytes;
  exchange->took = response.ended - response.request_begun;
  exchange->complete = response.complete;
}

void HttpDigest::take(const parser::Http2StreamReset& reset) {
  last_reset_ = reset.id;
  ExchangeDigest* exchange = find(reset.id);
  if (exchange == nullptr && exchanges_.size() < kept) {
    exchange = &exchanges_.emplace_back();
    exchange->id = reset.id;
    exchange->http2 = true;
  }
  if (exchange == nullptr) return;
  exchange->reset = reset.error;
  exchange->reset_by = from_;
}

void HttpDigest::take(const parser::Http2GoAway& goaway) {
  // RFC 9113 section 6.8: what lies above the last stream was not and will not be processed.
  const bool drops_request = from_ == parser::Side::server &&
                             std::ranges::any_of(exchanges_, [&](const ExchangeDigest& exchange) {
                               return exchange.http2 && exchange.status == 0 && !exchange.reset &&
                                      exchange.id > goaway.last_stream;
                             });
  if (failure_ || (goaway.error.value == 0 && !drops_request)) return;
  failure_ = goaway;
  failed_by_ = from_;
}

void HttpDigest::take(const parser::WebSocketMessage& message) {
  if (ExchangeDigest* const exchange = find(message.id)) ++exchange->web_socket_messages;
}

}  // namespace legible::proxy
