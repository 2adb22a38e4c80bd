// The client refuses the server's certificate. The alert's number says which stack speaks more than
// what is wrong (bad_certificate is all that Go ever says), so the certificate decides, and the
// number only chooses among the certificate's faults.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "proxy/diagnosis/certificate_doubts.hpp"
#include "proxy/diagnosis/certificate_text.hpp"
#include "proxy/diagnosis/rules.hpp"
#include "proxy/diagnosis/text.hpp"
#include "proxy/diagnosis/wire_names.hpp"

namespace legible::proxy::diagnosis {
namespace {

using namespace alert_number;

/// What an alert from the client can mean after a Certificate. `any` alone: every fault.
struct AlertMeaning {
  int number;
  std::array<Cause, 6> causes;
  Cause otherwise;  ///< when nothing speaks against the certificate here
  std::string_view note;
};

constexpr Cause any = Cause::none;

constexpr AlertMeaning meanings[] = {
    {bad_certificate,
     {any},
     Cause::server_cert_rejected,
     "Go, GnuTLS and rustls say bad_certificate for every fault; OpenSSL for a wrong name, a date "
     "in the future, or a weak key"},
    {unsupported_certificate,
     {Cause::server_cert_wrong_usage, Cause::server_cert_weak},
     Cause::server_cert_wrong_usage,
     ""},
    {certificate_revoked, {Cause::server_cert_revoked}, Cause::server_cert_revoked, ""},
    {certificate_expired,
     {Cause::server_chain_expired_ca, Cause::server_cert_expired, Cause::server_cert_not_yet_valid},
     Cause::clock_skew,
     "every certificate that was sent is valid by this machine's clock"},
    {certificate_unknown,
     {any},
     Cause::server_cert_untrusted_ca,
     "JSSE and Chromium say certificate_unknown for every fault but, in TLS 1.2, the dates"},
    {unknown_ca,
     {Cause::server_cert_self_signed, Cause::server_cert_v1, Cause::server_chain_not_ca,
      Cause::server_cert_missing_intermediate, Cause::server_cert_untrusted_ca},
     Cause::server_cert_untrusted_ca,
     "the client may miss a revocation list too: OpenSSL says unknown_ca then"},
    {illegal_parameter, {Cause::server_cert_wrong_usage}, Cause::protocol_violation, ""},
    {access_denied, {any}, Cause::server_cert_rejected, ""},
    {insufficient_security, {Cause::server_cert_weak}, Cause::server_cert_weak, ""},
    {internal_error, {Cause::server_cert_wrong_usage}, Cause::internal_error, ""},
    {bad_certificate_status_response,
     {Cause::server_staple_missing},
     Cause::server_staple_missing,
     ""},
    {handshake_failure, {any}, Cause::server_cert_rejected, ""},
};

const AlertMeaning* meaning_of(const Situation& situation) {
  const auto number = situation.primary.alert_number();
  if (!number) return nullptr;
  const auto* found = std::ranges::find(meanings, *number, &AlertMeaning::number);
  return found == std::end(meanings) ? nullptr : found;
}

bool fits(const AlertMeaning* meaning, Cause cause) {
  if (!meaning || meaning->causes.front() == any) return true;
  return std::ranges::find(meaning->causes, cause) != meaning->causes.end();
}

/// Only these stacks ignore the common name when a certificate has no subjectAltName.
Answer common_name_only(const Situation& situation) {
  const auto* leaf = situation.facts.server().leaf();
  const bool names_nothing =
      situation.alert_is(bad_certificate) || situation.alert_is(certificate_unknown);
  if (!leaf || !names_nothing || !leaf->sans.empty()) return std::nullopt;
  Finding finding;
  finding.cause = Cause::server_cert_name_mismatch;
  finding.confidence = Confidence::medium;
  finding.with(
      fmt::format("{} has no subjectAltName: current clients do not look at the common "
                  "name",
                  quoted(leaf->subject.text)));
  finding.or_else(Cause::server_cert_untrusted_ca, "the client's log speaks of the issuer");
  return finding;
}

/// No server name was sent, and a certificate for another name came: a default one.
bool default_certificate(const Situation& situation) {
  const Facts& facts = situation.facts;
  if (facts.hello->sni_state != parser::SniState::absent || !facts.target) return false;
  const std::string& host = facts.target->host;
  const bool address = host.find_first_not_of("0123456789.") == std::string::npos ||
                       host.find(':') != std::string::npos;
  return !address && host.find('.') != std::string::npos;
}

std::string_view distinguishes(Cause cause) {
  switch (cause) {
    case Cause::server_cert_untrusted_ca:
      return "ask which CAs the client trusts";
    case Cause::server_cert_missing_intermediate:
      return "it works once the server sends its intermediates";
    case Cause::server_cert_self_signed:
      return "the certificate is its own issuer: openssl s_client -showcerts shows it";
    case Cause::server_cert_name_mismatch:
      return "compare the certificate's names with the one that the client used";
    case Cause::server_cert_expired:
    case Cause::server_cert_not_yet_valid:
    case Cause::server_chain_expired_ca:
      return "look at the dates of every certificate in the chain";
    case Cause::server_cert_weak:
      return "look at key length and signature algorithm";
    case Cause::clock_skew:
      return "compare the client's clock";
    default:
      return "the client's log says which";
  }
}

void add_alternative(Finding& finding, Cause cause) {
  const bool there = std::ranges::any_of(
      finding.alternatives, [&](const Alternative& other) { return other.cause == cause; });
  if (cause != finding.cause && !there) finding.or_else(cause, std::string(distinguishes(cause)));
}

/// The judge's anchors are only a stand-in for the client's; the system's store even more so.
bool rests_on_system_anchors(const Situation& situation, Cause cause) {
  const bool about_trust =
      cause == Cause::server_cert_untrusted_ca || cause == Cause::server_cert_missing_intermediate;
  const auto* judged = situation.facts.server().judged;
  return about_trust && judged && judged->judgement && judged->judgement->system_anchors;
}

Finding blame(const Situation& situation, const std::vector<Doubt>& doubts,
              const AlertMeaning* meaning) {
  const auto chosen =
      std::ranges::find_if(doubts, [&](const Doubt& doubt) { return fits(meaning, doubt.cause); });
  Finding finding;
  finding.cause = chosen->cause;
  finding.confidence = meaning ? Confidence::high : Confidence::medium;
  finding.with(chosen->because);
  const bool by_system_store = rests_on_system_anchors(situation, chosen->cause);
  if (by_system_store) {
    finding.with(
        "judged by this machine's store of authorities, since no --trust was given; what "
        "the client trusts is not known");
  }
  const bool several =
      std::ranges::any_of(doubts, [&](const Doubt& doubt) { return doubt.cause != chosen->cause; });
  const bool vague = meaning && meaning->causes.front() == any;
  if (vague && (several || by_system_store)) finding.lower();
  for (const Doubt& doubt : doubts) {
    if (doubt.cause == finding.cause) continue;
    add_alternative(finding, doubt.cause);
    finding.with(fmt::format("besides, {}", doubt.because));
  }
  if (finding.cause == Cause::server_cert_missing_intermediate) {
    add_alternative(finding, Cause::server_cert_untrusted_ca);
  }
  if (finding.cause == Cause::server_cert_untrusted_ca &&
      situation.facts.server().chain->size() == 1) {
    add_alternative(finding, Cause::server_cert_missing_intermediate);
  }
  if (finding.cause == Cause::server_cert_name_mismatch && default_certificate(situation)) {
    add_alternative(finding, Cause::server_cert_name_mismatch);
    finding.cause = Cause::sni_missing;
    finding.lower().with(
        "the client sent no server name, and got the server's default certificate");
    finding.alternatives.clear();
    add_alternative(finding, Cause::server_cert_name_mismatch);
  }
  return finding;
}

/// The certificate looks good here, or was not seen: the alert alone speaks.
Finding by_alert_alone(const Situation& situation, const AlertMeaning& meaning) {
  const SideFacts& server = situation.facts.server();
  Finding finding;
  finding.cause = meaning.otherwise;
  finding.confidence = Confidence::medium;
  if (!server.leaf()) {
    // A relay sees no certificate of TLS 1.3: only a number that OpenSSL sent in clear.
    finding.with("the certificate itself was encrypted; the alert was not");
    if (finding.cause == Cause::clock_skew) finding.cause = Cause::server_cert_expired;
    if (meaning.number == certificate_unknown) finding.cause = Cause::server_cert_rejected;
    for (const Cause other : {Cause::server_cert_missing_intermediate,
                              Cause::server_cert_self_signed, Cause::server_cert_untrusted_ca}) {
      if (meaning.number == unknown_ca) add_alternative(finding, other);
    }
    if (meaning.number == certificate_expired) {
      add_alternative(finding, Cause::server_chain_expired_ca);
      add_alternative(finding, Cause::clock_skew);
    }
    if (meaning.number == bad_certificate) {
      finding.lower();
      add_alternative(finding, Cause::server_cert_name_mismatch);
      add_alternative(finding, Cause::server_cert_not_yet_valid);
      add_alternative(finding, Cause::server_cert_weak);
    }
    if (meaning.number == unsupported_certificate || meaning.number == certificate_revoked) {
      finding.raise();
    }
    return finding;
  }

  finding.with(server.judged && server.judged->judgement->ok
                   ? fmt::format("the chain is good by {}: {}",
                                 server.judged->judgement->system_anchors
                                     ? "this machine's store of authorities"
                                     : "the given anchors",
                                 chain_text(*server.chain))
                   : fmt::format("the server sent {}", chain_text(*server.chain)));
  const bool about_trust = finding.cause == Cause::server_cert_untrusted_ca;
  if (about_trust) {
    finding.with("the client's own truststore is another one");
    if (server.chain->size() == 1) {
      add_alternative(finding, Cause::server_cert_missing_intermediate);
    }
  }
  if (meaning.number == certificate_unknown || meaning.number == bad_certificate) {
    finding.lower();
    add_alternative(finding, Cause::server_cert_name_mismatch);
    add_alternative(finding, Cause::server_cert_untrusted_ca);
  }
  if (meaning.number == unknown_ca) add_alternative(finding, Cause::server_revocation_unknown);
  return finding;
}

/// The client refused with something that cannot be read.
Finding unreadable_refusal(const Situation& situation) {
  Finding finding;
  finding.cause = Cause::server_cert_rejected;
  const bool alert = situation.primary.unreadable();
  finding.confidence = alert ? Confidence::medium : Confidence::low;
  if (situation.facts.server().leaf()) {
    finding.with(fmt::format("nothing speaks against the certificate here: {}",
                             chain_text(*situation.facts.server().chain)));
    add_alternative(finding, Cause::server_cert_pinned);
    return finding;
  }
  finding.with(
      "the server's certificate was encrypted, and so is the client's reason; a key log or "
      "--mode intercept would show both");
  if (!alert) {
    finding.with("Node closes without an alert when it rejects a certificate");
    if (situation.client_stack == Stack::node) finding.raise();
    finding.or_else(Cause::scanner_probe, "a scanner makes many such connections");
  }
  for (const Cause other : {Cause::server_cert_untrusted_ca, Cause::server_cert_name_mismatch,
                            Cause::server_cert_expired}) {
    add_alternative(finding, other);
  }
  return finding;
}

Answer during_handshake(const Situation& situation) {
  const AlertMeaning* meaning = meaning_of(situation);
  const bool readable = situation.primary.alert_number().has_value();
  if (readable && !meaning) return std::nullopt;

  const auto doubts = doubts_about_server(situation);
  const bool fitting =
      std::ranges::any_of(doubts, [&](const Doubt& doubt) { return fits(meaning, doubt.cause); });
  if (fitting) return blame(situation, doubts, meaning);
  if (Answer answer = common_name_only(situation)) return answer;
  if (meaning) return by_alert_alone(situation, *meaning);
  return unreadable_refusal(situation);
}

/// Most stacks refuse with an alert inside the handshake, and close_notify is their ordinary end.
/// NSS and, for a wrong name, curl refuse with an alert that looks like one; Node and wget close
/// without any.
bool leaves_for_certificate(const Situation& situation, bool wrong_name) {
  if (situation.history.regular()) return false;  // a monitor
  if (situation.bare_close()) return true;
  switch (situation.client_stack) {
    case Stack::nss:
      return true;
    case Stack::curl:
    case Stack::openssl:
    case Stack::unknown:
      return wrong_name;
    default:
      return false;
  }
}

Answer after_handshake(const Situation& situation) {
  const Facts& facts = situation.facts;
  if (facts.client().application_data || facts.server().application_data) return std::nullopt;

  const auto doubts = doubts_about_server(situation);
  if (doubts.empty()) {
    const bool wget = facts.tls13() && situation.primary.mechanism == Mechanism::rst &&
                      situation.client_stack == Stack::gnutls;
    if (!wget) return std::nullopt;
    Finding finding = unreadable_refusal(situation);
    finding.cause = Cause::server_cert_rejected;
    return finding;
  }
  const auto wrong_name =
      std::ranges::find(doubts, Cause::server_cert_name_mismatch, &Doubt::cause);
  if (!leaves_for_certificate(situation, wrong_name != doubts.end())) return std::nullopt;

  // close_notify after a complete handshake is curl's answer to a wrong name alone.
  const bool name_decides =
      !situation.bare_close() && wrong_name != doubts.end() && situation.client_stack != Stack::nss;
  const Doubt& chosen = name_decides ? *wrong_name : doubts.front();
  Finding finding;
  finding.cause = chosen.cause;
  finding.confidence =
      rejects_after_finished(situation.client_stack) ? Confidence::high : Confidence::medium;
  if (rests_on_system_anchors(situation, chosen.cause)) finding.lower();
  finding.with(chosen.because);
  finding.with(
      "the client finished the handshake, sent no data and left; some stacks judge the "
      "certificate only then");
  finding.or_else(Cause::client_satisfied, "the client only wanted to see that the port answers");
  return finding;
}

}  // namespace

Answer server_certificate_refused(const Situation& situation) {
  const Facts& facts = situation.facts;
  if (!situation.client_closed() || !facts.server_certificate_delivered()) return std::nullopt;
  switch (situation.phase) {
    case Phase::server_hello:
    case Phase::server_auth:
    case Phase::key_exchange:
      return during_handshake(situation);
    case Phase::client_auth:
    case Phase::post_handshake: {
      const bool left = facts.client().finished && !situation.alert_sent_as_fatal();
      return left ? after_handshake(situation) : during_handshake(situation);
    }
    default:
      return std::nullopt;
  }
}

}  // namespace legible::proxy::diagnosis
