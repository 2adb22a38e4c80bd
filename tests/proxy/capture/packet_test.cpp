#include "proxy/capture/packet.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

namespace legible::capture {
namespace {

using Octets = std::vector<std::uint8_t>;

Octets operator+(Octets left, const Octets& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

const Octets macs(12, 0xee);
const Octets tcp{0xc3, 0x50, 0x01, 0xbb, 0, 0, 0, 1, 0, 0,   0,
                 2,    0x50, 0x18, 0,    0, 0, 0, 0, 0, 'h', 'i'};
const Octets ipv4 =
    Octets{0x45, 0, 0, 42, 0, 1, 0, 0, 64, 6, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2} + tcp;
const Octets v6_addresses = Octets{0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1} +
                            Octets{0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2};
const Octets ipv6 = Octets{0x60, 0, 0, 0, 0, 22, 6, 64} + v6_addresses + tcp;
const Octets ipv6_with_extensions = Octets{0x60, 0, 0, 0, 0, 38, 0, 64} + v6_addresses +
                                    Octets{60, 0, 1, 4, 0, 0, 0, 0} +
                                    Octets{6, 0, 1, 4, 0, 0, 0, 0} + tcp;

struct Case {
  const char* what;
  LinkLayer link;
  Octets frame;
  std::string source = "192.0.2.1:50000";
};

const std::vector<Case> cases{
    {"Ethernet", LinkLayer::ethernet, macs + Octets{0x08, 0x00} + ipv4},
    {"Ethernet with padding", LinkLayer::ethernet,
     macs + Octets{0x08, 0x00} + ipv4 + Octets(10, 0)},
    {"VLAN", LinkLayer::ethernet, macs + Octets{0x81, 0x00, 0, 5, 0x08, 0x00} + ipv4},
    {"QinQ", LinkLayer::ethernet,
     macs + Octets{0x88, 0xa8, 0, 5, 0x81, 0x00, 0, 6, 0x08, 0x00} + ipv4},
    {"MPLS", LinkLayer::ethernet, macs + Octets{0x88, 0x47, 0, 0, 0, 9, 0, 0, 1, 9} + ipv4},
    {"PPPoE", LinkLayer::ethernet,
     macs + Octets{0x88, 0x64, 0x11, 0, 0, 1, 0, 44, 0x00, 0x21} + ipv4},
    {"BSD loopback", LinkLayer::loopback, Octets{2, 0, 0, 0} + ipv4},
    {"raw IP", LinkLayer::raw_ip, ipv4},
    {"Linux cooked", LinkLayer::linux_cooked_v1, Octets(14, 0) + Octets{0x08, 0x00} + ipv4},
    {"Linux cooked v2", LinkLayer::linux_cooked_v2, Octets{0x08, 0x00} + Octets(18, 0) + ipv4},
    {"IPv6", LinkLayer::ethernet, macs + Octets{0x86, 0xdd} + ipv6, "[2001:db8::1]:50000"},
    {"IPv6 with extension headers", LinkLayer::raw_ip, ipv6_with_extensions, "[2001:db8::1]:50000"},
    {"IPv6 on BSD loopback", LinkLayer::loopback, Octets{0, 0, 0, 30} + ipv6,
     "[2001:db8::1]:50000"},
};

TEST_CASE("a TCP segment is found behind every link and network layer") {
  for (const Case& test : cases) {
    CAPTURE(test.what);
    const Dissected dissected = dissect(test.link, test.frame, test.frame.size());
    REQUIRE(std::holds_alternative<TcpSegment>(dissected));
    const auto& segment = std::get<TcpSegment>(dissected);
    CHECK(to_text(segment.source) == test.source);
    CHECK(segment.destination.port == 443);
    CHECK(segment.sequence == 1);
    CHECK(segment.acknowledgment == 2);
    CHECK(segment.ack);
    CHECK_FALSE(segment.syn);
    CHECK(std::string(segment.payload.begin(), segment.payload.end()) == "hi");
    CHECK(segment.payload_length == 2);
  }
}

TEST_CASE("a frame cut at any length gives a segment with less payload, or none") {
  for (const Case& test : cases) {
    for (std::size_t length = 0; length < test.frame.size(); ++length) {
      CAPTURE(test.what, length);
      const Bytes cut = Bytes{test.frame}.first(length);
      const Dissected dissected = dissect(test.link, cut, test.frame.size());
      if (const auto* segment = std::get_if<TcpSegment>(&dissected)) {
        CHECK(segment->payload_length == 2);
        CHECK(segment->payload.size() <= 2);
      }
    }
  }
}

TEST_CASE("a packet that its network card was to cut has the length of the frame") {
  Octets packet = ipv4;
  packet[2] = packet[3] = 0;
  const Dissected dissected = dissect(LinkLayer::raw_ip, packet, packet.size());
  REQUIRE(std::holds_alternative<TcpSegment>(dissected));
  CHECK(std::get<TcpSegment>(dissected).payload_length == 2);
}

TEST_CASE("what is no TCP is none") {
  Octets udp = ipv4;
  udp[9] = 17;
  Octets short_header = ipv4;
  short_header[0] = 0x44;
  Octets long_tcp_header = ipv4;
  long_tcp_header[32] = 0xf0;
  for (const Octets& packet : {udp, short_header, long_tcp_header, Octets{}, Octets{0x50}}) {
    CHECK(std::holds_alternative<NotTcp>(dissect(LinkLayer::raw_ip, packet, packet.size())));
  }
}

TEST_CASE("a fragment is told apart from a segment") {
  Octets first = ipv4;
  first[6] = 0x20;
  const Dissected dissected = dissect(LinkLayer::raw_ip, first, first.size());
  REQUIRE(std::holds_alternative<IpFragment>(dissected));
  CHECK(std::get<IpFragment>(dissected).more);
  CHECK(std::get<IpFragment>(dissected).payload.size() == tcp.size());
}

}  // namespace
}  // namespace legible::capture
