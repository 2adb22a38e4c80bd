#pragma once
// Signatures over DER, by mbedTLS. What mbedTLS cannot verify is "unknown", which is never good.

#include <cstdint>
#include <span>

namespace legible::certs {

/// The better first.
enum class SignatureCheck : std::uint8_t { good, unknown, bad };

/// Is `signature` (octets) over `signed_part` by the key of `public_key_info`? `algorithm` is the
/// AlgorithmIdentifier's DER, RSASSA-PSS parameters (RFC 4055) included.
SignatureCheck check_signature(std::span<const std::uint8_t> signed_part,
                               std::span<const std::uint8_t> algorithm,
                               std::span<const std::uint8_t> signature,
                               std::span<const std::uint8_t> public_key_info);

/// The same for a signature of the handshake, whose algorithm is a SignatureScheme of TLS 1.2
/// or 1.3 (RFC 5246 section 7.4.1.4.1, RFC 8446 section 4.2.3).
SignatureCheck check_signature(std::span<const std::uint8_t> signed_part, std::uint16_t scheme,
                               std::span<const std::uint8_t> signature,
                               std::span<const std::uint8_t> public_key_info);

/// MD2, MD5 or SHA-1: collisions can be had.
bool has_weak_hash(std::span<const std::uint8_t> algorithm);

/// Can signatures by this key be verified here?
bool is_known_key(std::span<const std::uint8_t> public_key_info);

}  // namespace legible::certs
