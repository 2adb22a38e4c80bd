#include "proxy/capture/suite_protection.hpp"

#include <catch2/catch_test_macros.hpp>
#include <cstdint>

namespace legible::capture {
namespace {

const SuiteProtection* find(int suite) {
  return protection_of({static_cast<std::uint16_t>(suite)});
}

bool is(int suite, const SuiteProtection& wanted) {
  const SuiteProtection* found = find(suite);
  return found && found->protection == wanted.protection && found->cipher == wanted.cipher &&
         found->key_length == wanted.key_length && found->tag_length == wanted.tag_length &&
         found->mac == wanted.mac && found->hash == wanted.hash;
}

TEST_CASE("a suite's name tells how its records are protected, whatever its key exchange") {
  using enum Protection;
  constexpr auto none = MBEDTLS_MD_NONE;
  constexpr auto sha1 = MBEDTLS_MD_SHA1;
  constexpr auto sha256 = MBEDTLS_MD_SHA256;
  constexpr auto sha384 = MBEDTLS_MD_SHA384;
  for (const int suite : {0x009c, 0x00ac, 0xc02f}) {
    CHECK(is(suite, {aead_explicit_nonce, MBEDTLS_CIPHER_AES_128_GCM, 16, 16, none, sha256}));
  }
  CHECK(is(0x1301, {aead_implicit_nonce, MBEDTLS_CIPHER_AES_128_GCM, 16, 16, none, sha256}));
  CHECK(is(0x1305, {aead_implicit_nonce, MBEDTLS_CIPHER_AES_128_CCM, 16, 8, none, sha256}));
  CHECK(is(0xc0a9, {aead_explicit_nonce, MBEDTLS_CIPHER_AES_256_CCM, 32, 8, none, sha256}));
  CHECK(is(0xd003, {aead_explicit_nonce, MBEDTLS_CIPHER_AES_128_CCM, 16, 8, none, sha256}));
  CHECK(is(0xccae, {aead_implicit_nonce, MBEDTLS_CIPHER_CHACHA20_POLY1305, 32, 16, none, sha256}));
  // Of the PSK and SRP families: RFC 4279, RFC 5487, RFC 5054.
  CHECK(is(0x0090, {cbc, MBEDTLS_CIPHER_AES_128_CBC, 16, 0, sha1, sha256}));
  CHECK(is(0x00b6, {cbc, MBEDTLS_CIPHER_AES_128_CBC, 16, 0, sha256, sha256}));
  CHECK(is(0x00b3, {cbc, MBEDTLS_CIPHER_AES_256_CBC, 32, 0, sha384, sha384}));
  CHECK(is(0xc01a, {cbc, MBEDTLS_CIPHER_DES_EDE3_CBC, 24, 0, sha1, sha256}));
}

TEST_CASE("suites whose records cannot be decrypted have no protection here") {
  for (const int suite : {0x0005, 0x003b, 0x0041, 0x0009, 0xc050, 0x1306, 0xfefe, 0x0000}) {
    CAPTURE(suite);
    CHECK(find(suite) == nullptr);
  }
}

}  // namespace
}  // namespace legible::capture
