#include "certs/random.hpp"

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>

#include <algorithm>
#include <stdexcept>

namespace legible::certs {
namespace {

class Generator {
 public:
  Generator() {
    mbedtls_entropy_init(&entropy_);
    mbedtls_ctr_drbg_init(&drbg_);
    if (mbedtls_ctr_drbg_seed(&drbg_, mbedtls_entropy_func, &entropy_, nullptr, 0) != 0) {
      throw std::runtime_error("the system gives no random bytes");
    }
  }
  ~Generator() {
    mbedtls_ctr_drbg_free(&drbg_);
    mbedtls_entropy_free(&entropy_);
  }
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;

  int fill(std::uint8_t* output, std::size_t size) {
    while (size > 0) {
      const std::size_t part = std::min<std::size_t>(size, MBEDTLS_CTR_DRBG_MAX_REQUEST);
      if (const int error = mbedtls_ctr_drbg_random(&drbg_, output, part); error != 0) {
        return error;
      }
      output += part;
      size -= part;
    }
    return 0;
  }

 private:
  mbedtls_entropy_context entropy_;
  mbedtls_ctr_drbg_context drbg_;
};

}  // namespace

int random_bytes(void*, std::uint8_t* output, std::size_t size) {
  static thread_local Generator generator;
  return generator.fill(output, size);
}

}  // namespace legible::certs
