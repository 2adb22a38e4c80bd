#pragma once
// Private keys: made, read, written, and used to sign.

#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

struct mbedtls_pk_context;

namespace legible::certs {

/// P-192 and RSA-1024 are weak: for showing what is refused.
enum class KeyType : std::uint8_t { p256, p384, p192, rsa_1024, rsa_2048 };

/// MD5 and SHA-1 likewise.
enum class SignatureHash : std::uint8_t { sha256, sha384, sha512, sha1, md5 };

/// What is encrypted came without its password.
struct PasswordNeeded : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A handle: copies share the key. It may be used by several threads at once.
class PrivateKey {
 public:
  /// An RSA key of 2048 bits takes a few tenths of a second.
  static PrivateKey generate(KeyType type);
  /// PKCS#8 (encrypted too), PKCS#1 or SEC1. Throws PasswordNeeded, or another std::runtime_error,
  /// with one clear line.
  static PrivateKey from_pem(std::string_view pem, const std::string& password = {});

  /// Unencrypted, PKCS#1 or SEC1.
  std::string pem() const;
  /// SubjectPublicKeyInfo, DER.
  std::vector<std::uint8_t> public_key_info() const;
  bool is_rsa() const;

  /// The AlgorithmIdentifier (DER) of `sign` with this hash.
  std::vector<std::uint8_t> algorithm(SignatureHash hash) const;
  std::vector<std::uint8_t> sign(std::span<const std::uint8_t> message, SignatureHash hash) const;

  /// For mbedTLS's TLS: valid as long as a copy of this handle lives.
  mbedtls_pk_context* native() const { return context_.get(); }

 private:
  explicit PrivateKey(std::shared_ptr<mbedtls_pk_context> context) : context_(std::move(context)) {}

  std::shared_ptr<mbedtls_pk_context> context_;
};

}  // namespace legible::certs
