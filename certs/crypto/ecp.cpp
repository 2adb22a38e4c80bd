// Those functions of mbedTLS's elliptic curves (MBEDTLS_ECP_ALT) in which its time goes: the
// products of scalars and points. What is unusual, invalid or on another curve is for mbedTLS's
// own, which also knows what to say about it. <mbedtls/ecp.h> documents the functions.

#include <mbedtls/ecp.h>
#include <mbedtls/platform_util.h>

#include <array>
#include <optional>

#include "certs/crypto/curve_products.hpp"
#include "certs/crypto/mbedtls/portable_ecp.h"

namespace {

using legible::crypto::PointOutput;
using legible::crypto::PointView;
using legible::crypto::PrimeCurve;
using legible::crypto::Product;
using legible::crypto::size_of;

/// A number of a curve, which may be a secret.
class Number {
 public:
  explicit Number(std::size_t size) : size_(size) {}
  ~Number() { mbedtls_platform_zeroize(bytes_.data(), bytes_.size()); }
  Number(const Number&) = delete;
  Number& operator=(const Number&) = delete;

  /// False: it is longer.
  bool read(const mbedtls_mpi& number) {
    return mbedtls_mpi_write_binary(&number, bytes_.data(), size_) == 0;
  }
  bool read_little_endian(const mbedtls_mpi& number) {
    return mbedtls_mpi_write_binary_le(&number, bytes_.data(), size_) == 0;
  }
  std::span<const std::uint8_t> view() const { return {bytes_.data(), size_}; }
  std::span<std::uint8_t> output() { return {bytes_.data(), size_}; }
  std::span<std::uint8_t, 32> as_x25519() { return std::span<std::uint8_t, 32>(bytes_.data(), 32); }

 private:
  std::array<std::uint8_t, legible::crypto::largest_coordinate> bytes_{};
  std::size_t size_;
};

struct Point {
  explicit Point(std::size_t size) : x(size), y(size) {}

  bool read(const mbedtls_ecp_point& point) {
    return x.read(point.MBEDTLS_PRIVATE(X)) && y.read(point.MBEDTLS_PRIVATE(Y));
  }
  PointView view() const { return {x.view(), y.view()}; }
  PointOutput output() { return {x.output(), y.output()}; }

