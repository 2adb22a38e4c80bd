// Any bytes as a certificate: reading one never fails, and keeps the bytes that it was given.

#include "certs/certificate.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::uint8_t> der(data, size);
  const legible::certs::Certificate certificate = legible::certs::read_certificate(der);
  if (!std::ranges::equal(certificate.der, der)) std::abort();
  return 0;
}
