// The client refuses the server's certificate. The alert's number says which stack speaks more than
// what is wrong (bad_certificate is all that Go ever says), so the certificate decides, and the
// number only chooses among the certificate's faults.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "proxy/diagnosis/certificate_doubts.hpp"
#include "proxy/diagnosis/certificate_refusal.hpp"
#include "proxy/diagnosis/certificate_text.hpp"
#include "proxy/diagnosis/insertion.hpp"
#include "proxy/diagnosis/minted_leaf.hpp"
#include "proxy/diagnosis/rules.hpp"
#include "proxy/diagnosis/shown_chain.hpp"
#include "proxy/diagnosis/text.hpp"
#include "proxy/diagnosis/wire_names.hpp"

namespace legible::proxy::diagnosis {
namespace {

using namespace alert_number;

/// What an alert from the client can mean after a Certificate. `any` alone: every fault.
struct AlertMeaning {
  int number;
  std::array<Cause, 7> causes;
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
     ""},
    {certificate_unknown,
     {any},
     Cause::server_cert_untrusted_ca,
     "JSSE and Chromium say certificate_unknown for every fault but, in TLS 1.2, the dates"},
    {unknown_ca,
     {Cause::server_cert_self_signed, Cause::server_cert_v1, Cause::server_chain_not_ca,
      Cause::server_cert_missing_intermediate, Cause::server_cert_untrusted_ca,
      Cause::server_cert_rejected, Cause::proxy_cert_untrusted},
     Cause::server_cert_untrusted_ca,
     ""},
    {illegal_parameter, {Cause::server_cert_wrong_usage}, Cause::protocol_violation, ""},
    {access_denied, {any}, Cause::server_cert_rejected, ""},
    {decrypt_error,
     {Cause::server_cert_rejected},
     Cause::server_cert_rejected,
     "OpenSSL and BoringSSL say decrypt_error for a certificate whose signature is wrong"},
    {insufficient_security, {Cause::server_cert_weak}, Cause::server_cert_weak, ""},
    {internal_error,
     {any},
     Cause::internal_error,
     "programs on OpenSSL that refuse in a check of their own, after OpenSSL's, say "
     "internal_error: "
     "HAProxy, stunnel and Perl for a wrong name; GnuTLS says it for a wrong use"},
    {bad_certificate_status_response,
     {Cause::server_staple_missing},
     Cause::server_staple_missing,
     ""},
    {handshake_failure,
     {any},
     Cause::server_cert_rejected,
     "Erlang says handshake_failure for a wrong name"},
};

const AlertMeaning* meaning_of(const Situation& situation) {
  const auto number = situation.primary.alert_number();
  if (!number) return nullptr;
  const auto* found = std::ranges::find(meanings, *number, &AlertMeaning::number);
  return found == std::end(meanings) ? nullptr : found;
}

bool about_dates(Cause cause) {
  return cause == Cause::server_cert_expired || cause == Cause::server_cert_not_yet_valid ||
         cause == Cause::server_chain_expired_ca;
}

/// A stack that has a word of its own for this fault does not use a vague one.
bool has_better_word(const Situation& situation, const AlertMeaning& meaning, Cause fault) {
  if (fault == Cause::proxy_cert_untrusted) return says_unknown_ca(situation.client_stack);
  return about_dates(fault) && meaning.number == certificate_unknown &&
         situation.client_stack == Stack::jsse && !situation.facts.tls13();
}

bool fits(const Situation& situation, const AlertMeaning* meaning, const Doubt& doubt) {
  if (!meaning) return true;
  if (meaning->causes.front() == any) return !has_better_word(situation, *meaning, doubt.cause);
  return std::ranges::find(meaning->causes, doubt.seen()) != meaning->causes.end();
}

/// OpenSSL has a word for each fault but these, for which it says bad_certificate; a program on it
/// may still speak otherwise.
bool is_usual_word(const Situation& situation, const AlertMeaning* meaning, Cause fault) {
  const bool openssl =
      situation.client_stack == Stack::openssl || situation.client_stack == Stack::curl;
  if (!openssl || !meaning || meaning->number != bad_certificate) return true;
  return fault == Cause::server_cert_name_mismatch || fault == Cause::server_cert_weak ||
         fault == Cause::server_cert_not_yet_valid;
}

/// An alert of a stack that is strict about names: it says nothing better.
Answer common_name_only(const Situation& situation) {
  const bool names_nothing =
      situation.alert_is(bad_certificate) || situation.alert_is(certificate_unknown);
  const auto doubt = strict_doubt_about_server(situation);
  if (!names_nothing || !doubt || doubt->cause != Cause::server_cert_name_mismatch) {
    return std::nullopt;
  }
  Finding finding;
  finding.cause = doubt->cause;
  finding.confidence = Confidence::medium;
  finding.with(doubt->because);
  finding.or_else(Cause::server_cert_untrusted_ca, "the client's log speaks of the issuer");
  return finding;
}

/// No server name was sent, and a certificate for another name came: a default one.
bool default_certificate(const Situation& situation) {
  const Facts& facts = situation.facts;
  if (facts.hello->sni_state != parser::SniState::absent || !facts.target) return false;
  if (facts.minted && facts.minted->server_named) return false;
  return is_dotted_name(facts.target->host);
}

Finding blame(const Situation& situation, const std::vector<Doubt>& doubts,
              const AlertMeaning* meaning) {
  const auto fitting = [&](const Doubt& doubt) { return fits(situation, meaning, doubt); };
  auto chosen = std::ranges::find_if(doubts, [&](const Doubt& doubt) {
    return fitting(doubt) && is_usual_word(situation, meaning, doubt.seen());
  });
  if (chosen == doubts.end()) chosen = std::ranges::find_if(doubts, fitting);
  if (chosen->cause == Cause::proxy_cert_untrusted) return proxy_authority_refused(situation);
  Finding finding;
  finding.cause = chosen->cause;
  finding.confidence = meaning ? Confidence::high : Confidence::medium;
  finding.with(chosen->because);
  if (meaning && !meaning->note.empty()) finding.with(std::string(meaning->note));
  const bool by_system_store = rests_on_system_anchors(situation, chosen->cause);
  if (by_system_store) {
    finding.with(
        "judged by this machine's store of authorities, since no --trust was given; what "
        "the client trusts is not known");
  }
  const bool several = std::ranges::any_of(
      doubts, [&](const Doubt& doubt) { return doubt.cause != chosen->cause && fitting(doubt); });
  const bool vague = meaning && meaning->causes.front() == any;
  if (vague && (several || by_system_store)) finding.lower();
  if (situation.alert_is(internal_error)) {
    finding.lower().or_else(Cause::internal_error, "the client's log tells of an error of its own");
  }
  if (situation.facts.minted) tell_mirroring(situation, *chosen, finding);
  for (const Doubt& doubt : doubts) {
    if (doubt.cause == finding.cause) continue;
    add_alternative(finding, doubt.cause);
    finding.with(fmt::format("besides, {}", doubt.because));
  }
  if (finding.cause == Cause::server_cert_missing_intermediate) {
    weigh_unsent_issuer(situation, finding);
  }
  if (finding.cause == Cause::server_cert_untrusted_ca &&
      situation.facts.judged_chain()->size() == 1) {
    add_alternative(finding, Cause::server_cert_missing_intermediate);
  }
  if (finding.cause == Cause::server_cert_name_mismatch && default_certificate(situation)) {
    finding.cause = Cause::sni_missing;
    finding.lower().with(
        "the client sent no server name, and got the server's default certificate");
    finding.alternatives.clear();
    add_alternative(finding, Cause::server_cert_name_mismatch);
  }
  return finding;
}

/// A relay sees no certificate of TLS 1.3: only a number that OpenSSL sent in clear.
Finding by_clear_alert(const Situation& situation, const AlertMeaning& meaning) {
  Finding finding;
  finding.cause = meaning.otherwise;
  finding.confidence = Confidence::medium;
  finding.with("the certificate itself was encrypted; the alert was not");
  switch (meaning.number) {
    case unsupported_certificate:
    case certificate_revoked:
      finding.raise();
      break;
    case unknown_ca:
      for (const Cause other :
           {Cause::server_cert_missing_intermediate, Cause::server_cert_self_signed,
            Cause::server_chain_not_ca, Cause::server_revocation_unknown}) {
        add_alternative(finding, other);
      }
      break;
    case certificate_expired:
      finding.cause = Cause::server_cert_expired;
      add_alternative(finding, Cause::server_chain_expired_ca);
      add_alternative(finding, Cause::clock_skew);
      break;
    case bad_certificate:
      finding.lower();
      for (const Cause other : {Cause::server_cert_name_mismatch, Cause::server_cert_not_yet_valid,
                                Cause::server_cert_weak}) {
        add_alternative(finding, other);
      }
      break;
    case internal_error:
    case handshake_failure:
      finding.cause = Cause::server_cert_rejected;
      finding.lower().with(std::string(meaning.note));
      add_alternative(finding, Cause::server_cert_name_mismatch);
      add_alternative(finding, Cause::internal_error);
      break;
    case certificate_unknown:
      finding.cause = Cause::server_cert_rejected;
      add_hidden_faults(situation, finding);
      break;
    default:
      break;
  }
  return finding;
}

/// The certificate looks good here: the alert alone speaks.
Finding by_alert_alone(const Situation& situation, const AlertMeaning& meaning) {
  const SideFacts& server = situation.facts.server();
  Finding finding;
  finding.cause = meaning.otherwise;
  finding.confidence = Confidence::medium;
  if (!server.leaf()) return by_clear_alert(situation, meaning);

  finding.with(server.judged && server.judged->judgement->ok
                   ? fmt::format("the chain is good by {}: {}",
                                 server.judged->judgement->system_anchors
                                     ? "this machine's store of authorities"
                                     : "the given anchors",
                                 chain_text(*situation.facts.judged_chain()))
                   : fmt::format("the server sent {}", chain_text(*server.chain)));
  doubt_chain_order(*server.chain, finding);
  const bool jsse = situation.client_stack == Stack::jsse;
  if (jsse && meaning.number == unsupported_certificate) {
    finding.cause = Cause::server_cert_weak;
    finding.with(
        "JSSE says unsupported_certificate for nothing but an algorithm or a key that the "
        "client's own settings forbid (jdk.certpath.disabledAlgorithms, "
        "jdk.tls.client.SignatureSchemes)");
    return finding.or_else(Cause::server_cert_wrong_usage, "look at keyUsage and extendedKeyUsage");
  }
  if (jsse && meaning.number == internal_error) {
    finding.cause = Cause::server_cert_untrusted_ca;
    finding.lower().with(
        "JSSE says internal_error when its truststore holds no authority at all: a PKCS#12 "
        "truststore that is opened without its password, or a path that leads nowhere");
    return finding.or_else(Cause::internal_error,
                           "the client's log tells of an error of its own, as in a TrustManager");
  }
  const bool about_trust = finding.cause == Cause::server_cert_untrusted_ca;
  if (finding.cause == Cause::clock_skew) {
    finding.with("every certificate that was sent is in date by this machine's clock");
  }
  if (about_trust) {
    finding.with(meaning.number == unknown_ca ? "the client's own truststore is another one"
                                              : "the client's own truststore may be another one");
    if (server.chain->size() == 1) {
      add_alternative(finding, Cause::server_cert_missing_intermediate);
    }
  }
  if (meaning.number == certificate_unknown || meaning.number == bad_certificate) {
    finding.lower();
    add_alternative(finding, Cause::server_cert_name_mismatch);
    if (!situation.facts.minted) add_alternative(finding, Cause::server_cert_untrusted_ca);
    if (jsse) {
      finding.or_else(Cause::server_cert_pinned, "a check of the client's own refuses it");
      finding.or_else(Cause::server_revocation_unknown,
                      "the client checks revocation, and its log tells that it could not");
    }
  }
  if (jsse && meaning.number == handshake_failure) {
    finding.or_else(Cause::server_chain_too_long,
                    "the client's jdk.tls.maxCertificateChainLength is smaller than the chain");
  }
  if (situation.facts.minted) doubt_minted_leaf(situation, finding);
  if (meaning.number == unknown_ca) add_alternative(finding, Cause::server_revocation_unknown);
  return finding;
}

/// Nothing speaks against the certificate, but the client may have compared it with the listener's
/// address.
Answer compared_with_address(const Situation& situation, const AlertMeaning* meaning) {
  const bool vague = meaning && meaning->causes.front() == any;
  if (!vague || !situation.facts.server().leaf() || !may_compare_address(situation)) {
    return std::nullopt;
  }
  Finding finding;
  finding.cause = Cause::server_cert_name_mismatch;
  finding.with(address_is_not_certified(situation));
  if (!meaning->note.empty()) finding.with(std::string(meaning->note));
  add_alternative(finding, Cause::server_cert_untrusted_ca);
  return finding;
}

/// Clients that offer an old version, and whose stack forbids what it signs with, may say nothing.
void doubt_old_signature(const Facts& facts, Finding& finding) {
  if (facts.server_hello->version >= parser::tls12) return;
  finding.or_else(
      Cause::no_shared_version,
      fmt::format(
          "the client's log speaks of a signature's algorithm: {} signs with MD5 and SHA-1, "
          "which OpenSSL 3 forbids by its security level, and other stacks by policy",
          version_name(facts.server_hello->version)));
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
    add_alternative(finding, Cause::server_cert_untrusted_ca);
    add_alternative(finding, Cause::server_cert_pinned);
    if (!alert && situation.facts.server_key_exchange) {
      finding.or_else(Cause::server_cert_key_mismatch,
                      "the client's log speaks of a bad signature: wolfSSL and BearSSL then close "
                      "without an alert");
      doubt_old_signature(situation.facts, finding);
    }
    return finding;
  }
  if (!alert && rejects_without_alert(situation.client_stack)) {
    finding.raise().with(
        "Node, and Java's java.net.http, close without an alert when they reject a certificate");
  } else if (!alert) {
    finding.or_else(Cause::scanner_probe, "a scanner makes many such connections");
  }
  add_hidden_faults(situation, finding);
  return finding;
}

