#include "parser/http1_observer.hpp"

#include <llhttp.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "parser/ascii.hpp"
#include "parser/http1_head_scan.hpp"

namespace legible::parser {

/// llhttp's state, and what has been collected of the current head. Stays where it is: llhttp
/// points back to it.
struct Http1Observer::Parser {
  Parser(Kind kind_of_messages, Http1Events& receiver, std::uint32_t limit);

  Progress feed(std::span<const std::uint8_t> bytes);
  std::string_view broken_part() const;

  Progress feed_slice(std::span<const std::uint8_t> bytes);

  int begin_message();
  static int collect(std::string& field, const char* at, std::size_t length);
  int end_name();
  int end_header();
  int end_head();
  void tell_head_end();
  int end_message();
  void report_start_line();

  static Parser& of(llhttp_t* llhttp) { return *static_cast<Parser*>(llhttp->data); }
  static const llhttp_settings_t& settings();

  Kind kind;
  Http1Events& events;
  std::uint32_t head_limit;
  llhttp_t llhttp{};
  bool inside_head = false;
  bool head_whole = false;  ///< and not told yet
  bool inside_message = false;
  bool message_ended = false;  ///< in the slice that is being fed
  bool head_ended = false;     ///< of the current message; false between messages
  bool start_line_reported = false;
  std::uint32_t head_bytes = 0;
  std::uint64_t message_offset = 0;  ///< where the last message ended
  std::uint64_t consumed = 0;
  HttpStartLine start_line;
  std::string name;
  std::string value;
  Http1HeadScan scan;
  std::optional<std::uint64_t> earlier_length;  ///< of a Content-Length before this one
};

Http1Observer::Http1Observer(Kind kind, Http1Events& events, std::uint32_t head_limit)
    : parser_(std::make_unique<Parser>(kind, events, head_limit)) {}
Http1Observer::~Http1Observer() = default;
Http1Observer::Http1Observer(Http1Observer&&) noexcept = default;
Http1Observer& Http1Observer::operator=(Http1Observer&&) noexcept = default;

Http1Observer::Progress Http1Observer::feed(std::span<const std::uint8_t> bytes) {
  return parser_->feed(bytes);
}

void Http1Observer::finish() { llhttp_finish(&parser_->llhttp); }

bool Http1Observer::inside_head() const { return parser_->inside_head; }

bool Http1Observer::inside_message() const { return parser_->inside_message; }

std::uint64_t Http1Observer::message_offset() const { return parser_->message_offset; }

HttpFlags Http1Observer::head_flags() const { return parser_->scan.flags(); }

std::string_view Http1Observer::broken_part() const { return parser_->broken_part(); }

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
    callbacks.on_header_field_complete = [](llhttp_t* p) { return of(p).end_name(); };
    callbacks.on_header_value_complete = [](llhttp_t* p) { return of(p).end_header(); };
    callbacks.on_headers_complete = [](llhttp_t* p) { return of(p).end_head(); };
    callbacks.on_chunk_extension_name = [](llhttp_t* p, const char*, std::size_t) {
      of(p).events.on_chunk_extension();
      return 0;
    };
    callbacks.on_body = [](llhttp_t* p, const char* at, std::size_t length) {
      of(p).events.on_body({reinterpret_cast<const std::uint8_t*>(at), length});
      return 0;
    };
    callbacks.on_message_complete = [](llhttp_t* p) { return of(p).end_message(); };
    return callbacks;
  }();
  return settings;
}

Http1Observer::Progress Http1Observer::Parser::feed(std::span<const std::uint8_t> bytes) {
  std::size_t at = 0;
  while (at < bytes.size() || head_whole) {
    if (std::exchange(head_whole, false)) tell_head_end();
    // A head is given in slices that end where its limit does, and its end and the message's are
    // pauses: so all falls on the same byte however the bytes were cut.
    std::size_t size = bytes.size() - at;
    if (!head_ended) size = std::min<std::size_t>(size, head_limit - head_bytes);
    const Progress progress = feed_slice(bytes.subspan(at, size));
    at += progress.consumed;
    consumed += progress.consumed;
    if (std::exchange(message_ended, false)) message_offset = consumed;
    if (progress.status == Status::tunnel) return {at, Status::tunnel};
    if (progress.status != Status::reading) return {bytes.size(), progress.status};
  }
  return {bytes.size(), Status::reading};
}

