#include "certs/native_chain.hpp"

#include <fmt/format.h>
#include <mbedtls/x509_crt.h>

#include <stdexcept>

namespace legible::certs {

std::shared_ptr<mbedtls_x509_crt> native_chain(std::span<const Certificate> chain) {
  std::shared_ptr<mbedtls_x509_crt> native(new mbedtls_x509_crt, [](mbedtls_x509_crt* head) {
    mbedtls_x509_crt_free(head);
    delete head;
  });
  mbedtls_x509_crt_init(native.get());
  for (const Certificate& certificate : chain) {
    const auto& der = certificate.der;
    if (const int error = mbedtls_x509_crt_parse_der(native.get(), der.data(), der.size());
        error != 0) {
      throw std::runtime_error(fmt::format("mbedTLS cannot read the certificate (-0x{:04x})",
                                           static_cast<unsigned>(-error)));
    }
  }
  return native;
}

}  // namespace legible::certs
