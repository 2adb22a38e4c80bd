#include "certs/mirror_plan.hpp"

#include <algorithm>

namespace legible::certs {
namespace {

enum class Shown : std::uint8_t {
  by_dates,
  by_names,
  by_usage,
  by_version,
  by_itself,       ///< self-signed
  by_issuer,       ///< the untrusted CA, sent where the original's root was
  by_its_absence,  ///< the untrusted CA, not sent
  by_no_leaf,      ///< the untrusted CA stands for it
};

Shown shown(const Problem& problem) {
  switch (problem.id) {
    case ProblemId::expired:
    case ProblemId::not_yet_valid:
      return Shown::by_dates;
    case ProblemId::name_mismatch:
      return Shown::by_names;
    case ProblemId::wrong_usage:
      return problem.depth == 0 ? Shown::by_usage : Shown::by_no_leaf;
    case ProblemId::self_signed:
      return Shown::by_itself;
    case ProblemId::untrusted_root:
      return Shown::by_issuer;
    case ProblemId::missing_intermediate:
      return Shown::by_its_absence;
    case ProblemId::x509_v1:
      return problem.depth == 0 ? Shown::by_version : Shown::by_no_leaf;
    // Keys and signatures are ours, and good; constraints bind issuers, of which we have one; what
    // an unknown extension or a revocation list says is about the original.
    case ProblemId::weak_key:
    case ProblemId::weak_signature:
    case ProblemId::bad_signature:
    case ProblemId::not_a_ca:
    case ProblemId::path_too_long:
    case ProblemId::name_constraint:
    case ProblemId::unknown_critical_extension:
    case ProblemId::revoked:
    case ProblemId::unknown_algorithm:
      break;
  }
  return Shown::by_no_leaf;
}

void note(std::vector<ProblemId>& ids, ProblemId id) {
  if (std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
}

}  // namespace

MirrorPlan mirror_plan(const Judgement& original) {
  MirrorPlan plan;
  plan.shows_good = original.ok;
  bool self_signed = false;
  bool absent_issuer = false;
  bool untrusted = false;
  for (const Problem& problem : original.problems) {
    const Shown how = shown(problem);
    note(how == Shown::by_no_leaf ? plan.not_carried : plan.carried, problem.id);
    switch (how) {
      case Shown::by_dates:
        if (problem.depth == 0) break;
        plan.issuers_not_before = original.not_before;
        plan.issuers_not_after = original.not_after;
        break;
      case Shown::by_names:
        plan.add_names = false;
        break;
      case Shown::by_usage:
        plan.keep_key_usage = true;
        break;
      case Shown::by_version:
        plan.version_1 = true;
        break;
      case Shown::by_itself:
        self_signed = true;
        break;
      case Shown::by_its_absence:
        absent_issuer = true;
        break;
      case Shown::by_issuer:
        // A client words it differently when it has seen the root that it does not know.
        (original.untrusted_root_sent ? untrusted : absent_issuer) = true;
        break;
      case Shown::by_no_leaf:
        untrusted = true;
        break;
    }
  }
  // One certificate's dates say one thing.
  const auto later = std::ranges::find(plan.carried, ProblemId::not_yet_valid);
  if (original.find(ProblemId::expired) != nullptr && later != plan.carried.end()) {
    plan.carried.erase(later);
    plan.not_carried.push_back(ProblemId::not_yet_valid);
  }
  const bool nothing_judged = !original.ok && original.problems.empty();
  if (self_signed) {
    plan.issuer = MintIssuer::itself;
  } else if (untrusted || absent_issuer || nothing_judged) {
    plan.issuer = MintIssuer::untrusted_ca;
    plan.send_issuer = !absent_issuer;
  }
  return plan;
}

MirrorPlan accept_plan() {
  MirrorPlan plan;
  plan.repaired = true;
  return plan;
}

}  // namespace legible::certs
