#include "parser/byte_reader.hpp"

#include <catch2/catch_test_macros.hpp>

#include "parser/tls_types.hpp"
#include "support/bytes.hpp"

using namespace legible::parser;
using legible::test::Bytes;
using legible::test::hex;

TEST_CASE("a reader gives numbers, blocks and lists in network order") {
  const Bytes bytes = hex("01 0203 040506 02 aabb 0004 1301 1302 ff");
  std::optional<DecodeError> error;
  ByteReader reader(bytes, error);
  CHECK(reader.u8("a") == 0x01);
  CHECK(reader.u16("b") == 0x0203);
  CHECK(reader.u24("c") == 0x040506);
  CHECK(reader.block8("d").rest().size() == 2);
  CHECK(reader.block16("e").rest_as_list<CipherSuite>("e") ==
        std::vector{CipherSuite{0x1301}, CipherSuite{0x1302}});
  CHECK(reader.remaining() == 1);
  CHECK(reader.offset() == bytes.size() - 1);
  CHECK_FALSE(error);
}

TEST_CASE(
    "the first failure is kept, with its field and offset, and everything after it is empty") {
  const Bytes bytes = hex("05 0102");
  std::optional<DecodeError> error;
  ByteReader reader(bytes, error);
  ByteReader block = reader.block8("block");
  REQUIRE(error);
  CHECK(error->field == "block");
  CHECK(error->offset == 1);
  CHECK(block.at_end());
  CHECK(reader.u16("later") == 0);
  CHECK(reader.at_end());
  CHECK(error->field == "block");
}

TEST_CASE("a nested block fails at its offset in the whole, and its reader stays inside it") {
  const Bytes bytes = hex("02 0102 ffff");
  std::optional<DecodeError> error;
  ByteReader reader(bytes, error, 100);
  ByteReader block = reader.block8("block");
  CHECK(block.u16("inner") == 0x0102);
  block.u8("beyond");
  REQUIRE(error);
  CHECK(error->field == "beyond");
  CHECK(error->offset == 103);
}

TEST_CASE("a list whose length is no multiple of its numbers is a failure") {
  const Bytes bytes = hex("13 01 13");
  std::optional<DecodeError> error;
  ByteReader reader(bytes, error);
  CHECK(reader.rest_as_list<CipherSuite>("list").empty());
  REQUIRE(error);
  CHECK(error->field == "list");
}

TEST_CASE("bytes that are left where a block must end are a failure") {
  const Bytes bytes = hex("00");
  std::optional<DecodeError> error;
  ByteReader reader(bytes, error);
  reader.expect_end("end");
  REQUIRE(error);
  CHECK(error->field == "end");
}
