#pragma once
// Opens the protected records of one direction under one set of keys.

#include <mbedtls/cipher.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "certs/wiped.hpp"
#include "parser/tls_types.hpp"
#include "proxy/capture/suite_protection.hpp"

namespace legible::capture {

/// One direction's part of the key block (RFC 5246 section 6.3).
struct DirectionKeys {
  std::span<const std::uint8_t> mac_key;  ///< CBC only
  std::span<const std::uint8_t> key;
  std::span<const std::uint8_t> iv;  ///< CBC: for TLS 1.0 only
};

class RecordCipher {
 public:
  struct Format {
    parser::ProtocolVersion version;
    bool encrypt_then_mac = false;  ///< RFC 7366
  };

  /// Nothing when the cipher is not available. `protection` must outlive the object.
  static std::optional<RecordCipher> make(const SuiteProtection& protection, const Format& format,
                                          const DirectionKeys& keys);

  /// Decrypts and verifies one record into `plaintext`; false when it does not verify. The content
  /// type at the end of a TLS 1.3 record is left in place.
  bool open(std::uint64_t sequence, std::span<const std::uint8_t, 5> header,
            std::span<const std::uint8_t> payload, std::vector<std::uint8_t>& plaintext);

 private:
  struct Free {
    void operator()(mbedtls_cipher_context_t* context) const;
  };
  using Bytes = std::span<const std::uint8_t>;

  RecordCipher(const SuiteProtection& protection, const Format& format, const DirectionKeys& keys);

  bool open_aead(std::uint64_t sequence, std::span<const std::uint8_t, 5> header, Bytes payload,
                 std::vector<std::uint8_t>& plaintext);
  bool open_cbc(std::uint64_t sequence, std::span<const std::uint8_t, 5> header, Bytes payload,
                std::vector<std::uint8_t>& plaintext);
  bool decrypt_cbc(Bytes iv, Bytes ciphertext, std::vector<std::uint8_t>& plaintext);
  bool mac_matches(std::uint64_t sequence, std::span<const std::uint8_t, 5> header, Bytes content,
                   Bytes mac) const;

  const SuiteProtection* protection_;
  Format format_;
  std::unique_ptr<mbedtls_cipher_context_t, Free> context_;
  certs::Wiped<std::vector<std::uint8_t>> mac_key_;
  std::vector<std::uint8_t> iv_;
};

}  // namespace legible::capture
