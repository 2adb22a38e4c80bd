// Below TLS, or before it: connecting, the proxy's own limits, monitors, silence.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "proxy/diagnosis/broken_hello.hpp"
#include "proxy/diagnosis/broken_stream.hpp"
#include "proxy/diagnosis/certificate_doubts.hpp"
#include "proxy/diagnosis/certificate_refusal.hpp"
#include "proxy/diagnosis/rules.hpp"
#include "proxy/diagnosis/text.hpp"
#include "proxy/diagnosis/wire_names.hpp"

namespace legible::proxy::diagnosis {
namespace {

/// Whose turn it was to speak, when nobody did.
Leg silent_side(Phase phase) {
  switch (phase) {
    case Phase::client_hello:
    case Phase::server_hello:
    case Phase::client_auth:
    case Phase::key_exchange:
      return Leg::server;
    default:
      return Leg::client;
  }
}

bool nobody_spoke(const Situation& situation) {
  return situation.timeline.flow(Leg::client).bytes == 0 &&
         situation.timeline.flow(Leg::server).bytes == 0;
}

/// What the client has said to the server: a header or a request to the proxy alone is not that.
std::uint64_t said_by_client(const Situation& situation) {
  const Facts& facts = situation.facts;
  const bool to_proxy_alone =
      facts.dialogue && facts.dialogue->with_proxy && !facts.client().first_bytes;
  return to_proxy_alone ? 0 : situation.timeline.flow(Leg::client).bytes;
}

/// A mail or database client waits for the server's greeting.
void doubt_whose_turn(Finding& finding) {
  finding.lower().or_else(
      Cause::server_silent,
      "the port's protocol begins with the server's greeting, which did not come");
}

std::string regularity(const History& history) {
  return fmt::format("{} connections before this one, every {:.0f} s", history.connections,
                     *history.interval_seconds);
}

/// The client's first record ends before the ClientHello that begins in it.
bool hello_is_split(const Facts& facts) {
  constexpr std::size_t record_header = 5;
  constexpr std::size_t message_header = 4;
  const auto& first = facts.client().first_bytes;
  if (!first || first->protocol != parser::Protocol::tls) return false;
  const auto& bytes = first->bytes;
  const std::size_t record = std::size_t{bytes[3]} << 8 | bytes[4];
  if (record < message_header) return record > 0;
  if (first->count < record_header + message_header) return false;
  const std::size_t message =
      std::size_t{bytes[6]} << 16 | std::size_t{bytes[7]} << 8 | std::size_t{bytes[8]};
  return record < message_header + message;
}

/// Nothing, or a part of a hello, and then a timer.
Finding client_fell_silent(const Situation& situation) {
  const std::uint64_t sent = said_by_client(situation);
  Finding finding;
  finding.cause = Cause::client_silent;
  finding.confidence = Confidence::high;
  if (situation.bare_close()) finding.mechanism = Mechanism::timeout;
  finding.with(fmt::format("the client had sent {}, and nothing for {}", count(sent, "byte"),
                           duration(situation.primary.silence)));
  if (situation.client_closed() && sent == 0) {
    finding.or_else(Cause::tcp_health_check, "a monitor comes back at regular intervals");
    if (nobody_spoke(situation)) doubt_whose_turn(finding);
  }
  return finding;
}

/// The client connects and closes at once.
Finding client_left_early(const Situation& situation) {
  const std::uint64_t sent = said_by_client(situation);
  Finding finding;
  finding.confidence = Confidence::medium;
  if (sent > 0) {
    finding.cause = Cause::client_silent;
    finding.with(fmt::format("the client left after {} of a ClientHello", count(sent, "byte")));
    finding.or_else(Cause::scanner_probe, "a scanner sends many, each a little different");
    return finding;
  }
  finding.cause = Cause::tcp_health_check;
  finding.with(fmt::format("the client closed {} after {}, without a byte",
                           duration(situation.primary.silence),
                           situation.timeline.flow(Leg::server).bytes > 0 ? "the server's greeting"
                                                                          : "it had connected"));
  if (situation.history.regular()) finding.raise().with(regularity(situation.history));
  if (situation.history.empty_closes > 0) {
    finding.with(fmt::format("{} like it before", situation.history.empty_closes));
  } else if (!situation.history.regular()) {
    if (greeting_offers_no_tls(situation)) {
      finding.with("the server's greeting holds no offer of TLS")
          .or_else(Cause::starttls_not_offered, "the client's log misses TLS, or STARTTLS");
    }
    finding.lower().or_else(
        Cause::client_silent,
        "a call failed at the client: its log tells what kept it from beginning "
        "TLS (no usable version or suite, a trust store or a key)");
  }
  return finding;
}

/// The server ends what the client has not begun.
Finding server_turned_client_away(const Situation& situation) {
  Finding finding;
  finding.cause = Cause::server_drops_hello;
  finding.title = "the server turned the connection away before it had seen a ClientHello";
  const auto alert = situation.primary.alert_number();
  finding.with(alert ? "the server's alert came before the client had said anything"
                     : "the server closed before the client had said anything");
  if (alert == alert_number::internal_error) {
    finding.cause = Cause::internal_error;
    finding.confidence = Confidence::medium;
    finding.with("so it is not about what the client offers");
    finding.or_else(Cause::server_drops_hello, "the server lets other addresses in");
  }
  finding.or_else(Cause::client_silent, "the server's timer may be very short");
  return finding;
}

/// The server does not wait for a whole hello.
Finding server_left_early(const Situation& situation) {
  const std::uint64_t sent =
      situation.facts.client().after_dialogue(situation.timeline.flow(Leg::client).bytes);
  const bool begun = sent > 0 && situation.facts.client().first_bytes;
  if (!begun) return server_turned_client_away(situation);
  Finding finding;
  if (hello_is_split(situation.facts)) {
    finding.cause = Cause::fragmented_hello_refused;
    finding.confidence = Confidence::medium;
    finding.with(
        "the first record holds only the beginning of the ClientHello, and the server closed "
        "before the rest had come");
    finding.or_else(Cause::server_drops_hello, "the same hello in one record is dropped as well");
    return finding;
  }
  finding.cause = Cause::hello_malformed;
  finding.with(fmt::format("the server closed while only {} of a ClientHello had come",
                           count(sent, "byte")));
  finding.or_else(Cause::server_drops_hello, "the same server closes on whole hellos too");
  return finding;
}

/// Every protocol that the client offers is HTTP/2's.
bool needs_http2(const Facts& facts) {
  if (!facts.hello || facts.hello->alpn.empty()) return false;
  return std::ranges::all_of(facts.hello->alpn, [](const std::string& protocol) {
    return protocol.starts_with("h2") || protocol == "grpc-exp";  // drafts: h2-14
  });
}

}  // namespace

/// --send-proxy-protocol.
Answer own_header_refused(const Situation& situation) {
  const Facts& facts = situation.facts;
  const bool announced = facts.connected && facts.connected->announced;
  const ProxyClosing* own = facts.proxy_closing;
  const bool time_was_up = (situation.client_closed() && situation.after_silence()) ||
                           (own && own->reason == ProxyReason::handshake_timeout);
  const bool waited = time_was_up && !facts.server().first_bytes;
  const bool refused = situation.server_closed() || facts.server().plain_text() || waited;
  const bool answered = facts.server_hello || facts.hello_retry;
  const bool tls = facts.hello || !facts.client().plain_text();
  if (!announced || answered || !tls || !refused) return std::nullopt;
  Finding finding;
  finding.cause = Cause::proxy_header_to_tls;
  finding.confidence = facts.server().plain_text() ? Confidence::high : Confidence::medium;
  finding.with(fmt::format(
      "the proxy itself sent a PROXY header before the client's bytes (--send-proxy-protocol), and "
      "{}",
      waited ? "the server said nothing" : "what the server did then was no ServerHello"));
  if (waited && situation.bare_close()) finding.mechanism = Mechanism::timeout;
  finding.or_else(waited ? Cause::server_silent : Cause::server_drops_hello,
                  "the server does the same without --send-proxy-protocol");
  finding.to_do.proxy = "Start it without --send-proxy-protocol, if the server does not expect it.";
  finding.to_do.client = "Nothing: the header is the proxy's own.";
  return finding;
}

Answer turned_away(const Situation& situation) {
  const ProxyClosing* closing = situation.facts.proxy_closing;
  if (!closing) return std::nullopt;
  Finding finding;
  finding.confidence = Confidence::certain;
  switch (closing->reason) {
    case ProxyReason::policy:
      finding.cause = Cause::proxy_policy;
      finding.title = "its rules do not allow this: " + closing->detail;
      finding.to_do.client =
          "Where the proxy is set in the client: check the address, the user and the password "
          "there.";
      finding.to_do.proxy =
          "Or allow it: see --allow-from, --allow-to and --proxy-auth in `legible run --help`.";
      return finding.with(fmt::format("the proxy refused the client: {}", closing->detail));
    case ProxyReason::no_credentials:
      finding.cause = Cause::proxy_auth_required;
      finding.or_else(Cause::none,
                      "it comes again with them: many clients give them only when asked, some on "
                      "another connection");
      return finding.with("the proxy asked for a user and a password (407): " + closing->detail);
    case ProxyReason::no_target:
      finding.cause = Cause::proxy_policy;
      finding.title = "it does not know which server is meant: " + closing->detail;
      finding.to_do.client =
          "Let the client name the server: as its proxy setting where this is --forward, by its "
          "URL's host name where this is --by-sni.";
      finding.to_do.proxy = "Or give the server: --to HOST:PORT.";
      return finding.with(closing->detail);
    case ProxyReason::own_page:
      finding.cause = Cause::none;
      return finding.with("the client asked the proxy itself for a page, and no server was asked");
    default:
      return std::nullopt;
  }
}

/// "the connection was established on purpose by the proxy without being relayed ... health checks"
/// (HAProxy, doc/proxy-protocol.txt, section 2.2, of LOCAL).
Answer balancers_own_check(const Situation& situation) {
  const auto& header = situation.facts.local_header;
  const bool nothing_more = header && situation.timeline.flow(Leg::client).bytes <= *header;
  if (!nothing_more || !situation.client_closed()) return std::nullopt;
  Finding finding;
  finding.cause = Cause::tcp_health_check;
  finding.confidence = Confidence::high;
  return finding.with(
      "its PROXY header says that the balancer speaks for itself (LOCAL), and nothing followed");
}

/// Where clients name the target themselves.
Answer left_before_target(const Situation& situation) {
  const Facts& facts = situation.facts;
  const auto& first = facts.client().first_bytes;
  const bool asks = first && facts.client().plain_text();
  if (facts.target || facts.hello || !asks || !situation.client_closed()) return std::nullopt;
  Finding finding;
  finding.cause = Cause::client_silent;
  finding.confidence = Confidence::medium;
  finding.title = "it left before it had said which server it wants";
  return finding.with("the client's request to the proxy is not whole, or was refused");
}

Answer proxy_closed(const Situation& situation) {
  if (!situation.primary.by(Closer::proxy)) return std::nullopt;
  Finding finding;
  finding.confidence = Confidence::certain;
  const ProxyClosing* closing = situation.facts.proxy_closing;
  if (!closing) {
    finding.cause = Cause::proxy_policy;
    return finding.with("the proxy closed before either side did");
  }
  switch (closing->reason) {
    case ProxyReason::handshake_timeout: {
      const Leg silent = silent_side(situation.phase);
      finding.cause = situation.proxy_plays(silent) ? Cause::proxy_limit
                      : silent == Leg::server       ? Cause::server_silent
                                                    : Cause::client_silent;
      finding.confidence = Confidence::high;
      finding.with(fmt::format(
          "the proxy's handshake time-out of {} s ran out; it was {} turn to "
          "speak",
          closing->limit.count(), silent == Leg::server ? "the server's" : "the client's"));
      if (nobody_spoke(situation)) doubt_whose_turn(finding);
      return finding;
    }
    case ProxyReason::idle_timeout:
      finding.cause = Cause::idle_timeout;
      return finding.with(
          fmt::format("the proxy's idle time-out of {} s ran out", closing->limit.count()));
    case ProxyReason::shutdown:
      finding.cause = Cause::proxy_policy;
      finding.title = "it was told to stop while this connection was open";
      finding.to_do.proxy = "Nothing: repeat the call when it runs again.";
      return finding.with("the proxy was told to stop");
    case ProxyReason::resources:
      finding.cause = Cause::proxy_limit;
      return finding.with(
          closing->detail.empty()
              ? "the proxy ran out of a resource (file descriptors, memory)"
              : fmt::format("the proxy could not go on: {}", quoted(closing->detail)));
    case ProxyReason::server_certificate:
      finding.cause = Cause::proxy_policy;
      finding.title = fmt::format(
          "it refuses the server's certificate, as it was told to (--bad-server-cert refuse): {}",
          quoted(closing->detail));
      finding.to_do.server = "Mend the server's certificate.";
      finding.to_do.proxy =
          "To show the client the same fault instead, start it with --bad-server-cert mirror.";
      return finding.with(fmt::format(
          "the proxy refuses a bad server certificate, as it was told to (--bad-server-cert "
          "refuse): {}",
          quoted(closing->detail)));
    case ProxyReason::not_terminable:
      finding.cause = Cause::proxy_limit;
      return finding.with(
          fmt::format("the proxy cannot end this client's TLS itself: {}", closing->detail));
    case ProxyReason::flood:
      finding.cause = Cause::proxy_limit;
      return finding.with(closing->detail);
    case ProxyReason::tls_failure:  // own_tls_failed
    case ProxyReason::policy:       // turned_away
    case ProxyReason::no_credentials:
    case ProxyReason::no_target:
    case ProxyReason::own_page:
    case ProxyReason::plain_http:  // plain_text
      return std::nullopt;
  }
  return finding;
}

Answer before_hello(const Situation& situation) {
  if (situation.phase != Phase::pre_hello) return std::nullopt;
  if (const auto* malformed = situation.facts.client().malformed) {
    Finding finding;
    finding.cause =
        is_oversized_record(*malformed) ? Cause::record_overflow : Cause::hello_malformed;
    finding.confidence = situation.server_closed() && !situation.bare_close() ? Confidence::high
                                                                              : Confidence::medium;
    return finding.with(
        fmt::format("the client's {} breaks its format at {} (byte {} of its "
                    "stream)",
                    quoted(malformed->what), quoted(malformed->field), malformed->offset));
  }
  if (Answer answer = begins_without_hello(situation)) return answer;
  if (!situation.client_closed() && !situation.server_closed()) return std::nullopt;
  if (situation.after_silence()) return client_fell_silent(situation);
  return situation.client_closed() ? client_left_early(situation) : server_left_early(situation);
}

Answer finished_and_left(const Situation& situation) {
  const Facts& facts = situation.facts;
  // What the server says unasked (HTTP/2's SETTINGS, a greeting) answers nothing.
  const bool nothing_said = !facts.client().application_data;
  // In TLS 1.3 the client is done when its own Finished is sent, judged or not.
  const bool done = situation.phase == Phase::post_handshake ||
                    (situation.phase == Phase::client_auth && facts.both_finished());
  if (!done || !situation.client_closed() || !nothing_said) return std::nullopt;
  if (situation.primary.mechanism == Mechanism::alert_fatal) return std::nullopt;
  Finding finding;
  finding.with("the handshake was complete, and the client left without sending any data");
  if (facts.server().application_data) {
    finding.with("what the server had sent was not asked for (HTTP/2's SETTINGS, or a greeting)");
  }
  if (situation.history.scanning()) {
    finding.cause = Cause::scanner_probe;
    finding.confidence = Confidence::high;
    return finding.with(fmt::format("{} hellos in ten seconds, {} of them different",
                                    situation.history.recent_hellos,
                                    situation.history.recent_distinct_hellos));
  }
  if (facts.local_header) {
    finding.cause = Cause::tls_health_check;
    finding.confidence = Confidence::high;
    return finding.with("its PROXY header says that the balancer speaks for itself (LOCAL)");
  }
  if (situation.history.regular()) {
    finding.cause = Cause::tls_health_check;
    finding.confidence = Confidence::high;
    return finding.with(regularity(situation.history));
  }
  // Without a reading of its contents, close_notify is any alert of the right size.
  const bool orderly = !situation.bare_close();
  finding.cause = orderly ? Cause::client_satisfied : Cause::tls_health_check;
  finding.confidence = Confidence::low;
  const bool trusted = !facts.minted || situation.history.accepted_proxy_authority;
  const auto* judged = facts.server().judged;
  if (orderly && trusted && judged && judged->judgement->ok) {
    weigh_shown_certificate(situation, finding);
  }
  for (const Doubt& doubt : doubts_about_server(situation)) {
    finding.or_else(doubt.cause, doubt.because);
  }
  finding.title = "nothing was asked: the client finished the handshake and left";
  if (facts.tls13() && facts.server().certificate == CertificateState::none_seen) {
    doubt_hidden_certificate(situation, finding);
  }
  if (!orderly && !facts.minted && judged && judged->judgement && judged->judgement->ok) {
    finding.or_else(Cause::server_cert_untrusted_ca,
                    "the client's log speaks of the issuer: it trusts others than were taken here");
  }
  if (needs_http2(facts) && !facts.alpn) {
    constexpr std::string_view misses =
        "the client speaks HTTP/2 alone, as gRPC does, and the server chose no protocol";
    if (facts.alpn_seen && finding.cause != Cause::scanner_probe) {
      finding.or_else(std::exchange(finding.cause, Cause::alpn_mismatch),
                      "the client's log does not miss a selected protocol");
      finding.confidence = Confidence::medium;
      finding.title.clear();
      finding.with(std::string(misses));
    } else {
      finding.or_else(Cause::alpn_mismatch, std::string(misses) + ": its log says so");
    }
  }
  finding.or_else(Cause::server_cert_pinned,
                  "the client's log says so; curl compares a pin only now");
  if (situation.primary.unreadable() && !facts.tls13()) {
    finding.or_else(Cause::handshake_altered,
                    "the client's log speaks of the server's Finished or of a bad MAC");
  }
  if (situation.after_silence()) {
    finding.or_else(Cause::idle_timeout,
                    "the client's log tells that it waited for something, as for a greeting");
  }
  finding.or_else(Cause::tls_health_check, "a monitor comes back at regular intervals");
  return finding;
}

/// No stack sends a heartbeat request that announces more than it holds; CVE-2014-0160 is tried so.
Answer heartbleed_probe(const Situation& situation) {
  const auto* malformed = situation.facts.client().malformed;
  if (!malformed || malformed->what != "heartbeat") return std::nullopt;
  Finding finding;
  finding.cause = Cause::scanner_probe;
  finding.confidence = Confidence::high;
  return finding.with(
      "the client sent a heartbeat request that announces more bytes than it holds, as one does "
      "to try a server for Heartbleed (CVE-2014-0160)");
}

Answer still_open(const Situation& situation) {
  if (situation.primary.mechanism != Mechanism::still_open) return std::nullopt;
  Finding finding;
  if (situation.phase == Phase::established || situation.phase == Phase::post_handshake) {
    finding.cause = Cause::none;
    finding.confidence = Confidence::high;
    return finding.with("the connection was still open when the observation ended");
  }
  if (situation.phase == Phase::client_hello && situation.after_silence()) {
    finding.cause = Cause::server_silent;
    return finding.with(fmt::format("the server had not answered the ClientHello after {}",
                                    duration(situation.primary.silence)));
  }
  return finding.with("the handshake was not finished when the observation ended");
}

}  // namespace legible::proxy::diagnosis
