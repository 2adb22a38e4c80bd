#include "proxy/diagnosis/certificate_refusal.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "certs/unsent_issuer.hpp"
#include "proxy/diagnosis/advice.hpp"
#include "proxy/diagnosis/text.hpp"
#include "proxy/diagnosis/wire_names.hpp"

namespace legible::proxy::diagnosis {
namespace {

std::string_view distinguishes(Cause cause) {
  switch (cause) {
    case Cause::server_cert_untrusted_ca:
      return "ask which CAs the client trusts";
    case Cause::server_cert_missing_intermediate:
      return "it works once the intermediates are sent with it";
    case Cause::server_cert_self_signed:
      return "the certificate is its own issuer";
    case Cause::server_cert_name_mismatch:
      return "compare the certificate's names with the one that the client used";
    case Cause::server_cert_expired:
    case Cause::server_cert_not_yet_valid:
    case Cause::server_chain_expired_ca:
      return "look at the dates of every certificate in the chain";
    case Cause::server_cert_weak:
      return "look at key length and signature algorithm";
    case Cause::server_cert_wrong_usage:
      return "look at keyUsage and extendedKeyUsage";
    case Cause::server_chain_not_ca:
      return "look at version, basicConstraints and path length of every issuer";
    case Cause::server_revocation_unknown:
      return "the client checks revocation and lacks a list: OpenSSL says unknown_ca then";
    case Cause::server_cert_pinned:
      return "it works with the certificate that the client was configured with";
    case Cause::proxy_cert_untrusted:
      return "the client has not been given the proxy's CA (legible ca show)";
    case Cause::clock_skew:
      return "compare the client's clock";
    case Cause::internal_error:
      return "the client's log tells of an error of its own";
    default:
      return "the client's log says which";
  }
}

/// The command will be pasted into a shell, and a client may write what it likes into its SNI.
bool is_harmless_word(std::string_view name) {
  return !name.empty() && name.front() != '-' && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  });
}

/// How to see what the relay could not.
std::string how_to_see(const Situation& situation) {
  const std::string_view sni = situation.facts.hello->sni;
  const std::string target = situation.facts.target ? target_text(situation.facts) : "HOST:PORT";
  const std::string name = sni.empty()             ? std::string()
                           : is_harmless_word(sni) ? fmt::format(" -servername {}", sni)
                                                   : std::string(" -servername NAME");
  return fmt::format("openssl s_client -connect {}{} -showcerts shows the certificates", target,
                     name);
}

}  // namespace

void add_alternative(Finding& finding, Cause cause) {
  const bool there = std::ranges::any_of(
      finding.alternatives, [&](const Alternative& other) { return other.cause == cause; });
  if (cause != finding.cause && !there) finding.or_else(cause, std::string(distinguishes(cause)));
}

void add_hidden_faults(const Situation& situation, Finding& finding) {
  finding.with(fmt::format(
      "the server's certificate was encrypted, and so is the client's reason; a key log, "
      "or --mode intercept, would show both; {}; or {}",
      how_to_see(situation), repeat_with_tls12(situation)));
  for (const Cause other :
       {Cause::server_cert_untrusted_ca, Cause::server_cert_missing_intermediate,
        Cause::server_cert_self_signed, Cause::server_cert_name_mismatch,
        Cause::server_cert_expired, Cause::server_cert_pinned}) {
    add_alternative(finding, other);
  }
  constexpr std::uint64_t usual_flight = 6000;  // two or three certificates, and a signature
  const std::uint64_t flight = situation.facts.server().early_encrypted_bytes;
  if (flight > usual_flight) {
    finding.or_else(Cause::server_chain_too_long,
                    fmt::format("the server's encrypted flight has {}; JSSE takes ten certificates "
                                "and 32768 bytes",
                                count(flight, "byte")));
  }
}

void weigh_unsent_issuer(const Situation& situation, Finding& finding) {
  const Chain& chain = *situation.facts.judged_chain();
  const auto* found =
      situation.facts.server().judged->judgement->find(certs::ProblemId::missing_intermediate);
  const auto depth = static_cast<std::size_t>(found ? found->depth : 0);
  const certs::Certificate& last = depth < chain.size() ? chain[depth] : chain.back();
  const std::string issuer = quoted(last.issuer.text);
  if (certs::unsent_issuer(last) == certs::UnsentIssuer::intermediate) {
    add_alternative(finding, Cause::server_cert_untrusted_ca);
    return;
  }
  finding.confidence = std::min(finding.confidence, Confidence::medium);
  if (finding.title.empty()) {
    finding.title = fmt::format(
        "the server's certificate comes without its issuer's, {}, which the client does not know",
        issuer);
  }
  if (!last.issuer_urls.empty()) {
    finding.with(
        fmt::format("the certificate tells where its issuer's lies: {}; one that is its own issuer "
                    "is a root",
                    quoted(last.issuer_urls.front())));
  }
  finding.or_else(
      Cause::server_cert_untrusted_ca,
      fmt::format("if {} is a root, nothing is missing: the client must trust it", issuer));
  finding.to_do.client = fmt::format(
      "If {} is a root: import it into the client's truststore. If it is an intermediate, that is "
      "a "
      "stopgap.",
      issuer);
  finding.to_do.server = fmt::format(
      "If {} is an intermediate: send the chain, the leaf and its intermediates.", issuer);
}

bool only_guessed(const Situation& situation, Cause cause) {
  return cause == Cause::proxy_cert_untrusted || rests_on_system_anchors(situation, cause);
}

bool rests_on_system_anchors(const Situation& situation, Cause cause) {
  const bool about_trust =
      cause == Cause::server_cert_untrusted_ca || cause == Cause::server_cert_missing_intermediate;
  const auto* judged = situation.facts.server().judged;
  return about_trust && judged && judged->judgement && judged->judgement->system_anchors;
}

}  // namespace legible::proxy::diagnosis
