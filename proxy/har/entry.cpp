#include "proxy/har/entry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "parser/ascii.hpp"
#include "parser/iana_tables.hpp"
#include "proxy/har/content.hpp"
#include "proxy/har/cookies.hpp"
#include "proxy/har/url.hpp"
#include "proxy/sinks/json_writer.hpp"
#include "proxy/sinks/time_text.hpp"
#include "proxy/sinks/wire_text.hpp"
#include "proxy/text/utf8.hpp"

namespace legible::proxy::har {
namespace {

using parser::HttpFields;
using parser::HttpMessage;
using std::chrono::microseconds;

constexpr int not_known = -1;

/// What is no UTF-8 is told as ISO-8859-1, as browsers do (RFC 9110 section 5.5).
void write_text(JsonWriter& json, std::string_view text) {
  if (valid_utf8_prefix(text) == text.size()) return json.value(text);
  std::string converted;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      converted += c;
    } else {
      converted += static_cast<char>(0xc0 | byte >> 6);
      converted += static_cast<char>(0x80 | (byte & 0x3f));
    }
  }
  json.value(converted);
}

void text_field(JsonWriter& json, std::string_view name, std::string_view text) {
  json.key(name);
  write_text(json, text);
}

void write_pair(JsonWriter& json, std::string_view name, std::string_view value) {
  json.begin_object();
  text_field(json, "name", name);
  text_field(json, "value", value);
  json.end_object();
}

void write_fields(JsonWriter& json, std::string_view key, const HttpFields& fields) {
  json.key(key);
  json.begin_array();
  fields.for_each(
      [&](const HttpFields::Field& field) { write_pair(json, field.name, field.value); });
  json.end_array();
}

void write_cookie(JsonWriter& json, const Cookie& cookie) {
  json.begin_object();
  text_field(json, "name", cookie.name);
  text_field(json, "value", cookie.value);
  if (!cookie.path.empty()) text_field(json, "path", cookie.path);
  if (!cookie.domain.empty()) text_field(json, "domain", cookie.domain);
  json.field("httpOnly", cookie.http_only);
  json.field("secure", cookie.secure);
  json.end_object();
}

void write_cookies(JsonWriter& json, const HttpFields& headers) {
  json.key("cookies");
  json.begin_array();
  headers.for_each([&](const HttpFields::Field& field) {
    if (parser::same_in_any_case(field.name, "Set-Cookie")) {
      write_cookie(json, set_cookie(field.value));
    } else if (parser::same_in_any_case(field.name, "Cookie")) {
      for (const Cookie& cookie : sent_cookies(field.value)) write_cookie(json, cookie);
    }
  });
  json.end_array();
}

void write_parameters(JsonWriter& json, std::string_view key, std::string_view encoded) {
  json.key(key);
  json.begin_array();
  for (const Parameter& parameter : parameters(encoded)) {
    write_pair(json, parameter.name, parameter.value);
  }
  json.end_array();
}

std::string http_version(const HttpMessage& message) {
  return message.major >= 2 ? fmt::format("HTTP/{}", message.major)
                            : fmt::format("HTTP/{}.{}", message.major, message.minor);
}

/// What both messages end with. Of a head the size as sent is not known.
void write_rest(JsonWriter& json, const HttpMessage& message) {
  json.field("headersSize", not_known);
  json.field("bodySize", message.body_bytes);
  if (message.trailers.size() > 0) write_fields(json, "_trailers", message.trailers);
  if (message.fields_dropped > 0) json.field("_fieldsDropped", message.fields_dropped);
  if (message.flags.none()) return;
  json.key("_flags");
  json.begin_array();
  message.flags.for_each([&](parser::HttpFlag flag) { json.plain_value(parser::id(flag)); });
  json.end_array();
}

void write_post_data(JsonWriter& json, const HttpMessage& request, bool dropped) {
  const std::string_view type = request.headers.find("Content-Type").value_or("");
  const ShownContent content = show_content(request, dropped);
  constexpr std::string_view form = "application/x-www-form-urlencoded";
  json.key("postData");
  json.begin_object();
  text_field(json, "mimeType", type);
  const bool is_form = parser::same_in_any_case(type.substr(0, form.size()), form);
  write_parameters(json, "params",
                   is_form && !content.base64 ? std::string_view(content.text) : "");
  json.field("text", content.text);
  // HAR has no field for it here.
  if (content.base64) json.plain_field("_encoding", "base64");
  if (!content.comment.empty()) json.field("comment", content.comment);
  json.end_object();
}

void write_request(JsonWriter& json, const Exchange& exchange) {
  static const parser::HttpRequest unread;
  const parser::HttpRequest& request = exchange.request ? *exchange.request : unread;
  const std::string url = url_of(request, exchange.connection);
  json.key("request");
  json.begin_object();
  text_field(json, "method", request.method);
  text_field(json, "url", url);
  json.field("httpVersion", exchange.request ? http_version(request) : std::string());
  write_cookies(json, request.headers);
  write_fields(json, "headers", request.headers);
  write_parameters(json, "queryString", query_of(url));
  if (request.body_bytes > 0) write_post_data(json, request, exchange.bodies_dropped);
  write_rest(json, request);
  json.end_object();
}

