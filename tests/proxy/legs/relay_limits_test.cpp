// Servers that cannot be reached, time-outs, limits, and the proxy's own end.

#include <sys/resource.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <string>
#include <thread>

#include "support/relayed.hpp"

namespace {

using namespace legible;
using namespace legible::test;
using namespace std::chrono_literals;
using proxy::ConnectError;
using proxy::ConnectFailed;
using proxy::LegClosed;

/// The leg of the first fact of a kind.
template <class Fact>
std::optional<proxy::Leg> leg_of(const std::vector<proxy::Entry>& facts) {
  for (const proxy::Entry& entry : facts) {
    if (std::holds_alternative<Fact>(entry.fact)) return entry.leg;
  }
  return std::nullopt;
}

// UBSan looks at an object's type through a pipe, and takes the object for a bad one when there is
// no descriptor for that. It comes with AddressSanitizer here.
void skip_where_checks_need_descriptors() {
#ifdef __SANITIZE_ADDRESS__
  SKIP("UBSan needs descriptors itself");
#endif
}

}  // namespace

TEST_CASE("a server that cannot be reached: the client is reset, the reason recorded") {
  struct Case {
    std::string host;
    std::uint16_t port;
    ConnectError error;
  };
  const auto c = GENERATE_COPY(values<Case>({
      {"127.0.0.1", unused_port(), ConnectError::refused},
      // No TCP connection goes to the broadcast address.
      {"255.255.255.255", 443, ConnectError::unreachable},
      {"no-such-name.invalid", 443, ConnectError::dns},
  }));
  const bool speaks = GENERATE(true, false);
  CAPTURE(c.host, speaks);
  RunningProxy proxy(0,
                     [&](auto& settings) { settings.listeners.front().target = {c.host, c.port}; });
  Socket client = Socket::connect(proxy.port());
  if (speaks) client.send("hello");
  CHECK(client.receive_to_end().end == End::reset);
  const auto facts = proxy.events().facts_of(1);
  const auto failed = find<ConnectFailed>(facts);
  REQUIRE(failed);
  CHECK(failed->error == c.error);
  CHECK_FALSE(failed->detail.empty());
  CHECK(ends(facts) == Ends{"client rst proxy"});
  CHECK(find<LegClosed>(facts)->bytes_in == (speaks ? 5 : 0));
}

TEST_CASE("a target that is the proxy's own listener is not connected to") {
  const std::uint16_t port = unused_port();
  const char* const listener = GENERATE("127.0.0.1", "0.0.0.0");
  const char* const target = GENERATE("localhost", "127.0.0.1");
  CAPTURE(listener, target);
  RunningProxy proxy(port, [&](auto& settings) {
    const proxy::HostPort to{target, port};
    settings.listeners = {
        {*proxy::SocketAddress::from_numeric(listener, port), proxy::WayIn::fixed, to}};
    if (std::string(target) == "localhost") {
      settings.listeners.push_back(
          {*proxy::SocketAddress::from_numeric("::1", port), proxy::WayIn::fixed, to});
    }
  });
  for (proxy::ConnectionId id = 1; id <= 2; ++id) {
    Socket client = Socket::connect(port);
    client.send("hello");
    CHECK(client.receive_to_end().end == End::reset);
    const auto failed = find<ConnectFailed>(proxy.events().facts_of(id));
    REQUIRE(failed);
    CHECK(failed->error == ConnectError::own_listener);
    CHECK(failed->address.ends_with(":" + std::to_string(port)));
  }
  CHECK(proxy.events().verdicts() == 2);
}

TEST_CASE("a server that does not answer is given up after --connect-timeout") {
  // One connection fills a backlog of 0; the kernel drops what comes after it.
  Listener target(0, 0);
  const Socket fills_backlog = Socket::connect(target.port());
  RunningProxy proxy(target.port(), [](auto& settings) { settings.service.timeouts.connect = 1s; });
  Socket client = Socket::connect(proxy.port());
  client.send("hello");
  CHECK(client.receive_to_end().end == End::reset);
  const auto failed = find<ConnectFailed>(proxy.events().facts_of(1));
  REQUIRE(failed);
  CHECK(failed->error == ConnectError::timeout);
}

TEST_CASE("the handshake's time-out covers the whole handshake") {
  Listener target;
  RunningProxy proxy(target.port(),
                     [](auto& settings) { settings.service.timeouts.handshake = 1s; });
  Legs legs = connect_through(proxy, target);
  const auto start = std::chrono::steady_clock::now();

  SECTION("a client that is silent") {}
  SECTION("a client that sends a byte now and then") {
    for (int i = 0; i < 5; ++i) {
      legs.client.send(i == 0 ? "\x16\x03" : "\x01");
      std::this_thread::sleep_for(100ms);
    }
  }
  legs.client.receive_to_end();
  legs.server.receive_to_end();
  const auto took = std::chrono::steady_clock::now() - start;
  CHECK(took > 900ms);
  CHECK(took < 2s);
  const auto facts = proxy.events().facts_of(1);
  const auto closing = find<proxy::ProxyClosing>(facts);
  REQUIRE(closing);
  CHECK(closing->reason == proxy::ProxyReason::handshake_timeout);
  CHECK(leg_of<proxy::ProxyClosing>(facts) == proxy::Leg::client);
  CHECK(ends(facts) == Ends{"client timeout proxy", "server timeout proxy"});
}

