#include "proxy/capture/ip_fragments.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <numeric>
#include <vector>

namespace legible::capture {
namespace {

/// A TCP segment of 20 bytes of header and 20 of payload, in three fragments.
class Fragments {
 public:
  Fragments() {
    std::iota(segment_.begin() + 20, segment_.end(), std::uint8_t{1});
    segment_[12] = 0x50;
  }
  IpFragment part(std::size_t offset, std::size_t length, std::uint32_t identification = 7) const {
    IpFragment fragment;
    fragment.identification = identification;
    fragment.offset = offset;
    fragment.more = offset + length < segment_.size();
    fragment.payload = Bytes{segment_}.subspan(offset, length);
    return fragment;
  }

 private:
  std::vector<std::uint8_t> segment_ = std::vector<std::uint8_t>(40);
};

TEST_CASE("fragments in any order make the datagram") {
  const Fragments fragments;
  std::vector<std::size_t> offsets{0, 8, 16, 24, 32};
  do {
    IpFragments datagrams;
    std::optional<TcpSegment> segment;
    for (const std::size_t offset : offsets) {
      REQUIRE_FALSE(segment);
      segment = datagrams.add(fragments.part(offset, 8));
    }
    REQUIRE(segment);
    CHECK(segment->payload.size() == 20);
    CHECK(segment->payload.front() == 1);
    CHECK(segment->payload.back() == 20);
  } while (std::ranges::next_permutation(offsets).found);
}

TEST_CASE("a fragment that comes twice counts once") {
  const Fragments fragments;
  IpFragments datagrams;
  CHECK_FALSE(datagrams.add(fragments.part(0, 24)));
  CHECK_FALSE(datagrams.add(fragments.part(0, 24)));
  CHECK(datagrams.add(fragments.part(24, 16)));
}

TEST_CASE("fragments that overlap or contradict each other make nothing") {
  const Fragments fragments;
  IpFragment early_end = fragments.part(0, 8);
  early_end.more = false;
  IpFragment cut = fragments.part(24, 16);
  cut.cut = true;
  struct Case {
    const char* what;
    std::vector<IpFragment> parts;
  };
  const Case cases[] = {
      {"overlap", {fragments.part(0, 24), fragments.part(16, 24)}},
      {"overlap from below", {fragments.part(16, 24), fragments.part(0, 24)}},
      {"an end before others", {fragments.part(24, 8), early_end, fragments.part(0, 8)}},
      {"two ends", {fragments.part(24, 16), early_end, fragments.part(8, 16)}},
      {"cut by the snap length", {fragments.part(0, 24), cut}},
  };
  for (const Case& test : cases) {
    CAPTURE(test.what);
    IpFragments datagrams;
    for (const IpFragment& part : test.parts) CHECK_FALSE(datagrams.add(part));
  }
}

TEST_CASE("of too many unfinished datagrams the oldest is given up") {
  const Fragments fragments;
  IpFragments datagrams;
  for (std::uint32_t i = 0; i <= IpFragments::capacity; ++i) {
    CHECK_FALSE(datagrams.add(fragments.part(0, 24, i)));
  }
  CHECK_FALSE(datagrams.add(fragments.part(24, 16, 0)));
  CHECK(datagrams.add(fragments.part(24, 16, IpFragments::capacity)));
}

}  // namespace
}  // namespace legible::capture
