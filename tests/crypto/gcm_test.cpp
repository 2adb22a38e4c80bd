#include <mbedtls/cipher.h>
#include <mbedtls/gcm.h>
#include <psa/crypto.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <optional>
#include <thread>

#include "support/bytes.hpp"
#include "tests/crypto/gcm_cases.hpp"

namespace legible::test {
namespace {

class Gcm {
 public:
  explicit Gcm(const Bytes& key) {
    mbedtls_gcm_init(&context_);
    REQUIRE(mbedtls_gcm_setkey(&context_, MBEDTLS_CIPHER_ID_AES, key.data(),
                               static_cast<unsigned>(key.size() * 8)) == 0);
  }
  ~Gcm() { mbedtls_gcm_free(&context_); }
  Gcm(const Gcm&) = delete;
  Gcm& operator=(const Gcm&) = delete;

  mbedtls_gcm_context* get() { return &context_; }

 private:
  mbedtls_gcm_context context_;
};

struct Message {
  explicit Message(const GcmCase& c)
      : iv(hex(c.iv)),
        additional(hex(c.additional)),
        plaintext(hex(c.plaintext)),
        ciphertext(hex(c.ciphertext)),
        tag(hex(c.tag)) {}

  Bytes iv;
  Bytes additional;
  Bytes plaintext;
  Bytes ciphertext;
  Bytes tag;
};

struct Sealed {
  Bytes ciphertext;
  Bytes tag;
};

Sealed seal(Gcm& gcm, const Message& m, std::size_t tag_size = 16) {
  Sealed sealed{Bytes(m.plaintext.size()), Bytes(tag_size)};
  REQUIRE(mbedtls_gcm_crypt_and_tag(gcm.get(), MBEDTLS_GCM_ENCRYPT, m.plaintext.size(), m.iv.data(),
                                    m.iv.size(), m.additional.data(), m.additional.size(),
                                    m.plaintext.data(), sealed.ciphertext.data(), tag_size,
                                    sealed.tag.data()) == 0);
  return sealed;
}

int open(Gcm& gcm, const Message& m, Bytes& plaintext) {
  plaintext.assign(m.ciphertext.size(), 0xaa);
  return mbedtls_gcm_auth_decrypt(gcm.get(), m.ciphertext.size(), m.iv.data(), m.iv.size(),
                                  m.additional.data(), m.additional.size(), m.tag.data(),
                                  m.tag.size(), m.ciphertext.data(), plaintext.data());
}

/// In pieces: both inputs are cut at their places.
Sealed in_pieces(Gcm& gcm, int mode, const Message& m, std::size_t additional_cut,
                 std::size_t input_cut) {
  const Bytes& input = mode == MBEDTLS_GCM_ENCRYPT ? m.plaintext : m.ciphertext;
  Sealed result{Bytes(input.size()), Bytes(16)};
  std::size_t written = 0;
  std::size_t total = 0;
  REQUIRE(mbedtls_gcm_starts(gcm.get(), mode, m.iv.data(), m.iv.size()) == 0);
  REQUIRE(mbedtls_gcm_update_ad(gcm.get(), m.additional.data(), additional_cut) == 0);
  REQUIRE(mbedtls_gcm_update_ad(gcm.get(), m.additional.data() + additional_cut,
                                m.additional.size() - additional_cut) == 0);
  for (const auto& [from, to] :
       {std::pair{std::size_t{0}, input_cut}, std::pair{input_cut, input.size()}}) {
    REQUIRE(mbedtls_gcm_update(gcm.get(), input.data() + from, to - from,
                               result.ciphertext.data() + total, input.size() - total,
                               &written) == 0);
    total += written;
  }
  REQUIRE(mbedtls_gcm_finish(gcm.get(), result.ciphertext.data() + total, input.size() - total,
                             &written, result.tag.data(), 16) == 0);
  return result;
}

TEST_CASE("AES-GCM gives the published answers in one call") {
  for (const GcmCase& c : gcm_cases) {
    INFO("case " << c.number);
    const Message message(c);
    Gcm gcm(hex(c.key));
    // A context serves one message after the other, in both directions.
    for (int round = 0; round < 2; ++round) {
      const Sealed sealed = seal(gcm, message);
      CHECK(sealed.ciphertext == message.ciphertext);
      CHECK(sealed.tag == message.tag);
      Bytes plaintext;
      CHECK(open(gcm, message, plaintext) == 0);
      CHECK(plaintext == message.plaintext);
    }
    for (std::size_t tag_size = 4; tag_size < 16; ++tag_size) {
      const Sealed sealed = seal(gcm, message, tag_size);
      CHECK(std::ranges::equal(sealed.tag, std::span(message.tag).first(tag_size)));
    }
  }
}

TEST_CASE("AES-GCM gives the published answers whatever the pieces") {
  for (const GcmCase& c : gcm_cases) {
    INFO("case " << c.number);
    const Message message(c);
    Gcm gcm(hex(c.key));
    for (std::size_t additional = 0; additional <= message.additional.size(); ++additional) {
      for (std::size_t input = 0; input <= message.plaintext.size(); ++input) {
        const Sealed sealed = in_pieces(gcm, MBEDTLS_GCM_ENCRYPT, message, additional, input);
        const Sealed opened = in_pieces(gcm, MBEDTLS_GCM_DECRYPT, message, additional, input);
        REQUIRE(sealed.ciphertext == message.ciphertext);
        REQUIRE(sealed.tag == message.tag);
        REQUIRE(opened.ciphertext == message.plaintext);
        REQUIRE(opened.tag == message.tag);
      }
    }
  }
}

TEST_CASE("AES-GCM lets nothing through that was changed") {
  for (const GcmCase& c : gcm_cases) {
    INFO("case " << c.number);
    const Message message(c);
    Gcm gcm(hex(c.key));
    const auto refuses = [&](Message changed) {
      Bytes plaintext;
      return open(gcm, changed, plaintext) == MBEDTLS_ERR_GCM_AUTH_FAILED &&
             plaintext == Bytes(plaintext.size(), 0);
    };
    for (Bytes Message::* part :
         {&Message::iv, &Message::additional, &Message::ciphertext, &Message::tag}) {
      for (std::size_t i = 0; i < (message.*part).size(); ++i) {
        Message changed = message;
        (changed.*part)[i] ^= 0x10;
        REQUIRE(refuses(changed));
      }
    }
    Bytes plaintext;
    CHECK(open(gcm, message, plaintext) == 0);
  }
}

TEST_CASE("AES-GCM refuses sizes that it cannot have") {
  const Bytes key(16);
  mbedtls_gcm_context context;
  mbedtls_gcm_init(&context);
  CHECK(mbedtls_gcm_setkey(&context, MBEDTLS_CIPHER_ID_AES, key.data(), 64) ==
        MBEDTLS_ERR_GCM_BAD_INPUT);
  mbedtls_gcm_free(&context);

  Gcm gcm(key);
  Bytes out(16);
  const auto crypt = [&](std::size_t iv_size, std::size_t tag_size) {
    return mbedtls_gcm_crypt_and_tag(gcm.get(), MBEDTLS_GCM_ENCRYPT, 0, key.data(), iv_size,
                                     nullptr, 0, nullptr, nullptr, tag_size, out.data());
  };
  CHECK(crypt(12, 16) == 0);
  CHECK(crypt(0, 16) == MBEDTLS_ERR_GCM_BAD_INPUT);
  CHECK(crypt(12, 3) == MBEDTLS_ERR_GCM_BAD_INPUT);
  CHECK(crypt(12, 17) == MBEDTLS_ERR_GCM_BAD_INPUT);
}

TEST_CASE("AES-GCM works in place, and where the output runs ahead of the input") {
  Bytes key(16, 7);
  Message message(gcm_cases[3]);
  message.plaintext.assign(16 * 1024 + 5, 0x31);
  Gcm gcm(key);
  const Sealed apart = seal(gcm, message);
  for (const std::size_t ahead : {0U, 8U, 16U, 100U}) {
    INFO(ahead);
    Bytes buffer(ahead);
    buffer.insert(buffer.end(), message.plaintext.begin(), message.plaintext.end());
    Bytes tag(16);
    REQUIRE(mbedtls_gcm_crypt_and_tag(gcm.get(), MBEDTLS_GCM_ENCRYPT, message.plaintext.size(),
                                      message.iv.data(), message.iv.size(),
                                      message.additional.data(), message.additional.size(),
                                      buffer.data() + ahead, buffer.data(), 16, tag.data()) == 0);
    CHECK(tag == apart.tag);
    CHECK(std::ranges::equal(std::span(buffer).first(message.plaintext.size()), apart.ciphertext));
  }
}

TEST_CASE("mbedTLS's cipher layer and PSA come to the same AES-GCM") {
  REQUIRE(psa_crypto_init() == PSA_SUCCESS);
  for (const GcmCase& c : gcm_cases) {
    INFO("case " << c.number);
    const Message message(c);
    const Bytes key = hex(c.key);
    const Bytes expected = concat({message.ciphertext, message.tag});

    Bytes sealed(expected.size());
    std::size_t written = 0;
    mbedtls_cipher_context_t cipher;
    mbedtls_cipher_init(&cipher);
    const auto bits = static_cast<int>(key.size() * 8);
    CHECK(mbedtls_cipher_setup(&cipher, mbedtls_cipher_info_from_values(MBEDTLS_CIPHER_ID_AES, bits,
                                                                        MBEDTLS_MODE_GCM)) == 0);
    CHECK(mbedtls_cipher_setkey(&cipher, key.data(), bits, MBEDTLS_ENCRYPT) == 0);
    CHECK(mbedtls_cipher_auth_encrypt_ext(&cipher, message.iv.data(), message.iv.size(),
                                          message.additional.data(), message.additional.size(),
                                          message.plaintext.data(), message.plaintext.size(),
                                          sealed.data(), sealed.size(), &written, 16) == 0);
    mbedtls_cipher_free(&cipher);
    CHECK(sealed == expected);

    psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
    psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_ENCRYPT | PSA_KEY_USAGE_DECRYPT);
    psa_set_key_algorithm(&attributes, PSA_ALG_GCM);
    psa_set_key_type(&attributes, PSA_KEY_TYPE_AES);
    mbedtls_svc_key_id_t id;
    REQUIRE(psa_import_key(&attributes, key.data(), key.size(), &id) == PSA_SUCCESS);
    Bytes opened(message.plaintext.size());
    CHECK(psa_aead_decrypt(id, PSA_ALG_GCM, message.iv.data(), message.iv.size(),
                           message.additional.data(), message.additional.size(), sealed.data(),
                           sealed.size(), opened.data(), opened.size(), &written) == PSA_SUCCESS);
    CHECK(opened == message.plaintext);
    CHECK(psa_destroy_key(id) == PSA_SUCCESS);
  }
}

TEST_CASE("threads use AES-GCM at the same time, each its own context") {
  const auto work = [](int& right) {
    for (int round = 0; round < 50; ++round) {
      for (const GcmCase& c : gcm_cases) {
        const Message message(c);
        const Bytes key = hex(c.key);
        mbedtls_gcm_context context;
        mbedtls_gcm_init(&context);
        mbedtls_gcm_setkey(&context, MBEDTLS_CIPHER_ID_AES, key.data(),
                           static_cast<unsigned>(key.size() * 8));
        Bytes output(message.plaintext.size());
        Bytes tag(16);
        mbedtls_gcm_crypt_and_tag(&context, MBEDTLS_GCM_ENCRYPT, output.size(), message.iv.data(),
                                  message.iv.size(), message.additional.data(),
                                  message.additional.size(), message.plaintext.data(),
                                  output.data(), 16, tag.data());
        mbedtls_gcm_free(&context);
        if (output == message.ciphertext && tag == message.tag) ++right;
      }
    }
  };
  int right[4] = {};
  {
    std::vector<std::jthread> threads;
    for (int& count : right) threads.emplace_back(work, std::ref(count));
  }
  for (const int count : right) CHECK(count == 50 * static_cast<int>(std::size(gcm_cases)));
}

}  // namespace
}  // namespace legible::test
