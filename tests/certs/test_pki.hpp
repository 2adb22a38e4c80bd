#pragma once
// A small PKI, made once: a root, an intermediate under it, and what tests derive from them.

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "certs/chain_judge.hpp"
#include "certs/issuer.hpp"

namespace legible::certs::test {

inline constexpr Seconds now =
    std::chrono::sys_days(std::chrono::year(2026) / 11 / 22) + std::chrono::hours(10);
inline constexpr Validity current{now - std::chrono::days(30), now + std::chrono::days(365)};
inline constexpr Validity past{now - std::chrono::days(400), now - std::chrono::days(1)};
inline constexpr Validity future{now + std::chrono::days(1), now + std::chrono::days(400)};

/// Keys are the slow part: one of each type serves all, made when it is first wanted.
inline const PrivateKey& key(KeyType type) {
  static std::map<KeyType, PrivateKey> keys;
  auto at = keys.find(type);
  if (at == keys.end()) at = keys.emplace(type, PrivateKey::generate(type)).first;
  return at->second;
}

inline CertificateProfile leaf_profile(std::vector<std::string> names = {"partner.example"}) {
  return server_profile("C=DE, O=Partner, CN=partner.example", current, names);
}

struct Pki {
  PrivateKey root_key = PrivateKey::generate(KeyType::p256);
  PrivateKey intermediate_key = PrivateKey::generate(KeyType::p256);
  PrivateKey leaf_key = PrivateKey::generate(KeyType::p256);
  CertifiedKey root = self_sign(ca_profile("O=Test, CN=Test Root", current), root_key);
  CertifiedKey intermediate =
      issue(ca_profile("O=Test, CN=Issuing CA 3", current, 0), intermediate_key, root);
  CertifiedKey leaf = issue(leaf_profile(), leaf_key, intermediate);
  std::shared_ptr<const TrustStore> trust = TrustStore::from_pem(root.certificate_pem());

  static const Pki& instance() {
    static const Pki pki;
    return pki;
  }
};

inline std::shared_ptr<const TrustStore> trusting(const CertifiedKey& anchor) {
  return TrustStore::from_pem(anchor.certificate_pem());
}

}  // namespace legible::certs::test
