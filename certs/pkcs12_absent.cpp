// In place of pkcs12.cpp, where there is no libcrypto.

#include <stdexcept>

#include "certs/pkcs12.hpp"

namespace legible::certs {

std::string_view pkcs12_library() { return {}; }

Pkcs12Content read_pkcs12(std::string_view, const std::string&) {
  throw std::runtime_error(
      "this build cannot read PKCS#12; convert it with: openssl pkcs12 -in FILE -out FILE.pem");
}

std::vector<std::uint8_t> write_pkcs12_truststore(std::span<const TrustedCertificate>,
                                                  const std::string&) {
  throw std::runtime_error("this build cannot write PKCS#12");
}

}  // namespace legible::certs
