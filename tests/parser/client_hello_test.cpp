#include "parser/client_hello.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "parser/extensions.hpp"
#include "support/hello_builder.hpp"

using namespace legible::parser;
using namespace legible::test;

namespace {

Bytes body_of(const ClientHelloSpec& spec) {
  const Bytes message = client_hello(spec);
  return {message.begin() + 4, message.end()};
}

ClientHello decoded(std::span<const std::uint8_t> body) {
  return std::get<ClientHello>(decode_client_hello(body));
}
ClientHello decoded(const ClientHelloSpec& spec) { return decoded(body_of(spec)); }

}  // namespace

TEST_CASE("a ClientHello keeps every list in its order, GREASE and unknown numbers too") {
  const ClientHello hello = decoded({.session_id = Bytes(32, 9),
                                     .ciphers = {0x1a1a, 0x1302, 0x1301, 0xeeee},
                                     .compression = {1, 0},
                                     .sni = "www.example.com",
                                     .alpn = {"h2", "http/1.1"},
                                     .supported_versions = {0x2a2a, 0x0304, 0xfb1a, 0x0303},
                                     .groups = {0x3a3a, 4588, 29},
                                     .signature_algorithms = {0x0804, 0x0403},
                                     .key_shares = {{0x3a3a, Bytes(1)}, {4588, Bytes(1216)}}});
  CHECK(hello.legacy_version == tls12);
  CHECK(hello.session_id_length == 32);
  CHECK(hello.ciphers == std::vector<CipherSuite>{{0x1a1a}, {0x1302}, {0x1301}, {0xeeee}});
  CHECK(hello.compression == std::vector<CompressionMethod>{{1}, {0}});
  CHECK(hello.sni_state == SniState::present);
  CHECK(hello.sni == "www.example.com");
  CHECK(hello.alpn == std::vector<std::string>{"h2", "http/1.1"});
  CHECK(hello.supported_versions ==
        std::vector<ProtocolVersion>{{0x2a2a}, {0x0304}, {0xfb1a}, {0x0303}});
  CHECK(hello.groups == std::vector<NamedGroup>{{0x3a3a}, {4588}, {29}});
  CHECK(hello.signature_algorithms == std::vector<SignatureScheme>{{0x0804}, {0x0403}});
  CHECK(hello.key_shares == std::vector<NamedGroup>{{0x3a3a}, {4588}});
  CHECK(hello.has_extensions_block);
  CHECK_FALSE(hello.violation);
}

TEST_CASE("versions offered are those of supported_versions, else the legacy version") {
  const ClientHello modern = decoded({.supported_versions = {0x2a2a, 0x0303, 0x0304}});
  CHECK(modern.offered_versions().size() == 3);
  CHECK(modern.highest_version() == tls13);
  CHECK(modern.lowest_version() == tls12);
  const ClientHello old = decoded({.legacy_version = 0x0301});
  CHECK(old.offered_versions() == std::vector{tls10});
  CHECK(old.highest_version() == tls10);
  CHECK(old.lowest_version() == tls10);
}

TEST_CASE("a hello may end after its compression methods") {
  const ClientHello hello = decoded({.extensions_block = false});
  CHECK_FALSE(hello.has_extensions_block);
  CHECK(hello.extensions.empty());
  CHECK_FALSE(hello.violation);
}

TEST_CASE("each state of the server name is told from the others") {
  struct Case {
    const char* what;
    std::vector<std::pair<std::uint16_t, Bytes>> extensions;
    SniState state;
    const char* name;
    bool violates;
  };
  const Bytes one = hex("0004 00 0001 61");
  const Case cases[] = {
      {"absent", {}, SniState::absent, "", false},
      {"present", {{0, one}}, SniState::present, "a", false},
      {"an empty extension", {{0, {}}}, SniState::empty, "", true},
      {"an empty list", {{0, hex("0000")}}, SniState::empty, "", true},
      {"an empty name", {{0, hex("0003 00 0000")}}, SniState::empty, "", true},
      {"two names", {{0, hex("0008 00 0001 61 00 0001 62")}}, SniState::several, "a", false},
      {"two extensions", {{0, one}, {0, one}}, SniState::several, "a", true},
      {"a name longer than its list", {{0, hex("0004 00 0009 61")}}, SniState::malformed, "", true},
      {"bytes after the list", {{0, hex("0004 00 0001 61 ff")}}, SniState::malformed, "", true},
      {"another type of name only", {{0, hex("0004 05 0001 61")}}, SniState::empty, "", true},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    const ClientHello hello = decoded({.extensions = c.extensions});
    CHECK(hello.sni_state == c.state);
    CHECK(hello.sni == c.name);
    CHECK(hello.violation.has_value() == c.violates);
  }
}

