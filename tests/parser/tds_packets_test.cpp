#include "parser/tds_packets.hpp"

#include <catch2/catch_test_macros.hpp>

#include "support/bytes.hpp"

namespace {

using namespace legible::parser;
using namespace legible::test;

struct Read {
  Bytes tls;
  bool clear = false;
  std::size_t taken = 0;

  bool operator==(const Read&) const = default;
};

/// All that `bytes` are, given in pieces of at most `each`.
Read read(std::span<const std::uint8_t> bytes, std::size_t each, std::uint64_t rest = 0) {
  TdsPackets packets(rest);
  Read all;
  while (all.taken < bytes.size()) {
    const auto left = bytes.subspan(all.taken, std::min(each, bytes.size() - all.taken));
    const TdsPackets::Piece piece = packets.next(left);
    all.clear = packets.clear();
    if (all.clear) break;
    REQUIRE(piece.taken > 0);
    all.tls.insert(all.tls.end(), piece.tls.begin(), piece.tls.end());
    all.taken += piece.taken;
  }
  return all;
}

Read in_every_split(std::span<const std::uint8_t> bytes, std::uint64_t rest = 0) {
  const Read whole = read(bytes, bytes.size(), rest);
  for (std::size_t each = 1; each < bytes.size(); ++each) CHECK(read(bytes, each, rest) == whole);
  return whole;
}

}  // namespace

TEST_CASE("the handshake comes in TDS's packets, and the records behind it by themselves") {
  // The rest of the first packet; a packet; a record.
  const Bytes bytes = hex("1603  12 01 000b 0000 01 00 0303ff  17 0303 0002 abcd");
  const Read all = in_every_split(bytes, 2);
  CHECK(all.tls == hex("1603 0303ff 17 0303 0002 abcd"));
  CHECK(all.taken == bytes.size());
  CHECK_FALSE(all.clear);
}

TEST_CASE("packets in clear end the reading of TLS") {
  const Bytes record = hex("17 0303 0001 ab");
  for (const Bytes& clear : {hex("10 01 0090"), hex("04 01 0090"),
                             // Wrapped no more: another packet of the log-in's type is no TLS.
                             hex("12 01 002f")}) {
    const Read all = in_every_split(concat({record, clear}));
    CHECK(all.tls == record);
    CHECK(all.clear);
    CHECK(all.taken == record.size());
  }
}

TEST_CASE("a packet that is shorter than its header holds nothing") {
  const Read all = in_every_split(hex("12 01 0000 0000 01 00  12 01 0009 0000 02 00 16"));
  CHECK(all.tls == hex("16"));
}
