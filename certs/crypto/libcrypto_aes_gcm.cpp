#include <openssl/err.h>
#include <openssl/evp.h>

#include <array>
#include <climits>
#include <new>

#include "certs/crypto/aes_gcm.hpp"
#include "certs/crypto/libcrypto.hpp"

namespace legible::crypto {
namespace {

using Bytes = std::span<const std::uint8_t>;

/// Fetching takes locks and searches: once is enough.
const EVP_CIPHER* cipher_for(std::size_t key_size) {
  static const auto fetch = [](const char* name) {
    return EVP_CIPHER_fetch(libcrypto_context(), name, nullptr);
  };
  static const std::array ciphers{fetch("AES-128-GCM"), fetch("AES-192-GCM"), fetch("AES-256-GCM")};
  if (key_size != 16 && key_size != 24 && key_size != 32) return nullptr;
  return ciphers[(key_size - 16) / 8];
}

class LibcryptoAesGcm final : public AesGcm {
 public:
  bool set_key(Bytes key) {
    const EVP_CIPHER* cipher = cipher_for(key.size());
    return cipher != nullptr && context_ != nullptr &&
           EVP_EncryptInit_ex2(context_.get(), cipher, key.data(), nullptr, nullptr) == 1;
  }

  Result seal(std::span<const std::uint8_t, iv_size> iv, Bytes additional, Bytes input,
              std::uint8_t* output, std::span<std::uint8_t, tag_size> tag) noexcept override {
    int none = 0;
    const bool done =
        EVP_EncryptInit_ex2(context_.get(), nullptr, nullptr, iv.data(), nullptr) == 1 &&
        update(additional, nullptr) && update(input, output) &&
        EVP_EncryptFinal_ex(context_.get(), nullptr, &none) == 1 &&
        EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_GET_TAG, tag_size, tag.data()) == 1;
    return done ? Result::ok : failed();
  }

  Result open(std::span<const std::uint8_t, iv_size> iv, Bytes additional, Bytes input,
              std::span<const std::uint8_t, tag_size> tag, std::uint8_t* output) noexcept override {
    // libcrypto only reads the tag.
    auto* const expected = const_cast<std::uint8_t*>(tag.data());
    const bool read =
        EVP_DecryptInit_ex2(context_.get(), nullptr, nullptr, iv.data(), nullptr) == 1 &&
        EVP_CIPHER_CTX_ctrl(context_.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, expected) == 1 &&
        update(additional, nullptr) && update(input, output);
    if (!read) return failed();
    int none = 0;
    if (EVP_DecryptFinal_ex(context_.get(), nullptr, &none) == 1) return Result::ok;
    ERR_clear_error();
    return Result::not_authentic;
  }

 private:
  /// Without `output` the input is additional data.
  bool update(Bytes input, std::uint8_t* output) {
    if (input.empty()) return true;
    if (input.size() > INT_MAX) return false;
    int size = static_cast<int>(input.size());
    return EVP_CipherUpdate(context_.get(), output, &size, input.data(), size) == 1;
  }

  static Result failed() {
    ERR_clear_error();
    return Result::failed;
  }

  Owned<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free> context_{EVP_CIPHER_CTX_new()};
};

}  // namespace

std::unique_ptr<AesGcm> AesGcm::make(std::span<const std::uint8_t> key) noexcept {
  std::unique_ptr<LibcryptoAesGcm> made(new (std::nothrow) LibcryptoAesGcm);
  if (made && made->set_key(key)) return made;
  ERR_clear_error();
  return nullptr;
}

}  // namespace legible::crypto
