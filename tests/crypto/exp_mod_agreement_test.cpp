// Exponentiation by libcrypto where it serves, against mbedTLS's own.

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

#include "certs/crypto/modular_power.hpp"
#include "certs/random.hpp"
#include "tests/crypto/curve_values.hpp"

// NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming): the linker's name
extern "C" int __real_mbedtls_mpi_exp_mod(mbedtls_mpi*, const mbedtls_mpi*, const mbedtls_mpi*,
                                          const mbedtls_mpi*, mbedtls_mpi*);

namespace legible::test {
namespace {

/// Both must give the same: the power, or the error.
void check_power(const Integer& base, const Integer& exponent, const Integer& modulus) {
  Integer ours;
  Integer theirs;
  const int our_result =
      mbedtls_mpi_exp_mod(ours.get(), base.get(), exponent.get(), modulus.get(), nullptr);
  const int their_result =
      __real_mbedtls_mpi_exp_mod(theirs.get(), base.get(), exponent.get(), modulus.get(), nullptr);
  REQUIRE(our_result == their_result);
  if (our_result == 0) REQUIRE(ours == theirs);
}

Bytes random_octets(std::size_t size) {
  Bytes octets(size);
  REQUIRE(certs::random_bytes(nullptr, octets.data(), octets.size()) == 0);
  return octets;
}

Integer odd(std::size_t size) {
  Bytes octets = random_octets(size);
  octets.front() |= 0x80;
  octets.back() |= 1;
  return Integer(octets);
}

TEST_CASE("powers are those of mbedTLS's own exponentiation") {
  const std::size_t size =
      GENERATE(as<std::size_t>(), 8, 63, 64, 65, 128, 192, 256, 384, 512, 1024);
  const Integer modulus = odd(size);
  for (const std::size_t exponent_size : {std::size_t{1}, std::size_t{3}, size, size + 28}) {
    CAPTURE(size, exponent_size);
    const Integer exponent(random_octets(exponent_size));
    check_power(Integer(random_octets(size)), exponent, modulus);
    // Larger than the modulus, which it is reduced by.
    check_power(Integer(random_octets(size + 9)), exponent, modulus);
  }
}

TEST_CASE("odd numbers give what they give mbedTLS") {
  const Integer modulus = odd(128);
  const Integer exponent(random_octets(128));
  const Integer one(Bytes{1});
  const Integer zero(Bytes{0});
  check_power(zero, exponent, modulus);
  check_power(one, exponent, modulus);
  check_power(modulus, exponent, modulus);
  check_power(exponent, zero, modulus);
  check_power(exponent, exponent, one);
  check_power(exponent, exponent, zero);

  Bytes even = random_octets(128);
  even.back() &= 0xfe;
  check_power(exponent, exponent, Integer(even));
  Bytes padded(256);  // its exponent has limbs of zeroes alone before the first that counts
  padded.back() = 3;
  check_power(exponent, Integer(padded), modulus);

  Integer negative(exponent);
  negative.get()->MBEDTLS_PRIVATE(s) = -1;
  check_power(negative, exponent, modulus);
  check_power(exponent, negative, modulus);
  check_power(exponent, exponent, negative);
}

TEST_CASE("the result may be one of the operands") {
  const Integer modulus = odd(256);
  const Integer exponent(random_octets(256));
  Integer number(random_octets(256));
  Integer expected;
  REQUIRE(__real_mbedtls_mpi_exp_mod(expected.get(), number.get(), exponent.get(), modulus.get(),
                                     nullptr) == 0);
  REQUIRE(mbedtls_mpi_exp_mod(number.get(), number.get(), exponent.get(), modulus.get(), nullptr) ==
          0);
  CHECK(number == expected);
}

TEST_CASE("libcrypto does the long powers") {
  const Bytes base = random_octets(128);
  Bytes modulus = random_octets(128);
  modulus.back() |= 1;
  Bytes result(128);
  CHECK(crypto::modular_power(base, base, modulus, result));
}

}  // namespace
}  // namespace legible::test
