#include "proxy/capture/suite_protection.hpp"

#include <algorithm>
#include <array>
#include <span>

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
constexpr std::uint16_t tls13_aes128_gcm[] = {0x1301};
constexpr std::uint16_t tls13_aes256_gcm[] = {0x1302};
constexpr std::uint16_t tls13_chacha20[] = {0x1303};
constexpr std::uint16_t tls13_aes128_ccm[] = {0x1304};
constexpr std::uint16_t tls13_aes128_ccm8[] = {0x1305};
constexpr std::uint16_t with_aes128_gcm[] = {0x009c, 0x009e, 0x00a0, 0x00a2, 0x00a4, 0x00a6, 0x00a8,
                                             0x00aa, 0x00ac, 0xc02b, 0xc02d, 0xc02f, 0xc031};
constexpr std::uint16_t with_aes256_gcm[] = {0x009d, 0x009f, 0x00a1, 0x00a3, 0x00a5, 0x00a7, 0x00a9,
                                             0x00ab, 0x00ad, 0xc02c, 0xc02e, 0xc030, 0xc032};
constexpr std::uint16_t with_aes128_ccm[] = {0xc09c, 0xc09e, 0xc0a4, 0xc0a6, 0xc0ac};
constexpr std::uint16_t with_aes256_ccm[] = {0xc09d, 0xc09f, 0xc0a5, 0xc0a7, 0xc0ad};
constexpr std::uint16_t with_aes128_ccm8[] = {0xc0a0, 0xc0a2, 0xc0a8, 0xc0aa, 0xc0ae};
constexpr std::uint16_t with_aes256_ccm8[] = {0xc0a1, 0xc0a3, 0xc0a9, 0xc0ab, 0xc0af};
constexpr std::uint16_t with_chacha20[] = {0xcca8, 0xcca9, 0xccaa, 0xccab, 0xccac, 0xccad, 0xccae};
constexpr std::uint16_t with_3des_sha[] = {0x000a, 0x000d, 0x0010, 0x0013, 0x0016, 0x001b,
                                           0x008b, 0xc003, 0xc008, 0xc00d, 0xc012, 0xc017};
constexpr std::uint16_t with_aes128_sha[] = {0x002f, 0x0030, 0x0031, 0x0032, 0x0033, 0x0034, 0x008c,
                                             0xc004, 0xc009, 0xc00e, 0xc013, 0xc018, 0xc035};
constexpr std::uint16_t with_aes256_sha[] = {0x0035, 0x0036, 0x0037, 0x0038, 0x0039, 0x003a, 0x008d,
                                             0xc005, 0xc00a, 0xc00f, 0xc014, 0xc019, 0xc036};
constexpr std::uint16_t with_aes128_sha256[] = {0x003c, 0x003e, 0x003f, 0x0040, 0x0067, 0x006c,
                                                0x00ae, 0xc023, 0xc025, 0xc027, 0xc029, 0xc037};
constexpr std::uint16_t with_aes256_sha256[] = {0x003d, 0x0068, 0x0069, 0x006a, 0x006b, 0x006d};
constexpr std::uint16_t with_aes256_sha384[] = {0x00af, 0xc024, 0xc026, 0xc028, 0xc02a, 0xc038};

struct Row {
  std::span<const std::uint16_t> suites;
  SuiteProtection protection;
};

constexpr std::array rows{
    Row{tls13_aes128_gcm, {aead_implicit_nonce, aes128_gcm, key128, tag, no_mac, sha256}},
    Row{tls13_aes256_gcm, {aead_implicit_nonce, aes256_gcm, key256, tag, no_mac, sha384}},
    Row{tls13_chacha20, {aead_implicit_nonce, chacha20, key256, tag, no_mac, sha256}},
    Row{tls13_aes128_ccm, {aead_implicit_nonce, aes128_ccm, key128, tag, no_mac, sha256}},
    Row{tls13_aes128_ccm8, {aead_implicit_nonce, aes128_ccm, key128, short_tag, no_mac, sha256}},
    Row{with_aes128_gcm, {aead_explicit_nonce, aes128_gcm, key128, tag, no_mac, sha256}},
    Row{with_aes256_gcm, {aead_explicit_nonce, aes256_gcm, key256, tag, no_mac, sha384}},
    Row{with_aes128_ccm, {aead_explicit_nonce, aes128_ccm, key128, tag, no_mac, sha256}},
    Row{with_aes256_ccm, {aead_explicit_nonce, aes256_ccm, key256, tag, no_mac, sha256}},
    Row{with_aes128_ccm8, {aead_explicit_nonce, aes128_ccm, key128, short_tag, no_mac, sha256}},
    Row{with_aes256_ccm8, {aead_explicit_nonce, aes256_ccm, key256, short_tag, no_mac, sha256}},
    Row{with_chacha20, {aead_implicit_nonce, chacha20, key256, tag, no_mac, sha256}},
    Row{with_3des_sha, {cbc, des3_cbc, key192, 0, sha1, sha256}},
    Row{with_aes128_sha, {cbc, aes128_cbc, key128, 0, sha1, sha256}},
    Row{with_aes256_sha, {cbc, aes256_cbc, key256, 0, sha1, sha256}},
    Row{with_aes128_sha256, {cbc, aes128_cbc, key128, 0, sha256, sha256}},
    Row{with_aes256_sha256, {cbc, aes256_cbc, key256, 0, sha256, sha256}},
    Row{with_aes256_sha384, {cbc, aes256_cbc, key256, 0, sha384, sha384}},
};

}  // namespace

const SuiteProtection* protection_of(parser::CipherSuite suite) {
  for (const Row& row : rows) {
    if (std::ranges::find(row.suites, suite.value) != row.suites.end()) return &row.protection;
  }
  return nullptr;
}

}  // namespace legible::capture
