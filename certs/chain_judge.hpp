#pragma once
// Is this chain good, for this name and purpose, at this time, by these anchors? Each problem is
// told with the two values that disagree (RFC 5280 section 6, RFC 6125).

#include <cstdint>
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
  std::vector<Problem> problems;     ///< in the order of depth; empty when ok
  std::string anchor;                ///< subject of the trust anchor reached; empty if none
  std::string subject;               ///< of the leaf
  bool untrusted_root_sent = false;  ///< with the chain, by which it is known to be one
  bool system_anchors = true;        ///< judged by the system's store, not by one that was given
  /// When all certificates of the judged path are in date: the latest notBefore and the earliest
  /// notAfter, which may contradict each other.
  std::optional<Seconds> not_before{};
  std::optional<Seconds> not_after{};

  const Problem* find(ProblemId id) const;
};

/// Trust anchors and revocation lists, read once and shared between threads.
class TrustStore {
 public:
  /// The system's store, read at the first call: the file that SSL_CERT_FILE names, else the first
  /// of the usual bundles. Empty (and said so by `size()`) when there is none; throws
  /// std::runtime_error when SSL_CERT_FILE names a file that cannot be used.
  static std::shared_ptr<const TrustStore> system();
  /// From PEM files, whose anchors add up. Throws std::runtime_error with one clear line when one
  /// cannot be read, holds no certificate, or one that is malformed.
  static std::shared_ptr<const TrustStore> from_files(std::span<const std::string> paths);
  static std::shared_ptr<const TrustStore> from_pem(std::string_view pem);

  /// The same anchors, with the revocation lists of a PEM text or file added. Throws likewise.
  std::shared_ptr<const TrustStore> with_crl_pem(std::string_view pem) const;
  std::shared_ptr<const TrustStore> with_crl_file(const std::string& path) const;

  TrustStore(const TrustStore&) = delete;
  TrustStore& operator=(const TrustStore&) = delete;
  ~TrustStore();

  std::size_t size() const;

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  TrustStore();
  static std::shared_ptr<const TrustStore> of(std::vector<Certificate> anchors);
  std::unique_ptr<Impl> impl_;
};

enum class Purpose : std::uint8_t { server, client };

struct JudgeRequest {
  std::span<const Certificate> chain{};  ///< as sent, leaf first; the others in any order
  const TrustStore* trust = nullptr;     ///< null: no anchors
  std::optional<std::string> name{};     ///< DNS name or IP address to match; none: not checked
  Purpose purpose = Purpose::server;
  Seconds now{};
  /// Without a dNSName the common name is looked at, as JSSE and OpenSSL do; browsers do not.
  bool common_name_counts = true;
};

/// Judges a chain. Pure: reads no clock and no file. An empty chain is not ok and has no problems.
///
/// Of all paths from the leaf to an anchor (cross-signed certificates give several) the best one is
/// judged, and all its problems are told. A path that reaches no anchor ends in
///  - `self_signed`: the leaf is its own issuer;
///  - `untrusted_root`: a root that was sent, or an issuer that was not sent and is likely a root:
///    the certificate tells so (certs/unsent_issuer.hpp), or intermediates were sent up to it,
///    since servers are told to send all but the root;
///  - `missing_intermediate`: the issuer was not sent, in any other case.
/// A certificate that is malformed is `bad_signature`: what was signed cannot be known.
/// Bounded: 64 certificates, 64 signature checks.
Judgement judge(const JudgeRequest& request);

/// Does the certificate carry this name (RFC 6125: one-label wildcards, addresses by iPAddress)?
/// The common name counts only when there is no dNSName at all.
bool matches_name(const Certificate& leaf, std::string_view name);

}  // namespace legible::certs
