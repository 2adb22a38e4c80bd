// The server refuses the client's certificate, or misses one. "peer did not return a certificate"
// stands in many logs for other reasons: here a CertificateRequest must have been sent.

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "parser/iana_tables.hpp"
#include "proxy/diagnosis/advice.hpp"
#include "proxy/diagnosis/certificate_doubts.hpp"
#include "proxy/diagnosis/certificate_refusal.hpp"
#include "proxy/diagnosis/certificate_text.hpp"
#include "proxy/diagnosis/rules.hpp"
#include "proxy/diagnosis/text.hpp"
#include "proxy/diagnosis/wire_names.hpp"

namespace legible::proxy::diagnosis {
namespace {

using namespace alert_number;

std::vector<std::string> authority_names(const parser::CertificateRequest& request) {
  std::vector<std::string> names;
  for (const auto& der : request.authorities) {
    const auto name = certs::read_name(der);
    names.push_back(quoted(name ? name->text : "(unreadable name)"));
    if (names.size() == 5) break;  // more are only counted
  }
  return names;
}

std::string authorities_text(const parser::CertificateRequest& request) {
  if (request.authorities.empty()) return "the server lists no authorities";
  return fmt::format("the server lists these authorities ({}): {}", request.authorities.size(),
                     listed(authority_names(request), request.authorities.size()));
}

/// Every scheme that the server accepts is of one kind of key.
std::optional<std::string_view> only_key_type(const parser::CertificateRequest& request) {
  const auto& schemes = request.signature_algorithms;
  if (schemes.empty()) return std::nullopt;
  const auto all = [&](std::string_view part) {
    return std::ranges::all_of(schemes, [&](parser::SignatureScheme scheme) {
      return parser::name(scheme).find(part) != std::string_view::npos;
    });
  };
  if (all("rsa")) return "RSA";
  if (all("ecdsa")) return "ECDSA";
  return std::nullopt;
}

/// The proxy speaks for the client, and cannot pass on the certificate that the client may have.
Finding proxy_has_none(const Situation& situation) {
  Finding finding;
  finding.cause = Cause::proxy_no_client_cert;
  finding.confidence = situation.bare_close() ? Confidence::high : Confidence::certain;
  finding.with(
      "the server asked for a client certificate; the proxy had none to present: it was given none "
      "(--client-cert), or one with a key that the server does not take");
  const auto* request = situation.facts.certificate_request;
  if (!request) return finding;
  finding.with(authorities_text(*request));
  if (const auto type = only_key_type(*request)) {
    finding.with(fmt::format("the server accepts {} signatures only", *type));
  }
  return finding;
}

Finding certificate_missing(const Situation& situation) {
  if (situation.proxy_plays(Leg::client)) return proxy_has_none(situation);
  const Facts& facts = situation.facts;
  const auto* request = facts.certificate_request;
  const bool read = facts.client().certificate == CertificateState::empty;
  Finding finding;
  finding.cause = Cause::client_cert_missing;
  finding.confidence = read ? Confidence::certain : Confidence::high;
  finding.with(read ? "the server asked for a client certificate; the client's Certificate is empty"
                    : "the client's first encrypted record has the size of an empty Certificate, "
                      "which answers a CertificateRequest");
  if (situation.bare_close()) finding.lower();
  if (!request) {
    finding.or_else(
        Cause::client_cert_no_ca_match,
        "the client has a certificate configured: a key log, or --mode intercept, shows the "
        "server's list");
    return finding;
  }

  finding.with(authorities_text(*request));
  const Stack stack = situation.client_stack;
  if (request->authorities.empty()) {
    if (stack == Stack::iaik) {
      finding.cause = Cause::client_cert_empty_ca_list;
      finding.confidence = Confidence::medium;
      finding.with("IAIK does not choose a certificate when the list is empty");
      finding.or_else(Cause::client_cert_missing, "the client has no certificate configured");
      return finding;
    }
    finding.or_else(Cause::client_cert_empty_ca_list,
                    "the client is IAIK/webMethods and has a certificate configured");
  } else {
    finding.or_else(Cause::client_cert_no_ca_match,
                    withholds_unlisted_certificates(stack)
                        ? fmt::format("{} withholds a certificate that no listed authority issued: "
                                      "ask whether one is configured",
                                      name(stack))
                        : "the client has a certificate configured, of another authority");
  }
  if (const auto type = only_key_type(*request)) {
    finding.with(fmt::format("the server accepts {} signatures only", *type));
    finding.or_else(
        Cause::client_cert_sigalg_mismatch,
        fmt::format("the client has a certificate configured, whose key is not {}", *type));
  }
  return finding;
}

struct AlertMeaning {
  int number;
  Cause otherwise;  ///< when nothing speaks against the certificate here
  Cause first;      ///< the fault that this alert names, if it is among those found
};

constexpr AlertMeaning meanings[] = {
    {unsupported_certificate, Cause::client_cert_wrong_usage, Cause::client_cert_wrong_usage},
    {certificate_revoked, Cause::client_cert_revoked, Cause::client_cert_revoked},
    {certificate_expired, Cause::clock_skew, Cause::client_cert_expired},
    {unknown_ca, Cause::client_cert_untrusted_ca, Cause::client_cert_untrusted_ca},
    {decrypt_error, Cause::client_cert_bad_proof, Cause::client_cert_bad_proof},
};

const AlertMeaning* meaning_of(const Situation& situation) {
  const auto number = situation.primary.alert_number();
  const auto* found = std::ranges::find_if(
      meanings, [&](const AlertMeaning& meaning) { return number == meaning.number; });
  return found == std::end(meanings) ? nullptr : found;
}

Finding unread_certificate(const Situation& situation) {
  Finding finding;
  finding.cause = Cause::client_cert_rejected;
  finding.confidence = situation.bare_close() ? Confidence::low : Confidence::high;
  finding.with(
      "the client sent records of a certificate's size, and the server ended the "
      "connection before it had accepted them");
  finding.with(
      fmt::format("a key log would show certificate and reason, as --mode intercept would with the "
                  "same certificate in --client-cert; or {}",
                  repeat_with_tls12(situation)));
  finding.or_else(Cause::client_cert_untrusted_ca, "the server's log speaks of the issuer");
  finding.or_else(Cause::client_cert_expired, "look at the dates of the client's certificate");
  finding.or_else(Cause::client_cert_missing_intermediate,
                  "the client's keystore holds the certificate without its intermediates");
  return finding;
}

Finding bad_proof(Finding finding) {
  finding.cause = Cause::client_cert_bad_proof;
  finding.with(
      "decrypt_error answers the client's CertificateVerify: its signature does not fit "
      "the certificate");
  finding.or_else(Cause::handshake_altered, "it fails for every client behind one network path");
  return finding;
}

void add_untrusted_alternative(const Situation& situation, Finding& finding) {
  if (finding.cause != Cause::client_cert_untrusted_ca ||
      situation.facts.client().chain->size() > 1) {
    return;
  }
  finding.confidence = std::min(finding.confidence, Confidence::medium);
  finding.or_else(Cause::client_cert_missing_intermediate,
                  "the server trusts the root of the client's chain but not its issuer");
}

/// The certificate says more than the number: JSSE, Go and rustls have one alert for all faults.
void blame(const Situation& situation, const std::vector<Doubt>& doubts,
           const AlertMeaning* meaning, Finding& finding) {
  const auto named =
      meaning ? std::ranges::find(doubts, meaning->first, &Doubt::cause) : doubts.end();
  const Doubt& chosen = named != doubts.end() ? *named : doubts.front();
  finding.cause = chosen.cause;
  finding.with(chosen.because);
  const bool others =
      std::ranges::any_of(doubts, [&](const Doubt& doubt) { return doubt.cause != finding.cause; });
  if (situation.bare_close() || (others && named == doubts.end())) finding.lower();
  for (const Doubt& doubt : doubts) {
    if (doubt.cause != finding.cause) finding.or_else(doubt.cause, doubt.because);
  }
  add_untrusted_alternative(situation, finding);
  if (finding.cause == Cause::client_cert_missing_intermediate) {
    finding.or_else(Cause::client_cert_untrusted_ca, "it fails with the whole chain sent as well");
  }
}

/// Nothing speaks against the certificate here: the alert alone tells, if it does.
void by_alert_alone(const Situation& situation, const AlertMeaning* meaning, Finding& finding) {
  finding.confidence = Confidence::medium;
  finding.cause = meaning ? meaning->otherwise : Cause::client_cert_rejected;
  if (!meaning) finding.lower();
  const auto* request = situation.facts.certificate_request;
  if (!meaning && request && request->authorities.empty()) {
    finding.cause = Cause::client_cert_untrusted_ca;
    finding.with("the server does not tell whom it trusts: its list of authorities is empty");
  }
  finding.with("nothing speaks against the certificate here");
  add_untrusted_alternative(situation, finding);
  if (finding.cause == Cause::client_cert_rejected) {
    finding.or_else(Cause::client_cert_untrusted_ca, "the server's log speaks of the issuer");
    const bool may_be_proof = situation.bare_close() || situation.alert_is(handshake_failure) ||
                              situation.alert_is(access_denied);
    if (may_be_proof && situation.facts.client().certificate_verify) {
      finding.or_else(
          Cause::client_cert_bad_proof,
          "the server's log speaks of a signature: JSSE, rustls and mbedTLS do not name "
          "that in the alert");
    }
  }
}

Finding bad_certificate_sent(const Situation& situation) {
  const AlertMeaning* meaning = meaning_of(situation);
  Finding finding;
  finding.confidence = Confidence::high;
  finding.with(fmt::format("the client sent {}", chain_text(*situation.facts.client().chain)));
  if (meaning && meaning->number == decrypt_error) return bad_proof(std::move(finding));

  const auto doubts = doubts_about_client(situation);
  if (doubts.empty()) {
    by_alert_alone(situation, meaning, finding);
  } else {
    blame(situation, doubts, meaning, finding);
  }
  if (situation.facts.certificate_request) {
    finding.with(authorities_text(*situation.facts.certificate_request));
  }
  return finding;
}

/// Where lengths and order are all that tells.
Finding weighed(const Situation& situation, Finding finding) {
  if (situation.facts.late_certificate) {
    finding.confidence = std::min(finding.confidence, Confidence::medium);
  }
  // A client that had left in order gets a goodbye in answer, which looks like a refusal.
  if (!situation.primary.client_had_left || !situation.primary.unreadable()) return finding;
  finding.confidence = Confidence::low;
  finding.with("the client had closed before; what the server answered may be its own goodbye");
  add_hidden_faults(situation, finding);
  return finding.or_else(Cause::client_satisfied, "the client had nothing to say");
}

/// Has the server judged the certificate yet, as far as can be seen?
bool still_to_be_judged(const Situation& situation) {
  const Facts& facts = situation.facts;
  if (situation.phase == Phase::client_auth || facts.late_certificate) return true;
  // Up to TLS 1.2 a server asks for one by a second handshake.
  if (situation.phase == Phase::renegotiation) {
    return facts.certificate_request && facts.client().certificate != CertificateState::none_seen &&
           situation.alert_sent_as_fatal();
  }
  // GnuTLS and Go send tickets early, and Node closes after its own Finished.
  return situation.phase == Phase::post_handshake && !facts.server().application_data;
}

}  // namespace

Answer client_certificate_refused(const Situation& situation) {
  const Facts& facts = situation.facts;
  if (!situation.server_closed() || !facts.client_certificate_asked()) return std::nullopt;
  if (!still_to_be_judged(situation)) return std::nullopt;
  // A server may take its time over a certificate (OCSP); but without an alert that tells of it, it
  // is a timer's end.
  if (situation.other_side_silent() && !situation.alert_sent_as_fatal()) return std::nullopt;

  const bool readable_other = situation.alert_is(bad_record_mac) ||
                              situation.alert_is(protocol_version) ||
                              situation.alert_is(internal_error);
  if (readable_other) return std::nullopt;

  // After a complete handshake an unreadable alert is close_notify, unless something is wrong.
  const bool complete = situation.phase == Phase::post_handshake;
  if (facts.client().certificate_empty()) {
    Finding finding = certificate_missing(situation);
    // nginx closes in order when it misses one. So does a server that has nothing to say.
    const bool orderly = complete && !situation.bare_close() && !situation.primary.alert_number();
    if (orderly) {
      if (facts.client().certificate != CertificateState::empty) return std::nullopt;
      finding.confidence = Confidence::medium;
      finding.or_else(Cause::none, "the server does without one, and had nothing to say");
    }
    return weighed(situation, std::move(finding));
  }
  if (facts.client().certificate == CertificateState::sent_inferred) {
    if (complete && situation.bare_close()) return std::nullopt;
    Finding finding = unread_certificate(situation);
    if (complete) {
      finding.confidence = Confidence::low;
      finding.or_else(Cause::none, "what the server had said before was its answer");
    }
    return weighed(situation, std::move(finding));
  }
  if (facts.client().certificate == CertificateState::sent) {
    if (complete && !situation.primary.alert_number() && doubts_about_client(situation).empty()) {
      return std::nullopt;
    }
    return bad_certificate_sent(situation);
  }
  return std::nullopt;
}

}  // namespace legible::proxy::diagnosis
