#include "proxy/text/digest.hpp"

#include <mbedtls/md5.h>
#include <mbedtls/sha256.h>

#include <string>

#include "certs/least_recently_used.hpp"

namespace legible::proxy {

// Both fail only where a hardware driver can.
std::array<std::uint8_t, 16> md5(std::span<const std::uint8_t> bytes) {
  std::array<std::uint8_t, 16> digest{};
  mbedtls_md5(bytes.data(), bytes.size(), digest.data());
  return digest;
}

std::array<std::uint8_t, 32> sha256(std::span<const std::uint8_t> bytes) {
  std::array<std::uint8_t, 32> digest{};
  // Clients of one kind send the same lists, and every ja4 takes two digests of them: without this
  // they cost as much as all the rest of the hello's line.
  constexpr std::size_t remembered_bytes = 2048;
  thread_local certs::LeastRecentlyUsed<std::string, std::array<std::uint8_t, 32>> known(64);
  if (bytes.size() <= remembered_bytes) {
    const std::string input(bytes.begin(), bytes.end());
    if (const auto* found = known.find(input)) return *found;
    mbedtls_sha256(bytes.data(), bytes.size(), digest.data(), 0);
    return known.put(input, digest);
  }
  mbedtls_sha256(bytes.data(), bytes.size(), digest.data(), 0);
  return digest;
}

}  // namespace legible::proxy
