// libcrypto's AES-GCM against mbedTLS's own.

#include <mbedtls/gcm.h>

#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <random>

#include "certs/crypto/aes_gcm.hpp"
#include "certs/crypto/arithmetic.hpp"
#include "certs/crypto/mbedtls/portable_gcm.h"
#include "support/bytes.hpp"

namespace legible::test {
namespace {

using crypto::AesGcm;

struct Delete {
  void operator()(portable_gcm_context* context) const { portable_gcm_delete(context); }
};

TEST_CASE("libcrypto and mbedTLS agree on AES-GCM of any size") {
  if (crypto::accelerating_library().empty()) SKIP("this build has no libcrypto");
  std::mt19937 random(1);
  const auto some = [&](std::size_t size) {
    Bytes bytes(size);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
    return bytes;
  };
  std::vector<std::size_t> sizes;
  for (std::size_t size = 0; size <= 300; ++size) sizes.push_back(size);
  for (const std::size_t size : {1024U, 4099U, 16384U, 16385U, 16400U}) sizes.push_back(size);

  for (const std::size_t key_size : {16U, 24U, 32U}) {
    const Bytes key = some(key_size);
    const auto fast = AesGcm::make(key);
    const std::unique_ptr<portable_gcm_context, Delete> portable(portable_gcm_new());
    REQUIRE(fast);
    REQUIRE(portable_gcm_setkey(portable.get(), MBEDTLS_CIPHER_ID_AES, key.data(),
                                static_cast<unsigned>(key_size * 8)) == 0);
    for (const std::size_t size : sizes) {
      INFO(size << " bytes, key of " << key_size);
      const Bytes iv = some(AesGcm::iv_size);
      const Bytes additional = some(size % 3 == 0 ? size % 41 : 5);
      const Bytes plaintext = some(size);
      Bytes expected(size);
      Bytes expected_tag(AesGcm::tag_size);
      REQUIRE(portable_gcm_crypt_and_tag(portable.get(), MBEDTLS_GCM_ENCRYPT, size, iv.data(),
                                         iv.size(), additional.data(), additional.size(),
                                         plaintext.data(), expected.data(), expected_tag.size(),
                                         expected_tag.data()) == 0);
      Bytes sealed(size);
      Bytes tag(AesGcm::tag_size);
      const std::span<const std::uint8_t, AesGcm::iv_size> nonce(iv.data(), iv.size());
      const std::span<std::uint8_t, AesGcm::tag_size> tag_span(tag.data(), tag.size());
      REQUIRE(fast->seal(nonce, additional, plaintext, sealed.data(), tag_span) ==
              AesGcm::Result::ok);
      REQUIRE(sealed == expected);
      REQUIRE(tag == expected_tag);
      REQUIRE(fast->open(nonce, additional, sealed, tag_span, sealed.data()) == AesGcm::Result::ok);
      REQUIRE(sealed == plaintext);
      tag[0] ^= 1;
      REQUIRE(fast->open(nonce, additional, expected, tag_span, sealed.data()) ==
              AesGcm::Result::not_authentic);
    }
  }
}

TEST_CASE("a key of a size that AES has not is refused") {
  CHECK(AesGcm::make(Bytes{}) == nullptr);
  CHECK(AesGcm::make(Bytes(17)) == nullptr);
  CHECK(AesGcm::make(Bytes(64)) == nullptr);
}

}  // namespace
}  // namespace legible::test
