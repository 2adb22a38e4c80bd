#pragma once
// What a cipher suite's registered name says of its records and of its key exchange.

#include <cstdint>

#include "parser/tls_types.hpp"

namespace legible::parser {

enum class KeyExchange : std::uint8_t {
  unknown,
  static_key,  ///< RSA, fixed DH or ECDH, plain PSK: no parameters of the server
  rsa_export,
  dhe,
  ecdhe,
  any,  ///< TLS 1.3: negotiated apart from the suite
};

enum class RecordProtection : std::uint8_t { unknown, none, stream, block, aead };

struct CipherTraits {
  KeyExchange key_exchange = KeyExchange::unknown;
  bool psk = false;    ///< ServerKeyExchange begins with an identity hint (RFC 4279)
  bool signs = false;  ///< ServerKeyExchange ends with a signature: neither anonymous nor PSK
  RecordProtection protection = RecordProtection::unknown;
  std::uint8_t mac_bytes = 0;             ///< stream, block and none
  std::uint8_t block_bytes = 0;           ///< block
  std::uint8_t tag_bytes = 0;             ///< aead
  std::uint8_t explicit_nonce_bytes = 0;  ///< aead, up to TLS 1.2
  std::uint8_t hash_bytes = 32;           ///< of the handshake's hash in TLS 1.3
};

/// The traits of a suite; all unknown when the suite has no registered name.
CipherTraits traits(CipherSuite suite);

}  // namespace legible::parser
