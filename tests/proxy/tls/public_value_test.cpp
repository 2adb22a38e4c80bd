#include "proxy/tls/public_value.hpp"

#include <catch2/catch_test_macros.hpp>
#include <vector>

namespace legible::proxy::tls {
namespace {

constexpr parser::NamedGroup p256{23};
constexpr parser::NamedGroup x25519{29};
constexpr parser::NamedGroup ffdhe2048{256};

using Bytes = std::vector<std::uint8_t>;

/// The base point of P-256 (SEC 2 section 2.4.2).
Bytes base_point() {
  return {0x04, 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5,
          0x63, 0xa4, 0x40, 0xf2, 0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4,
          0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a,
          0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, 0x2b, 0xce, 0x33,
          0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5};
}

Bytes number(std::size_t size, std::uint8_t fill, std::uint8_t last) {
  Bytes bytes(size, fill);
  bytes.back() = last;
  return bytes;
}

}  // namespace

TEST_CASE("a point is of its curve, of its form and of its length") {
  Bytes point = base_point();
  CHECK(is_public_value(p256, point));
  point.back() ^= 1;
  CHECK_FALSE(is_public_value(p256, point));
  CHECK_FALSE(is_public_value(p256, {}));
  CHECK_FALSE(is_public_value(p256, Bytes(65)));
  CHECK_FALSE(is_public_value(p256, Bytes{0}));  // the point at infinity
  Bytes compressed(base_point());
  compressed.resize(33);
  compressed[0] = 3;
  CHECK_FALSE(is_public_value(p256, compressed));
  Bytes hybrid = base_point();
  hybrid[0] = 7;
  CHECK_FALSE(is_public_value(p256, hybrid));
}

TEST_CASE("a point of small order is no public value of X25519") {
  CHECK(is_public_value(x25519, Bytes(32, 9)));
  CHECK_FALSE(is_public_value(x25519, Bytes(32)));
  CHECK_FALSE(is_public_value(x25519, Bytes(31, 9)));
  Bytes one(32);
  one[0] = 1;
  CHECK_FALSE(is_public_value(x25519, one));
}

TEST_CASE("a residue lies between 1 and p-1, and is as long as p") {
  CHECK(is_public_value(ffdhe2048, number(256, 0, 2)));
  CHECK(is_public_value(ffdhe2048, number(256, 0x7f, 1)));
  CHECK_FALSE(is_public_value(ffdhe2048, number(256, 0, 1)));
  CHECK_FALSE(is_public_value(ffdhe2048, number(256, 0, 0)));
  CHECK_FALSE(is_public_value(ffdhe2048, number(256, 0xff, 0xff)));
  CHECK_FALSE(is_public_value(ffdhe2048, number(255, 0x7f, 1)));
}

TEST_CASE("of a group that is not known here nothing is said") {
  CHECK(is_public_value({0x11ec}, Bytes(7)));
}

}  // namespace legible::proxy::tls
