#include "proxy/diagnosis/certificate_text.hpp"

#include <fmt/format.h>

#include "proxy/diagnosis/text.hpp"

namespace legible::proxy::diagnosis {
namespace {

using certs::Problem;
using certs::ProblemId;

std::string which(const Chain& chain, int depth) {
  const auto index = static_cast<std::size_t>(depth);
  if (depth < 0 || index >= chain.size()) return fmt::format("the certificate at depth {}", depth);
  return subject_text(chain[index]);
}

std::string issuer_text(const Chain& chain, int depth) {
  const auto index = static_cast<std::size_t>(depth);
  return quoted(index < chain.size() ? chain[index].issuer.text : "(unknown)");
}

}  // namespace

std::string subject_text(const certs::Certificate& certificate) {
  return quoted(certificate.subject.text.empty() ? "(no subject)" : certificate.subject.text);
}

std::string problem_text(const Problem& problem, const Chain& chain, bool system_anchors) {
  const std::string what = which(chain, problem.depth);
  switch (problem.id) {
    case ProblemId::expired:
      return fmt::format("{} expired at {}", what, problem.presented);
    case ProblemId::not_yet_valid:
      return fmt::format("{} is valid only from {}", what, problem.presented);
    case ProblemId::untrusted_root:
      return fmt::format("the chain ends at {}, which is not in {}", quoted(problem.presented),
                         system_anchors ? "this machine's store" : "the given anchors");
    case ProblemId::self_signed:
      return fmt::format("{} is its own issuer", what);
    case ProblemId::missing_intermediate:
      return fmt::format("the issuer of {}, {}, was not sent and is not in {}", what,
                         issuer_text(chain, problem.depth),
                         system_anchors ? "this machine's store" : "the given anchors");
    case ProblemId::name_mismatch:
      return fmt::format("the name {} is not among the certificate's: {}", quoted(problem.expected),
                         quoted(problem.presented));
    default:
      return fmt::format("{}: {}, expected {}, found {}", what, certs::id(problem.id),
                         quoted(problem.expected), quoted(problem.presented));
  }
}

std::string chain_text(const Chain& chain) {
  if (chain.empty()) return "an empty Certificate";
  const certs::Certificate& leaf = chain.front();
  std::string text = fmt::format("{}, issued by {}", subject_text(leaf), quoted(leaf.issuer.text));
  if (leaf.not_after) text += fmt::format(", valid until {}", certs::rfc3339(*leaf.not_after));
  return text + fmt::format(", {} sent", count(chain.size(), "certificate"));
}

}  // namespace legible::proxy::diagnosis
