#pragma once
// How a server's certificate is shown to the client: good as good, bad as bad in the same way, or,
// where a leaf of ours cannot be bad in that way, as one of an issuer that nobody trusts.

#include <cstdint>
#include <optional>
#include <vector>

#include "certs/chain_judge.hpp"

namespace legible::certs {

enum class MintIssuer : std::uint8_t {
  interception_ca,
  untrusted_ca,
  itself,  ///< the leaf is self-signed
};

/// What the minted leaf is to be like. A leaf that deviates from the original where the plan does
/// not say so is wrong.
struct MirrorPlan {
  MintIssuer issuer = MintIssuer::interception_ca;
  /// Send the untrusted CA too: without, its certificate seems to be missing.
  bool send_issuer = false;
  /// Whatever is bad is made right: the leaf is in date, and a server's.
  bool repaired = false;
  /// Of the original's issuers, where one of them is out of date: the leaf is then shown with them.
  std::optional<Seconds> issuers_not_before{};
  std::optional<Seconds> issuers_not_after{};
  /// keyUsage as it is, though no server may have it.
  bool keep_key_usage = false;
  /// X.509 version 1, without extensions.
  bool version_1 = false;
  /// Names that the client asks for may be added. Never where the original lacks the name that was
  /// asked of it: the client would see no mismatch.
  bool add_names = true;

  /// What the client is shown as it is.
  std::vector<ProblemId> carried;
  /// What no leaf of ours can show: an untrusted issuer, or whatever else is carried, stands for
  /// it.
  std::vector<ProblemId> not_carried;

  /// May the client find the leaf good? `LeafMinter` sees to it that it does not, where not.
  bool shows_good = true;

  friend bool operator==(const MirrorPlan&, const MirrorPlan&) = default;
};

/// The plan by which the client sees what the server showed. Pure.
MirrorPlan mirror_plan(const Judgement& original);

/// The plan by which the client sees a good certificate, whatever the server showed.
MirrorPlan accept_plan();

}  // namespace legible::certs
