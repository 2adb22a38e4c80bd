#pragma once
// What chains are presented, and what must be found bad of each: for the judge, and for openssl.

#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "certs/chain_judge.hpp"
#include "test_pki.hpp"

namespace legible::certs::test {

using Chain = std::vector<Certificate>;

/// "0 expired": depth and id of each problem.
using Found = std::multiset<std::string>;

/// A chain, and by what it is to be judged.
struct Presented {
  Chain chain;
  std::shared_ptr<const TrustStore> trust = Pki::instance().trust;
  std::string anchors = Pki::instance().root.certificate_pem();  ///< the same, as PEM
  std::string name = "partner.example";
  Purpose purpose = Purpose::server;
};

struct Case {
  const char* what;
  Presented presented;
  Found problems;
  /// Why `openssl verify` says otherwise; null where it agrees whether the chain is good.
  const char* openssl_differs = nullptr;
};

struct CaseGroup {
  const char* name;
  std::vector<Case> cases;
};

/// Every row of what must be accepted and of what must be found bad.
std::vector<CaseGroup> path_cases();  ///< what paths there are, dates, authorities
std::vector<CaseGroup> rule_cases();  ///< names, usages, algorithms, constraints

inline Presented trusted_by(const CertifiedKey& anchor, Chain chain) {
  return {std::move(chain), trusting(anchor), anchor.certificate_pem()};
}

inline Presented asked_for(std::string name, Presented presented) {
  presented.name = std::move(name);
  return presented;
}

inline Presented for_client(Presented presented) {
  presented.purpose = Purpose::client;
  return presented;
}

using Change = std::function<void(CertificateProfile&)>;

inline CertificateProfile leaf_with(const Change& change) {
  CertificateProfile profile = leaf_profile();
  change(profile);
  return profile;
}

inline CertificateProfile ca_with(const Change& change) {
  CertificateProfile profile = ca_profile("O=Test, CN=Issuing CA 3", current);
  change(profile);
  return profile;
}

/// A leaf made after a profile, with the usual intermediate.
inline Presented leaf_of(const CertificateProfile& profile,
                         const PrivateKey& key = Pki::instance().leaf_key) {
  const Pki& pki = Pki::instance();
  return {{issue(profile, key, pki.intermediate).certificate, pki.intermediate.certificate}};
}

/// A leaf under an intermediate made after a profile.
inline Presented under(const CertificateProfile& profile,
                       const CertificateProfile& leaf = leaf_profile(),
                       const PrivateKey& key = Pki::instance().intermediate_key) {
  const Pki& pki = Pki::instance();
  const CertifiedKey intermediate = issue(profile, key, pki.root);
  return {{issue(leaf, pki.leaf_key, intermediate).certificate, intermediate.certificate}};
}

/// The usual leaf and an intermediate under a root made after a profile, which is trusted.
inline Presented under_root(const CertificateProfile& profile,
                            const PrivateKey& key = Pki::instance().root_key) {
  const Pki& pki = Pki::instance();
  const CertifiedKey root = self_sign(profile, key);
  const CertifiedKey intermediate =
      issue(ca_profile("CN=Issuing CA", current), pki.intermediate_key, root);
  return trusted_by(root, {issue(leaf_profile(), pki.leaf_key, intermediate).certificate,
                           intermediate.certificate});
}

/// The last bit, of the signature, is another.
inline Certificate altered(const Certificate& certificate) {
  auto der = certificate.der;
  der.back() ^= 1;
  return read_certificate(der);
}

inline std::string data_file(const std::string& name) {
  std::ifstream stream(LEGIBLE_TEST_DATA "/certs/" + name);
  if (!stream) throw std::runtime_error("no test data " + name);
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline Certificate data_certificate(const std::string& name) {
  return read_pem_certificates(data_file(name)).at(0);
}

}  // namespace legible::certs::test