/// As far as the end of a head or of a message, if there is one.
Http1Observer::Progress Http1Observer::Parser::feed_slice(std::span<const std::uint8_t> bytes) {
  const char* const begin = reinterpret_cast<const char*>(bytes.data());
  const bool in_head = !head_ended;
  const llhttp_errno_t error = llhttp_execute(&llhttp, begin, bytes.size());
  const std::size_t at = error == HPE_OK
                             ? bytes.size()
                             : static_cast<std::size_t>(llhttp_get_error_pos(&llhttp) - begin);
  if (in_head) {
    // A character that no name can have is looked at too.
    const std::size_t beyond = error == HPE_INVALID_HEADER_TOKEN ? 1 : 0;
    scan.feed(bytes.first(std::min(at + beyond, bytes.size())));
    head_bytes += static_cast<std::uint32_t>(at);
  }
  switch (error) {
    case HPE_OK:
      return {at, head_bytes >= head_limit ? Status::head_limit : Status::reading};
    case HPE_PAUSED:
      llhttp_resume(&llhttp);
      return {at, Status::reading};
    case HPE_PAUSED_UPGRADE:
      llhttp_resume_after_upgrade(&llhttp);
      // A request that asks for an upgrade pauses too. The server may refuse it, and HTTP/1 goes
      // on.
      if (kind == Kind::requests && llhttp_get_method(&llhttp) != HTTP_CONNECT) {
        return {at, Status::reading};
      }
      return {at, Status::tunnel};
    case HPE_PAUSED_H2_UPGRADE:
      // llhttp knows HTTP/2's preface as a whole and reports no head of it.
      tell_head_end();
      return {at, Status::tunnel};
    default:
      return {bytes.size(), Status::broken};
  }
}

int Http1Observer::Parser::begin_message() {
  inside_head = true;
  inside_message = true;
  start_line_reported = false;
  start_line.status = 0;
  start_line.method.clear();
  start_line.target.clear();
  start_line.reason.clear();
  name.clear();
  value.clear();
  earlier_length.reset();
  events.on_message_begin();
  return HPE_OK;
}

int Http1Observer::Parser::collect(std::string& field, const char* at, std::size_t length) {
  field.append(at, std::min(length, kept_bytes - field.size()));
  return HPE_OK;
}

/// llhttp ends at a second Content-Length, though one that says the same frames the message as well
/// (RFC 9112 section 6.3): it is made to forget the first.
int Http1Observer::Parser::end_name() {
  // The space before a colon is flagged; the name has none (RFC 9112 section 5.1).
  name.erase(name.find_last_not_of(" \t") + 1);
  if ((llhttp.flags & F_CONTENT_LENGTH) == 0 || !same_in_any_case(name, "Content-Length")) return 0;
  earlier_length = llhttp.content_length;
  llhttp.content_length = 0;
  llhttp.flags &= static_cast<std::uint16_t>(~F_CONTENT_LENGTH);
  return HPE_OK;
}

int Http1Observer::Parser::end_header() {
  if (inside_head) {
    report_start_line();
    events.on_header(name, value);
  } else {
    events.on_trailer(name, value);
  }
  const bool ambiguous = earlier_length && *earlier_length != llhttp.content_length;
  name.clear();
  value.clear();
  return ambiguous ? HPE_USER : HPE_OK;
}

int Http1Observer::Parser::end_head() {
  head_whole = true;
  return HPE_PAUSED;
}

/// In the pause at its end, where all of it has been looked at and nothing else.
void Http1Observer::Parser::tell_head_end() {
  report_start_line();
  inside_head = false;
  head_ended = true;
  head_bytes = 0;
  switch (events.on_head_end()) {
    case AfterHead::as_framed:
      break;
    case AfterHead::tunnel:
      llhttp.upgrade = 1;
      [[fallthrough]];
    case AfterHead::no_body:
      llhttp.flags |= F_SKIPBODY;
      break;
  }
}

int Http1Observer::Parser::end_message() {
  head_ended = false;
  inside_message = false;
  message_ended = true;
  scan = {};
  events.on_message_end();
  // What leads out of HTTP/1 pauses by itself.
  return llhttp.upgrade != 0 ? HPE_OK : HPE_PAUSED;
}

std::string_view Http1Observer::Parser::broken_part() const {
  switch (llhttp_get_errno(&llhttp)) {
    case HPE_CB_HEADER_VALUE_COMPLETE:
    case HPE_INVALID_CONTENT_LENGTH:
    case HPE_UNEXPECTED_CONTENT_LENGTH:
      return "Content-Length";
    case HPE_INVALID_TRANSFER_ENCODING:
      return "Transfer-Encoding";
    case HPE_INVALID_CHUNK_SIZE:
    case HPE_STRICT:
      return "chunk";
    default:
      return "syntax";
  }
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