TEST_CASE("resumption and early data are told") {
  const ClientHello hello =
      decoded({.extensions = {{35, Bytes(180)},
                              {42, {}},
                              {41, concat({hex("0010 0003 aabbcc 00000000 0001 dd 00000000"),
                                           hex("0003 02 eeee")})}}});
  CHECK(hello.session_ticket_length == 180);
  CHECK(hello.early_data);
  CHECK(hello.psk_identities == 2);
  CHECK_FALSE(hello.violation);
}

TEST_CASE("a broken extension is the hello's violation, and the others are read") {
  const ClientHello hello = decoded({.sni = "a.example",
                                     .groups = {29},
                                     .extensions = {{16, hex("0003 05 6832")}, {13, hex("00")}}});
  CHECK(hello.sni == "a.example");
  CHECK(hello.groups.size() == 1);
  REQUIRE(hello.violation);
  CHECK(hello.violation->field == "protocol_name");
}

TEST_CASE("empty lists of suites and of compression methods are violations") {
  CHECK(decoded({.ciphers = {}}).violation->field == "cipher_suites");
  CHECK(decoded({.compression = {}}).violation->field == "compression_methods");
  CHECK(decoded({.ciphers = {}, .compression = {}}).violation->field == "cipher_suites");
}

TEST_CASE("a list that is there has a value, and TLS 1.3 is offered in its form") {
  struct Case {
    ClientHelloSpec spec;
    std::string_view field;
  };
  const Bytes psk = hex("000a 0004 aabbccdd 00000000 0003 02 ffff");
  const Case cases[] = {
      {{.extensions = {{10, hex("0000")}}}, "named_group_list"},
      {{.extensions = {{13, hex("0000")}}}, "supported_signature_algorithms"},
      {{.extensions = {{43, hex("00")}}}, "supported_versions"},
      {{.extensions = {{11, hex("00")}}}, "ec_point_format_list"},
      {{.extensions = {{16, hex("0000")}}}, "protocol_name_list"},
      {{.extensions = {{65281, hex("01 aa")}}}, "renegotiated_connection"},
      {{.extensions = {{22, hex("00")}}}, "extension_data"},
      {{.extensions = {{23, hex("00")}}}, "extension_data"},
      {{.legacy_version = 0x0304, .supported_versions = {0x0304}}, "legacy_version"},
      {{.groups = {29}, .key_shares = {{23, {4}}}}, "client_shares"},
      {{.extensions = {{41, psk}, {0, hex("0004 00 0001 61")}}}, "extensions"},
  };
  for (const Case& each : cases) {
    const ClientHello hello = decoded(each.spec);
    CAPTURE(each.field);
    REQUIRE(hello.violation);
    CHECK(hello.violation->field == each.field);
  }
  CHECK_FALSE(decoded({.legacy_version = 0x0302, .supported_versions = {0x0302}}).violation);
  CHECK_FALSE(decoded({.extensions = {{0, hex("0004 00 0001 61")}, {41, psk}}}).violation);
}

TEST_CASE("the value of a key share is found by its group") {
  const Bytes message =
      client_hello({.key_shares = {{0x2a2a, {0}}, {29, Bytes(32, 7)}, {23, {4}}}});
  const auto body = std::span(message).subspan(4);
  const auto decoded = decode_client_hello(body);
  REQUIRE(std::holds_alternative<ClientHello>(decoded));
  const ClientHello& hello = std::get<ClientHello>(decoded);
  CHECK(std::ranges::equal(key_exchange_of(hello, body, {29}), Bytes(32, 7)));
  CHECK(std::ranges::equal(key_exchange_of(hello, body, {23}), Bytes{4}));
  CHECK(key_exchange_of(hello, body, {24}).empty());
  CHECK(key_exchange_of(hello, body.first(60), {29}).empty());
}

