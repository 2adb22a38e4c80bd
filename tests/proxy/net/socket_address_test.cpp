#include "proxy/net/socket_address.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>

using legible::proxy::SocketAddress;

TEST_CASE("an address is shown as it was written") {
  struct Case {
    std::string host;
    std::string text;
  };
  const Case cases[] = {
      {"127.0.0.1", "127.0.0.1:443"},         {"0.0.0.0", "0.0.0.0:443"},
      {"255.1.20.254", "255.1.20.254:443"},   {"::1", "[::1]:443"},
      {"2001:db8::fe", "[2001:db8::fe]:443"},
  };
  for (const Case& c : cases) {
    const auto address = SocketAddress::from_numeric(c.host, 443);
    REQUIRE(address);
    CHECK(address->host() == c.host);
    CHECK(address->text() == c.text);
  }
}
