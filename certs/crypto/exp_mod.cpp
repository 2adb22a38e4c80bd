// Long exponentiations of mbedTLS's, in which the time of an RSA signature goes, by libcrypto. The
// linker gives mbedTLS this function in place of its own (--wrap, see CMakeLists.txt): there is no
// hook for it. What is short, unusual or invalid is for mbedTLS's own. <mbedtls/bignum.h>
// documents it.

#include <mbedtls/bignum.h>
#include <mbedtls/platform_util.h>

#include <array>
#include <optional>

#include "certs/crypto/modular_power.hpp"

namespace {

using legible::crypto::largest_modulus;

/// A number, which may be a secret, with as many octets as its limbs have: so its size tells
/// nothing of its value.
class Octets {
 public:
  Octets() = default;
  ~Octets() { mbedtls_platform_zeroize(bytes_.data(), size_); }
  Octets(const Octets&) = delete;
  Octets& operator=(const Octets&) = delete;

  /// False: it is longer than is done here.
  bool read(const mbedtls_mpi& number) {
    size_ = number.MBEDTLS_PRIVATE(n) * sizeof(mbedtls_mpi_uint);
    if (size_ > bytes_.size()) {
      size_ = 0;
      return false;
    }
    return mbedtls_mpi_write_binary(&number, bytes_.data(), size_) == 0;
  }
  std::span<std::uint8_t> room_for(const Octets& other) {
    size_ = other.size_;
    return {bytes_.data(), size_};
  }
  std::span<const std::uint8_t> view() const { return {bytes_.data(), size_}; }

 private:
  std::array<std::uint8_t, largest_modulus> bytes_;
  std::size_t size_ = 0;
};

/// Nothing: for mbedTLS's own.
std::optional<int> power(mbedtls_mpi& result, const mbedtls_mpi& base, const mbedtls_mpi& exponent,
                         const mbedtls_mpi& modulus) {
  // A public exponent is done in less time than the numbers take to be copied.
  constexpr std::size_t least_bits = 512;
  const bool is_long = exponent.MBEDTLS_PRIVATE(n) * sizeof(mbedtls_mpi_uint) * 8 >= least_bits &&
                       mbedtls_mpi_bitlen(&modulus) >= least_bits;
  if (!is_long || mbedtls_mpi_get_bit(&modulus, 0) == 0 || mbedtls_mpi_cmp_int(&modulus, 0) < 0 ||
      mbedtls_mpi_cmp_int(&exponent, 0) < 0 || mbedtls_mpi_cmp_int(&base, 0) < 0) {
    return std::nullopt;
  }
  Octets a;
  Octets e;
  Octets m;
  Octets done;
  if (!a.read(base) || !e.read(exponent) || !m.read(modulus) ||
      !legible::crypto::modular_power(a.view(), e.view(), m.view(), done.room_for(m))) {
    return std::nullopt;
  }
  return mbedtls_mpi_read_binary(&result, done.view().data(), done.view().size());
}

}  // namespace

extern "C" {

// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): the linker's names
int __real_mbedtls_mpi_exp_mod(mbedtls_mpi* result, const mbedtls_mpi* base,
                               const mbedtls_mpi* exponent, const mbedtls_mpi* modulus,
                               mbedtls_mpi* prepared);

int __wrap_mbedtls_mpi_exp_mod(mbedtls_mpi* result, const mbedtls_mpi* base,
                               const mbedtls_mpi* exponent, const mbedtls_mpi* modulus,
                               mbedtls_mpi* prepared) {
  if (const auto done = power(*result, *base, *exponent, *modulus)) return *done;
  return __real_mbedtls_mpi_exp_mod(result, base, exponent, modulus, prepared);
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

}  // extern "C"
