#include "parser/server_hello.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "support/hello_builder.hpp"

using namespace legible::parser;
using namespace legible::test;

namespace {

Bytes body_of(const ServerHelloSpec& spec) {
  const Bytes message = server_hello(spec);
  return {message.begin() + 4, message.end()};
}

ServerHello decoded(const ServerHelloSpec& spec) {
  return std::get<ServerHello>(decode_server_hello(body_of(spec)));
}

std::array<std::uint8_t, 32> random_ending(std::string_view digits) {
  std::array<std::uint8_t, 32> random{};
  const Bytes end = hex(digits);
  std::ranges::copy_backward(end, random.end());
  return random;
}

}  // namespace

TEST_CASE("a TLS 1.2 ServerHello tells version, suite and ALPN") {
  const ServerHello hello = decoded({.session_id = Bytes(32, 3), .cipher = 0xc030, .alpn = "h2"});
  CHECK(hello.version == tls12);
  CHECK(hello.cipher == CipherSuite{0xc030});
  CHECK(hello.session_id_length == 32);
  CHECK(hello.alpn == "h2");
  CHECK_FALSE(hello.hello_retry_request);
  CHECK_FALSE(hello.group);
}

TEST_CASE("a TLS 1.3 ServerHello tells the selected version, the group and a PSK") {
  const ServerHello hello = decoded({.cipher = 0x1301,
                                     .selected_version = 0x0304,
                                     .key_share = std::pair<std::uint16_t, Bytes>{29, Bytes(32)},
                                     .extensions = {{41, hex("0000")}}});
  CHECK(hello.legacy_version == tls12);
  CHECK(hello.version == tls13);
  CHECK(hello.group == NamedGroup{29});
  CHECK(hello.psk_selected);
}

TEST_CASE("a HelloRetryRequest is known by its random, and names a group alone") {
  ServerHelloSpec spec{.cipher = 0x1301,
                       .selected_version = 0x0304,
                       .extensions = {{51, hex("0018")}, {44, hex("0001 aa")}}};
  std::ranges::copy(hex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"),
                    spec.random.begin());
  const ServerHello hello = decoded(spec);
  CHECK(hello.hello_retry_request);
  CHECK(hello.group == NamedGroup{24});
  CHECK(hello.has_cookie);
  CHECK_FALSE(hello.violation);
}

TEST_CASE("TLS 1.3 is chosen in supported_versions alone, and nothing older is there") {
  CHECK(decoded({.legacy_version = 0x0304, .selected_version = 0x0304}).violation->field ==
        "legacy_version");
  CHECK(decoded({.selected_version = 0x0303}).violation->field == "selected_version");
  CHECK_FALSE(decoded({.selected_version = 0x0304}).violation);
  CHECK_FALSE(decoded({.legacy_version = 0x0301}).violation);
}

TEST_CASE("the downgrade sentinels are told") {
  CHECK(decoded({.random = random_ending("444f574e47524401")}).sentinel ==
        DowngradeSentinel::chose_tls12);
  CHECK(decoded({.random = random_ending("444f574e47524400")}).sentinel ==
        DowngradeSentinel::chose_older);
  CHECK(decoded({.random = random_ending("444f574e47524402")}).sentinel == DowngradeSentinel::none);
  CHECK(decoded({}).sentinel == DowngradeSentinel::none);
}

TEST_CASE("vendor versions and drafts are versions like TLS 1.3") {
  CHECK(decoded({.selected_version = 0xfb1a}).version == ProtocolVersion{0xfb1a});
  CHECK(is_tls13_like({0xfb1a}));
  CHECK(is_tls13_like({0x7f1c}));
  CHECK(is_tls13_like(tls13));
  CHECK_FALSE(is_tls13_like(tls12));
  CHECK_FALSE(is_tls13_like({0x0305}));
}

TEST_CASE("a ServerHello of an early draft has neither session id nor compression") {
  const Bytes body = concat({hex("7f12"), Bytes(32), hex("1301 0006 0028 0002 001d")});
  const auto hello = std::get<ServerHello>(decode_server_hello(body));
  CHECK(hello.version == ProtocolVersion{0x7f12});
  CHECK(hello.cipher == CipherSuite{0x1301});
  CHECK(hello.extensions == std::vector<ExtensionType>{{40}});
}

TEST_CASE("a ServerHello may end after its compression method") {
  CHECK(decoded({.extensions_block = false}).extensions.empty());
}

TEST_CASE("a ServerHello cut anywhere is an error or a hello without extensions, never more") {
  const Bytes whole = body_of({.session_id = Bytes(32, 3), .alpn = "h2"});
  const std::size_t bare = body_of({.session_id = Bytes(32, 3), .extensions_block = false}).size();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    const auto result = decode_server_hello(std::span(whole).first(size));
    CHECK(std::holds_alternative<ServerHello>(result) == (size == bare));
  }
}
