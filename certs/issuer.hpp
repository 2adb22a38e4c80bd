#pragma once
// Certificates and revocation lists, made and signed.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "certs/certificate.hpp"
#include "certs/certificate_profile.hpp"
#include "certs/private_key.hpp"

namespace legible::certs {

/// A certificate and the private key that belongs to it.
struct CertifiedKey {
  Certificate certificate;
  PrivateKey key;

  std::string certificate_pem() const;
};

/// Signed by its own key.
CertifiedKey self_sign(const CertificateProfile& profile, const PrivateKey& key);

/// For `key`, signed by the issuer's. A profile with an own hash is signed with that, whatever the
/// issuer's certificate was signed with.
CertifiedKey issue(const CertificateProfile& profile, const PrivateKey& key,
                   const CertifiedKey& issuer);

/// DER of a v2 revocation list of these serial numbers (RFC 5280 section 5.1).
std::vector<std::uint8_t> issue_crl(const CertifiedKey& issuer,
                                    std::span<const std::vector<std::uint8_t>> serials,
                                    Validity updates);

/// The same as PEM.
std::string crl_pem(std::span<const std::uint8_t> der);

}  // namespace legible::certs
