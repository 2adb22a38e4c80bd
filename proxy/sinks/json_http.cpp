#include "proxy/sinks/json_http.hpp"

#include <array>
#include <variant>

#include "parser/ascii.hpp"
#include "parser/http_secrets.hpp"
#include "proxy/sinks/event_line.hpp"

namespace legible::proxy {
namespace {

using parser::HttpFields;

void write_fields(JsonWriter& line, std::string_view name, const HttpFields& fields) {
  line.key(name);
  line.begin_array();
  fields.for_each([&](const HttpFields::Field& field) {
    line.begin_array();
    escaped_value(line, field.name, escape_utf8);
    if (parser::is_secret_field(field.name)) {
      line.plain_value(parser::masked);
    } else {
      escaped_value(line, field.value, escape_utf8);
    }
    line.end_array();
  });
  line.end_array();
}

/// "1.1", "2": RFC 9113 has no minor version.
void write_version(JsonWriter& line, const parser::HttpMessage& message) {
  if (message.major == 1 && message.minor == 1) return line.plain_field("version", "1.1");
  std::string text = std::to_string(message.major);
  if (message.major < 2) text.append(".").append(std::to_string(message.minor));
  line.plain_field("version", text);
}

void write_target(JsonWriter& line, const std::string& target) {
  // Only absolute forms can hold credentials, and few targets are one.
  if (target.starts_with('/')) return escaped_field(line, "target", target, escape_utf8);
  escaped_field(line, "target", parser::without_credentials(target), escape_utf8);
}

/// What begins both messages' lines.
void write_start(JsonWriter& line, const parser::HttpMessage& message) {
  line.key("id");
  message.id != 0 ? line.value(message.id) : line.value(nullptr);
  if (message.stream) line.field("stream", *message.stream);
  if (message.id != 0) {
    escaped_field(line, "method", message.method, escape_utf8);
    write_target(line, message.target);
  }
  write_version(line, message);
}

void write_rest(JsonWriter& line, const parser::HttpMessage& message) {
  write_fields(line, "headers", message.headers);
  if (message.trailers.size() > 0) write_fields(line, "trailers", message.trailers);
  if (message.fields_dropped > 0) line.field("fields_dropped", message.fields_dropped);
  if (!message.protocol.empty()) escaped_field(line, "protocol", message.protocol, escape_utf8);
  line.field("body_bytes", message.body_bytes);
  line.field("complete", message.complete);
  line.key("flags");
  line.begin_array();
  message.flags.for_each([&](parser::HttpFlag flag) { line.plain_value(id(flag)); });
  line.end_array();
}

/// Of a trailer or, where nothing else was sent, of a header; if it is a number.
std::optional<int> grpc_status(const parser::HttpResponse& response) {
  constexpr std::string_view name = "grpc-status";
  auto text = response.trailers.find(name);
  if (!text) text = response.headers.find(name);
  if (!text) return std::nullopt;
  return parser::number_in<int>(*text);
}

std::string_view opcode_name(std::uint8_t opcode) {
  constexpr std::array<std::string_view, 11> names{
      "continuation", "text", "binary", "", "", "", "", "", "close", "ping", "pong"};
  return opcode < names.size() ? names[opcode] : std::string_view();
}

/// Writes the line of one event.
class HttpEventWriter {
 public:
  HttpEventWriter(std::string& out, ConnectionId connection, Time time, Leg from)
      : out_(out), connection_(connection), time_(time), from_(from) {}

  void operator()(const parser::HttpRequest& request) const {
    auto line = begin("request");
    write_start(line, request);
    if (request.stream) {
      escaped_field(line, "scheme", request.scheme, escape_utf8);
      escaped_field(line, "authority", request.authority, escape_utf8);
    }
    if (request.pushed) line.field("pushed", true);
    line.field("ms", request.ended - request.begun);
    write_rest(line, request);
  }

  void operator()(const parser::HttpResponse& response) const {
    auto line = begin("response");
    write_start(line, response);
    line.field("status", response.status);
    if (!response.stream) escaped_field(line, "reason", response.reason, escape_utf8);
    const bool answers = response.id != 0;
    line.key("ms");
    answers ? line.value(response.begun - response.request_begun) : line.value(nullptr);
    line.key("total_ms");
    answers ? line.value(response.ended - response.request_begun) : line.value(nullptr);
    if (const auto status = grpc_status(response)) line.field("grpc_status", *status);
    write_rest(line, response);
  }

  void operator()(const parser::Http2StreamReset& reset) const {
    auto line = begin("stream-reset");
    line.field("id", reset.id);
    line.field("stream", reset.stream);
    write_error(line, reset.error);
  }

  void operator()(const parser::Http2GoAway& goaway) const {
    auto line = begin("goaway");
    line.field("last_stream", goaway.last_stream);
    write_error(line, goaway.error);
    escaped_field(line, "debug", goaway.debug, escape_utf8);
  }

  void operator()(const parser::WebSocketMessage& message) const {
    auto line = begin("websocket");
    line.field("id", message.id);
    line.key("opcode");
    const std::string_view name = opcode_name(message.opcode);
    name.empty() ? line.value(message.opcode) : line.plain_value(name);
    line.field("bytes", message.bytes);
    line.field("frames", message.frames);
    line.field("masked", message.masked);
    line.field("compressed", message.compressed);
    line.field("complete", message.complete);
    if (!message.code) return;
    line.field("code", *message.code);
    escaped_field(line, "reason", message.reason, escape_utf8);
  }

  void operator()(const parser::Malformed& malformed) const {
    auto line = begin("malformed");
    escaped_field(line, "what", malformed.what, escape_again);
    escaped_field(line, "field", malformed.field, escape_again);
    line.field("offset", malformed.offset);
    line.plain_field("from", id(from_));
  }

  void operator()(const parser::LimitReached& reached) const {
    auto line = begin("notice");
    line.field("what", "limit reached: " + escape_again(reached.what));
    line.field("limit", reached.limit);
  }

 private:
  EventLine begin(std::string_view event) const {
    return EventLine(out_, time_, event, connection_, from_);
  }

  static void write_error(JsonWriter& line, parser::Http2Error error) {
    line.key("error");
    write_registry_value(line, error);
  }

  std::string& out_;
  ConnectionId connection_;
  Time time_;
  Leg from_;
};

}  // namespace

void append_http(std::string& out, ConnectionId connection, Time time, Leg from,
                 const parser::HttpEvent& event) {
  const HttpEventWriter writer(out, connection, time, from);
  std::visit([&](const auto& held) { writer(held.get()); }, event);
}

}  // namespace legible::proxy
