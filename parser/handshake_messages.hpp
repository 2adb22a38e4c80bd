#pragma once
// The bodies of the handshake messages other than the hellos, each after its 4-byte header.
//
// Every function is given a whole body, so that none answers NeedMore; an error names the field and
// its offset in the body.

#include <cstdint>
#include <span>
#include <string_view>

#include "parser/decode_result.hpp"
#include "parser/observation.hpp"
#include "parser/tls_types.hpp"

namespace legible::parser {

namespace handshake_type {
inline constexpr HandshakeType hello_request{0};
inline constexpr HandshakeType client_hello{1};
inline constexpr HandshakeType server_hello{2};
inline constexpr HandshakeType new_session_ticket{4};
inline constexpr HandshakeType encrypted_extensions{8};
inline constexpr HandshakeType certificate{11};
inline constexpr HandshakeType server_key_exchange{12};
inline constexpr HandshakeType certificate_request{13};
inline constexpr HandshakeType server_hello_done{14};
inline constexpr HandshakeType certificate_verify{15};
inline constexpr HandshakeType client_key_exchange{16};
inline constexpr HandshakeType finished{20};
inline constexpr HandshakeType certificate_status{22};
inline constexpr HandshakeType key_update{24};
}  // namespace handshake_type

/// The RFCs' name of a message: "ClientHello", "CertificateRequest"; "handshake message" for the
/// others. Static text.
std::string_view message_name(HandshakeType type);

/// A list of which no more than a limit was kept.
template <class Message>
struct Capped {
  Message message;
  bool cut = false;
};

/// Certificate: RFC 5246 section 7.4.2, RFC 8446 section 4.4.2. Keeps `limit` certificates.
DecodeResult<Capped<CertificateMessage>> decode_certificate(std::span<const std::uint8_t> body,
                                                            ProtocolVersion version,
                                                            std::uint32_t limit);

/// CertificateRequest: RFC 4346 and RFC 5246 section 7.4.4, RFC 8446 section 4.3.2. Keeps `limit`
/// authorities.
DecodeResult<Capped<CertificateRequest>> decode_certificate_request(
    std::span<const std::uint8_t> body, ProtocolVersion version, std::uint32_t limit);

/// ServerKeyExchange: RFC 5246 section 7.4.3, RFC 8422 section 5.4, RFC 4279. What it holds depends
/// on `suite`; nothing is read for a suite whose key exchange is not known.
DecodeResult<ServerKeyExchange> decode_server_key_exchange(std::span<const std::uint8_t> body,
                                                           ProtocolVersion version,
                                                           CipherSuite suite);

/// CertificateVerify: RFC 5246 section 7.4.8, RFC 8446 section 4.4.3.
DecodeResult<CertificateVerify> decode_certificate_verify(std::span<const std::uint8_t> body,
                                                          ProtocolVersion version);

/// EncryptedExtensions: RFC 8446 section 4.3.1.
DecodeResult<EncryptedExtensions> decode_encrypted_extensions(std::span<const std::uint8_t> body);

}  // namespace legible::parser
