#pragma once
// Everything that RFC 5280 section 6.1 and common policy ask of one path. Internal to certs/.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "certs/chain_judge.hpp"
#include "certs/name_constraints.hpp"
#include "certs/path_finder.hpp"

namespace legible::certs {

/// Collects the problems of one path, in the order of depth.
class PathChecks {
 public:
  /// All must outlive it.
  PathChecks(const JudgeRequest& request, const CertificatePath& path)
      : request_(request), path_(path) {}

  std::vector<Problem> run();

 private:
  const Certificate& certificate(std::size_t depth) const {
    return *path_.steps[depth].certificate;
  }
  bool is_last(std::size_t depth) const { return depth + 1 == path_.steps.size(); }
  bool is_anchor(std::size_t depth) const { return path_.end == PathEnd::anchor && is_last(depth); }

  void check_form(std::size_t depth);
  void check_dates(std::size_t depth);
  void check_key(std::size_t depth);
  void check_signature_of(std::size_t depth);
  void check_authority(std::size_t depth);
  void check_path_length(std::size_t depth);
  void check_name_constraints(std::size_t depth);
  void check_purpose(std::size_t depth);
  void check_name();
  void check_revocation(std::size_t depth);
  void check_end();
  bool unsent_issuer_is_root() const;

  void report(ProblemId id, std::size_t depth, std::string expected, std::string presented);

  const JudgeRequest& request_;
  const CertificatePath& path_;
  std::size_t name_comparisons_ = name_comparison_limit;
  std::vector<Problem> problems_;
};

}  // namespace legible::certs
