#include "parser/server_hello.hpp"

#include <algorithm>
#include <string_view>

#include "parser/byte_reader.hpp"
#include "parser/extensions.hpp"

namespace legible::parser {
namespace {

/// RFC 8446 section 4.1.3: SHA-256 of "HelloRetryRequest".
constexpr std::array<std::uint8_t, 32> hello_retry_random{
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
    0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c};

DowngradeSentinel sentinel_of(const std::array<std::uint8_t, 32>& random) {
  constexpr std::array<std::uint8_t, 7> downgrade{'D', 'O', 'W', 'N', 'G', 'R', 'D'};
  const auto tail = std::span(random).last<8>();
  if (!std::ranges::equal(tail.first<7>(), downgrade)) return DowngradeSentinel::none;
  switch (tail.back()) {
    case 1:
      return DowngradeSentinel::chose_tls12;
    case 0:
      return DowngradeSentinel::chose_older;
    default:
      return DowngradeSentinel::none;
  }
}

/// Drafts of TLS 1.3 before the 22nd put their number here, and had neither session id nor
/// compression.
bool has_early_draft_form(ProtocolVersion legacy_version) {
  return legacy_version.value >= 0x7f00 && legacy_version.value < 0x7f16;
}

void read_extension(ExtensionType type, ByteReader& body, ServerHello& hello) {
  switch (type.value) {
    case extension_type::supported_versions.value:
      hello.version = ProtocolVersion{body.u16("selected_version")};
      return body.expect_end("selected_version");
    case extension_type::key_share.value:
      // A HelloRetryRequest names the group alone: RFC 8446 section 4.2.8.
      hello.group = NamedGroup{body.u16("group")};
      if (!hello.hello_retry_request) body.block16("key_exchange");
      return body.expect_end("key_share");
    case extension_type::pre_shared_key.value:
      body.u16("selected_identity");
      hello.psk_selected = !body.failed();
      return;
    case extension_type::cookie.value:
      hello.has_cookie = true;
      return;
    case extension_type::alpn.value: {
      ByteReader names = body.block16("protocol_name_list");
      const auto name = names.block8("protocol_name").rest();
      names.expect_end("protocol_name_list");
      hello.alpn = std::string(name.begin(), name.end());
      return;
    }
    default:
      return;
  }
}

/// RFC 8446 sections 4.1.3 and 4.2.1: an older version is no matter of supported_versions, and TLS
/// 1.3 stands in no other place. Drafts and vendors have their own ways.
void note_rules_of_tls13(ServerHello& hello) {
  if (hello.violation || !hello.has(extension_type::supported_versions)) return;
  if (hello.version < tls13) {
    hello.violation = DecodeError{"selected_version", 0};
  } else if (hello.version == tls13 && hello.legacy_version != tls12) {
    hello.violation = DecodeError{"legacy_version", 0};
  }
}

}  // namespace

bool ServerHello::has(ExtensionType type) const {
  return std::ranges::find(extensions, type) != extensions.end();
}

DecodeResult<ServerHello> decode_server_hello(std::span<const std::uint8_t> body) {
  std::optional<DecodeError> error;
  ByteReader reader(body, error);
  ServerHello hello;

  hello.legacy_version = ProtocolVersion{reader.u16("legacy_version")};
  hello.version = hello.legacy_version;
  std::ranges::copy(reader.bytes(hello.random.size(), "random"), hello.random.begin());
  hello.hello_retry_request = hello.random == hello_retry_random;
  hello.sentinel = sentinel_of(hello.random);
  const bool early_draft = has_early_draft_form(hello.legacy_version);
  if (!early_draft) {
    ByteReader session_id = reader.block8("legacy_session_id_echo");
    if (session_id.remaining() > hello.session_id.size()) session_id.fail("legacy_session_id_echo");
    hello.session_id_length = static_cast<std::uint8_t>(session_id.remaining());
    std::ranges::copy(session_id.rest(), hello.session_id.begin());
  }
  hello.cipher = CipherSuite{reader.u16("cipher_suite")};
  if (!early_draft) hello.compression = CompressionMethod{reader.u8("compression_method")};

  // RFC 5246 section 7.4.1.3: extensions are told by bytes after the compression method.
  if (!reader.at_end()) {
    ByteReader extensions = reader.block16("extensions");
    for_each_extension(
        extensions, hello.extensions, hello.violation,
        [&hello](ExtensionType type, ByteReader& data) { read_extension(type, data, hello); });
    reader.expect_end("extensions");
    note_rules_of_tls13(hello);
  }

  if (error) return *error;
  return hello;
}

}  // namespace legible::parser
