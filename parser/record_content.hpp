#pragma once
// What an encrypted record probably holds, by its length alone.
//
// Alerts, Finished and empty Certificates have one length for each way of protecting records, so a
// length tells them apart from each other, though not from application data of the same size.

#include <cstdint>

#include "parser/cipher_traits.hpp"
#include "parser/observation.hpp"
#include "parser/tls_types.hpp"

namespace legible::parser {

/// `version` is the negotiated one and `suite` what is known of the negotiated suite (0 and all
/// unknown: nothing is guessed); `type` and
/// `length` those of the record's header. Up to TLS 1.2 the content type stands in clear: alert and
/// application data are certain there. In TLS 1.3 lengths are also tried with the padding of JSSE,
/// 16 bytes for each record, and, where `rounded` says that all of this direction's records were
/// so, with that of mbedTLS, which fills each record up to a multiple of 16.
Content likely_content(ProtocolVersion version, const CipherTraits& suite, Side from,
                       ContentType type, std::uint16_t length, bool rounded = false);

/// Is the length of a TLS 1.3 record what mbedTLS's padding gives?
bool is_rounded(const CipherTraits& suite, std::uint16_t length);

}  // namespace legible::parser
