#include "certs/crypto/libcrypto.hpp"

#include <openssl/crypto.h>

#include "certs/crypto/arithmetic.hpp"

namespace legible::crypto {

OSSL_LIB_CTX* libcrypto_context() noexcept {
  static OSSL_LIB_CTX* const context = OSSL_LIB_CTX_new();
  return context;
}

std::string_view accelerating_library() { return OpenSSL_version(OPENSSL_VERSION); }

std::string_view accelerated() { return "AES-GCM, elliptic curves and RSA"; }

}  // namespace legible::crypto
