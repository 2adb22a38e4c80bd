#include "proxy/capture/key_derivation.hpp"

#include <mbedtls/hkdf.h>

#include <algorithm>
#include <array>
#include <vector>

namespace legible::capture {
namespace {

using Octets = std::vector<std::uint8_t>;

/// RFC 5246 section 5:
///   P_hash(secret, seed) = HMAC_hash(secret, A(1) + seed) + HMAC_hash(secret, A(2) + seed) + ...
///   A(0) = seed, A(i) = HMAC_hash(secret, A(i-1))
/// Its output is combined with what `output` holds by exclusive or.
bool xor_p_hash(mbedtls_md_type_t hash, std::span<const std::uint8_t> secret, const Octets& seed,
                std::span<std::uint8_t> output) {
  const mbedtls_md_info_t* info = mbedtls_md_info_from_type(hash);
  if (!info) return false;
  const std::size_t size = mbedtls_md_get_size(info);
  const auto hmac = [&](const Octets& input, std::span<std::uint8_t> result) {
    return mbedtls_md_hmac(info, secret.data(), secret.size(), input.data(), input.size(),
                           result.data()) == 0;
  };

  std::array<std::uint8_t, MBEDTLS_MD_MAX_SIZE> block{};
  Octets a(size);
  if (!hmac(seed, a)) return false;
  for (std::size_t done = 0; done < output.size(); done += size) {
    Octets input = a;
    input.insert(input.end(), seed.begin(), seed.end());
    if (!hmac(input, block)) return false;
    const std::size_t count = std::min(size, output.size() - done);
    for (std::size_t i = 0; i < count; ++i) output[done + i] ^= block[i];
    if (!hmac(Octets{a}, a)) return false;
  }
  return true;
}

Octets labelled(std::string_view label, std::span<const std::uint8_t> seed) {
  Octets text(label.begin(), label.end());
  text.insert(text.end(), seed.begin(), seed.end());
  return text;
}

}  // namespace

bool tls12_prf(mbedtls_md_type_t hash, std::span<const std::uint8_t> secret, std::string_view label,
               std::span<const std::uint8_t> seed, std::span<std::uint8_t> output) {
  std::ranges::fill(output, std::uint8_t{0});
  return xor_p_hash(hash, secret, labelled(label, seed), output);
}

bool tls10_prf(std::span<const std::uint8_t> secret, std::string_view label,
               std::span<const std::uint8_t> seed, std::span<std::uint8_t> output) {
  std::ranges::fill(output, std::uint8_t{0});
  // "S1 and S2 are the two halves of the secret ... the last byte of S1 is the first of S2" when
  // its length is odd.
  const std::size_t half = (secret.size() + 1) / 2;
  const Octets input = labelled(label, seed);
  return xor_p_hash(MBEDTLS_MD_MD5, secret.first(half), input, output) &&
         xor_p_hash(MBEDTLS_MD_SHA1, secret.last(half), input, output);
}

bool hkdf_expand_label(mbedtls_md_type_t hash, std::span<const std::uint8_t> secret,
                       std::string_view label, std::span<std::uint8_t> output) {
  constexpr std::string_view prefix = "tls13 ";
  Octets info{static_cast<std::uint8_t>(output.size() >> 8),
              static_cast<std::uint8_t>(output.size() & 0xff),
              static_cast<std::uint8_t>(prefix.size() + label.size())};
  info.insert(info.end(), prefix.begin(), prefix.end());
  info.insert(info.end(), label.begin(), label.end());
  info.push_back(0);
  const mbedtls_md_info_t* md = mbedtls_md_info_from_type(hash);
  return md && mbedtls_hkdf_expand(md, secret.data(), secret.size(), info.data(), info.size(),
                                   output.data(), output.size()) == 0;
}

}  // namespace legible::capture
