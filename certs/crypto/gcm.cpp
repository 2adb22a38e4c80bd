// mbedTLS's GCM module (MBEDTLS_GCM_ALT). What TLS does to its records, AES with an IV of 12 bytes
// and a whole tag in one call, is libcrypto's; other ciphers, forms and pieces are mbedTLS's own.
// <mbedtls/gcm.h> documents the functions.

#include <mbedtls/error.h>
#include <mbedtls/gcm.h>
#include <mbedtls/platform_util.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <functional>
#include <memory>
#include <new>
#include <span>

#include "certs/crypto/aes_gcm.hpp"
#include "certs/crypto/mbedtls/portable_gcm.h"

using legible::crypto::AesGcm;

namespace {

struct DeletePortable {
  void operator()(portable_gcm_context* context) const { portable_gcm_delete(context); }
};

}  // namespace

struct legible_gcm_key {
  legible_gcm_key(mbedtls_cipher_id_t id, std::span<const std::uint8_t> key)
      : cipher(id), size(key.size()) {
    std::ranges::copy(key, bytes.begin());
    if (id == MBEDTLS_CIPHER_ID_AES) fast = AesGcm::make(key);
  }
  ~legible_gcm_key() { mbedtls_platform_zeroize(bytes.data(), bytes.size()); }
  legible_gcm_key(const legible_gcm_key&) = delete;
  legible_gcm_key& operator=(const legible_gcm_key&) = delete;

  /// Made at its first use, which for most keys never comes.
  int make_portable() {
    if (portable) return 0;
    std::unique_ptr<portable_gcm_context, DeletePortable> made(portable_gcm_new());
    if (!made) return MBEDTLS_ERR_CIPHER_ALLOC_FAILED;
    const int result =
        portable_gcm_setkey(made.get(), cipher, bytes.data(), static_cast<unsigned>(size * 8));
    if (result == 0) portable = std::move(made);
    return result;
  }

  mbedtls_cipher_id_t cipher;
  std::array<std::uint8_t, 32> bytes{};
  std::size_t size;
  std::unique_ptr<AesGcm> fast;  ///< null: libcrypto has no such cipher
  std::unique_ptr<portable_gcm_context, DeletePortable> portable;
};

namespace {

/// Are the two places the same, or apart? Pieces that lie across each other are libcrypto's ruin.
bool is_same_or_apart(const unsigned char* input, const unsigned char* output, std::size_t length) {
  const std::less_equal<const unsigned char*> up_to;
  return input == output || up_to(input + length, output) || up_to(output + length, input);
}

/// Can libcrypto do this in one call?
bool is_fast(const legible_gcm_key& key, std::size_t length, const unsigned char* input,
             const unsigned char* output, std::size_t iv_len, std::size_t tag_len) {
  return key.fast && iv_len == AesGcm::iv_size && tag_len == AesGcm::tag_size &&
         is_same_or_apart(input, output, length);
}

}  // namespace

void mbedtls_gcm_init(mbedtls_gcm_context* ctx) { ctx->key = nullptr; }

void mbedtls_gcm_free(mbedtls_gcm_context* ctx) {
  if (ctx == nullptr) return;
  delete ctx->key;
  ctx->key = nullptr;
}

int mbedtls_gcm_setkey(mbedtls_gcm_context* ctx, mbedtls_cipher_id_t cipher,
                       const unsigned char* key, unsigned int keybits) {
  if (keybits != 128 && keybits != 192 && keybits != 256) return MBEDTLS_ERR_GCM_BAD_INPUT;
  mbedtls_gcm_free(ctx);
  std::unique_ptr<legible_gcm_key> made(new (std::nothrow)
                                            legible_gcm_key(cipher, {key, keybits / 8}));
  if (!made) return MBEDTLS_ERR_CIPHER_ALLOC_FAILED;
  if (!made->fast) {
    if (const int result = made->make_portable(); result != 0) return result;
  }
  ctx->key = made.release();
  return 0;
}

