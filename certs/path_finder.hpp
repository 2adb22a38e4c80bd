#pragma once
// Paths from a leaf towards a trust anchor (RFC 4158), through whatever else was sent.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "certs/certificate.hpp"
#include "certs/signature.hpp"
#include "certs/trust_store.hpp"

namespace legible::certs {

enum class PathEnd : std::uint8_t {
  anchor,          ///< the last certificate is a trust anchor
  self_signed,     ///< the last certificate is its own issuer, and no anchor
  unknown_issuer,  ///< the issuer of the last one was not sent and is no anchor
};

struct PathStep {
  const Certificate* certificate = nullptr;
  /// Of this certificate by the next step's key; of a self-signed end by its own. Of an anchor it
  /// does not matter.
  SignatureCheck signature = SignatureCheck::good;
};

struct CertificatePath {
  std::vector<PathStep> steps;  ///< leaf first
  PathEnd end = PathEnd::unknown_issuer;
};

/// Depth-first search. An issuer whose signature verifies goes before one that cannot be checked;
/// one whose signature is wrong is followed only where there is no other, so that an altered
/// certificate is told as such.
class PathFinder {
 public:
  static constexpr std::size_t certificate_limit = 64;
  static constexpr std::size_t signature_limit = 64;
  static constexpr std::size_t path_limit = 32;

  /// Both must outlive it. `anchors` may be null.
  PathFinder(std::span<const Certificate> sent, const Anchors* anchors);

  /// Calls `visit` for each path until it returns true, or a limit is reached. A chain that is not
  /// empty has at least one.
  void search(const std::function<bool(const CertificatePath&)>& visit);

 private:
  struct SentCertificate {
    const Certificate* certificate = nullptr;
    std::string subject;  ///< canonical
    bool is_anchor = false;
    bool in_path = false;
  };
  struct Issuer {
    const Certificate* certificate = nullptr;
    SentCertificate* sent = nullptr;  ///< null: an anchor
    SignatureCheck check = SignatureCheck::unknown;
  };
  struct Checked {
    const Certificate* subject;
    const Certificate* issuer;
    SignatureCheck result;
  };

  bool extend(const SentCertificate& current);
  bool finish(PathEnd end);
  std::vector<Issuer> issuers_of(const SentCertificate& current);
  /// Nothing when the limit of checks is reached.
  std::optional<SignatureCheck> check(const Certificate& subject, const Certificate& issuer);

  std::vector<SentCertificate> sent_;
  const Anchors* anchors_;
  std::vector<Checked> checked_;
  std::size_t paths_ = 0;
  CertificatePath path_;
  const std::function<bool(const CertificatePath&)>* visit_ = nullptr;
};

}  // namespace legible::certs
