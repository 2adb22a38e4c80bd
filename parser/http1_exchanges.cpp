#include "parser/http1_exchanges.hpp"

#include <utility>

#include "parser/web_socket_reader.hpp"

namespace legible::parser {
namespace {

constexpr const char* http_head = "head of an HTTP message";
constexpr const char* http_message = "HTTP message";

constexpr int switching_protocols = 101;

bool is_interim(int status) { return status < 200; }

/// What a broken field is, in the flags of the message that it broke.
HttpFlags flags_of(std::string_view broken_part, const Http1FieldCheck& check) {
  HttpFlags flags = check.of_response(1, 1);
  if (broken_part == "Content-Length" && !flags.has(HttpFlag::several_content_lengths)) {
    flags.set(HttpFlag::bad_content_length);
  }
  if (broken_part == "Transfer-Encoding") flags.set(HttpFlag::unknown_transfer_encoding);
  return flags;
}

}  // namespace

// --- one direction ---

template <class Message>
Http1Exchanges::Direction<Message>::Direction(Http1Exchanges& owner, Side which,
                                              Http1Observer::Kind kind)
    : exchanges(owner), side(which), observer(kind, *this, owner.limits_.http_head_bytes) {}

template <class Message>
void Http1Exchanges::Direction<Message>::on_message_begin() {
  message.clear();
  message.begun = exchanges.now_;
  check = {};
  has_start_line = false;
}

template <class Message>
void Http1Exchanges::Direction<Message>::on_header(std::string_view name, std::string_view value) {
  check.add(name, value);
  message.keep_field(message.headers, name, value, exchanges.limits_);
}

template <class Message>
void Http1Exchanges::Direction<Message>::on_body(std::span<const std::uint8_t> bytes) {
  const Limits& limits = exchanges.limits_;
  message.take_body(bytes, message.kept_content(limits), limits.http_content);
}

template <class Message>
void Http1Exchanges::Direction<Message>::on_trailer(std::string_view name, std::string_view value) {
  message.keep_field(message.trailers, name, value, exchanges.limits_);
}

template <class Message>
void Http1Exchanges::Direction<Message>::keep_start_line(const HttpStartLine& line) {
  has_start_line = true;
  message.major = line.major;
  message.minor = line.minor;
}

template <class Message>
void Http1Exchanges::Direction<Message>::tell() {
  message.ended = exchanges.now_;
  if (has_start_line && exchanges.paired_) {
    report(exchanges.sink_, side, message);
  }
  // The next one may be long in coming.
  if (!message.body.empty()) message.drop_body();
}

template <class Message>
void Http1Exchanges::Direction<Message>::tell_first_head(int status,
                                                         std::string_view server_or_host) {
  if (std::exchange(first_head_told, true)) return;
  PlainHttp head{
      status, {}, {}, std::string(message.headers.find(server_or_host).value_or("")), {}};
  if (status == 0) {
    head.method = message.method;
    head.target = message.target;
  }
  exchanges.sink_.on_first_head(side, std::move(head));
}

// --- requests ---

void Http1Exchanges::Requests::on_message_begin() {
  Direction::on_message_begin();
  if (exchanges.open_.size() >= exchanges.limits_.http_open_requests) {
    exchanges.paired_ = false;
    return;
  }
  message.id = ++exchanges.requests_seen_;
  message.request_begun = message.begun;
  exchanges.open_.push_back({message.id, message.begun, {}, {}});
}

void Http1Exchanges::Requests::on_start_line(const HttpStartLine& line) {
  keep_start_line(line);
  message.method = line.method;
  message.target = line.target;
  // A response may have come before its request was whole.
  if (exchanges.open_.empty() || exchanges.open_.back().id != message.id) return;
  exchanges.open_.back().method = line.method;
  exchanges.open_.back().target = line.target;
}

AfterHead Http1Exchanges::Requests::on_head_end() {
  message.flags.set(observer.head_flags());
  message.flags.set(check.of_request(message.major, message.minor));
  message.protocol = message.headers.find("Upgrade").value_or("");
  tell_first_head(0, "Host");
  return AfterHead::as_framed;
}

void Http1Exchanges::Requests::on_message_end() {
  message.complete = true;
  tell();
}

// --- responses ---

void Http1Exchanges::Responses::on_message_begin() {
  Direction::on_message_begin();
  if (exchanges.open_.empty()) {
    message.flags.set(HttpFlag::unsolicited_response);
    exchanges.paired_ &= !exchanges.requests_.stopped;
    return;
  }
  const Open& open = exchanges.open_.front();
  message.id = open.id;
  message.request_begun = open.begun;
  message.method = open.method;
  message.target = open.target;
}

void Http1Exchanges::Responses::on_start_line(const HttpStartLine& line) {
  keep_start_line(line);
  message.status = line.status;
  message.reason = line.reason;
}

AfterHead Http1Exchanges::Responses::on_head_end() {
  message.flags.set(observer.head_flags());
  message.flags.set(check.of_response(message.major, message.minor));
  message.protocol = message.headers.find("Upgrade").value_or("");
  tell_first_head(message.status, "Server");
  const bool success = message.status >= 200 && message.status < 300;
  if (success && message.method == "CONNECT") return AfterHead::tunnel;
  return message.method == "HEAD" ? AfterHead::no_body : AfterHead::as_framed;
}

void Http1Exchanges::Responses::on_message_end() {
  message.complete = true;
  tell();
  const bool last = !is_interim(message.status) || message.status == switching_protocols;
  if (!last) return;
  if (!exchanges.open_.empty()) exchanges.open_.erase(exchanges.open_.begin());
  if (message.method == "CONNECT") exchanges.connect_pending_ = false;
}

// --- both ---

Http1Exchanges::Http1Exchanges(HttpSink& sink, const Limits& limits)
    : sink_(sink),
      limits_(limits),
      requests_(*this, Side::client, Http1Observer::Kind::requests),
      responses_(*this, Side::server, Http1Observer::Kind::responses) {}

std::size_t Http1Exchanges::feed(Side from, std::span<const std::uint8_t> bytes, Instant now,
                                 std::uint64_t offset) {
  now_ = now;
  return from == Side::client ? feed(requests_, bytes, offset) : feed(responses_, bytes, offset);
}

template <class Message>
std::size_t Http1Exchanges::feed(Direction<Message>& from, std::span<const std::uint8_t> bytes,
                                 std::uint64_t offset) {
  if (from.side == Side::client && connect_pending_) stop(from);
  if (from.stopped) return bytes.size();
  if (!from.begins_at) from.begins_at = offset;
  const Http1Observer::Progress progress = from.observer.feed(bytes);
  if (!paired_) {
    give_up_pairing();
    return bytes.size();
  }
  switch (progress.status) {
    case Http1Observer::Status::reading:
      break;
    case Http1Observer::Status::tunnel:
      if (from.side == Side::server) {
        agree_to_upgrade();
        return progress.consumed;
      }
      // Whether CONNECT is granted is the response's to say. What comes before it can be anything.
      connect_pending_ = true;
      if (progress.consumed < bytes.size()) stop(from);
      break;
    case Http1Observer::Status::head_limit:
      report(sink_, from.side, LimitReached{http_head, limits_.http_head_bytes});
      from.message.flags.set(from.observer.head_flags());
      stop(from);
      break;
    case Http1Observer::Status::broken: {
      const std::string part(from.observer.broken_part());
      const bool in_head = from.observer.inside_head() || !from.observer.inside_message();
      report(sink_, from.side,
             Malformed{in_head ? http_head : http_message, part,
                       *from.begins_at + from.observer.message_offset()});
      from.message.flags.set(from.observer.head_flags());
      from.message.flags.set(flags_of(part, from.check));
      stop(from);
      break;
    }
  }
  return bytes.size();
}

/// Of a response to nothing that is known, not even the length is.
void Http1Exchanges::give_up_pairing() {
  if (open_.size() >= limits_.http_open_requests) {
    report(sink_, Side::client,
           LimitReached{"requests without a response", limits_.http_open_requests});
  }
  stop(requests_);
  stop(responses_);
}

void Http1Exchanges::agree_to_upgrade() {
  const HttpResponse& response = responses_.message;
  upgrade_ = HttpUpgrade{response.id,       response.method,
                         response.target,   response.request_begun,
                         response.protocol, agrees_to_compression(response.headers)};
}

void Http1Exchanges::expect_response(std::string_view method, std::string_view target,
                                     Instant now) {
  now_ = now;
  open_.push_back({++requests_seen_, now_, std::string(method), std::string(target)});
}

void Http1Exchanges::finish(Side from) {
  (from == Side::client ? requests_.observer : responses_.observer).finish();
}

void Http1Exchanges::stop(Side from) { from == Side::client ? stop(requests_) : stop(responses_); }

template <class Message>
void Http1Exchanges::stop(Direction<Message>& from) {
  if (std::exchange(from.stopped, true)) return;
  if (from.observer.inside_message()) from.tell();
}

}  // namespace legible::parser
