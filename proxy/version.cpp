#include "proxy/version.hpp"

#include <fmt/format.h>
#include <mbedtls/version.h>
#include <uv.h>

#include "certs/pkcs12.hpp"

namespace legible::proxy {

std::string version_text() {
  char mbedtls[18];
  mbedtls_version_get_string_full(mbedtls);
  const std::string_view pkcs12 = certs::pkcs12_library();
  return fmt::format("legible {}\n{}\nlibuv {}\n{}{}", LEGIBLE_VERSION, mbedtls,
                     uv_version_string(), pkcs12, pkcs12.empty() ? "" : "\n");
}

}  // namespace legible::proxy
