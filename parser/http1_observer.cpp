#include "parser/http1_observer.hpp"

#include <llhttp.h>

#include <algorithm>

namespace legible::parser {

/// llhttp's state, and what has been collected of the current head. Stays where it is: llhttp
/// points back to it.
struct Http1Observer::Parser {
  Parser(Kind kind_of_messages, Http1Events& receiver, std::uint32_t limit);

  Progress feed(std::span<const std::uint8_t> bytes);

  int begin_message();
  int collect(std::string& field, const char* at, std::size_t length) const;
  int end_header();
  int end_head();
  int end_message();
  void report_start_line();

  static Parser& of(llhttp_t* llhttp) { return *static_cast<Parser*>(llhttp->data); }
  static const llhttp_settings_t& settings();

  Kind kind;
  Http1Events& events;
  std::uint32_t head_limit;
  llhttp_t llhttp{};
  bool inside_head = false;
  bool head_ended = false;  ///< of the current message; false between messages
  bool start_line_reported = false;
  std::uint32_t head_bytes = 0;
  HttpStartLine start_line;
  std::string name;
  std::string value;
};

Http1Observer::Http1Observer(Kind kind, Http1Events& events, std::uint32_t head_limit)
    : parser_(std::make_unique<Parser>(kind, events, head_limit)) {}
Http1Observer::~Http1Observer() = default;
Http1Observer::Http1Observer(Http1Observer&&) noexcept = default;
Http1Observer& Http1Observer::operator=(Http1Observer&&) noexcept = default;

Http1Observer::Progress Http1Observer::feed(std::span<const std::uint8_t> bytes) {
  return parser_->feed(bytes);
}

bool Http1Observer::inside_head() const { return parser_->inside_head; }

Http1Observer::Parser::Parser(Kind kind_of_messages, Http1Events& receiver, std::uint32_t limit)
    : kind(kind_of_messages), events(receiver), head_limit(limit) {
  llhttp_init(&llhttp, kind == Kind::requests ? HTTP_REQUEST : HTTP_RESPONSE, &settings());
  llhttp.data = this;
  llhttp_set_lenient_headers(&llhttp, 1);
  llhttp_set_lenient_chunked_length(&llhttp, 1);
  llhttp_set_lenient_transfer_encoding(&llhttp, 1);
  llhttp_set_lenient_version(&llhttp, 1);
  llhttp_set_lenient_data_after_close(&llhttp, 1);
  llhttp_set_lenient_optional_lf_after_cr(&llhttp, 1);
  llhttp_set_lenient_optional_cr_before_lf(&llhttp, 1);
  llhttp_set_lenient_optional_crlf_after_chunk(&llhttp, 1);
  llhttp_set_lenient_spaces_after_chunk_size(&llhttp, 1);
}

const llhttp_settings_t& Http1Observer::Parser::settings() {
  static const llhttp_settings_t settings = [] {
    llhttp_settings_t callbacks;
    llhttp_settings_init(&callbacks);
    callbacks.on_message_begin = [](llhttp_t* p) { return of(p).begin_message(); };
    callbacks.on_method = [](llhttp_t* p, const char* at, std::size_t length) {
      return of(p).collect(of(p).start_line.method, at, length);
    };
    callbacks.on_url = [](llhttp_t* p, const char* at, std::size_t length) {
      return of(p).collect(of(p).start_line.target, at, length);
    };
    callbacks.on_status = [](llhttp_t* p, const char* at, std::size_t length) {
      return of(p).collect(of(p).start_line.reason, at, length);
    };
    callbacks.on_header_field = [](llhttp_t* p, const char* at, std::size_t length) {
      return of(p).collect(of(p).name, at, length);
    };
    callbacks.on_header_value = [](llhttp_t* p, const char* at, std::size_t length) {
      return of(p).collect(of(p).value, at, length);
    };
    callbacks.on_header_value_complete = [](llhttp_t* p) { return of(p).end_header(); };
    callbacks.on_headers_complete = [](llhttp_t* p) { return of(p).end_head(); };
    callbacks.on_message_complete = [](llhttp_t* p) { return of(p).end_message(); };
    return callbacks;
  }();
  return settings;
}

Http1Observer::Progress Http1Observer::Parser::feed(std::span<const std::uint8_t> bytes) {
  const char* const begin = reinterpret_cast<const char*>(bytes.data());
  std::size_t at = 0;
  while (at < bytes.size()) {
    // A head is given in slices that end where its limit does, and a message ends in a pause: so
    // the limit falls on the same byte however the bytes were cut.
    std::size_t size = bytes.size() - at;
    if (!head_ended) size = std::min<std::size_t>(size, head_limit - head_bytes);
    const llhttp_errno_t error = llhttp_execute(&llhttp, begin + at, size);
    if (error == HPE_OK) {
      at += size;
      if (!head_ended) head_bytes += static_cast<std::uint32_t>(size);
      if (head_bytes >= head_limit) return {bytes.size(), Status::head_limit};
      continue;
    }
    if (error != HPE_PAUSED && error != HPE_PAUSED_UPGRADE && error != HPE_PAUSED_H2_UPGRADE) {
      return {bytes.size(), Status::broken};
    }
    at = static_cast<std::size_t>(llhttp_get_error_pos(&llhttp) - begin);
    if (error == HPE_PAUSED) {
      llhttp_resume(&llhttp);
      continue;
    }
    // llhttp knows HTTP/2's preface as a whole and reports no head of it.
    if (error == HPE_PAUSED_H2_UPGRADE) end_head();
    // A request that asks for an upgrade pauses too. The server may refuse it, and HTTP/1 goes on.
    const bool only_asked = kind == Kind::requests && error == HPE_PAUSED_UPGRADE &&
                            llhttp_get_method(&llhttp) != HTTP_CONNECT;
    if (!only_asked) return {at, Status::tunnel};
    llhttp_resume_after_upgrade(&llhttp);
  }
  return {bytes.size(), Status::reading};
}

int Http1Observer::Parser::begin_message() {
  inside_head = true;
  start_line_reported = false;
  start_line = {};
  name.clear();
  value.clear();
  return HPE_OK;
}

int Http1Observer::Parser::collect(std::string& field, const char* at, std::size_t length) const {
  // Trailers come through the same callbacks; they belong to no head and are not kept.
  if (!inside_head) return HPE_OK;
  field.append(at, std::min(length, kept_bytes - field.size()));
  return HPE_OK;
}

int Http1Observer::Parser::end_header() {
  if (!inside_head) return HPE_OK;
  report_start_line();
  events.on_header(name, value);
  name.clear();
  value.clear();
  return HPE_OK;
}

int Http1Observer::Parser::end_head() {
  report_start_line();
  inside_head = false;
  head_ended = true;
  head_bytes = 0;
  events.on_head_end();
  constexpr int body_follows_if_announced = 0;
  constexpr int tunnel_follows = 2;
  const bool accepted = start_line.status >= 200 && start_line.status < 300;
  return kind == Kind::connect_responses && accepted ? tunnel_follows : body_follows_if_announced;
}

int Http1Observer::Parser::end_message() {
  head_ended = false;
  return HPE_PAUSED;
}

/// Late, because llhttp leaves out the callbacks of a reason phrase or version that is not there.
void Http1Observer::Parser::report_start_line() {
  if (start_line_reported) return;
  start_line_reported = true;
  if (kind != Kind::requests) start_line.status = llhttp_get_status_code(&llhttp);
  start_line.major = llhttp_get_http_major(&llhttp);
  start_line.minor = llhttp_get_http_minor(&llhttp);
  events.on_start_line(start_line);
}

}  // namespace legible::parser
