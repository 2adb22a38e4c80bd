#include "certs/libcrypto_rsa.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <memory>

namespace legible::certs {

std::vector<std::uint8_t> libcrypto_rsa_key(unsigned bits) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_RSA_gen(bits), EVP_PKEY_free);
  unsigned char* der = nullptr;
  const int size = key ? i2d_PrivateKey(key.get(), &der) : 0;
  ERR_clear_error();
  if (size <= 0) return {};
  const std::vector<std::uint8_t> copy(der, der + size);
  OPENSSL_clear_free(der, static_cast<std::size_t>(size));
  return copy;
}

}  // namespace legible::certs
