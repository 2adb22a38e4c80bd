#include "parser/client_hello.hpp"

#include <algorithm>
#include <limits>

#include "parser/byte_reader.hpp"
#include "parser/extensions.hpp"

namespace legible::parser {
namespace {

std::string text(std::span<const std::uint8_t> bytes) { return {bytes.begin(), bytes.end()}; }

/// The body ends with a list of at least one value: RFC 8446 sections 4.2.1, 4.2.3 and 4.2.7, RFC
/// 7301 section 3.1, RFC 8422 section 5.1.2.
void expect_list(ByteReader& body, std::string_view field, bool empty) {
  body.expect_end(field);
  if (empty) body.fail(field);
}

/// RFC 6066 section 3. A doubled extension is told by the caller.
void read_server_name(ByteReader& body, ClientHello& hello) {
  constexpr std::uint8_t host_name = 0;
  hello.sni_state = body.at_end() ? SniState::empty : SniState::malformed;
  ByteReader list = body.block16("server_name_list");
  body.expect_end("server_name_list");
  int names = 0;
  while (!list.at_end()) {
    const std::uint8_t type = list.u8("name_type");
    ByteReader name = list.block16("host_name");
    if (list.failed()) return;
    if (type == host_name && names++ == 0) hello.sni = text(name.rest());
  }
  if (list.failed()) return;
  if (names == 0 || hello.sni.empty()) {
    hello.sni_state = SniState::empty;
    body.fail("server_name_list");
  } else {
    hello.sni_state = names == 1 ? SniState::present : SniState::several;
  }
}

void for_each_key_share(ByteReader& body, auto visit) {
  ByteReader shares = body.block16("client_shares");
  body.expect_end("client_shares");
  while (!shares.at_end()) {
    const NamedGroup group{shares.u16("group")};
    const auto key_exchange = shares.block16("key_exchange").rest();
    if (!shares.failed()) visit(group, key_exchange);
  }
}

void read_key_shares(ByteReader& body, ClientHello& hello) {
  hello.key_shares_at = static_cast<std::uint32_t>(body.offset());
  for_each_key_share(body, [&](NamedGroup group, auto) { hello.key_shares.push_back(group); });
}

void read_alpn(ByteReader& body, ClientHello& hello) {
  ByteReader names = body.block16("protocol_name_list");
  expect_list(body, "protocol_name_list", names.remaining() == 0);
  while (!names.at_end()) {
    ByteReader name = names.block8("protocol_name");
    if (names.failed()) return;
    // RFC 7301 forbids the empty name; it is kept all the same.
    if (name.remaining() == 0) names.fail("protocol_name");
    hello.alpn.push_back(text(name.rest()));
  }
}

void read_pre_shared_key(ByteReader& body, ClientHello& hello) {
  ByteReader identities = body.block16("identities");
  while (!identities.at_end()) {
    identities.block16("identity");
    identities.bytes(4, "obfuscated_ticket_age");
    if (!identities.failed()) ++hello.psk_identities;
  }
  body.block16("binders");
  body.expect_end("pre_shared_key");
}

void read_extension(ExtensionType type, ByteReader& body, ClientHello& hello) {
  switch (type.value) {
    case extension_type::server_name.value:
      return read_server_name(body, hello);
    case extension_type::supported_groups.value:
      hello.groups = body.block16("named_group_list").rest_as_list<NamedGroup>("named_group_list");
      return expect_list(body, "named_group_list", hello.groups.empty());
    case extension_type::ec_point_formats.value: {
      const auto formats = body.block8("ec_point_format_list").rest();
      hello.ec_point_formats.assign(formats.begin(), formats.end());
      return expect_list(body, "ec_point_format_list", formats.empty());
    }
    case extension_type::signature_algorithms.value:
      hello.signature_algorithms = body.block16("supported_signature_algorithms")
                                       .rest_as_list<SignatureScheme>("signature_scheme");
      return expect_list(body, "supported_signature_algorithms",
                         hello.signature_algorithms.empty());
    case extension_type::alpn.value:
      return read_alpn(body, hello);
    case extension_type::session_ticket.value:
      hello.session_ticket_length = static_cast<std::uint16_t>(body.remaining());
      return;
    case extension_type::pre_shared_key.value:
      return read_pre_shared_key(body, hello);
    case extension_type::early_data.value:
      hello.early_data = true;
      return;
    case extension_type::supported_versions.value:
      hello.supported_versions =
          body.block8("supported_versions").rest_as_list<ProtocolVersion>("supported_versions");
      return expect_list(body, "supported_versions", hello.supported_versions.empty());
    case extension_type::key_share.value:
      return read_key_shares(body, hello);
    case extension_type::renegotiation_info.value:
      // RFC 5746 section 3.4: of a first handshake; the caller knows of a later one.
      if (body.block8("renegotiated_connection").remaining() != 0) {
        body.fail("renegotiated_connection");
      }
      return body.expect_end("renegotiated_connection");
    case extension_type::encrypt_then_mac.value:
    case extension_type::extended_master_secret.value:
      // RFC 7366 section 2, RFC 7627 section 5.1.
      return body.expect_end("extension_data");
    default:
      return;
  }
}

/// Rules whose breach leaves the rest readable: RFC 8446 section 4.1.2 wants at least one suite and
/// one compression method.
void note_empty_lists(ClientHello& hello, std::size_t offset) {
  if (hello.violation) return;
  if (hello.ciphers.empty()) {
    hello.violation = DecodeError{"cipher_suites", offset};
  } else if (hello.compression.empty()) {
    hello.violation = DecodeError{"compression_methods", offset};
  }
}

/// RFC 8446 section 4.2.8. Of more shares than any client sends nothing is said, for what it costs.
bool has_unlisted_share(const ClientHello& hello) {
  constexpr std::size_t most = 64;
  if (hello.groups.empty() || hello.key_shares.size() > most) return false;
  return std::ranges::any_of(hello.key_shares, [&](NamedGroup group) {
    return std::ranges::find(hello.groups, group) == hello.groups.end();
  });
}

/// RFC 8446 sections 4.1.2 and 4.2.11.
void note_rules_of_tls13(ClientHello& hello, std::size_t end) {
  if (hello.violation) return;
  const bool tls13_offered =
      std::ranges::find(hello.supported_versions, tls13) != hello.supported_versions.end();
  if (tls13_offered && hello.legacy_version != tls12) {
    hello.violation = DecodeError{"legacy_version", 0};
  } else if (hello.has(extension_type::pre_shared_key) &&
             hello.extensions.back() != extension_type::pre_shared_key) {
    hello.violation = DecodeError{"extensions", end};
  } else if (has_unlisted_share(hello)) {
    hello.violation = DecodeError{"client_shares", end};
  }
}

}  // namespace

bool ClientHello::has(ExtensionType type) const {
  return std::ranges::find(extensions, type) != extensions.end();
}

bool ClientHello::has(CipherSuite suite) const {
  return std::ranges::find(ciphers, suite) != ciphers.end();
}

std::vector<ProtocolVersion> ClientHello::offered_versions() const {
  if (supported_versions.empty()) return {legacy_version};
  return supported_versions;
}

ProtocolVersion ClientHello::highest_version() const {
  ProtocolVersion highest{};
  for (const ProtocolVersion version : supported_versions) {
    if (!is_grease(version.value)) highest = std::max(highest, version);
  }
  return highest.value != 0 ? highest : legacy_version;
}

ProtocolVersion ClientHello::lowest_version() const {
  ProtocolVersion lowest{0xffff};
  for (const ProtocolVersion version : supported_versions) {
    if (!is_grease(version.value)) lowest = std::min(lowest, version);
  }
  return lowest.value != 0xffff ? lowest : legacy_version;
}

DecodeResult<ClientHello> decode_client_hello(std::span<const std::uint8_t> body) {
  std::optional<DecodeError> error;
  ByteReader reader(body, error);
  ClientHello hello;

  hello.legacy_version = ProtocolVersion{reader.u16("legacy_version")};
  std::ranges::copy(reader.bytes(hello.random.size(), "random"), hello.random.begin());
  ByteReader session_id = reader.block8("legacy_session_id");
  if (session_id.remaining() > hello.session_id.size()) session_id.fail("legacy_session_id");
  hello.session_id_length = static_cast<std::uint8_t>(session_id.remaining());
  std::ranges::copy(session_id.rest(), hello.session_id.begin());
  hello.ciphers = reader.block16("cipher_suites").rest_as_list<CipherSuite>("cipher_suites");
  hello.compression =
      reader.block8("compression_methods").rest_as_list<CompressionMethod>("compression_methods");
  note_empty_lists(hello, reader.offset());

  // RFC 5246 section 7.4.1.2: extensions are told by bytes after the compression methods.
  hello.has_extensions_block = !reader.at_end();
  if (hello.has_extensions_block) {
    ByteReader extensions = reader.block16("extensions");
    for_each_extension(
        extensions, hello.extensions, hello.violation,
        [&hello](ExtensionType type, ByteReader& data) { read_extension(type, data, hello); });
    reader.expect_end("extensions");
    note_rules_of_tls13(hello, reader.offset());
  }
  if (std::ranges::count(hello.extensions, extension_type::server_name) > 1) {
    hello.sni_state = SniState::several;
  }

  if (error) return *error;
  return hello;
}

DecodeResult<ClientHello> decode_sslv2_client_hello(std::span<const std::uint8_t> record) {
  constexpr std::size_t header_size = 2;
  constexpr std::uint8_t client_hello = 1;
  if (record.size() < header_size) return NeedMore{};
  const std::size_t length = static_cast<std::size_t>((record[0] & 0x7f) << 8 | record[1]);
  if (record.size() < header_size + length) return NeedMore{};

  std::optional<DecodeError> error;
  ByteReader reader(record.subspan(header_size, length), error, header_size);
  ClientHello hello;
  hello.sslv2_format = true;
  hello.record_version = ssl2;
  hello.bytes = static_cast<std::uint32_t>(header_size + length);
  hello.records = 1;

  if (reader.u8("msg_type") != client_hello) reader.fail("msg_type");
  hello.legacy_version = ProtocolVersion{reader.u16("version")};
  const std::uint16_t specs_length = reader.u16("cipher_spec_length");
  const std::uint16_t session_id_length = reader.u16("session_id_length");
  const std::uint16_t challenge_length = reader.u16("challenge_length");

  ByteReader specs = reader.block(specs_length, "cipher_specs");
  while (!specs.at_end()) {
    const std::uint32_t spec = specs.u24("cipher_specs");
    if (specs.failed()) break;
    hello.sslv2_cipher_specs.push_back(spec);
    // RFC 5246 appendix E.2: a suite of SSL 3.0 or later has a zero first byte.
    if (spec <= std::numeric_limits<std::uint16_t>::max()) {
      hello.ciphers.push_back(CipherSuite{static_cast<std::uint16_t>(spec)});
    }
  }
  const auto session_id = reader.bytes(session_id_length, "session_id");
  if (session_id.size() > hello.session_id.size()) reader.fail("session_id");
  const auto challenge = reader.bytes(challenge_length, "challenge");
  if (challenge.size() > hello.random.size()) reader.fail("challenge");
  reader.expect_end("challenge");
  if (error) return *error;

  hello.session_id_length = static_cast<std::uint8_t>(session_id.size());
  std::ranges::copy(session_id, hello.session_id.begin());
  std::ranges::copy_backward(challenge, hello.random.end());
  return hello;
}

std::span<const std::uint8_t> key_exchange_of(const ClientHello& hello,
                                              std::span<const std::uint8_t> body,
                                              NamedGroup group) {
  const std::size_t at = hello.key_shares_at;
  std::span<const std::uint8_t> found;
  if (hello.key_shares.empty() || at > body.size()) return found;
  // The list ends where its length says, and was read to its end.
  const auto list = body.subspan(at);
  std::optional<DecodeError> error;
  ByteReader length(list, error, at);
  const std::size_t size = sizeof(std::uint16_t) + length.u16("client_shares");
  ByteReader shares(list.first(std::min(size, list.size())), error, at);
  for_each_key_share(shares, [&](NamedGroup offered, auto key_exchange) {
    if (offered == group && found.empty()) found = key_exchange;
  });
  return found;
}

}  // namespace legible::parser
