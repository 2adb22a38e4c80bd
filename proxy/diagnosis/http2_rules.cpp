// HTTP/2 has errors of its own inside TLS (RFC 9113 section 7). Where they could be read, they are
// why a connection was of no use, whoever closed it then.

#include <fmt/format.h>

#include "parser/iana_tables.hpp"
#include "proxy/diagnosis/rules.hpp"
#include "proxy/diagnosis/text.hpp"
#include "proxy/diagnosis/wire_names.hpp"

namespace legible::proxy::diagnosis {
namespace {

namespace http2_error {

constexpr std::uint32_t no_error = 0x0;
constexpr std::uint32_t protocol_error = 0x1;
constexpr std::uint32_t flow_control_error = 0x3;
constexpr std::uint32_t settings_timeout = 0x4;
constexpr std::uint32_t stream_closed = 0x5;
constexpr std::uint32_t frame_size_error = 0x6;
constexpr std::uint32_t compression_error = 0x9;
constexpr std::uint32_t enhance_your_calm = 0xb;
constexpr std::uint32_t inadequate_security = 0xc;
constexpr std::uint32_t http_1_1_required = 0xd;

}  // namespace http2_error

/// What it tells of the connection. All else is the sender's own affair.
Cause cause_of(parser::Http2Error error) {
  switch (error.value) {
    case http2_error::protocol_error:
    case http2_error::flow_control_error:
    case http2_error::settings_timeout:
    case http2_error::stream_closed:
    case http2_error::frame_size_error:
    case http2_error::compression_error:
      return Cause::protocol_violation;
    case http2_error::inadequate_security:
      return Cause::no_shared_cipher;
    case http2_error::http_1_1_required:
      return Cause::alpn_mismatch;
    default:
      return Cause::internal_error;
  }
}

std::string name_of(parser::Http2Error error) {
  const std::string_view known = parser::name(error);
  return known.empty() ? fmt::format("error 0x{:x}", error.value) : std::string(known);
}

/// In HTTP/1, by a server that speaks HTTP/2 alone: "Missing ALPN Protocol, expected `h2`" (Node).
Answer wants_protocol_agreed(const Situation& situation) {
  constexpr int forbidden = 403;
  const Facts& facts = situation.facts;
  const auto* http = facts.server().http;
  const bool said = http && http->status == forbidden &&
                    http->text.find(" ALPN Protocol, expected `h2`") != std::string::npos;
  if (!said || facts.alpn || !facts.both_finished()) return std::nullopt;
  Finding finding;
  finding.cause = Cause::alpn_mismatch;
  finding.confidence = Confidence::high;
  finding.mechanism = Mechanism::app_refusal;
  return finding.with(
      fmt::format("the answer inside is HTTP {}: {}", http->status, quoted(http->text)));
}

}  // namespace

Answer http2_given_up(const Situation& situation) {
  if (Answer answer = wants_protocol_agreed(situation)) return answer;
  const Http2GivenUp* given_up = situation.facts.http2_given_up;
  const bool ended = situation.client_closed() || situation.server_closed();
  if (!given_up || !ended || situation.alert_sent_as_fatal()) return std::nullopt;
  const bool by_server = situation.facts.http2_given_up_by == Leg::server;
  // What the other side has ended before is its affair.
  if (!by_server && !situation.client_closed()) return std::nullopt;
  Finding finding;
  finding.confidence = Confidence::high;
  if (by_server) finding.mechanism = Mechanism::app_refusal;
  if (given_up->how == Http2GivenUp::How::in_http1) {
    finding.cause = Cause::alpn_mismatch;
    finding.title = "it answered a client of HTTP/2 in HTTP/1";
    return finding.with("the client began with HTTP/2's preface, and the answer is one of HTTP/1");
  }
  const bool goaway = given_up->how == Http2GivenUp::How::goaway;
  const std::string name = name_of(given_up->error);
  finding.cause = cause_of(given_up->error);
  finding.title = fmt::format(
      "it {}: {}", goaway ? "gave the HTTP/2 connection up" : "reset the request's stream", name);
  finding.with(fmt::format(
      "{} sent {} ({}){}", who(situation.facts.http2_given_up_by), goaway ? "GOAWAY" : "RST_STREAM",
      name,
      given_up->debug.empty() ? "" : fmt::format(", which says {}", quoted(given_up->debug))));
  if (given_up->error.value == http2_error::no_error && goaway) {
    finding.title = "it closed the HTTP/2 connection (GOAWAY) without taking the request";
    finding.to_do.client =
        "Repeat the request on a new connection, which is safe (RFC 9113 section 6.8).";
    finding.to_do.server =
        "Was it shut down or reloaded? Otherwise its limit of requests for a connection may be 0.";
  }
  if (given_up->error.value == http2_error::enhance_your_calm) {
    finding.to_do.client =
        "Call less often, or with fewer streams at a time: the server throttles.";
  }
  if (finding.cause == Cause::internal_error) finding.confidence = Confidence::medium;
  if (finding.cause == Cause::no_shared_cipher) {
    // What RFC 9113 section 9.2.2 forbids is of TLS 1.2.
    if (situation.facts.tls13()) finding.cause = Cause::internal_error;
    finding.lower();
  }
  if (finding.cause == Cause::alpn_mismatch) {
    finding.lower().or_else(Cause::late_client_auth_impossible,
                            "the server wants a client certificate for this path, which it cannot "
                            "ask for within HTTP/2: Apache, and IIS");
  }
  return finding;
}

}  // namespace legible::proxy::diagnosis
