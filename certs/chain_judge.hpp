#pragma once
// Is this chain good, for this name and purpose, at this time, by these anchors? Each problem is
// told with the two values that disagree (RFC 5280 section 6, RFC 6125).

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "certs/certificate.hpp"

namespace legible::certs {

/// The ids of the `certificate-verified` event.
enum class ProblemId : std::uint8_t {
  expired,
  not_yet_valid,
  untrusted_root,
  self_signed,
  missing_intermediate,
  name_mismatch,
  wrong_usage,
  weak_key,
  weak_signature,
  bad_signature,
  not_a_ca,
  path_too_long,
  name_constraint,
  unknown_critical_extension,
  revoked,
  unknown_algorithm,
  x509_v1,
};
std::string_view id(ProblemId problem);

struct Problem {
  ProblemId id;
  std::string expected;   ///< what would have been right; raw, a sink escapes it
  std::string presented;  ///< what was found
  int depth = 0;          ///< 0: the leaf
};

struct Judgement {
  bool ok = false;
  std::vector<Problem> problems;  ///< in the order of depth; empty when ok
  std::string anchor;             ///< subject of the trust anchor reached; empty if none
  std::string subject;            ///< of the leaf
  bool system_anchors = true;     ///< judged by the system's store, not by one that was given

  const Problem* find(ProblemId id) const;
};

/// Trust anchors and revocation lists, read once and shared between threads.
class TrustStore {
 public:
  /// The system's store; empty (and said so by `size()`) when there is none.
  static std::shared_ptr<const TrustStore> system();
  /// From a PEM file. Throws std::runtime_error with one clear line.
  static std::shared_ptr<const TrustStore> from_file(const std::string& path);
  static std::shared_ptr<const TrustStore> from_pem(std::string_view pem);

  TrustStore(const TrustStore&) = delete;
  TrustStore& operator=(const TrustStore&) = delete;
  ~TrustStore();

  std::size_t size() const;
  /// Is there an anchor with this subject?
  bool has_subject(const Name& subject) const;

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  TrustStore();
  std::unique_ptr<Impl> impl_;
};

enum class Purpose : std::uint8_t { server, client };

struct JudgeRequest {
  std::span<const Certificate> chain;  ///< as sent, leaf first
  const TrustStore* trust = nullptr;
  std::optional<std::string> name;  ///< DNS name or IP address to match; none: not checked
  Purpose purpose = Purpose::server;
  Seconds now;
};

/// Judges a chain. Pure: reads no clock and no file. An empty chain is not ok and has no problems.
Judgement judge(const JudgeRequest& request);

/// Does the certificate carry this name (RFC 6125: one-label wildcards, addresses by iPAddress)?
/// The common name counts only when there is no dNSName at all.
bool matches_name(const Certificate& leaf, std::string_view name);

}  // namespace legible::certs
