#pragma once
// Multiples of points on elliptic curves, by OpenSSL's libcrypto. Numbers are big-endian, of the
// curve's size. In constant time, but for what says otherwise.

#include <cstddef>
#include <cstdint>
#include <span>

namespace legible::crypto {

enum class PrimeCurve : std::uint8_t { p256, p384 };

/// Octets of a coordinate and of a scalar.
constexpr std::size_t size_of(PrimeCurve curve) { return curve == PrimeCurve::p256 ? 32 : 48; }
constexpr std::size_t largest_coordinate = 48;

using Number = std::span<const std::uint8_t>;

struct PointView {
  Number x;
  Number y;
};

struct PointOutput {
  std::span<std::uint8_t> x;
  std::span<std::uint8_t> y;
};

enum class Product : std::uint8_t {
  computed,
  infinity,     ///< the neutral element, which has no coordinates
  unavailable,  ///< no libcrypto here, or none that does this; or no point of the curve
};

/// `factor` (smaller than the order) times the generator.
Product multiply_generator(PrimeCurve curve, Number factor, PointOutput result) noexcept;
/// `factor` times the point.
Product multiply(PrimeCurve curve, Number factor, PointView point, PointOutput result) noexcept;
/// The sum of both. Not in constant time.
Product multiply_and_add(PrimeCurve curve, Number generator_factor, Number factor, PointView point,
                         PointOutput result) noexcept;

/// X25519 (RFC 7748 section 5), little-endian: of the base point, or of `u`. False: unavailable, or
/// the result is zero.
bool x25519_base(std::span<const std::uint8_t, 32> scalar,
                 std::span<std::uint8_t, 32> result) noexcept;
bool x25519(std::span<const std::uint8_t, 32> scalar, std::span<const std::uint8_t, 32> u,
            std::span<std::uint8_t, 32> result) noexcept;

}  // namespace legible::crypto
