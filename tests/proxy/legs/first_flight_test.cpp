#include "proxy/legs/first_flight.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <vector>

namespace legible::proxy {
namespace {

using enum FirstFlight::Lack;
using Lack = FirstFlight::Lack;

constexpr std::size_t longest = 100;

std::span<const std::uint8_t> bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::vector<Entry> noted(parser::Observation observation) {
  Entry entry;
  entry.fact.emplace<parser::Observation>(std::move(observation));
  return {std::move(entry)};
}

const std::vector<Entry> nothing;

}  // namespace

TEST_CASE("the first bytes tell what a client's first flight lacks, or that more must be seen") {
  struct Case {
    std::string said;
    std::optional<Lack> lack;
  };
  const auto& c = GENERATE(values<Case>({
      {"", std::nullopt},
      {"\x16", std::nullopt},
      {std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc", 9), std::nullopt},
      {std::string("\x15\x03\x01\x00\x02\x01\x00", 7), broken_hello},
      {"GET / HTTP/1.1\r\n", plain_http},
      {"CONNECT a.test:443 HTTP/1.1\r\n", plain_http},
      // An answer in HTTP/1 is none to who speaks HTTP/2.
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", no_tls},
      {"SSH-2.0-OpenSSH_9.2\r\n", no_tls},
      {"PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n", proxy_header},
      {std::string("\x16\x03\x01\x40\x00\x01\x00\x3f\xfc", 9) + std::string(longest, '\0'),
       hello_too_long},
  }));
  CAPTURE(c.said);
  CHECK(lack_of_first_flight(nullptr, nothing, bytes(c.said), longest) == c.lack);
}

TEST_CASE("what was noted of a hello tells that no more of it can be read") {
  const auto broken = noted(parser::Malformed{"ClientHello", "extensions", 50});
  const auto too_long = noted(parser::LimitReached{"ClientHello", 65536});
  const std::string begun("\x16\x03\x01\x02\x00\x01\x00\x01\xfc", 9);
  CHECK(lack_of_first_flight(nullptr, broken, bytes(begun), longest) == broken_hello);
  CHECK(lack_of_first_flight(nullptr, too_long, bytes(begun), longest) == hello_too_long);

  const parser::ClientHello hello;
  CHECK(lack_of_first_flight(&hello, nothing, bytes(begun), longest) == none);
  CHECK(lack_of_first_flight(&hello, broken, bytes(begun), longest) == broken_hello);
  const std::string behind_header = "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n" + begun;
  CHECK(lack_of_first_flight(&hello, nothing, bytes(behind_header), longest) == proxy_header);
}

TEST_CASE("a client that ends before its hello is whole has sent a part of one, or no TLS") {
  CHECK(lack_of_ended_flight(bytes("\x16\x03")) == broken_hello);
  CHECK(lack_of_ended_flight(bytes("QUIT\r\n")) == no_tls);
  CHECK(lack_of_ended_flight({}) == no_tls);
}

}  // namespace legible::proxy
