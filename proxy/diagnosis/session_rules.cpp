// From the client's key exchange to the end: Finished, renegotiation, and the ways to close.

#include <fmt/format.h>

#include <algorithm>

#include "parser/iana_tables.hpp"
#include "proxy/diagnosis/certificate_doubts.hpp"
#include "proxy/diagnosis/certificate_refusal.hpp"
#include "proxy/diagnosis/idle_timers.hpp"
#include "proxy/diagnosis/observations.hpp"
#include "proxy/diagnosis/offer.hpp"
#include "proxy/diagnosis/record_sizes.hpp"
#include "proxy/diagnosis/rules.hpp"
#include "proxy/diagnosis/text.hpp"
#include "proxy/diagnosis/wire_names.hpp"

namespace legible::proxy::diagnosis {
namespace {

using namespace alert_number;

bool uses_pre_shared_key(const Facts& facts) {
  if (!facts.server_hello) return false;
  const std::string_view suite = parser::name(facts.server_hello->cipher);
  return facts.server_hello->psk_selected || suite.find("_PSK_") != std::string_view::npos ||
         suite.starts_with("TLS_SRP_");  // a password, RFC 5054
}

/// The client has sent data, and nothing came back.
bool unanswered(const Facts& facts) {
  return facts.client().application_data && !facts.server().application_data;
}

/// What tells that the client's protocol knows no answers.
enum class OneWay : std::uint8_t { no, it_went_on, port };

OneWay sends_one_way(const Situation& situation) {
  constexpr std::uint16_t syslog_tls = 6514;  // RFC 5425 section 4.1
  const Facts& facts = situation.facts;
  if (!unanswered(facts)) return OneWay::no;
  if (facts.target && facts.target->port == syslog_tls) return OneWay::port;
  const Pause& pause = situation.timeline.pause();
  const bool went_on = pause.length.count() > 0 && pause.ended_by == Leg::client &&
                       pause.client_bytes_unanswered > longest_leave;
  return went_on || sends_without_waiting(situation) ? OneWay::it_went_on : OneWay::no;
}

/// The server's end is no answer to what was asked before it; nor to what the client had given up.
bool closed_without_answer(const Situation& situation) {
  const Facts& facts = situation.facts;
  return situation.server_closed() && facts.asked_in_vain() &&
         !facts.request_unanswered->given_up &&
         facts.request_unanswered->begun <= situation.primary.time;
}

bool waits_for_server(const Situation& situation) {
  const Facts& facts = situation.facts;
  return facts.asked_in_vain() || (unanswered(facts) && sends_one_way(situation) == OneWay::no);
}

Finding timer_fired(const Situation& situation) {
  Finding finding;
  finding.cause = Cause::idle_timeout;
  finding.confidence = Confidence::medium;
  if (situation.bare_close() && situation.after_silence()) finding.mechanism = Mechanism::timeout;
  finding.with(fmt::format("nothing was sent for {}, then {} closed",
                           duration(situation.primary.silence), who(situation.primary.closer)));
  const Leg closer = situation.client_closed() ? Leg::client : Leg::server;
  if (const IdleTimer* timer = typical_timer(situation.primary.silence, closer)) {
    finding.raise().with(fmt::format("{} s is the limit of {}", timer->seconds, timer->whose));
  }
  if (!waits_for_server(situation)) return finding;
  finding.with("the server had not answered the client's data");
  finding.title = "what it had sent was not answered, and it waited no longer";
  finding.or_else(Cause::truncated_close, "the client was ended, or its user gave up");
  finding.or_else(Cause::client_satisfied, "what it said wants no answer");
  if (situation.primary.silence < shortest_idle_timer) finding.confidence = Confidence::low;
  finding.to_do.client = "Let it wait longer, if the server is only slow.";
  finding.to_do.server =
      "Find out why there was no answer: its log, or that of the application behind it.";
  return finding;
}

/// Who owes an answer is not idle, whatever timer fits.
Finding answered_by_its_end(const Situation& situation) {
  Finding finding;
  finding.cause = Cause::internal_error;
  finding.confidence = Confidence::medium;
  finding.title = "it closed without an answer to what it had been sent";
  if (situation.bare_close() && situation.after_silence()) finding.mechanism = Mechanism::timeout;
  finding.with(fmt::format("nothing was sent for {}, then the server closed",
                           duration(situation.primary.silence)));
  finding.with("the server had not answered the client's data");
  finding.to_do.server =
      "Find out why there was no answer: its log, or that of the application behind it, which may "
      "be down, or slower than the server waits.";
  return finding.or_else(Cause::idle_timeout,
                         "what the client said wants no answer: the server's own limit for an idle "
                         "connection is that long");
}

Finding finished_did_not_fit(const Situation& situation) {
  Finding finding;
  finding.cause =
      uses_pre_shared_key(situation.facts) ? Cause::psk_mismatch : Cause::handshake_altered;
  finding.confidence = Confidence::medium;
  finding.with(uses_pre_shared_key(situation.facts)
                   ? "the keys come from a pre-shared key"
                   : "the two sides' Finished do not agree: they saw different messages, or "
                     "computed different keys");
  if (!uses_pre_shared_key(situation.facts)) {
    finding.or_else(Cause::protocol_violation,
                    "it fails with one client only: its stack is broken");
  }
  return finding;
}

/// An alert that names a fault, once keys are in use.
Finding named_fault(int number) {
  Finding finding;
  finding.confidence = Confidence::medium;
  switch (number) {
    case bad_record_mac:
      finding.cause = Cause::record_corrupted;
      finding.confidence = Confidence::high;
      break;
    case record_overflow:
      finding.cause = Cause::record_overflow;
      break;
    case internal_error:
      finding.cause = Cause::internal_error;
      break;
    case unknown_psk_identity:
      finding.cause = Cause::psk_mismatch;
      finding.confidence = Confidence::high;
      break;
    case no_application_protocol:
      finding.cause = Cause::alpn_mismatch;
      break;
    case no_renegotiation:
      finding.cause = Cause::renegotiation_refused;
      break;
    case unexpected_message:
    case illegal_parameter:
    case decode_error:
    case unsupported_extension:
      finding.cause = Cause::protocol_violation;
      break;
    default:
      finding.cause = Cause::unknown;
      finding.confidence = Confidence::low;
      break;
  }
  return finding.with(fmt::format("the alert is {}", alert_name(number)));
}

/// A client certificate was asked for, and the one that came is not known to be good: whether the
/// answer inside was a refusal stays open.
bool client_certificate_in_doubt(const Situation& situation) {
  const Facts& facts = situation.facts;
  if (situation.proxy_plays(Leg::server)) return false;  // it refuses none
  if (!facts.client_certificate_asked() || facts.server().answer_read()) return false;
  return facts.client().certificate != CertificateState::sent ||
         !doubts_about_client(situation).empty();
}

/// Both sides' data had crossed.
bool exchanged(const Facts& facts) {
  return facts.client().application_data && facts.server().application_data;
}

void doubt_client_certificate(const Situation& situation, Finding& finding) {
  const Facts& facts = situation.facts;
  if (!client_certificate_in_doubt(situation)) return;
  if (exchanged(facts)) finding.lower();
  if (const auto* refusals = facts.server().refusals) {
    finding.with(fmt::format("inside, the server said {}", quoted(refusals->replies.front())));
  }
  finding.or_else(Cause::client_cert_refused_by_app,
                  "the answer inside is a refusal (an HTTP error, a 4xx or 5xx reply): a key log, "
                  "or the server's log, shows it");
}

/// More than a goodbye was on its way to a client that left.
void doubt_that_answer_was_whole(const Situation& situation, Finding& finding) {
  const std::uint64_t late = situation.facts.sent_to_nobody;
  if (!situation.client_closed() || late <= longest_goodbye) return;
  finding.confidence = std::min(finding.confidence, Confidence::medium);
  finding.with(fmt::format("the server was still sending: {} came after", count(late, "byte")));
  if (finding.cause == Cause::truncated_close) return;
  finding.or_else(Cause::truncated_close,
                  "the client's log tells of a time-out, or its user gave up");
}

Finding request_not_answered() {
  Finding finding;
  finding.cause = Cause::internal_error;
  finding.confidence = Confidence::medium;
  finding.title = "it closed without an answer to the request";
  finding.to_do.server =
      "Read the server's log: it may hand on to another one, which is down or refuses.";
  return finding.with("the client's request was read, and nothing came back");
}

/// Where HTTP was read, a request without an answer is known; otherwise its size has to tell.
void doubt_that_all_was_answered(const Situation& situation, Finding& finding) {
  const bool goodbye = situation.server_closed() && !situation.bare_close();
  const std::uint64_t word = goodbye ? longest_goodbye_record + record_header : 0;
  const std::uint64_t last = situation.timeline.unanswered_but_for(word);
  const Facts& facts = situation.facts;
  const bool read = situation.scope() != Scope::relayed || facts.server().answer_read();
  if (read || last == 0) return;
  const auto sure = holds_request(facts, last);
  if (!sure) return;
  if (situation.client_closed()) {
    if (*sure != Confidence::high || !situation.other_side_silent()) return;
    finding.confidence = Confidence::low;
    finding.with(fmt::format("the last word was the client's: {}", count(last, "byte")))
        .or_else(Cause::idle_timeout, "the client's log tells of a time-out of its own");
    return;
  }
  finding.confidence = *sure == Confidence::high ? Confidence::low : Confidence::medium;
  finding.with(fmt::format("the last word but the end was the client's: {}", count(last, "byte")))
      .or_else(Cause::internal_error,
               "the client misses the answer to its last request: the server failed over it");
}

/// All that came may be the ticket by which JSSE's server, and others, begin.
void doubt_single_record(const Situation& situation, Finding& finding) {
  if (!situation.facts.answer_may_be_ticket) return;
  finding.with("the server's only record may be a ticket");
  if (situation.client_closed()) {
    finding.or_else(Cause::idle_timeout,
                    "nothing was answered: the client's log tells of a time-out of its own");
  } else {
    finding.or_else(Cause::internal_error,
                    "nothing was answered: the server's log shows the request, and why");
    if (situation.facts.client_certificate_asked()) {
      finding.or_else(Cause::client_cert_rejected,
                      "the server's log speaks of the client's certificate: some (bun) judge it "
                      "behind the handshake");
    }
  }
}

/// Of the server's certificate, by which a client may leave without a word, as lftp does. The
/// proxy's own authority is none.
std::optional<Doubt> visible_fault(const Situation& situation) {
  if (!situation.client_closed()) return std::nullopt;
  auto doubts = doubts_about_server(situation);
  if (doubts.empty() || doubts.front().cause == Cause::proxy_cert_untrusted) return std::nullopt;
  return std::move(doubts.front());
}

/// Why the server's silence is no fault, and how sure that is.
void tell_one_way(const Situation& situation, Finding& finding) {
  switch (sends_one_way(situation)) {
    case OneWay::no:
      return;
    case OneWay::port:
      finding.with("port 6514 is that of syslog over TLS (RFC 5425), which knows no answers");
      return;
    case OneWay::it_went_on:
      finding.lower().with(
          "the client had sent data, was not answered for a while, and sent more: it waited for "
          "nothing");
      finding.or_else(Cause::idle_timeout, "the client's log tells of a time-out of its own");
      return;
  }
}

/// With close_notify, or an alert of its size.
Finding ended_in_order(const Situation& situation) {
  const Facts& facts = situation.facts;
  // After a silence it was a timer of the server's, which a late request crossed.
  const bool at_once = !situation.other_side_silent();
  if (at_once && closed_without_answer(situation)) {
    return request_not_answered();
  }
  const bool both_spoke = exchanged(facts);
  const bool answered = both_spoke && !facts.answer_may_be_ticket;
  Finding finding;
  finding.cause = situation.client_closed() ? Cause::client_satisfied : Cause::none;
  finding.confidence = answered ? Confidence::high : Confidence::medium;
  if (both_spoke) doubt_single_record(situation, finding);
  finding.with(concat({who(situation.primary.closer), " closed in order"}));
  if (!both_spoke && situation.server_closed()) {
    finding.lower().with(!facts.server().application_data ? "the server had answered nothing"
                         : at_once ? "the server had waited for nothing that the client would say"
                                   : "the client had said nothing");
    if (!at_once) {
      finding.or_else(Cause::idle_timeout, "the server's log tells of a time-out");
    }
    if (!facts.server().application_data) {
      finding.or_else(Cause::internal_error, "the server hands on to another one, which is down");
      if (facts.client_certificate_asked()) {
        finding.or_else(Cause::client_cert_rejected,
                        "the server's log speaks of the client's certificate: programs on GnuTLS "
                        "(exim) judge it behind the handshake");
      }
      if (facts.client().application_data && situation.primary.unreadable()) {
        finding.or_else(Cause::record_corrupted, "the server's log speaks of a bad MAC");
      }
    }
  }
  if (!both_spoke) {
    if (auto fault = visible_fault(situation)) {
      finding.lower().or_else(fault->cause, std::move(fault->because));
    }
  }
  tell_one_way(situation, finding);
  doubt_that_answer_was_whole(situation, finding);
  if (both_spoke) doubt_that_all_was_answered(situation, finding);
  doubt_client_certificate(situation, finding);
  return finding;
}

/// A service that stands behind an application protocol (RFC 8915 section 4: NTS) leaves whoever
/// has not agreed on it, which TLS itself allows.
void doubt_application_protocol(const Facts& facts, Finding& finding) {
  if (!facts.hello || facts.alpn) return;
  finding.or_else(Cause::alpn_mismatch,
                  fmt::format("it works with the service's own application protocol (ALPN): {}",
                              facts.hello->alpn.empty() ? "the client offers none"
                                                        : offered_protocols(*facts.hello)));
}

/// With FIN or RST alone, and at once.
Finding ended_without_alert(const Situation& situation) {
  const Facts& facts = situation.facts;
  if (closed_without_answer(situation)) return request_not_answered();
  Finding finding;
  if (situation.primary.mechanism == Mechanism::rst && exchanged(facts)) {
    finding.cause = Cause::reset_after_close;
    // A server has nothing of the client's left to read when its answer was complete.
    finding.confidence = situation.client_closed() ? Confidence::medium : Confidence::low;
    finding.with("data had gone both ways; a reset then means unread data, such as tickets");
    finding.or_else(Cause::truncated_close, "the application misses a part of the answer");
    doubt_single_record(situation, finding);
    doubt_that_answer_was_whole(situation, finding);
    doubt_that_all_was_answered(situation, finding);
    doubt_client_certificate(situation, finding);
    return finding;
  }
  if (unanswered(facts) && situation.client_closed()) {
    finding.cause = Cause::truncated_close;
    finding.with(
        "the client sent data, and left without close_notify before anything had come back");
    if (const auto fault = visible_fault(situation)) {
      finding.cause = fault->cause;
      finding.with(fault->because);
      return finding.or_else(Cause::truncated_close, "the client was ended, or its user gave up");
    }
    if (facts.server().leaf()) {
      finding.raise();
    } else {
      add_alternative(finding, Cause::server_cert_rejected);
    }
    return finding;
  }
  if (facts.server().application_data) {
    finding.cause = Cause::truncated_close;
    finding.confidence = facts.answer_may_be_ticket ? Confidence::medium : Confidence::high;
    doubt_single_record(situation, finding);
    finding.with(concat({who(situation.primary.closer),
                         " ended the stream without close_notify after application data"}));
    if (auto fault = visible_fault(situation)) {
      finding.lower().or_else(fault->cause, std::move(fault->because));
    }
    doubt_that_answer_was_whole(situation, finding);
    doubt_that_all_was_answered(situation, finding);
    doubt_client_certificate(situation, finding);
    return finding;
  }
  finding.with(fmt::format("the handshake was complete; {} then closed without a word",
                           who(situation.primary.closer)));
  if (situation.server_closed()) {
    finding.or_else(
        Cause::internal_error,
        "the server hands on to another one, which is down, or its log tells of a crash");
    doubt_application_protocol(facts, finding);
  }
  return finding;
}

}  // namespace

Answer client_left_during_key_exchange(const Situation& situation) {
  const bool here = situation.phase == Phase::key_exchange || situation.phase == Phase::client_auth;
  if (!here || !situation.client_closed()) return std::nullopt;
  const Facts& facts = situation.facts;
  // One that had nothing to say was done when its own Finished was sent.
  if (facts.both_finished() && !facts.client().application_data) return std::nullopt;
  Finding finding;
  finding.or_else(Cause::server_cert_rejected, "the client's log speaks of the certificate");
  // In TLS 1.3 a client that has sent data took the connection for good.
  if (facts.tls13() && facts.both_finished()) {
    finding.cause = Cause::truncated_close;
    finding.or_else(Cause::client_cert_rejected, "the server's log speaks of the certificate");
  }
  return finding.with(facts.tls13()
                          ? "the client left after its own flight, before the server had judged it"
                          : "the client left after its own flight, before the server's Finished");
}

Answer key_exchange_failed(const Situation& situation) {
  const bool early =
      situation.phase == Phase::key_exchange || situation.phase == Phase::client_auth;
  if (!early || !situation.server_closed()) return std::nullopt;
  const auto number = situation.primary.alert_number();
  if (number == bad_record_mac || number == decrypt_error) return finished_did_not_fit(situation);
  if (number && *number != close_notify) return named_fault(*number);
  Finding finding;
  if (situation.after_silence()) {
    if (situation.bare_close()) finding.mechanism = Mechanism::timeout;
    if (situation.facts.client().finished && situation.facts.tls13()) {
      finding.cause = Cause::idle_timeout;
      finding.or_else(Cause::client_cert_rejected, "the server's log speaks of the certificate");
      return finding.with(fmt::format("nothing was sent for {} behind the client's Finished",
                                      duration(situation.primary.silence)));
    }
    if (situation.facts.client().finished) {
      finding.cause = Cause::server_silent;
      return finding.with(
          fmt::format("the server left the client's flight unanswered for {}, and "
                      "closed",
                      duration(situation.primary.silence)));
    }
    finding.cause = Cause::client_silent;
    return finding.with(fmt::format("the client's flight stayed incomplete for {}",
                                    duration(situation.primary.silence)));
  }
  // A session's key was agreed on before, and in TLS 1.3 a binder has proven any.
  if (uses_pre_shared_key(situation.facts) && !situation.facts.resumed) {
    finding = finished_did_not_fit(situation);
  }
  finding.or_else(Cause::handshake_altered, "the server's log speaks of Finished or of a bad MAC");
  return finding.with("the server closed without a reason after the client's key exchange");
}

/// TLS 1.3: the server's answer to the client's Finished is an alert.
Answer finished_refused(const Situation& situation) {
  const Facts& facts = situation.facts;
  if (situation.phase != Phase::post_handshake || !situation.server_closed() || !facts.tls13() ||
      facts.server_answered_finished || situation.other_side_silent()) {
    return std::nullopt;
  }
  const auto number = situation.primary.alert_number();
  if (number == bad_record_mac || number == decrypt_error) return finished_did_not_fit(situation);
  if (number || !situation.primary.unreadable()) return std::nullopt;
  Finding finding = finished_did_not_fit(situation);
  finding.confidence = Confidence::low;
  finding.with("the server answered the client's Finished with an alert, which cannot be read");
  finding.or_else(Cause::none, "the server had nothing to say and closed in order");
  return finding;
}

Answer established_alert(const Situation& situation) {
  const auto number = situation.primary.alert_number();
  const bool late = situation.phase == Phase::established ||
                    situation.phase == Phase::post_handshake ||
                    situation.phase == Phase::renegotiation;
  if (!late || !number || situation.primary.mechanism != Mechanism::alert_fatal) {
    return std::nullopt;
  }
  return named_fault(*number);
}

Answer ended(const Situation& situation) {
  const bool late = situation.phase == Phase::established ||
                    situation.phase == Phase::post_handshake ||
                    situation.phase == Phase::renegotiation;
  if (!late || !(situation.client_closed() || situation.server_closed())) return std::nullopt;
  const Facts& facts = situation.facts;
  const bool orderly = !situation.bare_close() && !situation.alert_sent_as_fatal() &&
                       situation.primary.mechanism != Mechanism::timeout;

  const auto patience = exchanged(facts) ? shortest_idle_timer : shortest_timer;
  const bool in_vain = waits_for_server(situation);
  const auto silent_end = situation.server_closed() && in_vain ? answered_by_its_end : timer_fired;
  if (!orderly && situation.primary.silence >= patience) return silent_end(situation);
  const bool asked_in_vain = (unanswered(facts) && in_vain && situation.after_silence()) ||
                             (situation.client_closed() && facts.asked_in_vain());
  if (asked_in_vain) return silent_end(situation);
  return orderly ? ended_in_order(situation) : ended_without_alert(situation);
}

}  // namespace legible::proxy::diagnosis
