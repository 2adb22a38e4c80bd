#include "proxy/diagnosis/minted_leaf.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "proxy/diagnosis/certificate_doubts.hpp"
#include "proxy/diagnosis/certificate_refusal.hpp"
#include "proxy/diagnosis/text.hpp"
#include "proxy/diagnosis/wire_names.hpp"

namespace legible::proxy::diagnosis {
namespace {

using namespace alert_number;

/// An unknown issuer is what this end says, by itself or by the habits of the client's stack.
Confidence how_sure(const Situation& situation) {
  const Stack stack = situation.client_stack;
  if (situation.alert_is(unknown_ca)) return Confidence::high;
  if (situation.primary.alert_number()) {
    return situation.alert_is(vague_refusal(stack)) ? Confidence::high : Confidence::medium;
  }
  const bool finished = situation.facts.client().finished;
  const bool habit = finished ? rejects_after_finished(stack) : rejects_without_alert(stack);
  return habit ? Confidence::medium : Confidence::low;
}

void add_usual_alternatives(const Situation& situation, Finding& finding) {
  add_alternative(finding, Cause::server_cert_pinned);
  const bool jsse = situation.client_stack == Stack::jsse;
  if (situation.alert_is(unknown_ca) || (jsse && situation.alert_is(certificate_unknown))) {
    finding.or_else(Cause::server_revocation_unknown,
                    "the client trusts the CA already, and checks revocation, for which that CA "
                    "publishes nothing: switch the check off for the test, or relay this host "
                    "(--relay HOST)");
  }
  if (situation.bare_close()) {
    finding.or_else(Cause::scanner_probe, "a scanner makes many such connections");
  }
}

/// What is known of the server's own certificate.
std::string original_text(const Situation& situation) {
  const auto* judged = situation.facts.server().judged;
  const bool repaired = situation.facts.minted && situation.facts.minted->plan->repaired;
  if (repaired) {
    return "the faults of the original were not shown to the client (--bad-server-cert accept)";
  }
  const bool system = !judged || !judged->judgement || judged->judgement->system_anchors;
  if (judged && judged->judgement && !judged->judgement->ok) {
    return "the original has faults of its own, but this alert is about an unknown issuer";
  }
  return fmt::format("nothing is wrong with the original, judged by {}",
                     system ? "this machine's store of authorities" : "the given anchors");
}

/// The client refused what the proxy showed on the strength of this machine's store of authorities
/// alone. What it would make of the server's own certificate is open.
void doubt_own_store(const Situation& situation, Finding& finding) {
  const std::string issuer = quoted(situation.facts.judged_chain()->back().issuer.text);
  finding.confidence = Confidence::low;
  finding.title =
      "it refuses a certificate that the proxy showed as untrusted, as this machine does not know "
      "the server's issuer";
  finding.or_else(Cause::proxy_cert_untrusted,
                  fmt::format("relayed, the call succeeds: the client trusts {} itself", issuer));
  finding.to_do.proxy = fmt::format(
      "If the client trusts {}, start the proxy with that authority in --trust FILE: it then shows "
      "a good certificate.",
      issuer);
}

}  // namespace

std::string shown_by_proxy(const Situation& situation) {
  return fmt::format(
      "the client was shown a certificate of the proxy's own CA, {}, and takes it only if it was "
      "given that CA",
      quoted(situation.facts.server().leaf()->issuer.text));
}

Finding proxy_authority_refused(const Situation& situation) {
  Finding finding;
  finding.cause = Cause::proxy_cert_untrusted;
  finding.confidence = how_sure(situation);
  finding.with(shown_by_proxy(situation)).with(original_text(situation));
  if (situation.alert_is(internal_error) && situation.client_stack == Stack::jsse) {
    finding.with(
        "JSSE says internal_error when its truststore holds no authority at all: a PKCS#12 "
        "truststore seems empty without its password (-Djavax.net.ssl.trustStorePassword)");
  }
  const History& history = situation.history;
  const auto strict =
      situation.alert_is(unknown_ca) ? std::nullopt : strict_doubt_about_server(situation);
  if (strict && history.accepted_proxy_authority) {
    finding.cause = strict->cause;
    finding.confidence = Confidence::medium;
    finding.with(strict->because);
    finding.with("from the same address this CA was accepted before");
    finding.or_else(Cause::proxy_cert_untrusted,
                    "it is another program on that machine, with a truststore of its own");
  } else if (history.accepted_proxy_authority_here) {
    finding.confidence = std::min(finding.confidence, Confidence::medium);
    finding.with(
        "from the same address this CA was accepted before, for this very host: this is another "
        "program, or its settings have changed");
  } else if (history.accepted_proxy_authority) {
    finding.cause = Cause::server_cert_pinned;
    finding.confidence = Confidence::medium;
    finding.with("from the same address this CA was accepted before, for other hosts");
    finding.or_else(Cause::proxy_cert_untrusted,
                    "it is another program on that machine, with a truststore of its own");
  }
  if (strict && strict->cause != finding.cause) {
    finding.with(fmt::format("besides, {}", strict->because));
    add_alternative(finding, strict->cause);
  }
  for (const Doubt& fault : doubts_about_server(situation)) {
    if (fault.cause == Cause::proxy_cert_untrusted) continue;
    finding.with(fmt::format("besides, {}", fault.because));
    finding.or_else(fault.cause, "the client meets that next, once it trusts the proxy's CA");
  }
  add_usual_alternatives(situation, finding);
  return finding;
}

void tell_mirroring(const Situation& situation, const Doubt& fault, Finding& finding) {
  finding.with(
      fault.seen_as
          ? "the certificate that the proxy showed in its place cannot have that fault: it stood "
            "under an issuer that nobody trusts instead"
          : "the proxy mirrored that fault: the certificate that it showed has it too");
  if (situation.facts.minted->plan->issuer == certs::MintIssuer::interception_ca) return;
  if (rests_on_system_anchors(situation, fault.cause)) return doubt_own_store(situation, finding);
  if (fault.cause == Cause::server_cert_untrusted_ca ||
      fault.cause == Cause::server_cert_missing_intermediate) {
    finding.with(
        "whom the client trusts is not known here: if it trusts that issuer, give the proxy the "
        "same anchors (--trust), and it will show a good certificate");
  }
  finding.or_else(Cause::proxy_cert_untrusted,
                  "besides, the client was never given the proxy's CA: it refuses hosts whose "
                  "certificate is good as well");
}

void doubt_minted_leaf(const Situation& situation, Finding& finding) {
  finding.with(shown_by_proxy(situation));
  if (situation.alert_is(bad_certificate_status_response)) {
    finding.cause = Cause::proxy_limit;
    finding.confidence = Confidence::high;
    finding.with("the client demands a stapled OCSP answer, which this proxy cannot give");
    return;
  }
  // Not the alert of a wrong name or of a fault without a word: a check of the program's own.
  const bool own_check = situation.alert_is(access_denied) || situation.alert_is(handshake_failure);
  if (own_check && says_unknown_ca(situation.client_stack)) {
    finding.cause = Cause::server_cert_pinned;
    finding.with(
        "of an issuer that it does not know this client's stack says unknown_ca: it knows the "
        "proxy's CA, and demands something else");
    add_alternative(finding, Cause::server_cert_rejected);
  }
  finding.or_else(Cause::proxy_cert_untrusted,
                  "the client has not been given the proxy's CA (legible ca show)");
  add_alternative(finding, Cause::server_cert_pinned);
}

}  // namespace legible::proxy::diagnosis
