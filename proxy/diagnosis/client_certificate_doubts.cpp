// What speaks against a client's certificate: itself, the server's list of authorities, and what
// either side sent besides.

#include <fmt/format.h>

#include <algorithm>

#include "certs/distinguished_name.hpp"
#include "proxy/diagnosis/certificate_doubts.hpp"
#include "proxy/diagnosis/certificate_text.hpp"
#include "proxy/diagnosis/text.hpp"

namespace legible::proxy::diagnosis {
namespace {

using certs::Certificate;
using certs::Problem;
using certs::ProblemId;

Cause client_cause(const Problem& problem) {
  switch (problem.id) {
    case ProblemId::expired:
    case ProblemId::not_yet_valid:
      return Cause::client_cert_expired;
    case ProblemId::untrusted_root:
    case ProblemId::not_a_ca:
    case ProblemId::path_too_long:
    case ProblemId::name_constraint:
      return Cause::client_cert_untrusted_ca;
    case ProblemId::self_signed:
      return problem.depth == 0 ? Cause::client_cert_self_signed : Cause::client_cert_untrusted_ca;
    case ProblemId::missing_intermediate:
      return Cause::client_cert_missing_intermediate;
    case ProblemId::wrong_usage:
      return Cause::client_cert_wrong_usage;
    case ProblemId::weak_key:
    case ProblemId::weak_signature:
      return Cause::client_cert_weak;
    case ProblemId::revoked:
      return Cause::client_cert_revoked;
    case ProblemId::x509_v1:
      return Cause::client_cert_v1;
    case ProblemId::name_mismatch:
    case ProblemId::bad_signature:
    case ProblemId::unknown_critical_extension:
    case ProblemId::unknown_algorithm:
      return Cause::client_cert_rejected;
  }
  return Cause::client_cert_rejected;
}

bool listed_authority(const parser::CertificateRequest& request, const certs::Name& name) {
  return certs::NameList(request.authorities).has(name);
}

/// The certificate of this subject that either side sent.
const Certificate* sent_certificate(const Facts& facts, const certs::Name& subject) {
  for (const Leg leg : {Leg::client, Leg::server}) {
    const auto& chain = facts.side(leg).chain;
    if (!chain) continue;
    const auto found = std::ranges::find(*chain, subject, &Certificate::subject);
    if (found != chain->end()) return &*found;
  }
  return nullptr;
}

/// The issuer of `certificate` was not sent with it, and an authority that the server lists issued
/// that one: by a certificate that either side sent, or by the authorityKeyIdentifier.
bool below_listed_authority(const Facts& facts, const Certificate& certificate) {
  const auto* request = facts.certificate_request;
  if (!request) return false;
  const Certificate* issuer = sent_certificate(facts, certificate.issuer);
  const certs::Name* above = issuer                         ? &issuer->issuer
                             : certificate.authority_issuer ? &*certificate.authority_issuer
                                                            : nullptr;
  return above && *above != certificate.issuer && listed_authority(*request, *above);
}

/// Is the end of the chain issued by, or itself, one of the authorities that the server listed?
bool reaches_listed_authority(const parser::CertificateRequest& request, const Chain& chain) {
  const certs::NameList listed(request.authorities);
  return std::ranges::any_of(chain, [&](const Certificate& certificate) {
    return listed.has(certificate.issuer) || listed.has(certificate.subject);
  });
}

/// The issuer was neither sent, nor is it among the given anchors. Whom the server trusts its own
/// list tells better.
Doubt about_unsent_issuer(const Facts& facts, std::string why) {
  const Certificate& last = facts.client().chain->back();
  if (below_listed_authority(facts, last)) {
    return {Cause::client_cert_missing_intermediate,
            fmt::format("{}, but was issued by an authority of the server's list", why)};
  }
  const auto* request = facts.certificate_request;
  if (request && !request->authorities.empty() && !listed_authority(*request, last.issuer)) {
    why += ", nor in the server's list of authorities";
  }
  return {Cause::client_cert_untrusted_ca, std::move(why)};
}

void add_issuer_doubts(const Situation& situation, const Chain& chain, std::vector<Doubt>& doubts) {
  const Certificate& leaf = chain.front();
  const auto* request = situation.facts.certificate_request;
  if (leaf.self_issued()) {
    doubts.push_back(
        {Cause::client_cert_self_signed, fmt::format("{} is its own issuer", subject_text(leaf))});
    return;
  }
  if (!request || reaches_listed_authority(*request, chain)) return;

  const Certificate& last = chain.back();
  const Certificate* issuer = sent_certificate(situation.facts, last.issuer);
  const bool alone = chain.size() == 1;
  if (request->authorities.empty()) {
    // The server says nothing of whom it trusts; its own chain may.
    if (!alone || !issuer || issuer->self_issued()) return;
    doubts.push_back({Cause::client_cert_missing_intermediate,
                      fmt::format("{} came alone; its issuer {} is an intermediate of the server's "
                                  "own chain",
                                  subject_text(leaf), quoted(leaf.issuer.text))});
    return;
  }
  if (alone && below_listed_authority(situation.facts, leaf)) {
    doubts.push_back({Cause::client_cert_missing_intermediate,
                      fmt::format("{} came alone; its issuer {} is no authority of the server's "
                                  "list, but was issued by one",
                                  subject_text(leaf), quoted(leaf.issuer.text))});
    return;
  }
  doubts.push_back(
      {Cause::client_cert_untrusted_ca,
       fmt::format("the client's chain ends at {}, which the server's list of {} "
                   "does not have",
                   quoted(last.issuer.text), count(request->authorities.size(), "authority"))});
}

bool is_weak(const Certificate& certificate) {
  const bool short_rsa =
      certificate.key.algorithm == "RSA" && certificate.key.bits > 0 && certificate.key.bits < 2048;
  const bool old_hash = certificate.signature.find("sha1") != std::string::npos ||
                        certificate.signature.find("SHA1") != std::string::npos ||
                        certificate.signature.find("md5") != std::string::npos;
  return short_rsa || old_hash;
}

void add_leaf_doubts(const Situation& situation, const Certificate& leaf,
                     std::vector<Doubt>& doubts) {
  const auto now = std::chrono::floor<std::chrono::seconds>(situation.primary.time);
  if (leaf.not_after && *leaf.not_after < now) {
    doubts.push_back(
        {Cause::client_cert_expired,
         fmt::format("{} expired at {}", subject_text(leaf), certs::rfc3339(*leaf.not_after))});
  }
  if (leaf.not_before && *leaf.not_before > now) {
    doubts.push_back(
        {Cause::client_cert_expired, fmt::format("{} is valid only from {}", subject_text(leaf),
                                                 certs::rfc3339(*leaf.not_before))});
  }
  const auto& usages = leaf.extended_key_usage;
  const bool any = std::ranges::find(usages, "anyExtendedKeyUsage") != usages.end();
  if (leaf.has_extended_key_usage && !any &&
      std::ranges::find(usages, "clientAuth") == usages.end()) {
    doubts.push_back({Cause::client_cert_wrong_usage,
                      fmt::format("{} is made for {}, not for clientAuth", subject_text(leaf),
                                  quoted(listed(usages, usages.size())))});
  }
  if (is_weak(leaf)) {
    doubts.push_back({Cause::client_cert_weak,
                      fmt::format("{} has {} {} and is signed with {}", subject_text(leaf),
                                  leaf.key.algorithm, leaf.key.bits, quoted(leaf.signature))});
  }
  if (leaf.version == 1) {
    doubts.push_back(
        {Cause::client_cert_v1, fmt::format("{} is of X.509 version 1", subject_text(leaf))});
  }
}

}  // namespace

std::vector<Doubt> doubts_about_client(const Situation& situation) {
  std::vector<Doubt> doubts;
  const SideFacts& client = situation.facts.client();
  if (!client.leaf()) return doubts;
  if (client.judged && client.judged->judgement) {
    for (const Problem& problem : client.judged->judgement->problems) {
      std::string text =
          problem_text(problem, *client.chain, client.judged->judgement->system_anchors);
      if (problem.id == ProblemId::missing_intermediate) {
        doubts.push_back(about_unsent_issuer(situation.facts, std::move(text)));
      } else {
        doubts.push_back({client_cause(problem), std::move(text)});
      }
    }
    // A judgement by anchors given for clients knows more of the issuer than the list does.
    add_leaf_doubts(situation, *client.leaf(), doubts);
  } else {
    add_leaf_doubts(situation, *client.leaf(), doubts);
    add_issuer_doubts(situation, *client.chain, doubts);
  }
  // Of all verifiers only rustls minds the version of a leaf (RFC 5280 section 4.1.2.1).
  std::ranges::stable_partition(
      doubts, [](const Doubt& doubt) { return doubt.cause != Cause::client_cert_v1; });
  return doubts;
}

}  // namespace legible::proxy::diagnosis
