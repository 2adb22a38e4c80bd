#include "proxy/diagnosis/certificate_doubts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "parser/cipher_traits.hpp"
#include "proxy/diagnosis/text.hpp"
#include "proxy/diagnosis/wire_names.hpp"

namespace legible::proxy::diagnosis {
namespace {

using certs::Certificate;
using certs::KeyUsage;
using certs::Problem;
using certs::ProblemId;

std::string name_of(const Certificate& certificate) {
  return quoted(certificate.subject.text.empty() ? "(no subject)" : certificate.subject.text);
}

std::string which(const Chain& chain, int depth) {
  const auto index = static_cast<std::size_t>(depth);
  if (depth < 0 || index >= chain.size()) return fmt::format("the certificate at depth {}", depth);
  return name_of(chain[index]);
}

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

std::string sentence(const Problem& problem, const Chain& chain, bool system_anchors) {
  const std::string what = which(chain, problem.depth);
  switch (problem.id) {
    case ProblemId::expired:
      return fmt::format("{} expired at {}", what, quoted(problem.presented));
    case ProblemId::not_yet_valid:
      return fmt::format("{} is valid only from {}", what, quoted(problem.presented));
    case ProblemId::untrusted_root:
      return fmt::format("the chain ends at {}, which is not in {}", quoted(problem.presented),
                         system_anchors ? "this machine's store" : "the given anchors");
    case ProblemId::self_signed:
      return fmt::format("{} is its own issuer", what);
    case ProblemId::missing_intermediate:
      return fmt::format("the issuer of {} was not sent and is not in {}", what,
                         system_anchors ? "this machine's store" : "the given anchors");
    case ProblemId::name_mismatch:
      return fmt::format("the name {} is not among the certificate's: {}", quoted(problem.expected),
                         quoted(problem.presented));
    default:
      return fmt::format("{}: {}, expected {}, found {}", what, certs::id(problem.id),
                         quoted(problem.expected), quoted(problem.presented));
  }
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
                     name_of(leaf), suite_name(situation.facts.server_hello->cipher))});
  }
  const bool stapled = situation.facts.certificate_status;
  if (leaf.must_staple && !stapled && !situation.facts.tls13()) {
    doubts.push_back({Cause::server_staple_missing,
                      fmt::format("{} demands a stapled OCSP answer (TLSFeature), and the server "
                                  "sent none",
                                  name_of(leaf))});
  }
}

/// No judgement was made: what the certificates themselves tell.
void add_unjudged_doubts(const Situation& situation, const Chain& chain,
                         std::vector<Doubt>& doubts) {
  const Certificate& leaf = chain.front();
  const auto now = std::chrono::floor<std::chrono::seconds>(situation.primary.time);
  if (leaf.self_issued()) {
    doubts.push_back(
        {Cause::server_cert_self_signed, fmt::format("{} is its own issuer", name_of(leaf))});
  }
  if (leaf.not_after && *leaf.not_after < now) {
    doubts.push_back({Cause::server_cert_expired,
                      fmt::format("{} expired at {}", name_of(leaf), date(*leaf.not_after))});
  }
  if (leaf.not_before && *leaf.not_before > now) {
    doubts.push_back(
        {Cause::server_cert_not_yet_valid,
         fmt::format("{} is valid only from {}", name_of(leaf), date(*leaf.not_before))});
  }
}

// --- the client's certificate ---

