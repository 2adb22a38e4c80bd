#pragma once
// Comparison of distinguished names as RFC 5280 section 7.1 wants it.

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "certs/certificate.hpp"

namespace legible::certs {

/// A form of a DER-encoded Name that is equal for equal names, whatever their string types, letter
/// case (ASCII) and runs of blanks; of a name that begins with another's RDNs it begins with that
/// other's form. What cannot be read as a Name is its own form.
std::string canonical_name(std::span<const std::uint8_t> der);

/// DER-encoded Names, as a CertificateRequest lists authorities (RFC 5246 section 7.4.4), to be
/// asked for others.
class NameList {
 public:
  explicit NameList(std::span<const std::vector<std::uint8_t>> names);
  bool has(const Name& name) const;

 private:
  std::vector<std::string> forms_;  ///< sorted
};

}  // namespace legible::certs
