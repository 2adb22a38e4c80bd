// The curves' products, by libcrypto where it serves, against mbedTLS's own.

#include <mbedtls/ecp.h>

#include <catch2/catch_test_macros.hpp>

#include "certs/crypto/mbedtls/portable_ecp.h"
#include "certs/random.hpp"
#include "tests/crypto/curve_values.hpp"

namespace legible::test {
namespace {

struct Answer {
  int result = 0;
  Point point;
};

/// Both must give the same: the point, or the error.
void check_product(Group& group, const Integer& factor, const Point& point) {
  Answer ours;
  Answer theirs;
  ours.result = mbedtls_ecp_mul(group.get(), ours.point.get(), factor.get(), point.get(),
                                certs::random_bytes, nullptr);
  theirs.result = portable_ecp_mul(group.get(), theirs.point.get(), factor.get(), point.get(),
                                   certs::random_bytes, nullptr);
  REQUIRE(ours.result == theirs.result);
  if (ours.result == 0) REQUIRE(ours.point == theirs.point);
}

void check_sum(Group& group, const Integer& m, const Point& p, const Integer& n, const Point& q) {
  Answer ours;
  Answer theirs;
  ours.result =
      mbedtls_ecp_muladd(group.get(), ours.point.get(), m.get(), p.get(), n.get(), q.get());
  theirs.result =
      portable_ecp_muladd(group.get(), theirs.point.get(), m.get(), p.get(), n.get(), q.get());
  REQUIRE(ours.result == theirs.result);
  if (ours.result == 0) REQUIRE(ours.point == theirs.point);
}

void generator(Group& group, Point& point) {
  REQUIRE(mbedtls_ecp_copy(point.get(), &group->G) == 0);
}

Integer random_factor(Group& group) {
  Integer factor;
  REQUIRE(mbedtls_ecp_gen_privkey(group.get(), factor.get(), certs::random_bytes, nullptr) == 0);
  return factor;
}

void random_point(Group& group, Point& point) {
  const Integer factor = random_factor(group);
  REQUIRE(portable_ecp_mul(group.get(), point.get(), factor.get(), &group->G, certs::random_bytes,
                           nullptr) == 0);
}

Integer small(int value) {
  Integer number;
  REQUIRE(mbedtls_mpi_lset(number.get(), value) == 0);
  return number;
}

/// The group's order, and what is added.
Integer order_plus(Group& group, int more) {
  Integer number(group->N);
  REQUIRE(mbedtls_mpi_add_int(number.get(), number.get(), more) == 0);
  return number;
}

constexpr mbedtls_ecp_group_id prime_curves[] = {
    MBEDTLS_ECP_DP_SECP256R1,
    MBEDTLS_ECP_DP_SECP384R1,
    MBEDTLS_ECP_DP_SECP521R1,
    MBEDTLS_ECP_DP_BP256R1,
};

TEST_CASE("multiples of points are those of mbedTLS") {
  for (const auto curve :
       {MBEDTLS_ECP_DP_SECP256R1, MBEDTLS_ECP_DP_SECP384R1, MBEDTLS_ECP_DP_SECP521R1,
        MBEDTLS_ECP_DP_BP256R1, MBEDTLS_ECP_DP_CURVE25519, MBEDTLS_ECP_DP_CURVE448}) {
    INFO("curve " << curve);
    Group group(curve);
    Point base;
    generator(group, base);
    for (int round = 0; round < 20; ++round) {
      Point point;
      random_point(group, point);
      check_product(group, random_factor(group), base);
      check_product(group, random_factor(group), point);
    }
  }
}

TEST_CASE("sums of multiples are those of mbedTLS") {
  for (const auto curve : prime_curves) {
    INFO("curve " << curve);
    Group group(curve);
    Point base;
    generator(group, base);
    for (int round = 0; round < 20; ++round) {
      Point point;
      random_point(group, point);
      check_sum(group, random_factor(group), base, random_factor(group), point);
      check_sum(group, random_factor(group), point, random_factor(group), base);
    }
    // m·G + (N - m)·G is no point; nor is it for ECDSA's check of a signature.
    const Integer m = random_factor(group);
    Integer rest;
    REQUIRE(mbedtls_mpi_sub_mpi(rest.get(), &group->N, m.get()) == 0);
    Point sum;
    CHECK(mbedtls_ecp_muladd(group.get(), sum.get(), m.get(), &group->G, rest.get(), base.get()) ==
          0);
    CHECK(mbedtls_ecp_is_zero(sum.get()) == 1);
  }
}

TEST_CASE("the smallest and largest factors, and those that are none, are taken as by mbedTLS") {
  for (const auto curve : prime_curves) {
    INFO("curve " << curve);
    Group group(curve);
    Point base;
    generator(group, base);
    Point point;
    random_point(group, point);
    for (const int value : {-1, 0, 1, 2, 3, 255}) {
      INFO(value);
      check_product(group, small(value), base);
      check_product(group, small(value), point);
      check_sum(group, small(value), base, random_factor(group), point);
      check_sum(group, random_factor(group), base, small(value), point);
    }
    for (const int more : {-2, -1, 0, 1}) {
      INFO("the order and " << more);
      check_product(group, order_plus(group, more), base);
      check_product(group, order_plus(group, more), point);
      check_sum(group, order_plus(group, more), base, random_factor(group), point);
      check_sum(group, random_factor(group), base, order_plus(group, more), point);
    }
  }
  Group group(MBEDTLS_ECP_DP_CURVE25519);
  Point base;
  generator(group, base);
  check_product(group, small(8), base);  // the highest bit is not set
}

TEST_CASE("what is no point is refused as by mbedTLS") {
  for (const auto curve : prime_curves) {
    INFO("curve " << curve);
    Group group(curve);
    Point point;
    random_point(group, point);
    const Integer factor = random_factor(group);
    Point beside;
    REQUIRE(mbedtls_ecp_copy(beside.get(), point.get()) == 0);
    REQUIRE(mbedtls_mpi_add_int(&beside.get()->MBEDTLS_PRIVATE(Y),
                                &beside.get()->MBEDTLS_PRIVATE(Y), 1) == 0);
    check_product(group, factor, beside);
    check_sum(group, factor, point, factor, beside);

    Point zero;
    REQUIRE(mbedtls_ecp_set_zero(zero.get()) == 0);
    check_product(group, factor, zero);

    Point projective;
    REQUIRE(mbedtls_ecp_copy(projective.get(), point.get()) == 0);
    REQUIRE(mbedtls_mpi_lset(&projective.get()->MBEDTLS_PRIVATE(Z), 2) == 0);
    check_product(group, factor, projective);

    Point long_one;
    REQUIRE(mbedtls_ecp_copy(long_one.get(), point.get()) == 0);
    REQUIRE(mbedtls_mpi_add_mpi(&long_one.get()->MBEDTLS_PRIVATE(X),
                                &long_one.get()->MBEDTLS_PRIVATE(X), &group->P) == 0);
    check_product(group, factor, long_one);
  }
}

TEST_CASE("X25519 takes every u that mbedTLS takes, and refuses what it refuses") {
  Group group(MBEDTLS_ECP_DP_CURVE25519);
  const Integer factor = random_factor(group);
  const auto check = [&](const Integer& u) {
    Point point;
    REQUIRE(mbedtls_mpi_copy(&point.get()->MBEDTLS_PRIVATE(X), u.get()) == 0);
    REQUIRE(mbedtls_mpi_lset(&point.get()->MBEDTLS_PRIVATE(Z), 1) == 0);
    check_product(group, factor, point);
  };
  // Small orders, and p and its neighbours.
  for (int value = 0; value < 20; ++value) check(small(value));
  for (int more = -3; more < 19; ++more) {
    INFO("p and " << more);
    Integer u(group->P);
    REQUIRE(mbedtls_mpi_add_int(u.get(), u.get(), more) == 0);
    check(u);
  }
  Integer long_one = small(1);
  REQUIRE(mbedtls_mpi_shift_l(long_one.get(), 255) == 0);
  REQUIRE(mbedtls_mpi_add_int(long_one.get(), long_one.get(), 9) == 0);
  check(long_one);
}

TEST_CASE("a product may take the place of its factor") {
  for (const auto curve : {MBEDTLS_ECP_DP_SECP256R1, MBEDTLS_ECP_DP_CURVE25519}) {
    Group group(curve);
    Point point;
    random_point(group, point);
    const Integer factor = random_factor(group);
    Point expected;
    REQUIRE(portable_ecp_mul(group.get(), expected.get(), factor.get(), point.get(),
                             certs::random_bytes, nullptr) == 0);
    REQUIRE(mbedtls_ecp_mul(group.get(), point.get(), factor.get(), point.get(),
                            certs::random_bytes, nullptr) == 0);
    CHECK(point == expected);
  }
}

}  // namespace
}  // namespace legible::test
