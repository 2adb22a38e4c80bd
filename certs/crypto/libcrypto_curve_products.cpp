#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>

#include "certs/crypto/curve_products.hpp"
#include "certs/crypto/libcrypto.hpp"

namespace legible::crypto {
namespace {

using OwnedNumber = Owned<BIGNUM, BN_clear_free>;
using OwnedPoint = Owned<EC_POINT, EC_POINT_clear_free>;
using OwnedKey = Owned<EVP_PKEY, EVP_PKEY_free>;

/// Making one takes as long as a multiplication. Nothing changes it any more: threads share it.
const EC_GROUP* group_of(PrimeCurve curve) {
  static const auto make = [](int name) {
    return EC_GROUP_new_by_curve_name_ex(libcrypto_context(), nullptr, name);
  };
  static const EC_GROUP* const p256 = make(NID_X9_62_prime256v1);
  static const EC_GROUP* const p384 = make(NID_secp384r1);
  return curve == PrimeCurve::p256 ? p256 : p384;
}

OwnedNumber read(Number bytes) {
  OwnedNumber number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  if (number) BN_set_flags(number.get(), BN_FLG_CONSTTIME);
  return number;
}

bool write(const BIGNUM* number, std::span<std::uint8_t> bytes) {
  return BN_bn2binpad(number, bytes.data(), static_cast<int>(bytes.size())) >= 0;
}

Product unavailable() {
  ERR_clear_error();
  return Product::unavailable;
}

/// `generator_factor`·G + `factor`·`point`; either may be left out.
Product combine(PrimeCurve curve, const Number* generator_factor, const Number* factor,
                const PointView* point, PointOutput result) {
  const EC_GROUP* group = group_of(curve);
  const Owned<BN_CTX, BN_CTX_free> context(BN_CTX_new_ex(libcrypto_context()));
  if (group == nullptr || !context) return unavailable();

  OwnedNumber generator_number;
  if (generator_factor != nullptr) {
    generator_number = read(*generator_factor);
    if (!generator_number) return unavailable();
  }
  OwnedNumber number;
  OwnedPoint other;
  if (point != nullptr) {
    number = read(*factor);
    other.reset(EC_POINT_new(group));
    const OwnedNumber x = read(point->x);
    const OwnedNumber y = read(point->y);
    // This fails for what lies beside the curve.
    if (!number || !other || !x || !y ||
        EC_POINT_set_affine_coordinates(group, other.get(), x.get(), y.get(), context.get()) != 1) {
      return unavailable();
    }
  }
  const OwnedPoint product(EC_POINT_new(group));
  if (!product || EC_POINT_mul(group, product.get(), generator_number.get(), other.get(),
                               number.get(), context.get()) != 1) {
    return unavailable();
  }
  if (EC_POINT_is_at_infinity(group, product.get()) == 1) return Product::infinity;
  const OwnedNumber x(BN_new());
  const OwnedNumber y(BN_new());
  if (!x || !y ||
      EC_POINT_get_affine_coordinates(group, product.get(), x.get(), y.get(), context.get()) != 1 ||
      !write(x.get(), result.x) || !write(y.get(), result.y)) {
    return unavailable();
  }
  return Product::computed;
}

OwnedKey x25519_private(std::span<const std::uint8_t, 32> scalar) {
  return OwnedKey(EVP_PKEY_new_raw_private_key_ex(libcrypto_context(), "X25519", nullptr,
                                                  scalar.data(), scalar.size()));
}

bool clear_unless(bool done) {
  if (!done) ERR_clear_error();
  return done;
}

}  // namespace

Product multiply_generator(PrimeCurve curve, Number factor, PointOutput result) noexcept {
  return combine(curve, &factor, nullptr, nullptr, result);
}

Product multiply(PrimeCurve curve, Number factor, PointView point, PointOutput result) noexcept {
  return combine(curve, nullptr, &factor, &point, result);
}

Product multiply_and_add(PrimeCurve curve, Number generator_factor, Number factor, PointView point,
                         PointOutput result) noexcept {
  return combine(curve, &generator_factor, &factor, &point, result);
}

bool x25519_base(std::span<const std::uint8_t, 32> scalar,
                 std::span<std::uint8_t, 32> result) noexcept {
  const OwnedKey key = x25519_private(scalar);
  std::size_t size = result.size();
  return clear_unless(key && EVP_PKEY_get_raw_public_key(key.get(), result.data(), &size) == 1 &&
                      size == result.size());
}

bool x25519(std::span<const std::uint8_t, 32> scalar, std::span<const std::uint8_t, 32> u,
            std::span<std::uint8_t, 32> result) noexcept {
  const OwnedKey key = x25519_private(scalar);
  const OwnedKey peer(
      EVP_PKEY_new_raw_public_key_ex(libcrypto_context(), "X25519", nullptr, u.data(), u.size()));
  if (!key || !peer) return clear_unless(false);
  const Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(
      EVP_PKEY_CTX_new_from_pkey(libcrypto_context(), key.get(), nullptr));
  std::size_t size = result.size();
  return clear_unless(context && EVP_PKEY_derive_init(context.get()) == 1 &&
                      EVP_PKEY_derive_set_peer(context.get(), peer.get()) == 1 &&
                      EVP_PKEY_derive(context.get(), result.data(), &size) == 1 &&
                      size == result.size());
}

}  // namespace legible::crypto