  Number x;
  Number y;
};

std::optional<PrimeCurve> prime_curve(const mbedtls_ecp_group& group) {
  switch (group.id) {
    case MBEDTLS_ECP_DP_SECP256R1:
      return PrimeCurve::p256;
    case MBEDTLS_ECP_DP_SECP384R1:
      return PrimeCurve::p384;
    default:
      return std::nullopt;
  }
}

bool is_generator(const mbedtls_ecp_group& group, const mbedtls_ecp_point& point) {
  return &point == &group.G || mbedtls_ecp_point_cmp(&point, &group.G) == 0;
}

bool is_affine(const mbedtls_ecp_point& point) {
  return mbedtls_mpi_cmp_int(&point.MBEDTLS_PRIVATE(Z), 1) == 0;
}

/// Secrets are compared by mbedTLS's function for that, in constant time.
bool is_factor(const mbedtls_ecp_group& group, const mbedtls_mpi& number) {
  return mbedtls_ecp_check_privkey(&group, &number) == 0;
}

int store(const Point& from, mbedtls_ecp_point& to) {
  int result =
      mbedtls_mpi_read_binary(&to.MBEDTLS_PRIVATE(X), from.x.view().data(), from.x.view().size());
  if (result == 0) {
    result =
        mbedtls_mpi_read_binary(&to.MBEDTLS_PRIVATE(Y), from.y.view().data(), from.y.view().size());
  }
  return result == 0 ? mbedtls_mpi_lset(&to.MBEDTLS_PRIVATE(Z), 1) : result;
}

// The functions below return nothing where libcrypto cannot serve.

std::optional<int> multiply_prime(const mbedtls_ecp_group& group, PrimeCurve curve,
                                  mbedtls_ecp_point& result, const mbedtls_mpi& factor,
                                  const mbedtls_ecp_point& point) {
  const bool generator = is_generator(group, point);
  // For this one mbedTLS has a table, and OpenSSL 3.0 has none.
  if (generator && curve == PrimeCurve::p384) return std::nullopt;
  const std::size_t size = size_of(curve);
  Number scalar(size);
  Point from(size);
  Point product(size);
  if (!is_affine(point) || !is_factor(group, factor) || !scalar.read(factor) || !from.read(point)) {
    return std::nullopt;
  }
  const Product done = generator ? multiply_generator(curve, scalar.view(), product.output())
                                 : multiply(curve, scalar.view(), from.view(), product.output());
  if (done != Product::computed) return std::nullopt;
  return store(product, result);
}

std::optional<int> multiply_x25519(const mbedtls_ecp_group& group, mbedtls_ecp_point& result,
                                   const mbedtls_mpi& factor, const mbedtls_ecp_point& point) {
  constexpr std::size_t bits = 255;
  Number scalar(32);
  Number u(32);
  Number product(32);
  // mbedTLS reduces what is longer, and libcrypto cuts it.
  if (!is_factor(group, factor) || mbedtls_ecp_check_pubkey(&group, &point) != 0 ||
      mbedtls_mpi_bitlen(&point.MBEDTLS_PRIVATE(X)) > bits || !scalar.read_little_endian(factor) ||
      !u.read_little_endian(point.MBEDTLS_PRIVATE(X))) {
    return std::nullopt;
  }
  const bool generator =
      mbedtls_mpi_cmp_mpi(&point.MBEDTLS_PRIVATE(X), &group.G.MBEDTLS_PRIVATE(X)) == 0;
  const bool done =
      generator ? legible::crypto::x25519_base(scalar.as_x25519(), product.as_x25519())
                : legible::crypto::x25519(scalar.as_x25519(), u.as_x25519(), product.as_x25519());
  if (!done) return std::nullopt;
  if (const int failure = mbedtls_mpi_read_binary_le(&result.MBEDTLS_PRIVATE(X),
                                                     product.view().data(), product.view().size());
      failure != 0) {
    return failure;
  }
  mbedtls_mpi_free(&result.MBEDTLS_PRIVATE(Y));
  return mbedtls_mpi_lset(&result.MBEDTLS_PRIVATE(Z), 1);
}

std::optional<int> multiply_fast(const mbedtls_ecp_group& group, mbedtls_ecp_point& result,
                                 const mbedtls_mpi& factor, const mbedtls_ecp_point& point) {
  if (group.id == MBEDTLS_ECP_DP_CURVE25519) return multiply_x25519(group, result, factor, point);
  if (const auto curve = prime_curve(group)) {
    return multiply_prime(group, *curve, result, factor, point);
  }
  return std::nullopt;
}

std::optional<int> multiply_and_add_fast(const mbedtls_ecp_group& group, mbedtls_ecp_point& result,
                                         const mbedtls_mpi& generator_factor,
                                         const mbedtls_ecp_point& generator,
                                         const mbedtls_mpi& factor,
                                         const mbedtls_ecp_point& point) {
  const auto curve = prime_curve(group);
  if (!curve || !is_generator(group, generator) || !is_affine(point) ||
      !is_factor(group, generator_factor) || !is_factor(group, factor)) {
    return std::nullopt;
  }
  const std::size_t size = size_of(*curve);
  Number first(size);
  Number second(size);
  Point from(size);
  Point sum(size);
  if (!first.read(generator_factor) || !second.read(factor) || !from.read(point)) {
    return std::nullopt;
  }
  switch (multiply_and_add(*curve, first.view(), second.view(), from.view(), sum.output())) {
    case Product::computed:
      return store(sum, result);
    case Product::infinity:
      return mbedtls_ecp_set_zero(&result);
    case Product::unavailable:
      break;
  }
  return std::nullopt;
}

}  // namespace

int mbedtls_ecp_mul_restartable(mbedtls_ecp_group* grp, mbedtls_ecp_point* R, const mbedtls_mpi* m,
                                const mbedtls_ecp_point* P,
                                int (*f_rng)(void*, unsigned char*, std::size_t), void* p_rng,
                                mbedtls_ecp_restart_ctx* rs_ctx) {
  if (f_rng != nullptr) {
    if (const auto done = multiply_fast(*grp, *R, *m, *P)) return *done;
  }
  return portable_ecp_mul_restartable(grp, R, m, P, f_rng, p_rng, rs_ctx);
}

int mbedtls_ecp_mul(mbedtls_ecp_group* grp, mbedtls_ecp_point* R, const mbedtls_mpi* m,
                    const mbedtls_ecp_point* P, int (*f_rng)(void*, unsigned char*, std::size_t),
                    void* p_rng) {
  return mbedtls_ecp_mul_restartable(grp, R, m, P, f_rng, p_rng, nullptr);
}

int mbedtls_ecp_muladd_restartable(mbedtls_ecp_group* grp, mbedtls_ecp_point* R,
                                   const mbedtls_mpi* m, const mbedtls_ecp_point* P,
                                   const mbedtls_mpi* n, const mbedtls_ecp_point* Q,
                                   mbedtls_ecp_restart_ctx* rs_ctx) {
  if (const auto done = multiply_and_add_fast(*grp, *R, *m, *P, *n, *Q)) return *done;
  return portable_ecp_muladd_restartable(grp, R, m, P, n, Q, rs_ctx);
}

int mbedtls_ecp_muladd(mbedtls_ecp_group* grp, mbedtls_ecp_point* R, const mbedtls_mpi* m,
                       const mbedtls_ecp_point* P, const mbedtls_mpi* n,
                       const mbedtls_ecp_point* Q) {
  return mbedtls_ecp_muladd_restartable(grp, R, m, P, n, Q, nullptr);
}
