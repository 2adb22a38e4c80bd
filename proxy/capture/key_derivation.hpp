#pragma once
// Keys from secrets: the PRF of TLS 1.0 to 1.2 and the key schedule's HKDF-Expand-Label of TLS 1.3.

#include <mbedtls/md.h>

#include <cstdint>
#include <span>
#include <string_view>

namespace legible::capture {

/// RFC 5246 section 5. Fills `output`; false when the hash is not available.
bool tls12_prf(mbedtls_md_type_t hash, std::span<const std::uint8_t> secret, std::string_view label,
               std::span<const std::uint8_t> seed, std::span<std::uint8_t> output);

/// RFC 4346 section 5: the exclusive or of a PRF with MD5 and one with SHA-1.
bool tls10_prf(std::span<const std::uint8_t> secret, std::string_view label,
               std::span<const std::uint8_t> seed, std::span<std::uint8_t> output);

/// RFC 8446 section 7.1, with an empty context.
bool hkdf_expand_label(mbedtls_md_type_t hash, std::span<const std::uint8_t> secret,
                       std::string_view label, std::span<std::uint8_t> output);

}  // namespace legible::capture
