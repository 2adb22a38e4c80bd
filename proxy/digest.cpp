#include "proxy/digest.hpp"

#include <mbedtls/md5.h>
#include <mbedtls/sha256.h>

namespace legible::proxy {

// Both fail only where a hardware driver can.
std::array<std::uint8_t, 16> md5(std::span<const std::uint8_t> bytes) {
  std::array<std::uint8_t, 16> digest{};
  mbedtls_md5(bytes.data(), bytes.size(), digest.data());
  return digest;
}

std::array<std::uint8_t, 32> sha256(std::span<const std::uint8_t> bytes) {
  std::array<std::uint8_t, 32> digest{};
  mbedtls_sha256(bytes.data(), bytes.size(), digest.data(), 0);
  return digest;
}

}  // namespace legible::proxy
