#include "proxy/diagnosis/diagnosis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "proxy/diagnosis/admissibility.hpp"
#include "proxy/diagnosis/advice.hpp"
#include "proxy/diagnosis/casting.hpp"
#include "proxy/diagnosis/conversation.hpp"
#include "proxy/diagnosis/evidence.hpp"
#include "proxy/diagnosis/insertion.hpp"
#include "proxy/diagnosis/leg_summary.hpp"
#include "proxy/diagnosis/phase.hpp"
#include "proxy/diagnosis/rules.hpp"

namespace legible::proxy {
namespace {

using namespace diagnosis;

/// The families in the order in which they are asked: what is certain by itself comes first, and
/// what only a complete handshake allows comes last.
constexpr Rule rules[] = {
    connect_failure,
    not_captured,
    turned_away,
    balancers_own_check,
    left_before_target,
    own_header_refused,
    starttls_missed,
    starttls_unused,
    tls_required,
    plain_text,
    proxy_closed,
    own_tls_failed,
    heartbleed_probe,
    still_open,
    before_hello,
    warning_not_tolerated,
    hello_unanswered,
    hello_refused,
    hello_dropped,
    server_stalled,
    hello_retry_stopped,
    server_hello_refused,
    server_gave_up,
    encrypted_log_in_alone,
    broken_amid_data,
    renegotiation,
    refused_by_application,
    ftp_data_refused,
    http2_given_up,
    http_answer_cut,
    used_when_stale,
    went_back_to_clear,
    only_said_goodbye,
    client_certificate_refused,
    server_certificate_refused,
    client_left_during_key_exchange,
    key_exchange_failed,
    finished_refused,
    established_alert,
    finished_and_left,
    last_request_unanswered,
    ended,
};

Finding first_finding(const Situation& situation) {
  for (const Rule rule : rules) {
    if (Answer answer = rule(situation); answer && admissible(answer->cause, situation)) {
      return std::move(*answer);
    }
  }
  Finding finding;
  return finding.with("no rule fits what was seen");
}

/// An alternative must have been possible, and be another one.
void tidy_alternatives(const Situation& situation, Finding& finding) {
  std::vector<Alternative> kept;
  for (Alternative& other : finding.alternatives) {
    const bool known = std::ranges::find(kept, other.cause, &Alternative::cause) != kept.end();
    const bool possible =
        admissible(other.cause, situation) || other.cause == Cause::large_client_hello_blocked;
    if (other.cause != finding.cause && !known && possible) kept.push_back(std::move(other));
  }
  finding.alternatives = std::move(kept);
}

/// A peer that breaks the protocol has failed, though it was the proxy that noticed.
bool proxy_had_its_own_reasons(const Situation& situation, Cause cause) {
  const auto* closing = situation.facts.proxy_closing;
  const bool peers_fault = situation.own_tls_failed() && cause != Cause::proxy_limit;
  return closing && closing->reason != ProxyReason::own_page &&
         closing->reason != ProxyReason::plain_http && !peers_fault &&
         (situation.primary.by(Closer::proxy) || cause == Cause::proxy_limit);
}

Outcome outcome_of(const Situation& situation, Cause cause) {
  if (proxy_had_its_own_reasons(situation, cause)) return Outcome::aborted;
  if (situation.facts.client().plain_text() && !situation.facts.hello) return Outcome::not_tls;
  const bool harmful = situation.facts.answer_cut && cause == Cause::truncated_close;
  if (describe(cause).benign && !harmful) return Outcome::ok;
  // A kept-alive connection that nobody needs any more failed in nothing.
  const bool idle = cause == Cause::idle_timeout && situation.phase == Phase::established &&
                    !(situation.facts.asked_in_vain() && situation.client_closed()) &&
                    !left_its_request(situation);
  return idle ? Outcome::ok : Outcome::failed;
}

std::string_view closer_in_capitals(Closer closer) {
  switch (closer) {
    case Closer::client:
      return "the CLIENT closed: ";
    case Closer::server:
      return "the SERVER closed: ";
    case Closer::proxy:
      return "the PROXY closed: ";
    case Closer::ambiguous:
      return "both sides closed at once: ";
    case Closer::nobody:
      break;
  }
  return "";
}

/// Of a client's certificate the title speaks, not of the client itself: what the proxy presents in
/// its place is the proxy's.
std::string title_of(const Situation& situation, const Finding& finding) {
  if (!finding.title.empty()) return finding.title;
  std::string title(describe(finding.cause).title);
  const bool presented =
      finding.cause >= Cause::client_cert_missing && finding.cause <= Cause::client_cert_rejected;
  return presented && situation.proxy_plays(Leg::client)
             ? in_place(std::move(title), situation.scope())
             : title;
}

std::string summary_of(const Situation& situation, const Verdict& verdict) {
  const bool benign = verdict.outcome == Outcome::ok ||
                      (describe(verdict.cause).benign && verdict.outcome != Outcome::failed);
  if (benign || situation.facts.connect_failed) return verdict.title;
  return fmt::format("{}{}", closer_in_capitals(in_place(verdict.closer, situation.scope())),
                     verdict.title);
}

/// What a rule advises stands in place of what the table always does.
void replace(Hints& general, Hints&& special) {
  for (const auto side : {&Hints::client, &Hints::server, &Hints::proxy}) {
    if (!(special.*side).empty()) general.*side = std::move(special.*side);
  }
}

/// A silent refusal of the hello may come from a device in front of the server.
bool may_be_middlebox(const Situation& situation, Mechanism mechanism) {
  const bool silent =
      mechanism == Mechanism::fin || mechanism == Mechanism::rst || mechanism == Mechanism::timeout;
  const bool by_server = situation.server_closed() ||
                         (mechanism == Mechanism::timeout && !situation.facts.server().first_bytes);
  return silent && by_server && situation.phase == Phase::client_hello;
}

template <class T>
void append(std::vector<T>& to, std::vector<T> from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

}  // namespace

diagnosis::Conversation::Conversation(const Timeline& timeline, const History& history)
    : primary(find_primary_event(timeline)),
      facts(collect_facts(timeline, primary)),
      situation{timeline,
                history,
                primary,
                facts,
                phase_of(facts, timeline.scope()),
                facts.hello ? guess_client(*facts.hello) : Stack::unknown} {}

Verdict diagnosis::conclude(const Situation& situation) {
  const PrimaryEvent& primary = situation.primary;
  Finding finding = first_finding(situation);
  tidy_alternatives(situation, finding);
  if (primary.unreadable()) finding.confidence = std::min(finding.confidence, Confidence::high);

  Verdict verdict;
  verdict.outcome = outcome_of(situation, finding.cause);
  verdict.leg = primary.leg;
  verdict.closer = primary.closer;
  verdict.phase = situation.phase;
  verdict.mechanism = finding.mechanism.value_or(primary.mechanism);
  if (verdict.mechanism == Mechanism::app_refusal) {
    // The refusal is the server's answer, whoever closed first after it.
    verdict.leg = Leg::server;
    verdict.closer = Closer::server;
  }
  verdict.cause = finding.cause;
  verdict.confidence = finding.confidence;
  verdict.alert = primary.alert;
  verdict.insertion = tell_insertion(situation, finding);
  verdict.relaying_helps = finding.relaying_helps;
  verdict.title = title_of(situation, finding);
  verdict.summary = summary_of(situation, verdict);
  if (verdict.insertion) {
    verdict.summary = fmt::format("the way of inserting the proxy may be why: {}; {}",
                                  *verdict.insertion, verdict.summary);
  }
  constexpr std::size_t usual_sentences = 4;
  verdict.evidence.reserve(usual_sentences);
  verdict.evidence.push_back(tell_primary_event(situation));
  append(verdict.evidence, std::move(finding.because));
  append(verdict.evidence, tell_handshake(situation, verdict.cause));
  if (std::string waiting = tell_waiting(situation); !waiting.empty()) {
    verdict.evidence.push_back(std::move(waiting));
  }
  if (verdict.outcome == Outcome::failed) {
    if (std::string success = tell_earlier_success(situation); !success.empty()) {
      verdict.evidence.push_back(std::move(success));
    }
  }
  append(verdict.evidence, tell_echoes(situation));
  verdict.alternatives = std::move(finding.alternatives);
  verdict.hint = hints(situation, finding.cause);
  replace(verdict.hint, std::move(finding.to_do));
  verdict.logs = log_lines(situation, finding.cause);
  verdict.maybe_middlebox = may_be_middlebox(situation, verdict.mechanism);
  verdict.client = summarise_leg(situation, Leg::client);
  verdict.server = summarise_leg(situation, Leg::server);
  put_in_place(verdict, situation.scope());
  return verdict;
}

Verdict diagnose(const Timeline& timeline, const History& history) {
  return conclude(Conversation(timeline, history).situation);
}

}  // namespace legible::proxy
