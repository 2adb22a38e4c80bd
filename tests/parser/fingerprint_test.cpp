#include "parser/fingerprint.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "support/hello_builder.hpp"

using namespace legible::parser;
using namespace legible::test;

namespace {

ClientHello decoded(const ClientHelloSpec& spec) {
  const Bytes message = client_hello(spec);
  return std::get<ClientHello>(decode_client_hello(std::span(message).subspan(4)));
}

/// Stand-ins whose digests begin with the length of what was hashed.
template <std::size_t size>
std::array<std::uint8_t, size> length_digest(std::span<const std::uint8_t> bytes) {
  std::array<std::uint8_t, size> digest{};
  digest[0] = static_cast<std::uint8_t>(bytes.size());
  digest[5] = 0xab;
  return digest;
}

const ClientHelloSpec browser{.ciphers = {0x1a1a, 0x1302, 0x1301, 0xc02f},
                              .sni = "www.example.com",
                              .alpn = {"h2", "http/1.1"},
                              .supported_versions = {0x2a2a, 0x0304, 0x0303},
                              .groups = {0x3a3a, 29, 23},
                              .signature_algorithms = {0x0804, 0x0403},
                              .extensions = {{0x4a4a, {}}, {11, hex("01 00")}}};

}  // namespace

TEST_CASE("JA3 lists what was offered, in order, in decimal, without GREASE") {
  CHECK(ja3(decoded(browser)) == "771,4866-4865-49199,0-10-13-16-43-11,29-23,0");
  CHECK(ja3(decoded({.legacy_version = 0x0301, .ciphers = {5, 4}, .extensions_block = false})) ==
        "769,5-4,,,");
}

TEST_CASE(
    "JA4 sorts suites and extensions, leaves SNI and ALPN out, and keeps the schemes' order") {
  const ClientHello hello = decoded(browser);
  CHECK(ja4_r(hello) == "t13d0306h2_1301,1302,c02f_000a,000b,000d,002b_0804,0403");
  CHECK(ja4(hello, length_digest<32>) == "t13d0306h2_0e00000000ab_1d00000000ab");
}

TEST_CASE("JA4 without suites or extensions has zeros in their place") {
  const ClientHello hello = decoded({.ciphers = {}, .extensions_block = false});
  CHECK(ja4(hello, length_digest<32>) == "t12i000000_000000000000_000000000000");
  CHECK(ja4_r(hello) == "t12i000000__");
}

TEST_CASE("JA4 tells the version by the highest one offered") {
  struct Case {
    std::uint16_t legacy;
    std::vector<std::uint16_t> supported;
    const char* head;
  };
  const Case cases[] = {{0x0303, {0x0303, 0x0304}, "t13"},
                        {0x0303, {0x0304, 0xfb1a}, "t00"},
                        {0x0302, {}, "t11"},
                        {0x0300, {}, "ts3"},
                        {0x0301, {0x1a1a}, "t10"},
                        {0x0002, {}, "ts2"}};
  for (const Case& c : cases) {
    CAPTURE(c.head);
    const ClientHello hello =
        decoded({.legacy_version = c.legacy, .supported_versions = c.supported});
    CHECK(ja4_r(hello).substr(0, 3) == c.head);
  }
}

TEST_CASE("JA4 tells the first ALPN value by two characters, whatever its bytes") {
  struct Case {
    std::string alpn;
    const char* code;
  };
  const Case cases[] = {{"h2", "h2"},
                        {"http/1.1", "h1"},
                        {"h", "hh"},
                        {"", "00"},
                        {"\xba\xad", "bd"},
                        {"\xab", "ab"},
                        {"a\xff", "6f"},
                        {" a", "21"},
                        {std::string(1, '\0'), "00"},
                        {std::string(255, 'Z'), "ZZ"}};
  for (const Case& c : cases) {
    CAPTURE(c.alpn);
    CHECK(ja4_r(decoded({.alpn = {c.alpn}})).substr(8, 2) == c.code);
  }
}

TEST_CASE("JA4 counts no further than 99") {
  ClientHelloSpec spec{.ciphers = std::vector<std::uint16_t>(120, 0x002f)};
  for (std::uint16_t i = 100; i < 250; ++i) spec.extensions.push_back({i, {}});
  CHECK(ja4_r(decoded(spec)).substr(4, 4) == "9999");
}

TEST_CASE("JA3S lists what the server chose") {
  const Bytes message =
      server_hello({.cipher = 0xc02f, .extensions = {{65281, hex("00")}, {11, {}}}});
  const auto hello = std::get<ServerHello>(decode_server_hello(std::span(message).subspan(4)));
  CHECK(ja3s(hello) == "771,49199,65281-11");
}

TEST_CASE("a JA3 hash is the digest in hex; SSL 2.0 has no fingerprint") {
  CHECK(ja3_hash("abc", length_digest<16>) == "0300000000ab00000000000000000000");
  CHECK(ja3_hash("", length_digest<16>).empty());
  const ClientHello old = std::get<ClientHello>(decode_sslv2_client_hello(sslv2_client_hello()));
  CHECK(ja3(old).empty());
  CHECK(ja4(old, length_digest<32>).empty());
  CHECK(ja4_r(old).empty());
}