void write_content(JsonWriter& json, const HttpMessage& response, bool dropped) {
  const ShownContent content = show_content(response, dropped);
  json.key("content");
  json.begin_object();
  json.field("size", content.size);
  if (content.size_known && content.size != response.body_bytes) {
    json.field("compression", static_cast<std::int64_t>(content.size) -
                                  static_cast<std::int64_t>(response.body_bytes));
  }
  // The specification: "x-unknown" where the type is not known.
  text_field(json, "mimeType", response.headers.find("Content-Type").value_or("x-unknown"));
  if (!response.body.empty() && !dropped) json.field("text", content.text);
  if (content.base64) json.plain_field("encoding", "base64");
  if (!content.comment.empty()) json.field("comment", content.comment);
  json.end_object();
}

std::string error_of(const Exchange& exchange) {
  const bool answered = exchange.response && exchange.response->complete;
  if (exchange.reset) {
    // A server may cut a request short that it has answered: RFC 9113 section 8.1.
    if (answered && exchange.reset->error.value == 0) return {};
    const std::string_view known = parser::name(exchange.reset->error);
    return fmt::format("RST_STREAM from the {}: {}", id(exchange.reset->from),
                       known.empty() ? fmt::format("0x{:x}", exchange.reset->error.value) : known);
  }
  if (!exchange.response) return "no answer";
  if (!answered) return "the response ends too early";
  if (!exchange.request || !exchange.request->complete) return "the request is not whole";
  return {};
}

void write_response(JsonWriter& json, const Exchange& exchange) {
  static const parser::HttpResponse none;
  const parser::HttpResponse& response = exchange.response ? *exchange.response : none;
  json.key("response");
  json.begin_object();
  json.field("status", response.status);
  text_field(json, "statusText", response.reason);
  json.field("httpVersion", exchange.response ? http_version(response) : std::string());
  write_cookies(json, response.headers);
  write_fields(json, "headers", response.headers);
  write_content(json, response, exchange.bodies_dropped);
  text_field(json, "redirectURL", response.headers.find("Location").value_or(""));
  write_rest(json, response);
  // As browsers name them.
  json.field("_transferSize", response.body_bytes);
  if (const std::string error = error_of(exchange); !error.empty()) json.field("_error", error);
  json.end_object();
}

struct Timings {
  microseconds begun{}, send{}, wait{}, receive{};
};

/// As the proxy saw it. A response may begin before its request ends.
Timings timings_of(const Exchange& exchange) {
  Timings timings;
  const microseconds none{};
  if (exchange.request) {
    timings.begun = exchange.request->begun;
    timings.send = std::max(none, exchange.request->ended - timings.begun);
  }
  if (!exchange.response) return timings;
  const parser::HttpResponse& response = *exchange.response;
  if (!exchange.request) timings.begun = response.request_begun;
  const microseconds answered = std::max(none, response.begun - timings.begun);
  timings.send = std::min(timings.send, answered);
  timings.wait = answered - timings.send;
  timings.receive = std::max(none, response.ended - response.begun);
  return timings;
}

void write_timings(JsonWriter& json, const Timings& timings) {
  json.key("cache");
  json.begin_object();
  json.end_object();
  json.key("timings");
  json.begin_object();
  // Before the request, or the client's own affair.
  for (const char* each : {"blocked", "dns", "connect", "ssl"}) json.field(each, not_known);
  json.field("send", timings.send);
  json.field("wait", timings.wait);
  json.field("receive", timings.receive);
  json.end_object();
}

void write_tls(JsonWriter& json, const ConnectionFacts& connection) {
  json.key("_tls");
  json.begin_object();
  for (const Leg leg : {Leg::client, Leg::server}) {
    const auto& tls = connection.tls[static_cast<std::size_t>(leg)];
    if (!tls) continue;
    json.key(id(leg));
    json.begin_object();
    json.field("version", parser::to_text(tls->version));
    json.field("cipher", parser::name(tls->cipher));
    json.end_object();
  }
  json.end_object();
}

/// The address without its port and brackets.
std::string_view address_of(std::string_view server) {
  server = server.substr(0, server.rfind(':'));
  if (server.starts_with('[')) server = server.substr(1, server.size() - 2);
  return server;
}

}  // namespace

void append_entry(std::string& out, const Exchange& exchange) {
  const ConnectionFacts& connection = exchange.connection;
  const Timings timings = timings_of(exchange);
  JsonWriter json(out);
  json.begin_object();
  json.key("startedDateTime");
  json.plain_value(TimeText(Time(timings.begun)));
  json.field("time", timings.send + timings.wait + timings.receive);
  write_request(json, exchange);
  write_response(json, exchange);
  write_timings(json, timings);
  if (!connection.server.empty()) json.field("serverIPAddress", address_of(connection.server));
  json.field("connection", std::to_string(connection.id));
  if (connection.tls[0] || connection.tls[1]) write_tls(json, connection);
  json.end_object();
  json.finish();
}

}  // namespace legible::proxy::har
