#pragma once
// ServerHello and HelloRetryRequest: RFC 5246 section 7.4.1.3, RFC 8446 section 4.1.3.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "parser/decode_result.hpp"
#include "parser/tls_types.hpp"

namespace legible::parser {

/// RFC 8446 section 4.1.3: the last eight bytes of the random of a server that could have done
/// better.
enum class DowngradeSentinel : std::uint8_t { none, chose_tls12, chose_older };

/// TLS 1.3, one of its drafts (0x7fxx) or a vendor's variant of it (0xfbxx, 0x7exx): everything
/// after the ServerHello is encrypted.
constexpr bool is_tls13_like(ProtocolVersion version) {
  const int major = version.value >> 8;
  return version == tls13 || major == 0x7e || major == 0x7f || major == 0xfb;
}

struct ServerHello {
  bool sslv2_format = false;  ///< an SSL 2.0 SERVER-HELLO: it names no suite, the client chooses
  bool hello_retry_request = false;
  ProtocolVersion legacy_version;
  ProtocolVersion version;  ///< supported_versions, else legacy_version
  std::array<std::uint8_t, 32> random{};
  std::uint8_t session_id_length = 0;
  std::array<std::uint8_t, 32> session_id{};  ///< its first session_id_length bytes
  bool session_id_echoed = false;  ///< equal to the client's, which was not empty; the caller's
  CipherSuite cipher;
  CompressionMethod compression;
  std::vector<ExtensionType> extensions;
  std::optional<NamedGroup> group;  ///< key_share
  std::optional<std::string> alpn;  ///< raw bytes; in clear up to TLS 1.2
  bool psk_selected = false;
  bool has_cookie = false;
  DowngradeSentinel sentinel = DowngradeSentinel::none;

  /// The first rule broken without breaking the framing. Offset in the body.
  std::optional<DecodeError> violation;

  bool operator==(const ServerHello&) const = default;
  bool has(ExtensionType type) const;
};

/// Decodes the body of a ServerHello (after the 4-byte handshake header). The body is whole: never
/// NeedMore. Errors name the field and its offset in `body`.
DecodeResult<ServerHello> decode_server_hello(std::span<const std::uint8_t> body);

}  // namespace legible::parser
