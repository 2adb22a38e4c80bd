// Somebody's first bytes were no TLS. Alerts and resets that follow are only colour:
// record_overflow and "wrong version number" are plain text read as a record header.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "proxy/diagnosis/rules.hpp"
#include "proxy/diagnosis/text.hpp"
#include "proxy/diagnosis/wire_names.hpp"
#include "proxy/text/tls_words.hpp"

namespace legible::proxy::diagnosis {
namespace {

using parser::FirstBytes;
using parser::Protocol;

std::string_view as_text(const FirstBytes& first) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): bytes shown as characters
  return {reinterpret_cast<const char*>(first.bytes.data()), first.count};
}

bool asks_in_http(const FirstBytes& first) {
  return first.protocol == Protocol::http || first.protocol == Protocol::http_connect;
}

/// A server that takes a request for one of HTTP/0.9 answers with a page alone.
bool answers_in_http(const FirstBytes& first) {
  if (first.protocol == Protocol::http) return true;
  return first.protocol == Protocol::unknown && as_text(first).starts_with('<');
}

bool offers_starttls(Protocol protocol) {
  switch (protocol) {
    case Protocol::smtp:
    case Protocol::imap:
    case Protocol::pop3:
    case Protocol::ftp:
    case Protocol::ldap:
    case Protocol::postgresql:
    case Protocol::mysql:
    case Protocol::xmpp:
    case Protocol::tds:
      return true;
    default:
      return false;
  }
}

/// The words of the server's plain answer that tell a client that TLS is wanted here, if they do.
std::string_view complaint(const SideFacts& server) {
  return server.http ? words_for_tls(server.http->text) : std::string_view();
}

/// A refusal that does not say what of.
bool refuses_vaguely(const SideFacts& server) {
  return server.http && server.http->status == 400 && complaint(server).empty();
}

/// Both sides speak in clear and neither minds: not a TLS connection at all.
bool plain_conversation(const Facts& facts) {
  if (facts.hello || !facts.client().plain_text() || !facts.server().plain_text()) return false;
  if (!complaint(facts.server()).empty()) return false;
  const Protocol server = facts.server().first_bytes->protocol;
  return asks_in_http(*facts.client().first_bytes) ==
             answers_in_http(*facts.server().first_bytes) ||
         offers_starttls(server) || server == Protocol::ssh;
}

Finding both_are_plain(const Situation& situation) {
  const Facts& facts = situation.facts;
  Finding finding;
  finding.cause = Cause::none;
  finding.confidence = Confidence::high;
  if (const std::string refusal = refusal_of_tls(situation); !refusal.empty()) {
    finding.with(refusal + ", and the client went on in clear");
  }
  const bool known = facts.client().first_bytes->protocol != Protocol::unknown ||
                     facts.server().first_bytes->protocol != Protocol::unknown;
  if (!known) {
    finding.lower().with("both sides speak in clear, in a protocol that is not known; no TLS came");
    return finding.or_else(Cause::starttls_refused, "the client's log says that TLS was refused");
  }
  constexpr int switching_protocols = 101;
  if (facts.server().http && facts.server().http->status == switching_protocols) {
    finding.confidence = Confidence::low;
    return finding.with(
        "the server switched to another protocol (HTTP 101), in which nothing is read here: a "
        "WebSocket, or TLS (RFC 2817, as CUPS has it)");
  }
  finding.with("both sides speak in clear; there is no TLS on this connection");
  if (!refuses_vaguely(facts.server())) return finding;
  finding.confidence = Confidence::low;
  finding.or_else(Cause::plain_http_to_tls,
                  "the answer's text says that TLS is wanted, or https:// to the same port works");
  return finding.with("the server's answer is HTTP 400, without known words about TLS");
}

/// What stands here as the server is a forward proxy, which the client asked for a tunnel (RFC 9110
/// section 9.3.6). A bad request may as well be a web server's complaint.
bool refuses_tunnel(const Facts& facts) {
  const auto& first = facts.client().first_bytes;
  const auto* answer = facts.server().http;
  return first && first->protocol == Protocol::http_connect && answer && answer->status > 400;
}

Finding tunnel_refused(const Situation& situation) {
  constexpr int proxy_authentication_required = 407;
  const int status = situation.facts.server().http->status;
  const bool asks_who = status == proxy_authentication_required;
  Finding finding;
  finding.cause = asks_who ? Cause::upstream_proxy_auth_required : Cause::upstream_proxy_refused;
  finding.confidence = Confidence::high;
  finding.title = asks_who ? "the forward proxy that the client asked wants a user and a password"
                           : "the forward proxy that the client asked opened no tunnel";
  finding.to_do.client = asks_who ? "Give it the forward proxy's user and password."
                                  : "Ask for a server and a port that this forward proxy allows.";
  finding.to_do.server =
      "Ask those who run the forward proxy: its log says which rule refused, or why the server was "
      "not reached.";
  finding.to_do.proxy = "Nothing: what is listened to here is the way to that forward proxy.";
  finding.with(fmt::format("the client sent CONNECT, and the answer is HTTP {}", status));
  // RFC 9110 section 15: forbidden, or of a gateway. Web servers refuse CONNECT with others.
  static constexpr std::array proxys{403, proxy_authentication_required, 502, 503, 504};
  if (std::ranges::find(proxys, status) != proxys.end()) return finding;
  finding.confidence = Confidence::low;
  finding.title = "the client asked for a tunnel, and got none";
  finding.to_do = {};
  finding.to_do.client = "If the server is no forward proxy, do not use it as one.";
  finding.to_do.proxy =
      "If the client takes this listener for a forward proxy, start it as one (--forward).";
  return finding.with("a web server answers CONNECT so, too");
}