TEST_CASE("a connection that is idle for too long is closed, one that is not stays") {
  Listener target;
  RunningProxy proxy(target.port(), [](auto& settings) { settings.service.timeouts.idle = 1s; });
  Legs legs = connect_through(proxy, target);
  for (int i = 0; i < 8; ++i) {
    legs.client.send("ping");
    REQUIRE(legs.server.receive(4) == "ping");
    legs.server.send("pong");
    REQUIRE(legs.client.receive(4) == "pong");
    std::this_thread::sleep_for(200ms);
  }
  legs.client.receive_to_end();
  const auto closing = find<proxy::ProxyClosing>(proxy.events().facts_of(1));
  REQUIRE(closing);
  CHECK(closing->reason == proxy::ProxyReason::idle_timeout);
}

TEST_CASE("clients beyond --max-connections wait and are then served") {
  const std::size_t threads = GENERATE(std::size_t{1}, std::size_t{2});
  Listener target;
  RunningProxy proxy(target.port(), [&](auto& settings) {
    settings.max_connections = 2;
    settings.threads = threads;
  });
  Legs first = connect_through(proxy, target);
  Legs second = connect_through(proxy, target);
  Socket waiting = Socket::connect(proxy.port());
  waiting.send("patient");
  CHECK(waiting.silent_for(200ms));
  CHECK(proxy.events().notice().find("2 connections") != std::string::npos);

  first.client.close();
  first.server.close();
  Socket server = target.accept();
  CHECK(server.receive(7) == "patient");
  server.send("served");
  CHECK(waiting.receive(6) == "served");
  CHECK(proxy.events().notices() == 1);
}

TEST_CASE("without descriptors accepting pauses, is said once, and goes on by itself") {
  skip_where_checks_need_descriptors();
  Listener target;
  RunningProxy proxy(target.port());
  Legs open = connect_through(proxy, target);
  Socket client{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};

  rlimit normal{};
  getrlimit(RLIMIT_NOFILE, &normal);
  const int lowest_free = dup(client.get());
  ::close(lowest_free);
  const rlimit used_up{static_cast<rlim_t>(lowest_free), normal.rlim_max};
  setrlimit(RLIMIT_NOFILE, &used_up);
  const sockaddr_in address = Socket::loopback(proxy.port());
  const int connected =
      connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  client.send("patient");
  const std::string notice = proxy.events().notice();
  const bool silent = client.silent_for(300ms);
  open.client.send("still served");
  const std::string served = open.server.receive(12);
  setrlimit(RLIMIT_NOFILE, &normal);

  CHECK(connected == 0);
  CHECK(silent);
  CHECK(served == "still served");
  CHECK(target.accept().receive(7) == "patient");
  CHECK(notice.find("accepting pauses") != std::string::npos);
  CHECK(proxy.events().notices() == 1);
}

TEST_CASE("a server leg for which no descriptor is left is the proxy's own failure") {
  skip_where_checks_need_descriptors();
  Listener target;
  RunningProxy proxy(target.port());
  connect_through(proxy, target).client.reset();  // what the first connection opens for good
  proxy.events().facts_of(1);
  Socket client{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};

  rlimit normal{};
  getrlimit(RLIMIT_NOFILE, &normal);
  const int lowest_free = dup(client.get());
  ::close(lowest_free);
  const rlimit one_left{static_cast<rlim_t>(lowest_free) + 1, normal.rlim_max};
  setrlimit(RLIMIT_NOFILE, &one_left);
  const sockaddr_in address = Socket::loopback(proxy.port());
  const int connected =
      connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  const auto received = client.receive_to_end();
  setrlimit(RLIMIT_NOFILE, &normal);

  CHECK(connected == 0);
  CHECK(received.end == End::reset);
  const auto closing = find<proxy::ProxyClosing>(proxy.events().facts_of(2));
  REQUIRE(closing);
  CHECK(closing->reason == proxy::ProxyReason::resources);
}

TEST_CASE("stopping lets open connections finish and takes no new ones") {
  Listener target;
  RunningProxy proxy(target.port(), [](auto& settings) { settings.threads = 2; });
  Legs legs = connect_through(proxy, target);
  proxy.stop();
  std::this_thread::sleep_for(50ms);
  CHECK_THROWS(Socket::connect(proxy.port()));
  legs.client.send("last words");
  CHECK(legs.server.receive(10) == "last words");
  legs.client.close();
  legs.server.close();
  proxy.join();
  CHECK(proxy.events().verdicts() == 1);
}

TEST_CASE("a second stop ends open connections at once, with verdicts") {
  Listener target;
  RunningProxy proxy(target.port());
  std::vector<Legs> open;
  for (int i = 0; i < 20; ++i) open.push_back(connect_through(proxy, target));
  proxy.stop();
  proxy.stop();
  proxy.join();
  CHECK(proxy.events().verdicts() == 20);
  const auto closing = find<proxy::ProxyClosing>(proxy.events().facts_of(20));
  REQUIRE(closing);
  CHECK(closing->reason == proxy::ProxyReason::shutdown);
}
