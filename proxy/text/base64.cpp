#include "proxy/text/base64.hpp"

#include <mbedtls/base64.h>

namespace legible::proxy {

std::string base64(std::string_view bytes) {
  std::string encoded(4 * ((bytes.size() + 2) / 3) + 1, '\0');  // mbedTLS ends it with a NUL
  std::size_t size = 0;
  mbedtls_base64_encode(reinterpret_cast<unsigned char*>(encoded.data()), encoded.size(), &size,
                        reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  encoded.resize(size);
  return encoded;
}

}  // namespace legible::proxy
