#pragma once
// New RSA keys by libcrypto, whose search for primes takes a fraction of mbedTLS's time.

#include <cstdint>
#include <vector>

namespace legible::certs {

/// DER of an RSAPrivateKey (RFC 8017 appendix A.1.2), exponent 65537. Empty when there is no
/// libcrypto, or when it fails.
std::vector<std::uint8_t> libcrypto_rsa_key(unsigned bits);

}  // namespace legible::certs
