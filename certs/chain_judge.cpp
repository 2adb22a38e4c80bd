#include "certs/chain_judge.hpp"

#include <algorithm>
#include <utility>

#include "certs/path_checks.hpp"
#include "certs/path_finder.hpp"
#include "certs/trust_store.hpp"

namespace legible::certs {
namespace {

/// Of two bad paths the better one is what its owner meant: it reaches an anchor, or has fewer
/// problems.
auto rank(PathEnd end, const std::vector<Problem>& problems) {
  return std::pair(end != PathEnd::anchor, problems.size());
}

void keep_dates(Judgement& judgement, const CertificatePath& path) {
  judgement.not_before.reset();
  judgement.not_after.reset();
  for (const PathStep& step : path.steps) {
    const auto& begin = step.certificate->not_before;
    const auto& end = step.certificate->not_after;
    if (begin) judgement.not_before = std::max(judgement.not_before.value_or(*begin), *begin);
    if (end) judgement.not_after = std::min(judgement.not_after.value_or(*end), *end);
  }
}

}  // namespace

std::string_view id(ProblemId problem) {
  switch (problem) {
    case ProblemId::expired:
      return "expired";
    case ProblemId::not_yet_valid:
      return "not-yet-valid";
    case ProblemId::untrusted_root:
      return "untrusted-root";
    case ProblemId::self_signed:
      return "self-signed";
    case ProblemId::missing_intermediate:
      return "missing-intermediate";
    case ProblemId::name_mismatch:
      return "name-mismatch";
    case ProblemId::wrong_usage:
      return "wrong-usage";
    case ProblemId::weak_key:
      return "weak-key";
    case ProblemId::weak_signature:
      return "weak-signature";
    case ProblemId::bad_signature:
      return "bad-signature";
    case ProblemId::not_a_ca:
      return "not-a-ca";
    case ProblemId::path_too_long:
      return "path-too-long";
    case ProblemId::name_constraint:
      return "name-constraint";
    case ProblemId::unknown_critical_extension:
      return "unknown-critical-extension";
    case ProblemId::revoked:
      return "revoked";
    case ProblemId::unknown_algorithm:
      return "unknown-algorithm";
    case ProblemId::x509_v1:
      return "x509-v1";
  }
  return "unknown";
}

const Problem* Judgement::find(ProblemId id) const {
  const auto at = std::ranges::find(problems, id, &Problem::id);
  return at == problems.end() ? nullptr : &*at;
}

Judgement judge(const JudgeRequest& request) {
  Judgement judgement;
  judgement.system_anchors = request.trust != nullptr && request.trust->impl().system;
  if (request.chain.empty()) return judgement;
  judgement.subject = request.chain.front().subject.text;

  const Anchors* anchors = request.trust == nullptr ? nullptr : request.trust->impl().anchors.get();
  PathFinder finder(request.chain, anchors);
  bool found = false;
  PathEnd best_end = PathEnd::unknown_issuer;
  finder.search([&](const CertificatePath& path) {
    auto problems = PathChecks(request, path).run();
    if (found && rank(path.end, problems) >= rank(best_end, judgement.problems)) return false;
    found = true;
    best_end = path.end;
    judgement.problems = std::move(problems);
    keep_dates(judgement, path);
    judgement.anchor =
        path.end == PathEnd::anchor ? path.steps.back().certificate->subject.text : std::string();
    judgement.untrusted_root_sent = path.end == PathEnd::self_signed;
    return judgement.problems.empty();
  });
  judgement.ok = found && judgement.problems.empty();
  return judgement;
}

}  // namespace legible::certs
