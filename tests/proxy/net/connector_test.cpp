#include "proxy/net/connector.hpp"

#include <catch2/catch_test_macros.hpp>
#include <optional>
#include <string>
#include <vector>

#include "support/loopback.hpp"

namespace {

using namespace legible::proxy;
using legible::test::Listener;
using legible::test::unused_port;

SocketAddress loopback(std::uint16_t port) {
  return *SocketAddress::from_numeric("127.0.0.1", port);
}

/// Runs a connector to its end.
class Attempt final : Connector::Owner {
 public:
  explicit Attempt(std::vector<SocketAddress> addresses) {
    Connector connector(loop_, std::make_shared<const std::vector<SocketAddress>>(addresses),
                        nullptr, *this);
    connector.start();
    if (!connected_to && !failure && !shortage) loop_.run();
  }

  std::optional<std::string> connected_to;
  std::optional<ConnectFailed> failure;
  bool shortage = false;

 private:
  void on_connected(TcpStream, const SocketAddress& address, OwnConnections::Ticket) override {
    connected_to = address.text();
    loop_.stop();
  }
  void on_connect_failed(ConnectFailed reason) override {
    failure = std::move(reason);
    loop_.stop();
  }
  void on_connect_shortage() override {
    shortage = true;
    loop_.stop();
  }

  EventLoop loop_;
};

}  // namespace

TEST_CASE("the first address that answers is taken") {
  const Listener listener;
  const SocketAddress good = loopback(listener.port());
  CHECK(Attempt({good}).connected_to == good.text());
  CHECK(Attempt({loopback(unused_port()), good}).connected_to == good.text());
  CHECK(Attempt({*SocketAddress::from_numeric("255.255.255.255", 1), good}).connected_to ==
        good.text());
}

TEST_CASE("an address that does not answer is left behind after a quarter of a second") {
  // One connection fills a backlog of 0; the kernel drops what comes after it.
  const Listener silent(0, 0);
  const auto fills_backlog = legible::test::Socket::connect(silent.port());
  const Listener listener;
  const SocketAddress good = loopback(listener.port());
  const auto start = std::chrono::steady_clock::now();
  CHECK(Attempt({loopback(silent.port()), good}).connected_to == good.text());
  const auto took = std::chrono::steady_clock::now() - start;
  CHECK(took >= std::chrono::milliseconds(240));
  CHECK(took < std::chrono::milliseconds(900));
}

TEST_CASE("when all addresses fail, a refusal says more than a missing route") {
  const SocketAddress refused = loopback(unused_port());
  const SocketAddress unreachable = *SocketAddress::from_numeric("255.255.255.255", 1);
  const Attempt attempt({refused, unreachable});
  REQUIRE(attempt.failure);
  CHECK(attempt.failure->error == ConnectError::refused);
  CHECK(attempt.failure->address == unreachable.text());
  CHECK(attempt.failure->detail.find(refused.text() + ": connection refused") != std::string::npos);
  CHECK(attempt.failure->detail.find(unreachable.text()) != std::string::npos);
}

TEST_CASE("address families take turns") {
  const auto address = [](const char* text) { return *SocketAddress::from_numeric(text, 1); };
  const auto sorted =
      interleave_families({address("2001:db8::1"), address("2001:db8::2"), address("2001:db8::3"),
                           address("192.0.2.1"), address("192.0.2.2")});
  std::vector<std::string> hosts;
  for (const SocketAddress& one : sorted) hosts.push_back(one.host());
  CHECK(hosts == std::vector<std::string>{"2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2",
                                          "2001:db8::3"});
  CHECK(interleave_families({}).empty());
}
