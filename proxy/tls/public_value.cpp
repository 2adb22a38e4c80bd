#include "proxy/tls/public_value.hpp"

#include <mbedtls/bignum.h>
#include <mbedtls/dhm.h>
#include <mbedtls/ecp.h>

#include <algorithm>
#include <array>
#include <vector>

namespace legible::proxy::tls {
namespace {

struct Prime {
  parser::NamedGroup group;
  std::span<const unsigned char> bytes;
};

constexpr std::array<unsigned char, 256> ffdhe2048 MBEDTLS_DHM_RFC7919_FFDHE2048_P_BIN;
constexpr std::array<unsigned char, 384> ffdhe3072 MBEDTLS_DHM_RFC7919_FFDHE3072_P_BIN;
constexpr std::array<unsigned char, 512> ffdhe4096 MBEDTLS_DHM_RFC7919_FFDHE4096_P_BIN;
constexpr std::array<unsigned char, 768> ffdhe6144 MBEDTLS_DHM_RFC7919_FFDHE6144_P_BIN;
constexpr std::array<unsigned char, 1024> ffdhe8192 MBEDTLS_DHM_RFC7919_FFDHE8192_P_BIN;
constexpr std::array<Prime, 5> primes{{{{0x0100}, ffdhe2048},
                                       {{0x0101}, ffdhe3072},
                                       {{0x0102}, ffdhe4096},
                                       {{0x0103}, ffdhe6144},
                                       {{0x0104}, ffdhe8192}}};

struct Point {
  Point() { mbedtls_ecp_point_init(&native); }
  ~Point() { mbedtls_ecp_point_free(&native); }
  Point(const Point&) = delete;
  Point& operator=(const Point&) = delete;
  mbedtls_ecp_point native;
};

struct Curve {
  Curve() { mbedtls_ecp_group_init(&native); }
  ~Curve() { mbedtls_ecp_group_free(&native); }
  Curve(const Curve&) = delete;
  Curve& operator=(const Curve&) = delete;
  mbedtls_ecp_group native;
};

bool is_point(mbedtls_ecp_group_id id, std::span<const std::uint8_t> value) {
  constexpr std::uint8_t uncompressed = 4;
  Curve curve;
  Point point;
  if (mbedtls_ecp_group_load(&curve.native, id) != 0) return true;
  const std::size_t coordinate = (curve.native.pbits + 7) / 8;
  const bool montgomery = mbedtls_ecp_get_type(&curve.native) == MBEDTLS_ECP_TYPE_MONTGOMERY;
  if (value.size() != (montgomery ? coordinate : 1 + 2 * coordinate)) return false;
  if (!montgomery && value.front() != uncompressed) return false;
  return mbedtls_ecp_point_read_binary(&curve.native, &point.native, value.data(), value.size()) ==
             0 &&
         mbedtls_ecp_check_pubkey(&curve.native, &point.native) == 0;
}

bool is_residue(std::span<const unsigned char> prime, std::span<const std::uint8_t> value) {
  if (value.size() != prime.size()) return false;
  // Big-endian, of one length: compared like text. All these primes are odd.
  const bool above_one =
      value.back() > 1 ||
      std::ranges::any_of(value.first(value.size() - 1), [](auto byte) { return byte != 0; });
  std::vector<unsigned char> highest(prime.begin(), prime.end());
  --highest.back();
  return above_one && std::ranges::lexicographical_compare(value, highest);
}

}  // namespace

bool is_public_value(parser::NamedGroup group, std::span<const std::uint8_t> value) {
  const auto prime = std::ranges::find(primes, group, &Prime::group);
  if (prime != primes.end()) return is_residue(prime->bytes, value);
  const mbedtls_ecp_curve_info* curve = mbedtls_ecp_curve_info_from_tls_id(group.value);
  return curve == nullptr || is_point(curve->grp_id, value);
}

}  // namespace legible::proxy::tls
