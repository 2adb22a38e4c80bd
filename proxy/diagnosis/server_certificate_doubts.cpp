// What speaks against a server's certificate, whoever judges it.

#include <fmt/format.h>

#include <algorithm>

#include "certs/name_match.hpp"
#include "parser/cipher_traits.hpp"
#include "proxy/diagnosis/certificate_doubts.hpp"
#include "proxy/diagnosis/certificate_refusal.hpp"
#include "proxy/diagnosis/certificate_text.hpp"
#include "proxy/diagnosis/minted_leaf.hpp"
#include "proxy/diagnosis/text.hpp"
#include "proxy/diagnosis/wire_names.hpp"

namespace legible::proxy::diagnosis {
namespace {

using certs::Certificate;
using certs::KeyUsage;
using certs::Problem;
using certs::ProblemId;

Cause server_cause(const Problem& problem) {
  const bool leaf = problem.depth == 0;
  switch (problem.id) {
    case ProblemId::expired:
      return leaf ? Cause::server_cert_expired : Cause::server_chain_expired_ca;
    case ProblemId::not_yet_valid:
      return Cause::server_cert_not_yet_valid;
    case ProblemId::untrusted_root:
      return Cause::server_cert_untrusted_ca;
    case ProblemId::self_signed:
      return leaf ? Cause::server_cert_self_signed : Cause::server_cert_untrusted_ca;
    case ProblemId::missing_intermediate:
      return Cause::server_cert_missing_intermediate;
    case ProblemId::name_mismatch:
      return Cause::server_cert_name_mismatch;
    case ProblemId::wrong_usage:
      return leaf ? Cause::server_cert_wrong_usage : Cause::server_chain_not_ca;
    case ProblemId::weak_key:
    case ProblemId::weak_signature:
      return Cause::server_cert_weak;
    case ProblemId::not_a_ca:
    case ProblemId::path_too_long:
    case ProblemId::name_constraint:
      return Cause::server_chain_not_ca;
    case ProblemId::revoked:
      return Cause::server_cert_revoked;
    case ProblemId::x509_v1:
      return Cause::server_cert_v1;
    case ProblemId::bad_signature:
    case ProblemId::unknown_critical_extension:
    case ProblemId::unknown_algorithm:
      return Cause::server_cert_rejected;
  }
  return Cause::server_cert_rejected;
}

/// A verifier builds the chain first, then looks at dates and use, and at names last.
int order(Cause cause) {
  static constexpr Cause asked[] = {Cause::server_cert_revoked,
                                    Cause::server_cert_self_signed,
                                    Cause::server_cert_v1,
                                    Cause::server_chain_not_ca,
                                    Cause::server_cert_missing_intermediate,
                                    Cause::server_cert_untrusted_ca,
                                    Cause::server_chain_expired_ca,
                                    Cause::server_cert_expired,
                                    Cause::server_cert_not_yet_valid,
                                    Cause::server_cert_weak,
                                    Cause::server_cert_wrong_usage,
                                    Cause::server_cert_name_mismatch,
                                    Cause::server_staple_missing};
  const auto* found = std::ranges::find(asked, cause);
  return static_cast<int>(found - std::begin(asked));
}

bool key_exchange_signs(const Situation& situation) {
  const auto kind = parser::traits(situation.facts.server_hello->cipher).key_exchange;
  return kind == parser::KeyExchange::ecdhe || kind == parser::KeyExchange::dhe ||
         kind == parser::KeyExchange::any;
}

void add_own_doubts(const Situation& situation, const Certificate& leaf,
                    std::vector<Doubt>& doubts) {
  if (situation.facts.server_hello && key_exchange_signs(situation) &&
      !leaf.allows(KeyUsage::digital_signature)) {
    doubts.push_back(
        {Cause::server_cert_wrong_usage,
         fmt::format("{} may not sign (keyUsage lacks digitalSignature), which {} needs",
                     subject_text(leaf), suite_name(situation.facts.server_hello->cipher))});
  }
  const bool stapled = situation.facts.certificate_status;
  if (leaf.must_staple && !stapled && !situation.facts.tls13()) {
    doubts.push_back({Cause::server_staple_missing,
                      fmt::format("{} demands a stapled OCSP answer (TLSFeature), and the server "
                                  "sent none",
                                  subject_text(leaf))});
  }
}

/// No judgement was made: what the certificates themselves tell.
void add_unjudged_doubts(const Situation& situation, const Chain& chain,
                         std::vector<Doubt>& doubts) {
  const Certificate& leaf = chain.front();
  const auto now = std::chrono::floor<std::chrono::seconds>(situation.primary.time);
  if (leaf.self_issued()) {
    doubts.push_back(
        {Cause::server_cert_self_signed, fmt::format("{} is its own issuer", subject_text(leaf))});
  }
  if (leaf.not_after && *leaf.not_after < now) {
    doubts.push_back(
        {Cause::server_cert_expired,
         fmt::format("{} expired at {}", subject_text(leaf), certs::rfc3339(*leaf.not_after))});
  }
  if (leaf.not_before && *leaf.not_before > now) {
    doubts.push_back({Cause::server_cert_not_yet_valid,
                      fmt::format("{} is valid only from {}", subject_text(leaf),
                                  certs::rfc3339(*leaf.not_before))});
  }
}

/// What was found in the server's own chain. Where the client was shown another one in its place,
/// it sees a fault that this one cannot carry as an issuer that nobody trusts.
void add_judged_doubts(const Facts& facts, std::vector<Doubt>& doubts) {
  const certs::MirrorPlan* plan = facts.minted ? facts.minted->plan.get() : nullptr;
  if (plan && plan->repaired) return;
  const certs::Judgement& judgement = *facts.server().judged->judgement;
  for (const Problem& problem : judgement.problems) {
    Doubt doubt{server_cause(problem),
                problem_text(problem, *facts.judged_chain(), judgement.system_anchors)};
    const bool hidden = plan && std::ranges::find(plan->carried, problem.id) == plan->carried.end();
    if (hidden) doubt.seen_as = Cause::server_cert_untrusted_ca;
    doubts.push_back(std::move(doubt));
  }
}

}  // namespace

std::vector<Doubt> doubts_about_server(const Situation& situation) {
  std::vector<Doubt> doubts;
  const SideFacts& server = situation.facts.server();
  if (!server.leaf()) return doubts;
  const LeafMinted* minted = situation.facts.minted;
  if (server.judged && server.judged->judgement) {
    add_judged_doubts(situation.facts, doubts);
  } else {
    add_unjudged_doubts(situation, *server.chain, doubts);
  }
  if (!minted) add_own_doubts(situation, *server.leaf(), doubts);
  const bool known_to_trust = situation.history.accepted_proxy_authority && !doubts.empty();
  if (minted && minted->plan->issuer == certs::MintIssuer::interception_ca && !known_to_trust) {
    doubts.push_back({Cause::proxy_cert_untrusted, shown_by_proxy(situation)});
  }
  std::ranges::stable_sort(doubts, {}, [](const Doubt& doubt) { return order(doubt.cause); });
  // Dates, names and uses are what they are; which authorities the client trusts is only guessed.
  std::ranges::stable_partition(
      doubts, [&](const Doubt& doubt) { return !only_guessed(situation, doubt.cause); });
  return doubts;
}

std::optional<Doubt> strict_doubt_about_server(const Situation& situation) {
  const Certificate* leaf = situation.facts.server().leaf();
  if (!leaf) return std::nullopt;
  // Who sends no name may have gone by an address.
  const bool by_address = situation.facts.hello->sni.empty() && !leaf->sans.empty();
  if (!certs::has_dns_name(*leaf) && !leaf->subject.common_name.empty() && !by_address) {
    return Doubt{
        Cause::server_cert_name_mismatch,
        fmt::format("{} has no dNSName in a subjectAltName: Go, rustls and browsers do not "
                    "look at the common name (RFC 9525 section 2)",
                    quoted(leaf->subject.text))};
  }
  const auto& purposes = leaf->extended_key_usage;
  if (leaf->has_extended_key_usage && std::ranges::find(purposes, "serverAuth") == purposes.end()) {
    return Doubt{Cause::server_cert_wrong_usage,
                 fmt::format("{} names no serverAuth among its purposes, only any "
                             "(anyExtendedKeyUsage), which OpenSSL does not take for it",
                             subject_text(*leaf))};
  }
  return std::nullopt;
}

}  // namespace legible::proxy::diagnosis
