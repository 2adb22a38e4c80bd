#include "proxy/http_digest.hpp"

#include <algorithm>

#include "parser/http_secrets.hpp"

namespace legible::proxy {
namespace {

constexpr std::size_t longest_kept = 160;

bool is_final(const parser::HttpResponse& response) {
  constexpr int switching_protocols = 101;
  return response.status >= 200 || response.status == switching_protocols;
}

}  // namespace

void HttpDigest::add(const parser::HttpEvent& event) {
  std::visit([&](const auto& held) { take(held.get()); }, event);
}

const ExchangeDigest* HttpDigest::unanswered() const {
  if (exchanges_.empty() || going_away_) return nullptr;
  const ExchangeDigest& first = exchanges_.front();
  return first.status == 0 && !first.method.empty() && !first.reset ? &first : nullptr;
}

ExchangeDigest* HttpDigest::find(std::uint64_t id) {
  const auto found = std::ranges::find(exchanges_, id, &ExchangeDigest::id);
  return found == exchanges_.end() ? nullptr : &*found;
}

/// The message's exchange, as long as it is kept.
ExchangeDigest* HttpDigest::open(const parser::HttpMessage& message) {
  if (ExchangeDigest* const known = find(message.id)) return known;
  if (exchanges_.size() == kept) return nullptr;
  ExchangeDigest& exchange = exchanges_.emplace_back();
  exchange.id = message.id;
  exchange.http2 = message.stream.has_value();
  exchange.method = message.method.substr(0, longest_kept);
  exchange.target = parser::without_credentials(message.target).substr(0, longest_kept);
  return &exchange;
}

void HttpDigest::take(const parser::HttpRequest& request) {
  if (open(request) == nullptr) ++not_kept_;
}

void HttpDigest::take(const parser::HttpResponse& response) {
  if (!is_final(response)) return;
  ExchangeDigest* const exchange = open(response);
  if (exchange == nullptr) return;
  exchange->status = response.status;
  exchange->body_bytes = response.body_bytes;
  exchange->took = response.ended - response.request_begun;
  exchange->complete = response.complete;
}

void HttpDigest::take(const parser::Http2StreamReset& reset) {
  if (ExchangeDigest* const exchange = find(reset.id)) exchange->reset = reset.error;
}

void HttpDigest::take(const parser::Http2GoAway& goaway) {
  going_away_ = true;
  if (goaway.error.value != 0) failure_ = goaway;
}

void HttpDigest::take(const parser::WebSocketMessage& message) {
  if (ExchangeDigest* const exchange = find(message.id)) ++exchange->web_socket_messages;
}

}  // namespace legible::proxy
