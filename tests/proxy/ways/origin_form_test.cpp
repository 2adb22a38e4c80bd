#include "proxy/ways/origin_form.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>

namespace legible::proxy {

TEST_CASE("what Connection names ends at the proxy (RFC 9110 section 7.6.1)") {
  struct Case {
    std::string_view fields;
    bool upgrades;
    std::string_view wanted;
  };
  const auto& c = GENERATE(values<Case>({
      {"Connection: TE, X-Hop\r\nTE: trailers\r\nx-hop: 1\r\nX-Stays: 2\r\n", false,
       "X-Stays: 2\r\nConnection: close\r\n"},
      {"X-Hop: 1\r\n folded\r\nConnection: close,\r\n x-hop\r\nKeep-Alive: 5\r\n", false,
       "Connection: close\r\n"},
      {"Connection: a\r\nConnection: b\r\nA: 1\r\nB: 2\r\nC: 3\r\n", false,
       "C: 3\r\nConnection: close\r\n"},
      {"Connection: Content-Length, Transfer-Encoding\r\nContent-Length: 3\r\n", false,
       "Content-Length: 3\r\nConnection: close\r\n"},
      {"Connection: Upgrade, X-Hop\r\nUpgrade: websocket\r\nX-Hop: 1\r\n", true,
       "Upgrade: websocket\r\nConnection: Upgrade\r\n"},
  }));
  CAPTURE(c.fields);
  const auto head = in_origin_form(
      "GET http://a.test/ HTTP/1.1\r\n" + std::string(c.fields) + "\r\n", "GET", c.upgrades);
  REQUIRE(head);
  CHECK(*head == "GET / HTTP/1.1\r\nHost: a.test\r\n" + std::string(c.wanted) + "\r\n");
}

TEST_CASE("a head may name as many fields as it holds") {
  std::string options;
  std::string fields;
  for (int i = 0; i < 8000; ++i) {
    options += "," + std::to_string(i);
    fields += "q:\r\n";
  }
  const auto head = in_origin_form(
      "GET http://a.test/ HTTP/1.1\r\nConnection: " + options + "\r\n" + fields + "\r\n", "GET",
      false);
  REQUIRE(head);
  CHECK(*head == "GET / HTTP/1.1\r\nHost: a.test\r\n" + fields + "Connection: close\r\n\r\n");
}

}  // namespace legible::proxy
