// Any bytes as a revocation list: it is read, or refused by an exception.

#include "certs/crl.hpp"

#include <cstdint>
#include <stdexcept>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const legible::certs::Crl crl(std::vector<std::uint8_t>(data, data + size));
    crl.lists(crl.issuer().der);
  } catch (const std::runtime_error&) {
    return 0;  // No CRL: told in words.
  }
  return 0;
}