int mbedtls_gcm_crypt_and_tag(mbedtls_gcm_context* ctx, int mode, std::size_t length,
                              const unsigned char* iv, std::size_t iv_len, const unsigned char* add,
                              std::size_t add_len, const unsigned char* input,
                              unsigned char* output, std::size_t tag_len, unsigned char* tag) {
  if (ctx->key == nullptr) return MBEDTLS_ERR_GCM_BAD_INPUT;
  if (mode == MBEDTLS_GCM_ENCRYPT && is_fast(*ctx->key, length, input, output, iv_len, tag_len)) {
    const auto result = ctx->key->fast->seal(
        std::span<const std::uint8_t, AesGcm::iv_size>(iv, iv_len), {add, add_len}, {input, length},
        output, std::span<std::uint8_t, AesGcm::tag_size>(tag, tag_len));
    return result == AesGcm::Result::ok ? 0 : MBEDTLS_ERR_PLATFORM_HW_ACCEL_FAILED;
  }
  if (const int result = ctx->key->make_portable(); result != 0) return result;
  return portable_gcm_crypt_and_tag(ctx->key->portable.get(), mode, length, iv, iv_len, add,
                                    add_len, input, output, tag_len, tag);
}

int mbedtls_gcm_auth_decrypt(mbedtls_gcm_context* ctx, std::size_t length, const unsigned char* iv,
                             std::size_t iv_len, const unsigned char* add, std::size_t add_len,
                             const unsigned char* tag, std::size_t tag_len,
                             const unsigned char* input, unsigned char* output) {
  if (ctx->key == nullptr) return MBEDTLS_ERR_GCM_BAD_INPUT;
  if (is_fast(*ctx->key, length, input, output, iv_len, tag_len)) {
    const auto result = ctx->key->fast->open(
        std::span<const std::uint8_t, AesGcm::iv_size>(iv, iv_len), {add, add_len}, {input, length},
        std::span<const std::uint8_t, AesGcm::tag_size>(tag, tag_len), output);
    if (result == AesGcm::Result::ok) return 0;
    mbedtls_platform_zeroize(output, length);
    return result == AesGcm::Result::not_authentic ? MBEDTLS_ERR_GCM_AUTH_FAILED
                                                   : MBEDTLS_ERR_PLATFORM_HW_ACCEL_FAILED;
  }
  if (const int result = ctx->key->make_portable(); result != 0) return result;
  return portable_gcm_auth_decrypt(ctx->key->portable.get(), length, iv, iv_len, add, add_len, tag,
                                   tag_len, input, output);
}

int mbedtls_gcm_starts(mbedtls_gcm_context* ctx, int mode, const unsigned char* iv,
                       std::size_t iv_len) {
  if (ctx->key == nullptr) return MBEDTLS_ERR_GCM_BAD_INPUT;
  if (const int result = ctx->key->make_portable(); result != 0) return result;
  return portable_gcm_starts(ctx->key->portable.get(), mode, iv, iv_len);
}

int mbedtls_gcm_update_ad(mbedtls_gcm_context* ctx, const unsigned char* add, std::size_t add_len) {
  if (ctx->key == nullptr || !ctx->key->portable) return MBEDTLS_ERR_GCM_BAD_INPUT;
  return portable_gcm_update_ad(ctx->key->portable.get(), add, add_len);
}

int mbedtls_gcm_update(mbedtls_gcm_context* ctx, const unsigned char* input,
                       std::size_t input_length, unsigned char* output, std::size_t output_size,
                       std::size_t* output_length) {
  if (ctx->key == nullptr || !ctx->key->portable) return MBEDTLS_ERR_GCM_BAD_INPUT;
  return portable_gcm_update(ctx->key->portable.get(), input, input_length, output, output_size,
                             output_length);
}

int mbedtls_gcm_finish(mbedtls_gcm_context* ctx, unsigned char* output, std::size_t output_size,
                       std::size_t* output_length, unsigned char* tag, std::size_t tag_len) {
  if (ctx->key == nullptr || !ctx->key->portable) return MBEDTLS_ERR_GCM_BAD_INPUT;
  return portable_gcm_finish(ctx->key->portable.get(), output, output_size, output_length, tag,
                             tag_len);
}
