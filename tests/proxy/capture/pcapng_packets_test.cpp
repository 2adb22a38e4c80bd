#include "proxy/capture/pcapng_packets.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "support/pcapng_builder.hpp"

namespace legible::capture {
namespace {

using Writer = test::PcapngBuilder;

struct Packet {
  std::int64_t microseconds;
  LinkLayer link;
  std::string bytes;
  std::size_t wire_length;
  friend bool operator==(const Packet&, const Packet&) = default;
};

struct Read {
  std::vector<Packet> packets;
  std::string error;
  std::string left_out;
};

Read read(std::string bytes) {
  PcapngPackets file{Stream{fmemopen(bytes.data(), bytes.size(), "rb")}};
  Read result;
  while (const auto packet = file.next()) {
    result.packets.push_back({packet->time.time_since_epoch().count(), packet->link,
                              std::string(packet->bytes.begin(), packet->bytes.end()),
                              packet->wire_length});
  }
  result.error = file.error();
  result.left_out = file.left_out();
  return result;
}

std::int64_t time_of(const Writer& writer, const std::string& options, std::uint64_t ticks) {
  const Read result =
      read(writer.section() + writer.interface(1, 0, options) + writer.packet(0, ticks, "frame"));
  REQUIRE(result.packets.size() == 1);
  return result.packets[0].microseconds;
}

TEST_CASE("sections and interfaces may differ in byte order and link type") {
  const Writer little{false};
  const Writer big{true};
  const std::string file = little.section() + little.interface(1) + little.interface(276, 96) +
                           little.packet(0, 1, "one") + little.packet(1, 2, "cooked") +
                           big.section() + big.interface(101) + big.interface(0) +
                           big.packet(0, 3, "raw") + big.old_packet(1, 4, "loop");
  const Read result = read(file);
  CHECK(result.error.empty());
  CHECK(result.left_out.empty());
  CHECK(result.packets == std::vector<Packet>{{1, LinkLayer::ethernet, "one", 3},
                                              {2, LinkLayer::linux_cooked_v2, "cooked", 6},
                                              {3, LinkLayer::raw_ip, "raw", 3},
                                              {4, LinkLayer::loopback, "loop", 4}});
}

TEST_CASE("an interface tells what its ticks are") {
  for (const bool big_endian : {false, true}) {
    const Writer writer{big_endian};
    const auto resolution = [&](int value) {
      return writer.option(9, std::string(1, static_cast<char>(value)));
    };
    CHECK(time_of(writer, "", 5'000'007) == 5'000'007);
    CHECK(time_of(writer, resolution(9), 5'123'456'789) == 5'123'456);
    CHECK(time_of(writer, resolution(3), 5'123) == 5'123'000);
    CHECK(time_of(writer, resolution(0), 5) == 5'000'000);
    CHECK(time_of(writer, resolution(0x80 | 10), 5 * 1024 + 512) == 5'500'000);
    CHECK(time_of(writer, resolution(0x80 | 62), std::uint64_t{3} << 61) == 1'500'000);
    const std::string other = writer.option(2, "eth0") + resolution(6);
    CHECK(time_of(writer, other + writer.option(14, writer.u64(100)), 7) == 100'000'007);
    CHECK(time_of(writer, writer.option(14, writer.u64(~std::uint64_t{0})), 1'000'007) == 7);
  }
}

TEST_CASE("a time beyond any calendar is cut, and a clock that is too fast is refused") {
  const Writer writer{false};
  CHECK(time_of(writer, writer.option(9, std::string(1, '\0')), ~std::uint64_t{0}) > 0);
  CHECK(time_of(writer, writer.option(14, writer.u64(std::uint64_t{1} << 63)), 7) == 7);
  const std::string far_ahead = writer.option(9, std::string(1, '\0')) +
                                writer.option(14, writer.u64(~std::uint64_t{0} >> 1));
  CHECK(time_of(writer, far_ahead, ~std::uint64_t{0}) > 0);
  const Read result = read(writer.section() + writer.interface(1, 0, writer.option(9, "\x20")) +
                           writer.packet(0, 1, "frame"));
  CHECK(result.packets.empty());
  CHECK(result.error.find("clock") != std::string::npos);
}

TEST_CASE("a simple packet has its interface's snap length, and the time of the one before") {
  const Writer writer{false};
  const Read result = read(writer.section() + writer.interface(1, 4) + writer.packet(0, 9, "abcd") +
                           writer.simple_packet("efgh", 40) + writer.simple_packet("ij", 2));
  CHECK(result.packets == std::vector<Packet>{{9, LinkLayer::ethernet, "abcd", 4},
                                              {9, LinkLayer::ethernet, "efgh", 40},
                                              {9, LinkLayer::ethernet, "ij", 2}});
}

TEST_CASE("packets of an unknown link type are left out, and that is said") {
  const Writer writer{false};
  const std::string start = writer.section() + writer.interface(220) + writer.interface(1) +
                            writer.packet(0, 1, "usb") + writer.packet(0, 2, "usb");
  const Read mixed = read(start + writer.packet(1, 3, "frame"));
  CHECK(mixed.packets.size() == 1);
  CHECK(mixed.error.empty());
  CHECK(mixed.left_out.starts_with("2 packets of link type 220"));
  const Read alone = read(start);
  CHECK(alone.packets.empty());
  CHECK(alone.error.starts_with("packets of link type 220"));
}

TEST_CASE("a file cut anywhere gives the packets that were whole, and an error") {
  const Writer writer{true};
  const std::string head = writer.section() + writer.interface(1);
  const std::string first = writer.packet(0, 1, "first");
  const std::string file = head + first + writer.packet(0, 2, "second");
  for (std::size_t length = 1; length < file.size(); ++length) {
    CAPTURE(length);
    const Read result = read(file.substr(0, length));
    const bool at_block =
        length == 28 || length == head.size() || length == head.size() + first.size();
    // A packet is whole without the second length of its block.
    const std::size_t first_whole = head.size() + first.size() - 4;
    const std::size_t whole = (length >= first_whole ? 1u : 0u) + (length >= file.size() - 4);
    CHECK(result.packets.size() == whole);
    CHECK(result.error.empty() == at_block);
  }
}

TEST_CASE("what breaks a rule ends the reading with a reason") {
  const Writer writer{false};
  const std::string head = writer.section() + writer.interface(1);
  const std::string good = writer.packet(0, 1, "good");
  struct Case {
    std::string bytes;
    std::string reason;
  };
  const Case cases[] = {
      {head + good + writer.packet(1, 1, "no such interface"), "packet block"},
      {head + good + writer.block(6, "short"), "packet block"},
      {head + good + writer.u32(6) + writer.u32(7), "length 7"},
      {head + good + writer.u32(6) + writer.u32(0xfffffff0), "4294967280 bytes"},
      {head + good + writer.u32(99) + writer.u32(12) + writer.u32(16), "two lengths"},
      {head + good + writer.block(1, "cut"), "interface description"},
      {head + good + writer.block(0x0a0d0d0a, std::string(16, '\0')), "byte order"},
  };
  for (const Case& test : cases) {
    CAPTURE(test.reason);
    const Read result = read(test.bytes);
    CHECK(result.packets.size() == 1);
    CHECK(result.error.find(test.reason) != std::string::npos);
  }
  CHECK(read(writer.packet(0, 1, "outside of any section")).error.find("section header") !=
        std::string::npos);
}

}  // namespace
}  // namespace legible::capture
