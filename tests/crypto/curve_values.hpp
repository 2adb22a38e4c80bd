#pragma once
// mbedTLS's numbers, points and groups as values.

#include <mbedtls/bignum.h>
#include <mbedtls/ecp.h>

#include <catch2/catch_test_macros.hpp>
#include <utility>

#include "support/bytes.hpp"

namespace legible::test {

class Integer {
 public:
  Integer() { mbedtls_mpi_init(&number_); }
  explicit Integer(const Bytes& big_endian) : Integer() {
    REQUIRE(mbedtls_mpi_read_binary(&number_, big_endian.data(), big_endian.size()) == 0);
  }
  explicit Integer(const mbedtls_mpi& other) : Integer() {
    REQUIRE(mbedtls_mpi_copy(&number_, &other) == 0);
  }
  Integer(const Integer& other) : Integer(other.number_) {}
  Integer& operator=(const Integer&) = delete;
  ~Integer() { mbedtls_mpi_free(&number_); }

  mbedtls_mpi* get() { return &number_; }
  const mbedtls_mpi* get() const { return &number_; }
  bool operator==(const Integer& other) const {
    return mbedtls_mpi_cmp_mpi(&number_, &other.number_) == 0;
  }

 private:
  mbedtls_mpi number_;
};

class Group {
 public:
  explicit Group(mbedtls_ecp_group_id id) {
    mbedtls_ecp_group_init(&group_);
    REQUIRE(mbedtls_ecp_group_load(&group_, id) == 0);
  }
  ~Group() { mbedtls_ecp_group_free(&group_); }
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  mbedtls_ecp_group* get() { return &group_; }
  mbedtls_ecp_group* operator->() { return &group_; }

 private:
  mbedtls_ecp_group group_;
};

class Point {
 public:
  Point() { mbedtls_ecp_point_init(&point_); }
  Point(const Bytes& x, const Bytes& y) : Point() {
    Bytes encoded{4};
    encoded.insert(encoded.end(), x.begin(), x.end());
    encoded.insert(encoded.end(), y.begin(), y.end());
    Group group(x.size() == 32 ? MBEDTLS_ECP_DP_SECP256R1 : MBEDTLS_ECP_DP_SECP384R1);
    REQUIRE(mbedtls_ecp_point_read_binary(group.get(), &point_, encoded.data(), encoded.size()) ==
            0);
  }
  ~Point() { mbedtls_ecp_point_free(&point_); }
  Point(const Point&) = delete;
  Point& operator=(const Point&) = delete;

  mbedtls_ecp_point* get() { return &point_; }
  const mbedtls_ecp_point* get() const { return &point_; }
  bool operator==(const Point& other) const {
    return mbedtls_ecp_point_cmp(&point_, &other.point_) == 0;
  }

 private:
  mbedtls_ecp_point point_;
};

}  // namespace legible::test
