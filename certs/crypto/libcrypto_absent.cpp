#include "certs/crypto/aes_gcm.hpp"
#include "certs/crypto/arithmetic.hpp"
#include "certs/crypto/curve_products.hpp"

namespace legible::crypto {

std::string_view accelerating_library() { return {}; }

std::string_view accelerated() { return {}; }

std::unique_ptr<AesGcm> AesGcm::make(std::span<const std::uint8_t>) noexcept { return nullptr; }

Product multiply_generator(PrimeCurve, Number, PointOutput) noexcept {
  return Product::unavailable;
}
Product multiply(PrimeCurve, Number, PointView, PointOutput) noexcept {
  return Product::unavailable;
}
Product multiply_and_add(PrimeCurve, Number, Number, PointView, PointOutput) noexcept {
  return Product::unavailable;
}
bool x25519_base(std::span<const std::uint8_t, 32>, std::span<std::uint8_t, 32>) noexcept {
  return false;
}
bool x25519(std::span<const std::uint8_t, 32>, std::span<const std::uint8_t, 32>,
            std::span<std::uint8_t, 32>) noexcept {
  return false;
}

}  // namespace legible::crypto
