#pragma once
// A certificate revocation list (RFC 5280 section 5), read for one question: is this serial on it?

#include <cstdint>
#include <span>
#include <vector>

#include "certs/certificate.hpp"
#include "certs/signature.hpp"

namespace legible::certs {

class Crl {
 public:
  /// Throws std::runtime_error when the DER is no CertificateList.
  explicit Crl(std::vector<std::uint8_t> der);

  const Name& issuer() const { return issuer_; }
  bool lists(std::span<const std::uint8_t> serial) const;
  SignatureCheck check_signature_by(const Certificate& issuer) const;

 private:
  std::span<const std::uint8_t> bytes(Extent extent) const {
    return std::span(der_).subspan(extent.offset, extent.size);
  }
  void read_entries(std::span<const std::uint8_t> entries);
  Extent extent(std::span<const std::uint8_t> part) const;

  std::vector<std::uint8_t> der_;
  Name issuer_;
  Extent signed_part_;
  Extent signature_algorithm_;
  Extent signature_value_;
  std::vector<Extent> serials_;  ///< sorted by what they point to: large lists stay small
};

}  // namespace legible::certs
