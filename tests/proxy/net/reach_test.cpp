#include "proxy/net/reach.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <string>

#include "proxy/net/address_range.hpp"
#include "proxy/ways/client_rules.hpp"
#include "proxy/ways/outbound.hpp"

namespace legible::proxy {
namespace {

using std::string_literals::operator""s;

SocketAddress address(const char* host, std::uint16_t port = 443) {
  return *SocketAddress::from_numeric(host, port);
}

}  // namespace

TEST_CASE("a range contains what begins with its prefix") {
  struct Case {
    const char* range;
    const char* address;
    bool inside;
  };
  const auto& c = GENERATE(values<Case>({
      {"10.0.0.0/8", "10.255.1.2", true},
      {"10.0.0.0/8", "11.0.0.0", false},
      {"10.128.0.0/9", "10.127.255.255", false},
      {"10.128.0.0/9", "10.128.0.1", true},
      {"192.0.2.7", "192.0.2.7", true},
      {"192.0.2.7", "192.0.2.6", false},
      {"0.0.0.0/0", "203.0.113.1", true},
      {"0.0.0.0/0", "2001:db8::1", false},
      {"10.0.0.0/8", "::ffff:10.1.1.1", true},
      {"2001:db8::/32", "2001:db8:1::1", true},
      {"2001:db8::/32", "2001:db9::1", false},
      {"fe80::/10", "febf::1", true},
      {"fe80::/10", "fec0::1", false},
  }));
  CAPTURE(c.range, c.address);
  const auto range = AddressRange::parse(c.range);
  REQUIRE(range);
  CHECK(range->contains(address(c.address)) == c.inside);
}

TEST_CASE("what is no range is refused") {
  const char* const text = GENERATE("", "10.0.0.0/", "10.0.0.0/33", "::/129", "10.0.0/8", "name",
                                    "10.0.0.0/8x", "10.0.0.0/-1");
  CAPTURE(text);
  CHECK_FALSE(AddressRange::parse(text));
}

TEST_CASE("where clients choose, local places are out of reach unless they are named") {
  struct Case {
    const char* address;
    std::vector<std::string> allowed;
    bool reachable;
  };
  const auto& c = GENERATE(values<Case>({
      {"169.254.169.254", {}, false},
      {"169.254.169.254", {"*"}, false},
      {"169.254.169.254", {"*.example"}, false},
      {"169.254.169.254", {"169.254.169.254"}, true},
      {"169.254.169.254", {"169.254.*"}, true},
      {"::ffff:169.254.169.254", {}, false},
      {"0.0.0.0", {}, false},
      {"::", {}, false},
      {"fe80::1", {}, false},
      {"fd00:ec2::254", {}, false},
      {"fd00:ec2::255", {}, true},
      {"127.0.0.1", {}, true},
      {"10.0.0.1", {}, true},
  }));
  CAPTURE(c.address);
  Reach reach;
  reach.clients_choose = true;
  reach.allowed_targets = c.allowed;
  CHECK_FALSE(reach.obstacle(address(c.address)).has_value() == c.reachable);
  reach.clients_choose = false;
  CHECK_FALSE(reach.obstacle(address(c.address)));
}

TEST_CASE("targets are allowed by host, or by host and port") {
  ClientRules rules;
  CHECK(rules.allows({"anything", 1}));
  rules.targets = {"*.example", "db:5432"};
  CHECK(rules.allows({"www.EXAMPLE", 443}));
  CHECK(rules.allows({"db", 5432}));
  CHECK_FALSE(rules.allows({"db", 5433}));
  CHECK_FALSE(rules.allows({"example.org", 443}));
}

TEST_CASE("a pattern covers a host, or a host and a port, and nothing that only looks so") {
  struct Case {
    const char* pattern;
    HostPort target;
    bool covered;
  };
  const auto& c = GENERATE(values<Case>({
      {"*:443", {"a.example", 443}, true},
      {"*:443", {"2001:db8::443", 25}, false},
      {"*:443", {"2001:db8::443", 443}, true},
      {"[::1]:22", {"::1", 22}, true},
      {"[::1]:22", {"::1", 23}, false},
      {"[::1]", {"::1", 23}, true},
      {"::1", {"::1", 23}, true},
      {"2001:db8::*", {"2001:db8::7", 1}, true},
      {"10.*", {"10.1.2.3", 1}, true},
      {"10.*", {"10.evil.example", 1}, false},
      {"10.0.0.1:*", {"10.0.0.1", 9}, true},
      {"*", {"anything", 1}, true},
  }));
  CAPTURE(c.pattern, c.target.host, c.target.port);
  CHECK(covers_target(c.pattern, c.target) == c.covered);
}

TEST_CASE("a PROXY header tells for whom a connection is") {
  using Announce = Outbound::Announce;
  const SocketAddress client = address("192.0.2.1", 0x1234);
  const SocketAddress proxy = address("192.0.2.2", 443);
  CHECK(proxy_header(Announce::nothing, client, proxy).empty());
  CHECK(proxy_header(Announce::version1, client, proxy) ==
        "PROXY TCP4 192.0.2.1 192.0.2.2 4660 443\r\n");
  CHECK(proxy_header(Announce::version1, address("2001:db8::1", 1), address("::1", 2)) ==
        "PROXY TCP6 2001:db8::1 ::1 1 2\r\n");
  CHECK(proxy_header(Announce::version2, client, proxy) ==
        "\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x01\xc0\x00\x02\x02\x12\x34\x01\xbb"s);
  CHECK(proxy_header(Announce::version1, client, address("::1")) == "PROXY UNKNOWN\r\n");
  CHECK(proxy_header(Announce::version2, client, address("::1")) ==
        "\r\n\r\n\0\r\nQUIT\n\x21\x00\x00\x00"s);
}

}  // namespace legible::proxy
