#pragma once
// Comparison of distinguished names as RFC 5280 section 7.1 wants it.

#include <cstdint>
#include <span>
#include <string>

#include "certs/certificate.hpp"

namespace legible::certs {

/// A form of a DER-encoded Name that is equal for equal names, whatever their string types, letter
/// case (ASCII) and runs of blanks; of a name that begins with another's RDNs it begins with that
/// other's form. What cannot be read as a Name is its own form.
std::string canonical_name(std::span<const std::uint8_t> der);

bool same_name(const Name& a, const Name& b);

}  // namespace legible::certs
