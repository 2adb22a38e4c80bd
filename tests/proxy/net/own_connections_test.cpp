#include "proxy/net/own_connections.hpp"

#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <thread>

namespace legible::proxy {

TEST_CASE("the proxy's own connections are known again for some seconds") {
  const auto address = [](const char* host, std::uint16_t port) {
    return *SocketAddress::from_numeric(host, port);
  };
  const auto own = std::make_unique<OwnConnections>();
  constexpr std::uint64_t now = 1000;
  CHECK_FALSE(own->recognises(address("10.0.0.1", 40000), now));
  const auto ticket = own->add([&] { return address("10.0.0.1", 40000); }, now);
  CHECK_FALSE(own->has_come_back(ticket));
  CHECK(own->recognises(address("10.0.0.1", 40000), now));
  CHECK(own->has_come_back(ticket));
  CHECK_FALSE(own->has_come_back(ticket + 1));
  CHECK(own->recognises(address("10.0.0.1", 40000), now - 3));
  CHECK(own->recognises(address("10.0.0.1", 40000), now + OwnConnections::memory_milliseconds));
  CHECK_FALSE(
      own->recognises(address("10.0.0.1", 40000), now + OwnConnections::memory_milliseconds + 1));
  CHECK_FALSE(own->recognises(address("10.0.0.2", 40000), now));
  CHECK_FALSE(own->recognises(address("10.0.0.1", 40001), now));
  own->add([&] { return address("2001:db8::1", 40000 + OwnConnections::capacity); }, now);
  CHECK(own->recognises(address("2001:db8::1", 40000 + OwnConnections::capacity), now));
}

TEST_CASE("who accepts one before it is known waits until it is") {
  const auto local = *SocketAddress::from_numeric("10.0.0.1", 40000);
  const auto own = std::make_unique<OwnConnections>();
  std::thread accepting;
  bool recognised = false;
  const auto connect = [&] {
    accepting = std::thread([&] { recognised = own->recognises(local, 1000); });
    std::this_thread::yield();
    return local;
  };
  own->add(connect, 1000);
  accepting.join();
  CHECK(recognised);
}

}  // namespace legible::proxy
