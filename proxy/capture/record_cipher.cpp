#include "proxy/capture/record_cipher.hpp"

#include <mbedtls/md.h>

#include <algorithm>
#include <array>

namespace legible::capture {
namespace {

constexpr std::size_t explicit_nonce_length = 8;
constexpr std::size_t aead_nonce_length = 12;

/// RFC 5246 section 6.2.3.3: seq_num + type + version + length, authenticated with the content.
std::array<std::uint8_t, 13> additional_data(std::uint64_t sequence,
                                             std::span<const std::uint8_t, 5> header,
                                             std::size_t length) {
  std::array<std::uint8_t, 13> data{};
  for (std::size_t i = 0; i < 8; ++i) {
    data[i] = static_cast<std::uint8_t>(sequence >> (8 * (7 - i)));
  }
  std::ranges::copy(header.first<3>(), data.begin() + 8);
  data[11] = static_cast<std::uint8_t>(length >> 8);
  data[12] = static_cast<std::uint8_t>(length & 0xff);
  return data;
}

}  // namespace

void RecordCipher::Free::operator()(mbedtls_cipher_context_t* context) const {
  mbedtls_cipher_free(context);
  delete context;
}

RecordCipher::RecordCipher(const SuiteProtection& protection, const Format& format,
                           const DirectionKeys& keys)
    : protection_(&protection),
      format_(format),
      context_(new mbedtls_cipher_context_t),
      mac_key_(std::vector<std::uint8_t>(keys.mac_key.begin(), keys.mac_key.end())),
      iv_(keys.iv.begin(), keys.iv.end()) {
  mbedtls_cipher_init(context_.get());
}

std::optional<RecordCipher> RecordCipher::make(const SuiteProtection& protection,
                                               const Format& format, const DirectionKeys& keys) {
  const mbedtls_cipher_info_t* info = mbedtls_cipher_info_from_type(protection.cipher);
  if (!info) return std::nullopt;
  RecordCipher cipher{protection, format, keys};
  mbedtls_cipher_context_t* context = cipher.context_.get();
  if (mbedtls_cipher_setup(context, info) != 0 ||
      mbedtls_cipher_setkey(context, keys.key.data(), static_cast<int>(keys.key.size() * 8),
                            MBEDTLS_DECRYPT) != 0) {
    return std::nullopt;
  }
  if (protection.protection == Protection::cbc &&
      mbedtls_cipher_set_padding_mode(context, MBEDTLS_PADDING_NONE) != 0) {
    return std::nullopt;
  }
  return cipher;
}

bool RecordCipher::open(std::uint64_t sequence, std::span<const std::uint8_t, 5> header,
                        std::span<const std::uint8_t> payload,
                        std::vector<std::uint8_t>& plaintext) {
  return protection_->protection == Protection::cbc
             ? open_cbc(sequence, header, payload, plaintext)
             : open_aead(sequence, header, payload, plaintext);
}

bool RecordCipher::open_aead(std::uint64_t sequence, std::span<const std::uint8_t, 5> header,
                             Bytes payload, std::vector<std::uint8_t>& plaintext) {
  std::array<std::uint8_t, aead_nonce_length> nonce{};
  std::ranges::copy(iv_, nonce.begin());
  if (protection_->protection == Protection::aead_explicit_nonce) {
    if (payload.size() < explicit_nonce_length) return false;
    std::ranges::copy(payload.first(explicit_nonce_length), nonce.begin() + 4);
    payload = payload.subspan(explicit_nonce_length);
  } else {
    for (std::size_t i = 0; i < 8; ++i) {
      nonce[4 + i] ^= static_cast<std::uint8_t>(sequence >> (8 * (7 - i)));
    }
  }
  if (payload.size() < protection_->tag_length) return false;

  const std::size_t length = payload.size() - protection_->tag_length;
  const auto tls12_data = additional_data(sequence, header, length);
  const Bytes data = format_.version >= parser::tls13 ? Bytes{header} : Bytes{tls12_data};
  plaintext.resize(payload.size());
  std::size_t written = 0;
  if (mbedtls_cipher_auth_decrypt_ext(context_.get(), nonce.data(), nonce.size(), data.data(),
                                      data.size(), payload.data(), payload.size(), plaintext.data(),
                                      plaintext.size(), &written, protection_->tag_length) != 0) {
    return false;
  }
  plaintext.resize(written);
  return true;
}

bool RecordCipher::open_cbc(std::uint64_t sequence, std::span<const std::uint8_t, 5> header,
                            Bytes payload, std::vector<std::uint8_t>& plaintext) {
  const std::size_t mac_length = mbedtls_md_get_size(mbedtls_md_info_from_type(protection_->mac));
  if (format_.encrypt_then_mac) {
    if (payload.size() < mac_length) return false;
    const Bytes mac = payload.last(mac_length);
    payload = payload.first(payload.size() - mac_length);
    if (!mac_matches(sequence, header, payload, mac)) return false;
  }

  const std::size_t block = mbedtls_cipher_get_block_size(context_.get());
  if (payload.size() < block || payload.size() % block != 0) return false;
  Bytes iv = iv_;
  Bytes ciphertext = payload;
  if (format_.version >= parser::tls11) {
    iv = payload.first(block);
    ciphertext = payload.subspan(block);
  }
  if (ciphertext.empty() || !decrypt_cbc(iv, ciphertext, plaintext)) return false;

  const std::size_t padding = plaintext.back() + std::size_t{1};
  if (padding > plaintext.size() ||
      std::ranges::any_of(Bytes{plaintext}.last(padding),
                          [&](std::uint8_t byte) { return byte + std::size_t{1} != padding; })) {
    return false;
  }
  plaintext.resize(plaintext.size() - padding);
  if (!format_.encrypt_then_mac) {
    if (plaintext.size() < mac_length) return false;
    const Bytes content = Bytes{plaintext}.first(plaintext.size() - mac_length);
    if (!mac_matches(sequence, header, content, Bytes{plaintext}.last(mac_length))) return false;
    plaintext.resize(content.size());
  }
  // RFC 2246 section 6.2.3.2: in TLS 1.0 the last block of a record is the IV of the next.
  if (format_.version < parser::tls11) {
    const Bytes last_block = payload.last(block);
    iv_.assign(last_block.begin(), last_block.end());
  }
  return true;
}

bool RecordCipher::decrypt_cbc(Bytes iv, Bytes ciphertext, std::vector<std::uint8_t>& plaintext) {
  plaintext.resize(ciphertext.size() + iv.size());
  std::size_t written = 0;
  if (mbedtls_cipher_crypt(context_.get(), iv.data(), iv.size(), ciphertext.data(),
                           ciphertext.size(), plaintext.data(), &written) != 0) {
    return false;
  }
  plaintext.resize(written);
  return written > 0;
}

bool RecordCipher::mac_matches(std::uint64_t sequence, std::span<const std::uint8_t, 5> header,
                               Bytes content, Bytes mac) const {
  const auto data = additional_data(sequence, header, content.size());
  std::array<std::uint8_t, MBEDTLS_MD_MAX_SIZE> expected{};
  mbedtls_md_context_t hmac;
  mbedtls_md_init(&hmac);
  const bool computed =
      mbedtls_md_setup(&hmac, mbedtls_md_info_from_type(protection_->mac), 1) == 0 &&
      mbedtls_md_hmac_starts(&hmac, mac_key_->data(), mac_key_->size()) == 0 &&
      mbedtls_md_hmac_update(&hmac, data.data(), data.size()) == 0 &&
      mbedtls_md_hmac_update(&hmac, content.data(), content.size()) == 0 &&
      mbedtls_md_hmac_finish(&hmac, expected.data()) == 0;
  mbedtls_md_free(&hmac);
  return computed && std::ranges::equal(mac, Bytes{expected}.first(mac.size()));
}

}  // namespace legible::capture
