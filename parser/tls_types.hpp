#pragma once
// The numbers of the TLS wire, each with a type of its own.
//
// A value is what the peer sent, known or not: a closed enum would promise a set that the network
// does not honour. Names come from the IANA registries (parser/iana_tables.hpp).

#include <compare>
#include <cstdint>

namespace legible::parser {

/// A number from an IANA registry, as it stood on the wire.
template <class Number, class Registry>
struct WireNumber {
  Number value{};
  friend constexpr auto operator<=>(const WireNumber&, const WireNumber&) = default;
};

using ProtocolVersion = WireNumber<std::uint16_t, struct ProtocolVersionRegistry>;
using CipherSuite = WireNumber<std::uint16_t, struct CipherSuiteRegistry>;
using NamedGroup = WireNumber<std::uint16_t, struct NamedGroupRegistry>;
using SignatureScheme = WireNumber<std::uint16_t, struct SignatureSchemeRegistry>;
using ExtensionType = WireNumber<std::uint16_t, struct ExtensionTypeRegistry>;
using CompressionMethod = WireNumber<std::uint8_t, struct CompressionMethodRegistry>;
using AlertDescription = WireNumber<std::uint8_t, struct AlertDescriptionRegistry>;
using AlertLevel = WireNumber<std::uint8_t, struct AlertLevelRegistry>;
using ContentType = WireNumber<std::uint8_t, struct ContentTypeRegistry>;
using HandshakeType = WireNumber<std::uint8_t, struct HandshakeTypeRegistry>;
using ClientCertificateType = WireNumber<std::uint8_t, struct ClientCertificateTypeRegistry>;

inline constexpr ProtocolVersion ssl2{0x0002};
inline constexpr ProtocolVersion ssl3{0x0300};
inline constexpr ProtocolVersion tls10{0x0301};
inline constexpr ProtocolVersion tls11{0x0302};
inline constexpr ProtocolVersion tls12{0x0303};
inline constexpr ProtocolVersion tls13{0x0304};

namespace content_type {
inline constexpr ContentType change_cipher_spec{20};
inline constexpr ContentType alert{21};
inline constexpr ContentType handshake{22};
inline constexpr ContentType application_data{23};
inline constexpr ContentType heartbeat{24};
}  // namespace content_type

namespace alert_level {
inline constexpr AlertLevel warning{1};
inline constexpr AlertLevel fatal{2};
}  // namespace alert_level

/// RFC 8701: 0x0A0A, 0x1A1A, ... 0xFAFA, sent by clients to keep servers tolerant of the unknown.
constexpr bool is_grease(std::uint16_t value) {
  return (value & 0x0f0f) == 0x0a0a && (value >> 8) == (value & 0xff);
}

/// Who produced the bytes of one direction of a stream: the side that opened it, or the one that
/// accepted it.
enum class Side : std::uint8_t { client, server };

constexpr Side other(Side side) { return side == Side::client ? Side::server : Side::client; }

}  // namespace legible::parser
