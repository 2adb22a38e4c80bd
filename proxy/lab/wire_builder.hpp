#pragma once
// TLS messages as bytes, for peers that no library plays any more: SSL 2.0, SSL 3.0, TLS 1.0 and
// 1.1, and for hellos that no library would send.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parser/tls_types.hpp"

namespace legible::proxy::lab {

using Bytes = std::vector<std::uint8_t>;

/// What a ClientHello offers. Extensions are left out where their member is empty.
struct HelloOffer {
  parser::ProtocolVersion record_version = parser::tls10;
  parser::ProtocolVersion legacy_version = parser::tls12;
  std::vector<std::uint16_t> suites{0xc02f, 0xc030, 0x009c, 0x002f, 0x0035};
  std::vector<std::uint8_t> compression{0};
  std::string sni;
  std::vector<std::uint16_t> groups{0x001d, 0x0017};
  std::vector<std::uint16_t> signature_schemes{0x0804, 0x0401, 0x0403};
  std::vector<std::uint16_t> supported_versions;
  bool extensions = true;  ///< false: no extensions block at all, as in SSL 3.0
};

/// One record (RFC 8446 section 5.1). `fragment` must not exceed 65535 bytes.
Bytes record(parser::ContentType type, parser::ProtocolVersion version,
             std::span<const std::uint8_t> fragment);

/// The same content in two records. `whole` is one record with at least two bytes of content.
Bytes in_two_records(std::span<const std::uint8_t> whole);

/// One handshake message with its header.
Bytes handshake_message(std::uint8_t type, std::span<const std::uint8_t> body);

/// A ClientHello in one record (RFC 5246 section 7.4.1.2).
Bytes client_hello(const HelloOffer& offer);

/// An SSLv2-format ClientHello (RFC 5246 appendix E.2) that offers `version`.
Bytes sslv2_client_hello(parser::ProtocolVersion version);

/// A ServerHello without extensions, in one record.
Bytes server_hello(parser::ProtocolVersion version, std::uint16_t suite);

/// A Certificate message of TLS 1.2 and older, in one record.
Bytes certificate(parser::ProtocolVersion version, std::span<const Bytes> chain);

/// An alert in one record.
Bytes alert(parser::ProtocolVersion version, std::uint8_t level, std::uint8_t description);

}  // namespace legible::proxy::lab
