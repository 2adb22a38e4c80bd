#include "parser/record_content.hpp"

#include <catch2/catch_test_macros.hpp>

using namespace legible::parser;

namespace {

constexpr CipherSuite aes128_gcm_13{0x1301};
constexpr CipherSuite aes256_gcm_13{0x1302};
constexpr CipherSuite ccm8_13{0x1305};
constexpr CipherSuite ecdhe_gcm{0xc02f};
constexpr CipherSuite ecdhe_chacha{0xcca8};
constexpr CipherSuite cbc_sha1{0x002f};
constexpr CipherSuite cbc_sha256{0xc027};
constexpr CipherSuite cbc_sha384{0xc028};
constexpr CipherSuite triple_des{0x000a};
constexpr CipherSuite rc4_md5{0x0004};

}  // namespace

TEST_CASE("TLS 1.3 records are told by their length") {
  struct Case {
    CipherSuite suite;
    Side from;
    std::uint16_t length;
    Content expected;
  };
  const Case cases[] = {
      {aes128_gcm_13, Side::client, 19, Content::alert},
      {aes128_gcm_13, Side::client, 35, Content::alert},
      {ccm8_13, Side::client, 11, Content::alert},
      {aes128_gcm_13, Side::server, 53, Content::finished},
      {aes128_gcm_13, Side::client, 69, Content::finished},
      {aes256_gcm_13, Side::client, 69, Content::finished},
      {aes256_gcm_13, Side::client, 85, Content::finished},
      {aes256_gcm_13, Side::client, 53, Content::unknown},
      {ccm8_13, Side::client, 45, Content::finished},
      {aes128_gcm_13, Side::client, 21, Content::end_of_early_data},
      {aes128_gcm_13, Side::server, 21, Content::unknown},
      {aes128_gcm_13, Side::client, 22, Content::key_update},
      {aes128_gcm_13, Side::client, 25, Content::empty_certificate},
      {aes128_gcm_13, Side::client, 41, Content::empty_certificate},
      {aes128_gcm_13, Side::server, 25, Content::unknown},
      {aes128_gcm_13, Side::client, 61, Content::empty_certificate_and_finished},
      {aes256_gcm_13, Side::client, 77, Content::empty_certificate_and_finished},
      {aes128_gcm_13, Side::client, 900, Content::certificate_flight},
      {aes128_gcm_13, Side::server, 900, Content::unknown},
      {aes128_gcm_13, Side::client, 23, Content::unknown},
  };
  for (const Case& c : cases) {
    CAPTURE(c.suite.value, c.length);
    CHECK(likely_content(tls13, traits(c.suite), c.from, content_type::application_data,
                         c.length) == c.expected);
  }
}

TEST_CASE("a Finished up to TLS 1.2 is told by its length, with either order of MAC and padding") {
  struct Case {
    ProtocolVersion version;
    CipherSuite suite;
    std::uint16_t length;
  };
  const Case cases[] = {
      {tls12, ecdhe_gcm, 40}, {tls12, ecdhe_chacha, 32}, {tls12, cbc_sha1, 64},
      {tls12, cbc_sha1, 68},  {tls12, cbc_sha256, 80},   {tls12, cbc_sha384, 96},
      {tls10, cbc_sha1, 48},  {tls10, triple_des, 40},   {tls12, rc4_md5, 32},
      {ssl3, rc4_md5, 56},    {ssl3, cbc_sha1, 64},
  };
  for (const Case& c : cases) {
    CAPTURE(c.version.value, c.suite.value, c.length);
    CHECK(likely_content(c.version, traits(c.suite), Side::client, content_type::handshake,
                         c.length) == Content::finished);
    CHECK(likely_content(c.version, traits(c.suite), Side::client, content_type::handshake,
                         static_cast<std::uint16_t>(c.length + 1)) == Content::unknown);
  }
}

TEST_CASE("up to TLS 1.2 the content type tells alerts and data, whatever their length") {
  CHECK(likely_content(tls12, traits(ecdhe_gcm), Side::client, content_type::alert, 26) ==
        Content::alert);
  CHECK(likely_content(tls12, traits(ecdhe_gcm), Side::client, content_type::application_data,
                       40) == Content::application_data);
}

TEST_CASE("without a version, or with an unknown suite, nothing is guessed") {
  CHECK(likely_content({}, {}, Side::client, content_type::application_data, 19) ==
        Content::unknown);
  CHECK(likely_content(tls12, traits({0xeeee}), Side::client, content_type::handshake, 40) ==
        Content::unknown);
}
