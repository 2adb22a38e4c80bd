#include "proxy/commands/version.hpp"

#include <fmt/format.h>
#include <mbedtls/version.h>
#include <uv.h>

#include "certs/crypto/arithmetic.hpp"
#include "certs/pkcs12.hpp"

namespace legible::proxy {

std::string version_text() {
  char mbedtls[18];
  mbedtls_version_get_string_full(mbedtls);
  std::string text =
      fmt::format("legible {}\n{}\nlibuv {}\n", LEGIBLE_VERSION, mbedtls, uv_version_string());
  if (const std::string_view library = crypto::accelerating_library(); !library.empty()) {
    text += fmt::format("{} for {}\n", library, crypto::accelerated());
  }
  if (const std::string_view library = certs::pkcs12_library(); !library.empty()) {
    text += fmt::format("{} for PKCS#12\n", library);
  }
  return text;
}

}  // namespace legible::proxy
