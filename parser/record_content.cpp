#include "parser/record_content.hpp"

#include "parser/server_hello.hpp"

namespace legible::parser {
namespace {

constexpr int handshake_header = 4;
constexpr int alert_bytes = 2;
constexpr int mbedtls_granularity = 16;

int tag_bytes(const CipherTraits& suite) { return suite.tag_bytes != 0 ? suite.tag_bytes : 16; }

/// RFC 8446: what a record holds besides its content, an inner content type and the tag.
Content tls13_content(const CipherTraits& suite, Side from, int length) {
  constexpr int jsse_padding = 16;
  constexpr int end_of_early_data = handshake_header;
  constexpr int key_update = handshake_header + 1;
  constexpr int empty_certificate = handshake_header + 4;  // context and list, both empty
  constexpr int shortest_certificate_flight = 300;
  const int finished = handshake_header + suite.hash_bytes;
  const int overhead = 1 + tag_bytes(suite);

  for (const int padding : {0, jsse_padding}) {
    const int content = length - overhead - padding;
    if (content == alert_bytes) return Content::alert;
    if (content == finished) return Content::finished;
    if (content == key_update) return Content::key_update;
    if (from == Side::server) continue;
    if (content == end_of_early_data) return Content::end_of_early_data;
    if (content == empty_certificate) return Content::empty_certificate;
    if (content == empty_certificate + finished) return Content::empty_certificate_and_finished;
  }
  const bool chain = from == Side::client && length > shortest_certificate_flight;
  return chain ? Content::certificate_flight : Content::unknown;
}

Content tls13_rounded_content(const CipherTraits& suite, Side from, int length) {
  const auto rounded = [](int content) {
    return (content + 1 + mbedtls_granularity - 1) / mbedtls_granularity * mbedtls_granularity;
  };
  const int inner = length - tag_bytes(suite);
  if (inner == rounded(handshake_header + suite.hash_bytes)) return Content::finished;
  if (inner == rounded(alert_bytes)) {
    return from == Side::client ? Content::alert_or_empty_certificate : Content::alert;
  }
  return Content::unknown;
}

/// The two lengths of a record with `content` bytes: MAC-then-encrypt and RFC 7366's
/// encrypt-then-MAC; the same where they do not differ.
struct Lengths {
  int usual;
  int encrypt_then_mac;
};

Lengths protected_lengths(ProtocolVersion version, const CipherTraits& suite, int content) {
  switch (suite.protection) {
    case RecordProtection::aead: {
      const int length = suite.explicit_nonce_bytes + content + suite.tag_bytes;
      return {length, length};
    }
    case RecordProtection::block: {
      // At least one byte of padding; an IV in the record since TLS 1.1.
      const int block = suite.block_bytes;
      const int iv = version >= tls11 ? block : 0;
      const auto padded = [block](int bytes) { return (bytes / block + 1) * block; };
      return {iv + padded(content + suite.mac_bytes), iv + padded(content) + suite.mac_bytes};
    }
    case RecordProtection::stream:
    case RecordProtection::none: {
      const int length = content + suite.mac_bytes;
      return {length, length};
    }
    case RecordProtection::unknown:
      break;
  }
  return {-1, -1};
}

bool is_finished_length(ProtocolVersion version, const CipherTraits& suite, int length) {
  // RFC 5246 section 7.4.9: 12 bytes; RFC 6101 section 5.6.9: MD5 and SHA-1, 36 bytes.
  const int verify_data = version == ssl3 ? 36 : 12;
  const auto [usual, etm] = protected_lengths(version, suite, handshake_header + verify_data);
  return length == usual || length == etm;
}

}  // namespace

Content likely_content(ProtocolVersion version, const CipherTraits& suite, Side from,
                       ContentType type, std::uint16_t length, bool rounded) {
  if (is_tls13_like(version)) {
    if (type != content_type::application_data) return Content::unknown;
    const Content likely = tls13_content(suite, from, length);
    return likely == Content::unknown && rounded ? tls13_rounded_content(suite, from, length)
                                                 : likely;
  }
  if (version == ProtocolVersion{}) return Content::unknown;
  if (type == content_type::application_data) return Content::application_data;
  if (type == content_type::alert) return Content::alert;
  if (type == content_type::handshake && is_finished_length(version, suite, length)) {
    return Content::finished;
  }
  return Content::unknown;
}

bool is_rounded(const CipherTraits& suite, std::uint16_t length) {
  return (length - tag_bytes(suite)) % mbedtls_granularity == 0;
}

}  // namespace legible::parser
