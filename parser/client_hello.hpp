#pragma once
// ClientHello: RFC 5246 section 7.4.1.2, RFC 8446 section 4.1.2, and the SSLv2-format hello of
// RFC 5246 appendix E.2. The only parser of a ClientHello in this program.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "parser/decode_result.hpp"
#include "parser/tls_types.hpp"

namespace legible::parser {

/// What was found in the place of the server name (RFC 6066 section 3).
enum class SniState : std::uint8_t { absent, present, empty, malformed, several };

/// A ClientHello as sent: every list in its order, GREASE and unknown numbers kept.
struct ClientHello {
  bool sslv2_format = false;
  ProtocolVersion record_version;
  ProtocolVersion legacy_version;
  std::array<std::uint8_t, 32> random{};  ///< an SSLv2 challenge is right-aligned, zero-filled
  std::uint8_t session_id_length = 0;
  std::array<std::uint8_t, 32> session_id{};  ///< its first session_id_length bytes
  std::vector<CipherSuite> ciphers;
  std::vector<std::uint32_t> sslv2_cipher_specs;  ///< three-byte specs of an SSLv2-format hello
  std::vector<CompressionMethod> compression;
  bool has_extensions_block = false;
  std::vector<ExtensionType> extensions;

  SniState sni_state = SniState::absent;
  std::string sni;                                  ///< raw bytes of the first host_name
  std::vector<ProtocolVersion> supported_versions;  ///< empty without the extension
  std::vector<NamedGroup> groups;
  std::vector<std::uint8_t> ec_point_formats;
  std::vector<SignatureScheme> signature_algorithms;
  std::vector<NamedGroup> key_shares;
  std::uint32_t key_shares_at = 0;  ///< their extension's body, by its offset in the hello's
  std::vector<std::string> alpn;    ///< raw bytes
  std::uint16_t psk_identities = 0;
  std::uint16_t session_ticket_length = 0;
  bool early_data = false;

  /// The first rule broken without breaking the framing: an extension's body, an empty list, an
  /// extension that comes twice. What could be read was read. Offset in the body.
  std::optional<DecodeError> violation;

  std::uint32_t bytes = 0;    ///< of the handshake message with its 4-byte header
  std::uint16_t records = 0;  ///< TLS records that carried it

  bool operator==(const ClientHello&) const = default;
  bool has(ExtensionType type) const;
  bool has(CipherSuite suite) const;
  /// What is offered, in the order offered: supported_versions (GREASE kept), else
  /// [legacy_version].
  std::vector<ProtocolVersion> offered_versions() const;
  /// The highest and lowest offered versions that are not GREASE; an offer of GREASE alone gives
  /// legacy_version.
  ProtocolVersion highest_version() const;
  ProtocolVersion lowest_version() const;
};

/// Decodes the body of a ClientHello (after the 4-byte handshake header). The body is whole: never
/// NeedMore. Errors name the field and its offset in `body`. `bytes`, `records` and
/// `record_version` are left for the caller, who knows the records.
DecodeResult<ClientHello> decode_client_hello(std::span<const std::uint8_t> body);

/// The key_exchange of `group` (RFC 8446 section 4.2.8) in `body`, of which `hello` was decoded.
/// Empty when there is none.
std::span<const std::uint8_t> key_exchange_of(const ClientHello& hello,
                                              std::span<const std::uint8_t> body, NamedGroup group);

/// Decodes an SSLv2-format ClientHello (RFC 5246 appendix E.2), from its two-byte length on; bytes
/// after it are not looked at. Sets `bytes` (the length with its two bytes) and `records`.
DecodeResult<ClientHello> decode_sslv2_client_hello(std::span<const std::uint8_t> record);

}  // namespace legible::parser
