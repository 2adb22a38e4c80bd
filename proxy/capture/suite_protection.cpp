#include "proxy/capture/suite_protection.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "parser/iana_tables.hpp"

namespace legible::capture {
namespace {

using enum Protection;

constexpr std::size_t key128 = 16;
constexpr std::size_t key192 = 24;
constexpr std::size_t key256 = 32;
constexpr std::size_t tag = 16;
constexpr std::size_t short_tag = 8;
constexpr auto no_mac = MBEDTLS_MD_NONE;
constexpr auto sha1 = MBEDTLS_MD_SHA1;
constexpr auto sha256 = MBEDTLS_MD_SHA256;
constexpr auto sha384 = MBEDTLS_MD_SHA384;

constexpr auto aes128_gcm = MBEDTLS_CIPHER_AES_128_GCM;
constexpr auto aes256_gcm = MBEDTLS_CIPHER_AES_256_GCM;
constexpr auto aes128_ccm = MBEDTLS_CIPHER_AES_128_CCM;
constexpr auto aes256_ccm = MBEDTLS_CIPHER_AES_256_CCM;
constexpr auto chacha20 = MBEDTLS_CIPHER_CHACHA20_POLY1305;
constexpr auto aes128_cbc = MBEDTLS_CIPHER_AES_128_CBC;
constexpr auto aes256_cbc = MBEDTLS_CIPHER_AES_256_CBC;
constexpr auto des3_cbc = MBEDTLS_CIPHER_DES_EDE3_CBC;

// Suites that differ in key exchange and authentication alone share a row.
struct Row {
  std::string_view name_end;  ///< of the registered name
  SuiteProtection protection;
};

constexpr std::array rows{
    Row{"TLS_AES_128_GCM_SHA256", {aead_implicit_nonce, aes128_gcm, key128, tag, no_mac, sha256}},
    Row{"TLS_AES_256_GCM_SHA384", {aead_implicit_nonce, aes256_gcm, key256, tag, no_mac, sha384}},
    Row{"TLS_CHACHA20_POLY1305_SHA256",
        {aead_implicit_nonce, chacha20, key256, tag, no_mac, sha256}},
    Row{"TLS_AES_128_CCM_SHA256", {aead_implicit_nonce, aes128_ccm, key128, tag, no_mac, sha256}},
    Row{"TLS_AES_128_CCM_8_SHA256",
        {aead_implicit_nonce, aes128_ccm, key128, short_tag, no_mac, sha256}},
    Row{"_WITH_AES_128_GCM_SHA256", {aead_explicit_nonce, aes128_gcm, key128, tag, no_mac, sha256}},
    Row{"_WITH_AES_256_GCM_SHA384", {aead_explicit_nonce, aes256_gcm, key256, tag, no_mac, sha384}},
    Row{"_WITH_AES_128_CCM", {aead_explicit_nonce, aes128_ccm, key128, tag, no_mac, sha256}},
    Row{"_WITH_AES_256_CCM", {aead_explicit_nonce, aes256_ccm, key256, tag, no_mac, sha256}},
    Row{"_WITH_AES_128_CCM_SHA256", {aead_explicit_nonce, aes128_ccm, key128, tag, no_mac, sha256}},
    Row{"_WITH_AES_128_CCM_8",
        {aead_explicit_nonce, aes128_ccm, key128, short_tag, no_mac, sha256}},
    Row{"_WITH_AES_256_CCM_8",
        {aead_explicit_nonce, aes256_ccm, key256, short_tag, no_mac, sha256}},
    Row{"_WITH_AES_128_CCM_8_SHA256",
        {aead_explicit_nonce, aes128_ccm, key128, short_tag, no_mac, sha256}},
    Row{"_WITH_CHACHA20_POLY1305_SHA256",
        {aead_implicit_nonce, chacha20, key256, tag, no_mac, sha256}},
    Row{"_WITH_3DES_EDE_CBC_SHA", {cbc, des3_cbc, key192, 0, sha1, sha256}},
    Row{"_WITH_AES_128_CBC_SHA", {cbc, aes128_cbc, key128, 0, sha1, sha256}},
    Row{"_WITH_AES_256_CBC_SHA", {cbc, aes256_cbc, key256, 0, sha1, sha256}},
    Row{"_WITH_AES_128_CBC_SHA256", {cbc, aes128_cbc, key128, 0, sha256, sha256}},
    Row{"_WITH_AES_256_CBC_SHA256", {cbc, aes256_cbc, key256, 0, sha256, sha256}},
    Row{"_WITH_AES_256_CBC_SHA384", {cbc, aes256_cbc, key256, 0, sha384, sha384}},
};

}  // namespace

const SuiteProtection* protection_of(parser::CipherSuite suite) {
  const std::string_view name = parser::name(suite);
  const auto* const row = std::ranges::find_if(
      rows, [name](const Row& candidate) { return name.ends_with(candidate.name_end); });
  return row == rows.end() ? nullptr : &row->protection;
}

}  // namespace legible::capture
