#pragma once
// Names of the numbers of the TLS and HTTP/2 wire, from the IANA registries (parser/iana/).

#include <cstdint>
#include <string>
#include <string_view>

#include "parser/http2_types.hpp"
#include "parser/tls_types.hpp"

namespace legible::parser {

/// The registered name; empty when there is none. GREASE values (RFC 8701) are called "GREASE".
std::string_view name(ProtocolVersion value);  ///< "TLS 1.3" ... "SSL 2.0"
std::string_view name(CipherSuite value);
std::string_view name(NamedGroup value);
std::string_view name(SignatureScheme value);
std::string_view name(ExtensionType value);
std::string_view name(CompressionMethod value);
std::string_view name(AlertDescription value);
std::string_view name(AlertLevel value);
std::string_view name(ContentType value);
std::string_view name(HandshakeType value);
std::string_view name(ClientCertificateType value);
std::string_view name(Http2Error value);

/// The three-byte cipher specification of SSL 2.0.
std::string_view sslv2_cipher_spec_name(std::uint32_t value);

/// The version's name, or its number: "TLS 1.3", "0x7f0e".
inline std::string to_text(ProtocolVersion version) {
  if (const std::string_view known = name(version); !known.empty()) return std::string(known);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "0x";
  for (int shift = 12; shift >= 0; shift -= 4) text += digits[version.value >> shift & 0xf];
  return text;
}

}  // namespace legible::parser
