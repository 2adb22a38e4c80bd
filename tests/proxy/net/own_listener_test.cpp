#include "proxy/net/own_listener.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <string>

#include "proxy/net/socket_address.hpp"

namespace {

using namespace legible::proxy;

SocketAddress address(const char* host, std::uint16_t port) {
  return *SocketAddress::from_numeric(host, port);
}

}  // namespace

TEST_CASE("a target that leads to one of the listeners is known") {
  struct Case {
    const char* target;
    const char* listener;
    bool own;
  };
  const auto c = GENERATE(values<Case>({
      {"127.0.0.1", "127.0.0.1", true},
      {"127.0.0.1", "0.0.0.0", true},
      {"127.1.2.3", "0.0.0.0", true},
      {"0.0.0.0", "127.0.0.1", true},
      {"::ffff:127.0.0.1", "127.0.0.1", true},
      {"::1", "::1", true},
      {"::1", "::", true},
      {"::", "::1", true},
      {"127.0.0.2", "127.0.0.1", false},
      {"192.0.2.1", "0.0.0.0", false},
      {"2001:db8::1", "::", false},
      // A listener on :: takes no IPv4.
      {"127.0.0.1", "::", false},
      {"::1", "0.0.0.0", false},
  }));
  CAPTURE(c.target, c.listener);
  const SocketAddress other_port = address(c.listener, 444);
  const SocketAddress same_port = address(c.listener, 443);
  CHECK(leads_to_own_listener(address(c.target, 443), {{other_port, same_port}}) == c.own);
  CHECK_FALSE(leads_to_own_listener(address(c.target, 443), {{other_port}}));
}
