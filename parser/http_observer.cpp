#include "parser/http_observer.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "parser/ascii.hpp"
#include "parser/preamble.hpp"
#include "parser/protocol_detector.hpp"

namespace legible::parser {
namespace {

using Bytes = std::span<const std::uint8_t>;

/// RFC 9110 section 7.8: a protocol may be followed by its version.
bool names(std::string_view protocols, std::string_view wanted) {
  bool found = false;
  for_each_element(protocols, [&](std::string_view each) {
    found |= same_in_any_case(each.substr(0, each.find('/')), wanted);
  });
  return found;
}

}  // namespace

HttpObserver::HttpObserver(HttpSink& sink, const Limits& limits) : sink_(sink), limits_(limits) {}
HttpObserver::~HttpObserver() = default;

Http1Exchanges& HttpObserver::http1() {
  if (!http1_) http1_ = std::make_unique<Http1Exchanges>(sink_, limits_);
  return *http1_;
}

Http2Observer& HttpObserver::http2() {
  if (!http2_) http2_ = std::make_unique<Http2Observer>(sink_, limits_);
  return *http2_;
}

void HttpObserver::feed(Side from, Bytes bytes, Instant now) {
  Direction& direction = of(from);
  std::vector<std::uint8_t> joined;
  if (!direction.held.empty()) {
    joined = std::exchange(direction.held, {});
    joined.insert(joined.end(), bytes.begin(), bytes.end());
    bytes = joined;
  }
  while (!bytes.empty() && direction.reads != Reads::nothing) {
    const Reads before = direction.reads;
    const std::size_t taken = step(from, bytes, now);
    direction.offset += taken;
    bytes = bytes.subspan(taken);
    if (taken > 0 || direction.reads != before) continue;
    direction.held.assign(bytes.begin(), bytes.end());
    return;
  }
}

/// How many bytes were taken. None, when what they begin has just been decided, or cannot be yet.
std::size_t HttpObserver::step(Side from, Bytes bytes, Instant now) {
  Direction& direction = of(from);
  switch (direction.reads) {
    case Reads::undecided:
      if (from == Side::client) return decide_client(bytes);
      decide_server(bytes, now);
      return 0;
    case Reads::http1:
      return read_http1(from, bytes, now);
    case Reads::http2:
      http2().feed(from, bytes, now, direction.offset);
      break;
    case Reads::web_socket:
      web_socket_[static_cast<std::size_t>(from)]->feed(bytes, direction.offset);
      break;
    case Reads::nothing:
      break;
  }
  return bytes.size();
}

std::size_t HttpObserver::decide_client(Bytes first) {
  Reads& reads = of(Side::client).reads;
  const std::string_view start = as_text(first).substr(0, http2_preface.size());
  if (http2_preface.starts_with(start)) {
    if (start.size() < http2_preface.size()) return 0;
    reads = Reads::http2;
    if (!http1_) sink_.on_first_head(Side::client, {0, "PRI", "*", {}, {}});
    return http2_preface.size();
  }
  const std::optional<Protocol> found = detect_protocol(Side::client, first, Protocol::unknown);
  if (!found) return 0;
  const bool http = *found == Protocol::http || *found == Protocol::http_connect;
  reads = http && !http2_ ? Reads::http1 : Reads::nothing;
  return 0;
}

/// A server may speak first: HTTP/2's with its SETTINGS, HTTP/1's when it waits no longer.
void HttpObserver::decide_server(Bytes first, Instant now) {
  constexpr std::string_view http1_version = "HTTP/";
  Reads& reads = of(Side::server).reads;
  const Reads client = of(Side::client).reads;
  const std::string_view start = as_text(first).substr(0, http1_version.size());
  if (http1_version.starts_with(start)) {
    if (start.size() < http1_version.size()) return;
    reads = Reads::http1;
    // It takes the preface for a request.
    if (client == Reads::http2) http1().expect_response("PRI", "*", now);
  } else if (client == Reads::http2) {
    reads = Reads::http2;
  } else if (client != Reads::undecided) {
    reads = Reads::nothing;
  } else if (const auto found = detect_protocol(Side::server, first, Protocol::unknown)) {
    constexpr char markup = '<';
    const bool http2_settings = *found == Protocol::http && start.front() != markup;
    reads = http2_settings ? Reads::http2 : Reads::nothing;
  }
}

std::size_t HttpObserver::read_http1(Side from, Bytes bytes, Instant now) {
  const std::size_t taken = http1().feed(from, bytes, now, of(from).offset);
  if (http1().upgrade()) follow(*http1().upgrade());
  return taken;
}

void HttpObserver::follow(const HttpUpgrade& upgrade) {
  const bool rest_of_request = http1().inside_request();
  Reads client = Reads::nothing;
  Reads server = Reads::nothing;
  if (names(upgrade.protocol, "websocket")) {
    client = server = Reads::web_socket;
    for (const Side side : {Side::client, Side::server}) {
      web_socket_[static_cast<std::size_t>(side)] =
          std::make_unique<WebSocketReader>(sink_, side, upgrade.id, upgrade.compressed);
    }
  } else if (names(upgrade.protocol, "h2c")) {
    client = Reads::undecided;
    server = Reads::http2;
    http2_ = std::make_unique<Http2Observer>(sink_, limits_, &upgrade);
  }
  of(Side::client).reads = rest_of_request ? Reads::nothing : client;
  of(Side::server).reads = server;
}

void HttpObserver::end(Side from) {
  if (http1_) http1_->finish(from);
  stop(from);
}

void HttpObserver::stop(Side from) {
  of(from).reads = Reads::nothing;
  of(from).held = {};
  if (http1_) http1_->stop(from);
  if (http2_) http2_->stop(from);
  if (auto& reader = web_socket_[static_cast<std::size_t>(from)]) reader->stop();
}

}  // namespace legible::parser
