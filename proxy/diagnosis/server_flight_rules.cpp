// The handshake stops while the server has the word: after a HelloRetryRequest, or in the middle of
// its own flight.

#include <fmt/format.h>

#include <algorithm>

#include "proxy/diagnosis/broken_stream.hpp"
#include "proxy/diagnosis/observations.hpp"
#include "proxy/diagnosis/offer.hpp"
#include "proxy/diagnosis/rules.hpp"
#include "proxy/diagnosis/text.hpp"
#include "proxy/diagnosis/unoffered_choice.hpp"
#include "proxy/diagnosis/wire_names.hpp"

namespace legible::proxy::diagnosis {

using namespace alert_number;

namespace {

/// Of SSL 2.0 nothing after the two hellos is decoded: did both sides speak again after them?
bool sslv2_went_on(const Situation& situation) {
  const parser::ServerHello* hello = situation.facts.server_hello;
  if (!hello->sslv2_format) return false;
  const auto entries = situation.timeline.entries();
  const auto entry = std::ranges::find(entries, hello, shared<parser::ServerHello>);
  if (entry == entries.end()) return false;
  const Time client = situation.timeline.flow(Leg::client).last;
  const Time server = situation.timeline.flow(Leg::server).last;
  return client > entry->time && server > entry->time;
}

/// What the client sent behind its hello cannot be understood, and the server says so, or hangs up.
Answer client_broke_protocol(const Situation& situation) {
  const auto number = situation.primary.alert_number();
  const bool fits = !number || finds_fault_with_message(*number) || *number == protocol_version ||
                    *number == record_overflow;
  if (!fits) return std::nullopt;
  Answer broken = broken_stream(situation, Leg::client);
  if (!broken && situation.facts.hello_repeated) {
    broken.emplace();
    broken->cause = Cause::protocol_violation;
    broken->confidence = Confidence::medium;
    broken->with("the client sent a second ClientHello, which the server had not asked for");
  }
  if (broken && number) broken->raise();
  return broken;
}

}  // namespace

Answer hello_retry_stopped(const Situation& situation) {
  if (situation.phase != Phase::hello_retry) return std::nullopt;
  if (Answer answer = retry_without_cause(situation)) return answer;
  const Facts& facts = situation.facts;
  Finding finding;
  finding.cause = Cause::hello_retry_failed;
  finding.confidence = Confidence::medium;
  const auto group = facts.hello_retry->group;
  const bool offered =
      !group || std::ranges::find(facts.hello->groups, *group) != facts.hello->groups.end();
  if (!offered) {
    finding.cause = Cause::no_shared_group;
    finding.confidence = Confidence::high;
    return finding.with(
        fmt::format("the server's HelloRetryRequest asks for {}, which the client "
                    "does not offer",
                    group_name(*group)));
  }
  if (group) {
    finding.with(fmt::format("the server's HelloRetryRequest asks for {}", group_name(*group)));
  }
  if (const Narrow groups = group_list(*facts.hello); groups.how == Narrowness::unusable) {
    finding.cause = Cause::no_shared_group;
    return finding.with(groups.why);
  }
  finding.with(facts.second_hello ? "the second ClientHello was not answered by a ServerHello"
                                  : "no second ClientHello followed");
  finding.or_else(Cause::no_shared_group, "the client offers the group but cannot use it");
  return finding;
}

Answer server_stalled(const Situation& situation) {
  const Facts& facts = situation.facts;
  // In TLS 1.3 a server may accept a certificate without a word: it owes an answer to data only.
  const bool client_waits =
      facts.tls13() ? facts.client().application_data : facts.client().finished;
  const bool its_turn = (situation.phase == Phase::hello_retry && facts.second_hello) ||
                        situation.phase == Phase::server_hello ||
                        situation.phase == Phase::key_exchange ||
                        (situation.phase == Phase::client_auth && client_waits);
  if (!its_turn || !situation.client_closed() || !situation.after_silence() ||
      situation.primary.mechanism == Mechanism::alert_fatal) {
    return std::nullopt;
  }
  Finding finding;
  finding.cause = Cause::server_silent;
  finding.confidence = Confidence::medium;
  finding.title = stalled_in_handshake;
  if (situation.bare_close()) finding.mechanism = Mechanism::timeout;
  finding.or_else(Cause::internal_error, "the server's log tells what it was waiting for");
  if (facts.tls13() && situation.phase == Phase::client_auth) {
    finding.lower().or_else(Cause::client_satisfied, "what the client said wants no answer");
  }
  return finding.with(
      fmt::format("it was the server's turn, and nothing came from it for {}: {}",
                  duration(situation.primary.silence),
                  situation.phase == Phase::hello_retry    ? "the second ClientHello is unanswered"
                  : situation.phase == Phase::server_hello ? "its flight is incomplete"
                                                           : "the client's flight is unanswered"));
}

Answer server_gave_up(const Situation& situation) {
  const bool here = situation.phase == Phase::server_hello || situation.phase == Phase::server_auth;
  if (!here || !situation.server_closed()) return std::nullopt;
  const Facts& facts = situation.facts;
  Finding finding;
  finding.confidence = Confidence::medium;

  if (situation.after_silence() && situation.phase == Phase::server_auth) {
    finding.cause = Cause::client_silent;
    if (situation.bare_close()) finding.mechanism = Mechanism::timeout;
    return finding.with(fmt::format("the client did not answer the server's flight for {}",
                                    duration(situation.primary.silence)));
  }
  if (facts.hello->early_data && !facts.tls13()) {
    finding.cause = Cause::early_data_to_old_server;
    finding.confidence = Confidence::certain;
    return finding.with(
        fmt::format("the hello announces early data of TLS 1.3; the server chose {}",
                    version_name(facts.server_hello->version)));
  }
  if (Answer answer = client_broke_protocol(situation)) return answer;
  const Narrow schemes = signature_list(*facts.hello);
  // Once it has signed, signature schemes are settled; before its certificate, extensions are.
  const bool signed_already = facts.server().certificate_verify;
  const bool signing =
      !signed_already && (situation.alert_is(internal_error) ||
                          situation.alert_is(handshake_failure) || situation.primary.unreadable());
  if (signing && situation.phase == Phase::server_hello && schemes.how > Narrowness::usual) {
    finding.cause = Cause::no_shared_sigalg;
    finding.raise().with(schemes.why);
    return finding.with(
        "the server chose version and suite, and gave up before its flight was "
        "complete");
  }
  if (situation.alert_is(handshake_failure) && situation.phase == Phase::server_hello &&
      !signed_already) {
    finding.cause = Cause::no_shared_sigalg;
    finding.or_else(Cause::internal_error,
                    "the server has no certificate or no key for this name at all (JSSE: No "
                    "available authentication scheme)");
    return finding.lower().with(
        "the server chose version and suite, and then found that something "
        "does not fit");
  }
  if (situation.alert_is(internal_error)) {
    finding.cause = Cause::internal_error;
    if (!signed_already) {
      finding.or_else(Cause::no_shared_sigalg,
                      "the server's log finds no signature algorithm for its key, as JSSE's does");
    }
    return finding.with("the server reports an error of its own after its ServerHello");
  }
  if (situation.alert_is(no_application_protocol) && !facts.hello->alpn.empty()) {
    finding.cause = Cause::alpn_mismatch;
    finding.confidence = Confidence::certain;
    return finding.with(offered_protocols(*facts.hello));
  }
  if (Answer broken =
          situation.bare_close() ? broken_stream(situation, Leg::server) : std::nullopt) {
    return broken->or_else(Cause::internal_error, "the server's log tells of an error of its own");
  }
  finding.confidence = Confidence::low;
  if (sslv2_went_on(situation)) {
    finding.cause = Cause::unknown;
    return finding.with(
        "both sides went on after the hellos of SSL 2.0, whose later messages are not decoded: "
        "the handshake may have been completed");
  }
  finding.with(situation.phase == Phase::server_auth
                   ? "the server closed when it was the client's turn to answer its flight"
                   : "the server closed in the middle of its own flight");
  finding.cause = Cause::unknown;
  const auto number = situation.primary.alert_number();
  if (number && finds_fault_with_message(*number)) {
    finding.cause = Cause::protocol_violation;
    finding.with("the alert finds fault with what the client sent");
  } else if (!number && situation.phase == Phase::server_hello && facts.tls13() &&
             !facts.server().leaf()) {
    // In TLS 1.3 Go notices only now that no protocol is shared.
    if (!facts.hello->alpn.empty() && !offers_usual_protocol(*facts.hello)) {
      finding.cause = Cause::alpn_mismatch;
      finding.with(offered_protocols(*facts.hello));
    }
    if (!facts.hello->alpn.empty()) {
      finding.or_else(Cause::alpn_mismatch, "the same hello without ALPN is accepted");
    }
    finding.or_else(Cause::no_shared_sigalg,
                    "the server's log speaks of signature algorithms, or it has no certificate to "
                    "sign for (JSSE: No available authentication scheme)");
  }
  finding.or_else(Cause::internal_error, "the server's log tells of an error of its own");
  return finding;
}

}  // namespace legible::proxy::diagnosis
