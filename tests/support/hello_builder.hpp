#pragma once
// TLS messages and records as bytes, for tests and for peers that follow a script: also such as no
// library makes any more (SSL 2.0 and 3.0), and wrong ones.

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/bytes.hpp"

namespace legible::test {

/// A ClientHello (RFC 8446 section 4.1.2). An empty list leaves its extension out.
struct ClientHelloSpec {
  std::uint16_t legacy_version = 0x0303;
  std::array<std::uint8_t, 32> random{};
  Bytes session_id{};
  std::vector<std::uint16_t> ciphers{0xc02f, 0xc030, 0x009c, 0x002f};
  std::vector<std::uint8_t> compression{0};
  std::optional<std::string> sni{};
  std::vector<std::string> alpn{};
  std::vector<std::uint16_t> supported_versions{};
  std::vector<std::uint16_t> groups{};
  std::vector<std::uint16_t> signature_algorithms{};
  std::vector<std::pair<std::uint16_t, Bytes>> key_shares{};
  std::vector<std::pair<std::uint16_t, Bytes>> extensions{};  ///< further ones, after those above
  bool extensions_block = true;                               ///< false: SSL 3.0 and old TLS 1.0
};

/// A ServerHello (RFC 8446 section 4.1.3).
struct ServerHelloSpec {
  std::uint16_t legacy_version = 0x0303;
  std::array<std::uint8_t, 32> random{};
  Bytes session_id{};
  std::uint16_t cipher = 0xc02f;
  std::uint8_t compression = 0;
  std::optional<std::uint16_t> selected_version{};
  std::optional<std::pair<std::uint16_t, Bytes>> key_share{};
  std::optional<std::string> alpn{};
  std::vector<std::pair<std::uint16_t, Bytes>> extensions{};
  bool extensions_block = true;
};

/// An SSL 2.0 ClientHello (RFC 5246 appendix E.2), with its two-byte length. `cipher_specs` are of
/// three bytes each.
struct Sslv2ClientHelloSpec {
  std::uint16_t version = 0x0002;
  std::vector<std::uint32_t> cipher_specs{0x010080, 0x020080, 0x0700c0};
  Bytes session_id{};
  Bytes challenge = Bytes(16, 0xc5);
};

/// A handshake message: its type, its length, `body`.
Bytes handshake(std::uint8_t type, std::span<const std::uint8_t> body);

/// The handshake message of a hello, with its header.
Bytes client_hello(const ClientHelloSpec& spec = {});
Bytes server_hello(const ServerHelloSpec& spec = {});
Bytes sslv2_client_hello(const Sslv2ClientHelloSpec& spec = {});

/// One record of `content`, which is to be of 65535 bytes at most.
Bytes record(std::uint8_t type, std::uint16_t version, std::span<const std::uint8_t> content);

/// `content` in records of `fragment` bytes each.
Bytes records(std::uint8_t type, std::uint16_t version, std::span<const std::uint8_t> content,
              std::size_t fragment);

/// Handshake messages in one record.
Bytes handshake_record(std::uint16_t version, std::span<const std::uint8_t> messages);

/// A record of one alert.
Bytes alert_record(std::uint16_t version, std::uint8_t level, std::uint8_t description);

}  // namespace legible::test
