#pragma once
// How the records of a cipher suite are protected.

#include <mbedtls/cipher.h>
#include <mbedtls/md.h>

#include <cstddef>
#include <cstdint>

#include "parser/tls_types.hpp"

namespace legible::capture {

enum class Protection : std::uint8_t {
  aead_explicit_nonce,  ///< TLS 1.2 GCM and CCM: 4 fixed bytes, 8 in the record (RFC 5288)
  aead_implicit_nonce,  ///< TLS 1.3, and ChaCha20-Poly1305: IV xor sequence number (RFC 7905)
  cbc,                  ///< with HMAC, before or after encryption
};

struct SuiteProtection {
  Protection protection;
  mbedtls_cipher_type_t cipher;
  std::size_t key_length;
  std::size_t tag_length;  ///< AEAD
  mbedtls_md_type_t mac;   ///< CBC
  mbedtls_md_type_t hash;  ///< of the PRF (TLS 1.2) or the key schedule (TLS 1.3)
};

/// Null for suites whose records cannot be decrypted here: RC4, Camellia, ARIA, NULL, export, ...
const SuiteProtection* protection_of(parser::CipherSuite suite);

}  // namespace legible::capture