TEST_CASE("lengths that overrun are refused, by the name of their field") {
  struct Case {
    const char* what;
    std::size_t at;      ///< byte of the body that is changed
    std::uint8_t value;  ///< to this
    const char* field;
    std::size_t offset;
  };
  const Bytes good = body_of({.extensions = {{10, hex("0002 0017")}}});
  REQUIRE(std::holds_alternative<ClientHello>(decode_client_hello(good)));
  const Case cases[] = {
      {"session id", 34, 33, "legacy_session_id", 35},
      {"suites, odd", 36, 7, "cipher_suites", 37},
      {"suites, beyond the end", 35, 0xff, "cipher_suites", 37},
      {"compression", 45, 0xff, "compression_methods", 46},
      {"extensions, beyond the end", 48, 0xff, "extensions", 49},
      {"extensions, short of the end", 48, 1, "extension_type", 49},
      {"an extension, beyond the block", 52, 0xff, "extension_data", 53},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    Bytes bad = good;
    bad.at(c.at) = c.value;
    const auto result = decode_client_hello(bad);
    REQUIRE(std::holds_alternative<DecodeError>(result));
    CHECK(std::get<DecodeError>(result).field == c.field);
    CHECK(std::get<DecodeError>(result).offset == c.offset);
  }
}

TEST_CASE("a ClientHello cut anywhere is an error or a hello without extensions, never more") {
  const Bytes whole = body_of({.sni = "a.example", .groups = {29}});
  const std::size_t without_extensions = body_of({.extensions_block = false}).size();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    const auto result = decode_client_hello(std::span(whole).first(size));
    CHECK(std::holds_alternative<ClientHello>(result) == (size == without_extensions));
  }
}

TEST_CASE("an SSLv2-format hello gives its specs, and those of them that are TLS suites") {
  const Bytes record = sslv2_client_hello({.version = 0x0301,
                                           .cipher_specs = {0x010080, 0x00002f, 0x0700c0, 0x000005},
                                           .session_id = Bytes(16, 1),
                                           .challenge = Bytes(16, 0xcc)});
  const auto hello = std::get<ClientHello>(decode_sslv2_client_hello(record));
  CHECK(hello.sslv2_format);
  CHECK(hello.legacy_version == tls10);
  CHECK(hello.sslv2_cipher_specs == std::vector<std::uint32_t>{0x010080, 0x2f, 0x0700c0, 5});
  CHECK(hello.ciphers == std::vector<CipherSuite>{{0x2f}, {5}});
  CHECK(hello.session_id_length == 16);
  CHECK(hello.random[15] == 0);
  CHECK(hello.random[16] == 0xcc);
  CHECK(hello.bytes == record.size());
}

TEST_CASE("an SSLv2-format hello needs more until it is whole") {
  const Bytes record = sslv2_client_hello();
  for (std::size_t size = 0; size < record.size(); ++size) {
    CAPTURE(size);
    CHECK(
        std::holds_alternative<NeedMore>(decode_sslv2_client_hello(std::span(record).first(size))));
  }
}

TEST_CASE("an SSLv2-format hello whose parts do not fill it is refused") {
  Bytes longer = sslv2_client_hello();
  longer[1] = static_cast<std::uint8_t>(longer[1] + 1);
  longer.push_back(0);
  CHECK(std::get<DecodeError>(decode_sslv2_client_hello(longer)).field == "challenge");
  Bytes odd = sslv2_client_hello();
  odd[6] = 8;
  CHECK(std::get<DecodeError>(decode_sslv2_client_hello(odd)).field == "cipher_specs");
}

TEST_CASE("a hello of 16383 extensions is decoded in a blink") {
  Bytes block;
  for (int i = 0; i < 16383; ++i) {
    block.insert(block.end(),
                 {static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i), 0, 0});
  }
  Bytes body = body_of({.extensions_block = false});
  body.insert(body.end(), {0xff, 0xfc});
  body.insert(body.end(), block.begin(), block.end());
  CHECK(decoded(body).extensions.size() == 16383);
}

TEST_CASE("an extension that comes twice is found, however many there are") {
  const std::size_t before = body_of({.extensions_block = false}).size() + 2;
  for (const auto& [first, again] :
       {std::pair(0U, 1U), {3U, 31U}, {3U, 32U}, {31U, 59U}, {33U, 34U}}) {
    CAPTURE(first, again);
    std::vector<std::pair<std::uint16_t, Bytes>> extensions;
    for (std::uint16_t type = 1000; type < 1060; ++type) extensions.emplace_back(type, Bytes());
    extensions[again].first = extensions[first].first;
    const ClientHello hello = decoded(body_of({.extensions = extensions}));
    CHECK(hello.extensions.size() == extensions.size());
    REQUIRE(hello.violation);
    CHECK(hello.violation->field == "extension_type");
    CHECK(hello.violation->offset == before + std::size_t{4} * again);
  }
}
