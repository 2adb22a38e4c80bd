// Nobody says why: silence after the ClientHello, a client that does not wait, a bare close.

#include <fmt/format.h>

#include "proxy/diagnosis/broken_stream.hpp"
#include "proxy/diagnosis/offer.hpp"
#include "proxy/diagnosis/rules.hpp"
#include "proxy/diagnosis/text.hpp"
#include "proxy/diagnosis/wire_names.hpp"

namespace legible::proxy::diagnosis {
namespace {

using parser::ClientHello;

/// Longer than one segment of the usual size.
constexpr std::uint32_t large_hello = 1300;

/// How much of an answer to the hello came.
std::uint64_t answer_so_far(const Situation& situation) {
  return situation.facts.server().after_dialogue(situation.timeline.flow(Leg::server).bytes);
}

/// The server began to answer and broke off: its own fault, whatever the hello offers.
Answer answer_cut_short(const Situation& situation) {
  const std::uint64_t bytes = answer_so_far(situation);
  if (!situation.bare_close() || bytes == 0) return std::nullopt;
  Finding finding;
  finding.cause = Cause::server_drops_hello;
  finding.with(fmt::format("the server sent {}, which make no whole ServerHello, and closed",
                           count(bytes, "byte")));
  finding.or_else(Cause::internal_error, "the server's log tells of a crash");
  return finding;
}

/// The same when the client ended its direction.
std::uint64_t answer_by_end(const Situation& situation) {
  const auto entries = situation.timeline.entries();
  const std::size_t at = situation.primary.index;
  const auto* closed = at < entries.size() ? std::get_if<LegClosed>(&entries[at].fact) : nullptr;
  const bool by_client = closed && entries[at].leg == Leg::client;
  return by_client ? situation.facts.server().after_dialogue(closed->bytes_out)
                   : answer_so_far(situation);
}

Answer never_answered(const Situation& situation) {
  const ClientHello& hello = *situation.facts.hello;
  Finding finding;
  finding.cause = Cause::server_silent;
  finding.confidence = Confidence::high;
  if (situation.bare_close()) finding.mechanism = Mechanism::timeout;
  const std::uint64_t bytes = answer_by_end(situation);
  finding.with(bytes == 0 ? fmt::format("the server sent no byte for {} after the ClientHello",
                                        duration(situation.primary.silence))
                          : fmt::format("the server sent {}, which make no whole ServerHello, and "
                                        "then nothing for {}",
                                        count(bytes, "byte"), duration(situation.primary.silence)));
  const History& history = situation.history;
  if (hello.bytes >= large_hello && history.largest_successful_hello > 0 &&
      history.largest_successful_hello < hello.bytes) {
    finding.cause = Cause::large_client_hello_blocked;
    finding.with(fmt::format("the hello has {}; the largest one that this server answered had {}",
                             count(hello.bytes, "byte"), history.largest_successful_hello));
  } else if (hello.bytes >= large_hello) {
    finding.or_else(Cause::large_client_hello_blocked,
                    fmt::format("the hello has {}: a smaller one is answered", hello.bytes));
  }
  finding.to_do.server = concat({describe(finding.cause).server_hint,
                                 " A port that speaks no TLS may wait in silence, too: see what "
                                 "listens there."});
  return finding;
}

/// Other bytes than a ServerHello came, and the client, which had not waited in vain, ended it.
Answer answer_not_taken(const Situation& situation) {
  if (answer_so_far(situation) == 0) return std::nullopt;
  const auto number = situation.primary.alert_number();
  const bool reason = number && !ends_in_order(*number);
  if (Answer broken = broken_stream(situation, Leg::server)) {
    return reason ? broken->raise() : *broken;
  }
  if (!reason) return std::nullopt;
  Finding finding;
  finding.cause = Cause::protocol_violation;
  finding.confidence = Confidence::medium;
  return finding.with("the client does not take what the server sent in place of a ServerHello");
}

Answer client_gave_up(const Situation& situation) {
  if (situation.facts.hello->sslv2_format) {
    Finding finding;
    finding.cause = Cause::sslv2_format_hello;
    finding.confidence = Confidence::medium;
    finding.or_else(Cause::server_silent, "a hello in the current format gets no answer as well");
    return finding.with(
        "the ClientHello has the format of SSL 2.0, and no answer came: NSS waits "
        "for more");
  }
  if (situation.after_silence()) return never_answered(situation);
  if (Answer answer = answer_not_taken(situation)) return answer;
  const bool scanning = situation.history.scanning();
  Finding finding;
  finding.cause = scanning ? Cause::scanner_probe : Cause::unknown;
  finding.confidence = scanning ? Confidence::high : Confidence::low;
  finding.with(answer_so_far(situation) > 0
                   ? std::string("the client left before the server's answer was complete")
                   : fmt::format("the client left {} after its hello, before any answer",
                                 duration(situation.primary.silence)));
  if (!scanning) {
    finding.or_else(Cause::scanner_probe, "a scanner sends many hellos, each a little different");
    finding.or_else(Cause::server_silent, "the client's timer may be very short");
  }
  return finding;
}

/// A server behind a load balancer gives up at the first bytes that are no PROXY header.
bool expects_header_perhaps(const Situation& situation) {
  const Facts& facts = situation.facts;
  const bool sent =
      (facts.connected && facts.connected->announced) ||
      (facts.dialogue && facts.dialogue->protocol == parser::Protocol::proxy_protocol &&
       !facts.dialogue->with_proxy);
  const bool upgraded = facts.dialogue && facts.client().plain_text();
  return !sent && !upgraded && !situation.after_silence();
}

}  // namespace

Answer hello_unanswered(const Situation& situation) {
  if (situation.phase != Phase::client_hello) return std::nullopt;
  if (situation.client_closed()) return client_gave_up(situation);
  if (!situation.server_closed() || !situation.bare_close()) return std::nullopt;
  if (situation.after_silence()) return never_answered(situation);
  return answer_cut_short(situation);
}

Answer hello_dropped(const Situation& situation) {
  if (situation.phase != Phase::client_hello || !situation.server_closed()) return std::nullopt;
  const ClientHello& hello = *situation.facts.hello;
  const bool orderly = situation.alert_is(alert_number::close_notify);
  if (!situation.bare_close() && !orderly) return std::nullopt;

  const History& history = situation.history;
  Finding finding;
  finding.cause = Cause::server_drops_hello;
  finding.confidence = Confidence::medium;
  if (hello.records > 1) {
    finding.cause = Cause::fragmented_hello_refused;
    finding.with(fmt::format("the hello came in {} records", hello.records));
    finding.or_else(Cause::server_drops_hello, "the same hello in one record is dropped as well");
    return finding;
  }
  const bool large = hello.bytes >= large_hello;
  if (large && history.largest_successful_hello > 0 &&
      history.largest_successful_hello < hello.bytes) {
    finding.cause = Cause::large_client_hello_blocked;
    finding.with(fmt::format("the hello has {}; the largest one that this server answered had {}",
                             count(hello.bytes, "byte"), history.largest_successful_hello));
    finding.or_else(Cause::server_drops_hello, "a small hello is dropped as well");
    return finding;
  }
  if (!orderly) {
    finding.with("no byte came from the server");
    if (history.largest_successful_hello == 0) {
      finding.or_else(Cause::tls_to_other_plain,
                      "the port speaks no TLS: see what listens there (MQTT, AMQP, LDAP and other "
                      "plain services close so)");
    }
  }
  if (!orderly && history.largest_successful_hello == 0 && expects_header_perhaps(situation)) {
    finding.or_else(Cause::proxy_header_missing,
                    "no hello at all is answered; one that comes with --send-proxy-protocol is");
  }
  if (large) {
    finding.or_else(Cause::large_client_hello_blocked,
                    fmt::format("the hello has {}: a smaller one is answered", hello.bytes));
  }
  if (hello.sni_state == parser::SniState::absent) {
    finding.or_else(Cause::sni_missing,
                    "the hello has no server name: one with a name is answered");
  } else {
    finding.or_else(
        Cause::sni_unrecognised,
        fmt::format("a hello with another name than {} is answered", quoted(hello.sni)));
  }
  if (hello.has(fallback_scsv)) {
    finding.or_else(Cause::inappropriate_fallback,
                    "the hello carries TLS_FALLBACK_SCSV: one without it is answered");
  }
  finding.or_else(Cause::no_shared_version,
                  "a hello with other versions is answered: Schannel, GnuTLS and old Node refuse "
                  "without an alert");
  finding.or_else(Cause::no_shared_cipher,
                  "a hello with other suites or groups is answered: so do the same stacks");
  return finding;
}

}  // namespace legible::proxy::diagnosis
