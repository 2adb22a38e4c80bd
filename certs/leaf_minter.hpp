#pragma once
// Leaf certificates for the client leg, after the server's own.

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "certs/interception_ca.hpp"
#include "certs/mirror_plan.hpp"

struct mbedtls_x509_crt;

namespace legible::certs {

struct MintRequest {
  const Certificate* original = nullptr;  ///< the server's leaf; never null
  MirrorPlan plan{};
  /// The name that the original was judged by, if any: by it the minted leaf must be as bad.
  std::optional<std::string> judged_name{};
  /// Names and addresses that the client asks for, to stand beside the original's own where the
  /// plan allows it. Those that the original has already are not added again.
  std::vector<std::string> names{};
  KeyFamily family = KeyFamily::ec;
  Seconds now{};
};

struct MintedLeaf {
  std::vector<Certificate> chain;  ///< to be sent, leaf first
  PrivateKey key;
  std::shared_ptr<mbedtls_x509_crt> native;  ///< the chain, for mbedTLS's TLS
  MirrorPlan plan;                           ///< what was done
  /// From then on a new one is due: the lifetime was cut, and its end is near.
  Seconds usable_until = Seconds::max();

  const Certificate& leaf() const { return chain.front(); }
};

/// One for the process, shared by all threads. There is one leaf key of each family for all leaves.
class LeafMinter {
 public:
  /// What no certificate outlives: browsers take no longer ones (CA/Browser Forum ballot SC-081).
  static constexpr std::chrono::days longest_validity{199};

  LeafMinter(InterceptionCa ca, Seconds now);

  /// Byte for byte the original's subject and subjectAltName; its validity, cut to
  /// `longest_validity` around now (an expired one keeps its end, a future one its begin); its
  /// keyUsage, as far as the key is fit for it, and extendedKeyUsage; serverAuth where it has none.
  /// SHA-256, a serial number with 120 random bits, key identifiers that fit (RFC 5280).
  ///
  /// A plan that does not show a good certificate never gives one: where the leaf, judged by the
  /// CA's own certificate, turns out good (the plan was for another moment, or another
  /// certificate), it is minted under the untrusted CA instead.
  ///
  /// Takes a fraction of a millisecond (EC), some milliseconds (RSA), and as long as `make_keys`
  /// has not ended some tenths of a second for RSA keys: not for an event loop. Throws
  /// std::runtime_error when it fails.
  MintedLeaf mint(const MintRequest& request) const;

  /// Makes the keys that leaves need, else each is made when the first leaf needs it. Takes some
  /// tenths of a second, on a busy machine seconds: for a thread of its own.
  void make_keys() const;

  const InterceptionCa& ca() const { return ca_; }

 private:
  struct LazyKey {
    std::once_flag once;
    std::optional<PrivateKey> key;
  };

  const PrivateKey& leaf_key(KeyFamily family) const;
  MintedLeaf carry_out(const MintRequest& request) const;
  bool is_good(const MintedLeaf& minted, const MintRequest& request) const;

  InterceptionCa ca_;
  std::shared_ptr<const TrustStore> trust_;  ///< the CA, as its clients have it
  UntrustedCa untrusted_;
  mutable LazyKey ec_;
  mutable LazyKey rsa_;
};

}  // namespace legible::certs
