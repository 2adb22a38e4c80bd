#include "parser/http2_streams.hpp"

#include <algorithm>
#include <utility>

#include "parser/ascii.hpp"

namespace legible::parser {
namespace {

constexpr std::size_t at(Side side) { return static_cast<std::size_t>(side); }

/// Of all open streams' content so much is kept, by the size that is allowed to one.
constexpr std::size_t whole_bodies = 4;

/// RFC 9110 section 8.6: what Content-Length announces of a message that has none.
bool is_without_content(const HttpResponse& response) {
  return response.method == "HEAD" || response.status == 204 || response.status == 304;
}

void check_length(HttpMessage& message) {
  const auto announced = message.headers.find("content-length");
  if (!announced) return;
  const auto length = number_in<std::uint64_t>(*announced);
  if (!length) {
    message.flags.set(HttpFlag::bad_content_length);
  } else if (*length != message.body_bytes) {
    message.flags.set(HttpFlag::content_length_mismatch);
  }
}

}  // namespace

Http2Streams::Http2Streams(HttpSink& sink, const Limits& limits, const HttpUpgrade* upgrade)
    : sink_(sink), limits_(limits) {
  if (upgrade == nullptr) return;
  first_head_told_ = true;
  first_id_ = upgrade->id - 1;
  Http2Stream& stream = streams_[1];
  stream.request_begun = stream.request_told = true;
  stream.response.id = upgrade->id;
  stream.response.stream = 1;
  stream.response.method = upgrade->method;
  stream.response.target = upgrade->target;
  stream.response.request_begun = upgrade->begun;
}

Http2Stream* Http2Streams::find(std::uint32_t number) {
  const auto found = streams_.find(number);
  return found == streams_.end() ? nullptr : &found->second;
}

Http2Stream* Http2Streams::open(std::uint32_t number) {
  if (Http2Stream* const known = find(number)) return known;
  if (streams_.size() >= limits_.http2_streams) {
    if (!std::exchange(limit_told_, true)) {
      report(sink_, Side::client, LimitReached{"open HTTP/2 streams", limits_.http2_streams});
    }
    return nullptr;
  }
  Http2Stream& stream = streams_[number];
  for (HttpMessage* message :
       {static_cast<HttpMessage*>(&stream.request), static_cast<HttpMessage*>(&stream.response)}) {
    message->id = first_id_ + number;
    message->stream = number;
    message->major = 2;
    message->begun = message->request_begun = now_;
  }
  return &stream;
}

void Http2Streams::keep(HttpMessage& message, HttpFields& fields, std::string_view name,
                        std::string_view value) {
  if (kept_bytes_ + name.size() + value.size() > limits_.http2_kept_bytes) {
    ++message.fields_dropped;
    return;
  }
  const std::size_t before = fields.bytes();
  message.keep_field(fields, name, value, limits_);
  kept_bytes_ += fields.bytes() - before;
}

void Http2Streams::end_request_head(Http2Stream& stream) {
  stream.response.method = stream.request.method;
  stream.response.target = stream.request.target;
}

void Http2Streams::end_response_head(Http2Stream& stream, bool ends_stream) {
  HttpResponse& response = stream.response;
  if (!std::exchange(first_head_told_, true)) {
    sink_.on_first_head(
        Side::server,
        {response.status, {}, {}, std::string(response.headers.find("server").value_or("")), {}});
  }
  if (response.status < 200 && !ends_stream) {
    // Another head follows, of the same exchange.
    HttpResponse next;
    next.id = response.id;
    next.stream = response.stream;
    next.major = response.major;
    next.method = response.method;
    next.target = response.target;
    next.request_begun = response.request_begun;
    response.complete = true;
    tell(Side::server, response, std::cref(response));
    response = std::move(next);
    stream.response_begun = false;
    return;
  }
  const bool accepted = response.status >= 200 && response.status < 300;
  if (!accepted || stream.request.protocol != "websocket") return;
  const bool compressed = agrees_to_compression(response.headers);
  for (const Side side : {Side::client, Side::server}) {
    stream.web_socket[at(side)] =
        std::make_unique<WebSocketReader>(sink_, side, response.id, compressed);
  }
}

void Http2Streams::take_data(Side from, Http2Stream& stream, std::span<const std::uint8_t> bytes) {
  const bool up = from == Side::client;
  HttpMessage& message = up ? static_cast<HttpMessage&>(stream.request) : stream.response;
  if (stream.web_socket[at(from)]) stream.web_socket[at(from)]->feed(bytes, message.body_bytes);
  const std::size_t before = message.body.size();
  const std::size_t allowed =
      whole_bodies * std::size_t{std::max(limits_.http_body_bytes, limits_.http_error_bytes)};
  const auto kept = bytes.first(std::min(allowed - kept_content_bytes_, bytes.size()));
  message.take_body(
      kept, up ? stream.request.kept_content(limits_) : stream.response.kept_content(limits_),
      limits_.http_content);
  message.body_bytes += bytes.size() - kept.size();
  kept_content_bytes_ += message.body.size() - before;
}

void Http2Streams::end(Side from, std::uint32_t number) {
  Http2Stream* const stream = find(number);
  if (stream == nullptr) return;
  if (stream->web_socket[at(from)]) stream->web_socket[at(from)]->stop();
  if (from == Side::client) {
    check_length(stream->request);
    tell_request(*stream, true);
  } else {
    if (!is_without_content(stream->response)) check_length(stream->response);
    tell_response(*stream, true);
  }
  if (stopped_[at(Side::client)]) stream->request_told = true;
  if (stream->done()) streams_.erase(number);
}

void Http2Streams::reset(Side from, std::uint32_t number, Http2Error error) {
  Http2Stream* const stream = find(number);
  if (stream == nullptr) return;
  const Http2StreamReset told{stream->response.id, number, error};
  report(sink_, from, told);
  tell_request(*stream, false);
  tell_response(*stream, false);
  streams_.erase(number);
}

void Http2Streams::stop(Side from) {
  if (std::exchange(stopped_[at(from)], true)) return;
  for (auto& [number, stream] : streams_) {
    if (stream.web_socket[at(from)]) stream.web_socket[at(from)]->stop();
    from == Side::client ? tell_request(stream, false) : tell_response(stream, false);
  }
  std::erase_if(streams_, [](const auto& each) { return each.second.done(); });
}

void Http2Streams::tell_request(Http2Stream& stream, bool complete) {
  if (!stream.request_begun || std::exchange(stream.request_told, true)) return;
  // Of a head that was never whole there may be nothing yet.
  if (!complete && stream.request.method.empty()) return;
  stream.request.complete = complete;
  tell(stream.request.pushed ? Side::server : Side::client, stream.request,
       std::cref(stream.request));
}

void Http2Streams::tell_response(Http2Stream& stream, bool complete) {
  if (!stream.response_begun || std::exchange(stream.response_told, true)) return;
  if (!complete && stream.response.status == 0) return;
  stream.response.complete = complete;
  tell(Side::server, stream.response, std::cref(stream.response));
}

void Http2Streams::tell(Side from, HttpMessage& message, const HttpEvent& event) {
  message.ended = now_;
  sink_.on_http(from, event);
  kept_bytes_ -= message.headers.bytes() + message.trailers.bytes();
  message.headers.clear();
  message.trailers.clear();
  kept_content_bytes_ -= message.body.size();
  message.drop_body();
}

}  // namespace legible::parser