bool listed_authority(const parser::CertificateRequest& request, const certs::Name& name) {
  return std::ranges::find(request.authorities, name.der) != request.authorities.end();
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

/// Is the end of the chain issued by, or itself, one of the authorities that the server listed?
bool reaches_listed_authority(const parser::CertificateRequest& request, const Chain& chain) {
  return std::ranges::any_of(chain, [&](const Certificate& certificate) {
    return listed_authority(request, certificate.issuer) ||
           listed_authority(request, certificate.subject);
  });
}

void add_issuer_doubts(const Situation& situation, const Chain& chain, std::vector<Doubt>& doubts) {
  const Certificate& leaf = chain.front();
  const auto* request = situation.facts.certificate_request;
  if (leaf.self_issued()) {
    doubts.push_back(
        {Cause::client_cert_self_signed, fmt::format("{} is its own issuer", name_of(leaf))});
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
                                  name_of(leaf), quoted(leaf.issuer.text))});
    return;
  }
  if (alone && issuer && listed_authority(*request, issuer->issuer)) {
    doubts.push_back({Cause::client_cert_missing_intermediate,
                      fmt::format("{} came alone; its issuer {} is no authority of the server's "
                                  "list, but was issued by one",
                                  name_of(leaf), quoted(leaf.issuer.text))});
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
    doubts.push_back({Cause::client_cert_expired,
                      fmt::format("{} expired at {}", name_of(leaf), date(*leaf.not_after))});
  }
  if (leaf.not_before && *leaf.not_before > now) {
    doubts.push_back(
        {Cause::client_cert_expired,
         fmt::format("{} is valid only from {}", name_of(leaf), date(*leaf.not_before))});
  }
  const auto& usages = leaf.extended_key_usage;
  const bool any = std::ranges::find(usages, "anyExtendedKeyUsage") != usages.end();
  if (leaf.has_extended_key_usage && !any &&
      std::ranges::find(usages, "clientAuth") == usages.end()) {
    doubts.push_back({Cause::client_cert_wrong_usage,
                      fmt::format("{} is made for {}, not for clientAuth", name_of(leaf),
                                  quoted(listed(usages, usages.size())))});
  }
  if (is_weak(leaf)) {
    doubts.push_back({Cause::client_cert_weak,
                      fmt::format("{} has {} {} and is signed with {}", name_of(leaf),
                                  leaf.key.algorithm, leaf.key.bits, quoted(leaf.signature))});
  }
  if (leaf.version == 1) {
    doubts.push_back(
        {Cause::client_cert_v1, fmt::format("{} is of X.509 version 1", name_of(leaf))});
  }
}

}  // namespace

std::vector<Doubt> doubts_about_server(const Situation& situation) {
  std::vector<Doubt> doubts;
  const SideFacts& server = situation.facts.server();
  if (!server.leaf()) return doubts;
  if (server.judged && server.judged->judgement) {
    const certs::Judgement& judgement = *server.judged->judgement;
    for (const Problem& problem : judgement.problems) {
      doubts.push_back(
          {server_cause(problem), sentence(problem, *server.chain, judgement.system_anchors)});
    }
  } else {
    add_unjudged_doubts(situation, *server.chain, doubts);
  }
  add_own_doubts(situation, *server.leaf(), doubts);
  std::ranges::stable_sort(doubts, {}, [](const Doubt& doubt) { return order(doubt.cause); });
  // Dates, names and uses are what they are; which authorities the client trusts is only guessed.
  if (server.judged && server.judged->judgement && server.judged->judgement->system_anchors) {
    std::ranges::stable_partition(doubts, [](const Doubt& doubt) {
      return doubt.cause != Cause::server_cert_untrusted_ca &&
             doubt.cause != Cause::server_cert_missing_intermediate;
    });
  }
  return doubts;
}

std::vector<Doubt> doubts_about_client(const Situation& situation) {
  std::vector<Doubt> doubts;
  const SideFacts& client = situation.facts.client();
  if (!client.leaf()) return doubts;
  if (client.judged && client.judged->judgement) {
    for (const Problem& problem : client.judged->judgement->problems) {
      doubts.push_back({client_cause(problem), sentence(problem, *client.chain,
                                                        client.judged->judgement->system_anchors)});
    }
    // A judgement by anchors given for clients knows more of the issuer than the list does.
    add_leaf_doubts(situation, *client.leaf(), doubts);
    return doubts;
  }
  add_leaf_doubts(situation, *client.leaf(), doubts);
  add_issuer_doubts(situation, *client.chain, doubts);
  return doubts;
}

std::string chain_text(const Chain& chain) {
  if (chain.empty()) return "an empty Certificate";
  const Certificate& leaf = chain.front();
  std::string text = fmt::format("{}, issued by {}", name_of(leaf), quoted(leaf.issuer.text));
  if (leaf.not_after) text += fmt::format(", valid until {}", date(*leaf.not_after));
  return text + fmt::format(", {} sent", count(chain.size(), "certificate"));
}

}  // namespace legible::proxy::diagnosis