/// What the proxy did in the server's place.
void tell_own_page(const ProxyClosing& page, Finding& finding) {
  finding.with(
      fmt::format("the proxy, which takes no plain HTTP here, told the client with a page of its "
                  "own (HTTP 400): {}",
                  page.detail));
}

Finding client_is_plain(const Situation& situation) {
  const FirstBytes& first = *situation.facts.client().first_bytes;
  Finding finding;
  const Facts& facts = situation.facts;
  const std::string_view words = complaint(facts.server());
  // An alert, or words that say so, prove that TLS is spoken on that port; so does the proxy
  // itself.
  const bool tls_port =
      situation.primary.alert.has_value() || !words.empty() || facts.proxy_closing;
  finding.confidence = tls_port ? Confidence::certain : Confidence::high;
  finding.with(fmt::format("the client's first bytes are no TLS: {}", quoted(as_text(first))));
  if (!words.empty() && !facts.told_of_tls) {
    finding.with(fmt::format("the server answered {}", quoted(words)));
  }
  if (refuses_vaguely(facts.server())) {
    finding.confidence = Confidence::low;
    finding.or_else(Cause::none, "the port speaks plain HTTP, which the client does not");
  } else if (situation.bare_close() && situation.after_silence()) {
    finding.lower().or_else(Cause::idle_timeout,
                            "the port speaks in clear, and the server's own timer ran out");
  }
  if (facts.told_of_tls) tell_own_page(*facts.told_of_tls, finding);
  const bool unanswered = situation.timeline.flow(Leg::server).bytes == 0;
  if (unanswered && situation.bare_close() && offers_starttls(first.protocol)) {
    finding.lower().or_else(Cause::none,
                            "the port speaks this in clear: the server's log tells why it closed");
  }
  if (asks_in_http(first)) {
    finding.cause = Cause::plain_http_to_tls;
    if (unanswered && situation.server_closed() && !situation.after_silence()) {
      finding.or_else(Cause::proxy_header_missing,
                      "the port speaks plain HTTP, and answers what comes with "
                      "--send-proxy-protocol");
    }
  } else if (first.protocol == Protocol::proxy_protocol) {
    finding.cause = Cause::proxy_header_to_tls;
  } else {
    finding.cause = Cause::plain_other_to_tls;
  }
  return finding;
}

Finding server_is_plain(const Situation& situation) {
  const FirstBytes& first = *situation.facts.server().first_bytes;
  Finding finding;
  finding.confidence = Confidence::certain;
  finding.with(fmt::format("the client speaks TLS; the server's first bytes are {}",
                           quoted(as_text(first))));
  if (answers_in_http(first)) {
    finding.cause = Cause::tls_to_plain_http;
  } else if (first.protocol == Protocol::ssh) {
    finding.cause = Cause::tls_to_ssh;
  } else if (offers_starttls(first.protocol)) {
    finding.cause = Cause::tls_to_starttls_service;
  } else {
    finding.cause = Cause::tls_to_other_plain;
    finding.confidence = Confidence::high;
  }
  if (situation.client_closed() && situation.primary.alert_number()) {
    finding.with(fmt::format("the client's {} only says that it read those bytes as a TLS record",
                             alert_name(*situation.primary.alert_number())));
  }
  return finding;
}

}  // namespace

Answer plain_text(const Situation& situation) {
  const Facts& facts = situation.facts;
  if (facts.server_hello || facts.hello_retry) return std::nullopt;

  if (refuses_tunnel(facts) && !facts.hello) return tunnel_refused(situation);
  if (plain_conversation(facts)) return both_are_plain(situation);
  const bool header_then_tls = facts.hello && facts.client().first_bytes &&
                               facts.client().first_bytes->protocol == Protocol::proxy_protocol;
  if (header_then_tls && (situation.server_closed() || situation.after_silence())) {
    Finding finding = client_is_plain(situation);
    finding.confidence = situation.server_closed() ? Confidence::high : Confidence::medium;
    if (!situation.server_closed()) {
      finding.or_else(Cause::server_silent, "a hello without the header gets no answer as well");
    }
    return finding.with("a ClientHello follows the PROXY header, and the server did not answer it");
  }
  if (facts.client().plain_text() && !facts.hello) return client_is_plain(situation);

  // A greeting is a dialogue too: only a client that began it in clear can have asked for TLS.
  const bool upgraded = facts.dialogue != nullptr && facts.client().plain_text();
  // nginx complains in HTTP of anything that does not begin with a handshake record.
  const bool client_speaks_tls = facts.client().first_bytes && !facts.client_begins_without_hello();
  if (facts.server().plain_text() && client_speaks_tls && !upgraded) {
    return server_is_plain(situation);
  }
  return std::nullopt;
}

}  // namespace legible::proxy::diagnosis
