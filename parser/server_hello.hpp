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

struct ServerHello {
  bool hello_retry_request = false;
  ProtocolVersion legacy_version;
  ProtocolVersion version;  ///< supported_versions, else legacy_version
  std::array<std::uint8_t, 32> random{};
  std::uint8_t session_id_length = 0;
  bool session_id_echoed = false;  ///< equal to the client's, which was not empty
  CipherSuite cipher;
  CompressionMethod compression;
  std::vector<ExtensionType> extensions;
  std::optional<NamedGroup> group;      ///< key_share
  std::optional<std::string> alpn;      ///< raw bytes; in clear up to TLS 1.2
  bool psk_selected = false;
  bool has_cookie = false;
  DowngradeSentinel sentinel = DowngradeSentinel::none;
  bool has(ExtensionType type) const;
};

/// Decodes the body of a ServerHello (after the 4-byte handshake header).
DecodeResult<ServerHello> decode_server_hello(std::span<const std::uint8_t> body);

}  // namespace legible::parser