Answer during_handshake(const Situation& situation) {
  const AlertMeaning* meaning = meaning_of(situation);
  const auto number = situation.primary.alert_number();
  if (number && !ends_in_order(*number) && !meaning) return std::nullopt;

  const auto doubts = doubts_about_server(situation);
  const bool fitting = std::ranges::any_of(
      doubts, [&](const Doubt& doubt) { return fits(situation, meaning, doubt); });
  if (fitting) return blame(situation, doubts, meaning);
  if (Answer answer = common_name_only(situation)) return answer;
  const bool looks_good = std::ranges::all_of(
      doubts, [](const Doubt& doubt) { return doubt.cause == Cause::proxy_cert_untrusted; });
  if (looks_good) {
    if (Answer answer = compared_with_address(situation, meaning)) return answer;
  }
  if (meaning) return by_alert_alone(situation, *meaning);
  return unreadable_refusal(situation);
}

/// It was the client's turn, and it left without a word when some time had passed.
void doubt_refusal_after_silence(const Situation& situation, Finding& finding) {
  finding.confidence = Confidence::low;
  finding
      .with(fmt::format(
          "it was the client's turn, and nothing came from it for {}: a certificate is refused at "
          "once, unless somebody else is asked first",
          duration(situation.primary.silence)))
      .or_else(Cause::idle_timeout, "the client's log tells of a time-out of its own")
      .or_else(Cause::server_revocation_unknown,
               "the client's log tells that it waited for an OCSP answer or a CRL");
}

/// Whoever answers the server's flight has most often accepted the certificate, and waits now.
Answer after_answering(const Situation& situation) {
  const bool accepted = situation.after_silence() || doubts_about_server(situation).empty();
  return situation.bare_close() && accepted ? std::nullopt : during_handshake(situation);
}

}  // namespace

Answer server_certificate_refused(const Situation& situation) {
  const Facts& facts = situation.facts;
  if (!situation.client_closed() || !facts.server_certificate_delivered()) return std::nullopt;
  switch (situation.phase) {
    case Phase::server_hello:
    case Phase::server_auth: {
      Answer answer = during_handshake(situation);
      const bool its_turn = situation.phase == Phase::server_auth;
      if (answer && its_turn && situation.bare_close() && situation.after_silence()) {
        doubt_refusal_after_silence(situation, *answer);
      }
      return answer;
    }
    case Phase::key_exchange:
      return after_answering(situation);
    case Phase::client_auth:
    case Phase::post_handshake: {
      const bool left = facts.client().finished && !situation.alert_sent_as_fatal();
      return left ? left_for_certificate(situation) : after_answering(situation);
    }
    default:
      return std::nullopt;
  }
}

}  // namespace legible::proxy::diagnosis
