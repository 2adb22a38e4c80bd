#include "proxy/version.hpp"

#include <fmt/format.h>
#include <mbedtls/version.h>
#include <uv.h>

namespace legible::proxy {

std::string version_text() {
  char mbedtls[18];
  mbedtls_version_get_string_full(mbedtls);
  return fmt::format("legible {}\n{}\nlibuv {}\n", LEGIBLE_VERSION, mbedtls, uv_version_string());
}

}  // namespace legible::proxy
