#pragma once
// A chain that ends before a root: is what is missing a root, which is never sent, or an
// intermediate, which must be?

#include <cstdint>

#include "certs/certificate.hpp"

namespace legible::certs {

enum class UnsentIssuer : std::uint8_t {
  unknown,  ///< nothing tells: it may be either
  root,
  intermediate,
};

/// What `certificate` tells of its issuer: by the authorityKeyIdentifier, where that names the
/// issuer's own issuer (RFC 5280 section 4.2.1.1), else by the words that authorities put into
/// their names.
UnsentIssuer unsent_issuer(const Certificate& certificate);

}  // namespace legible::certs
