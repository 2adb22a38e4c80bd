// The relay with real sockets: what goes in on one leg comes out on the other, and nothing else.

#include <sys/resource.h>

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fstream>
#include <random>
#include <string>
#include <thread>

#include "support/loopback.hpp"
#include "support/running_proxy.hpp"

namespace {

using namespace legible;
using namespace legible::test;
using namespace std::chrono_literals;
using proxy::ConnectError;
using proxy::ConnectFailed;
using proxy::LegClosed;

std::string random_bytes(std::size_t size, unsigned seed) {
  std::mt19937_64 random(seed);
  std::string bytes;
  bytes.reserve(size + 8);
  while (bytes.size() < size) {
    const std::uint64_t word = random();
    bytes.append(reinterpret_cast<const char*>(&word), sizeof word);
  }
  bytes.resize(size);
  return bytes;
}

// Sockets on loopback take some megabytes.
std::string more_than_buffers_hold() { return random_bytes(64 * 1024 * 1024, 5); }

void send_in_random_pieces(Socket& socket, std::string_view bytes, unsigned seed) {
  std::mt19937 random(seed);
  while (!bytes.empty()) {
    const std::size_t size = std::min<std::size_t>(bytes.size(), 1 + random() % 40'000);
    if (!socket.send(bytes.substr(0, size))) return;
    bytes.remove_prefix(size);
  }
}

struct Legs {
  Socket client;
  Socket server;
};

Legs connect_through(RunningProxy& proxy, Listener& target) {
  Legs legs{Socket::connect(proxy.port()), {}};
  legs.server = target.accept();
  return legs;
}

// How a leg ended, and by whom: "client fin peer".
std::vector<std::string> ends(const std::vector<proxy::Entry>& facts) {
  std::vector<std::string> result;
  for (const proxy::Entry& entry : facts) {
    if (const auto* closed = std::get_if<LegClosed>(&entry.fact)) {
      const char* const hows[] = {"fin", "rst", "timeout", "error"};
      result.push_back(std::string(entry.leg == proxy::Leg::client ? "client " : "server ") +
                       hows[static_cast<std::size_t>(closed->how)] +
                       (closed->by_proxy ? " proxy" : " peer"));
    }
  }
  return result;
}

/// The leg of the first fact of a kind.
template <class Fact>
std::optional<proxy::Leg> leg_of(const std::vector<proxy::Entry>& facts) {
  for (const proxy::Entry& entry : facts) {
    if (std::holds_alternative<Fact>(entry.fact)) return entry.leg;
  }
  return std::nullopt;
}

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

// What a stuck transfer of 64 MiB may add to that. ThreadSanitizer keeps four bytes and more of its
// own for each that is touched, in resident memory too.
#ifdef __SANITIZE_THREAD__
constexpr std::size_t most_held = 8 * 1024 * 1024;
#else
constexpr std::size_t most_held = 1024 * 1024;
#endif

// UBSan looks at an object's type through a pipe, and takes the object for a bad one when there is
// no descriptor for that. It comes with AddressSanitizer here.
void skip_where_checks_need_descriptors() {
#ifdef __SANITIZE_ADDRESS__
  SKIP("UBSan needs descriptors itself");
#endif
}

using Ends = std::vector<std::string>;

}  // namespace

TEST_CASE("every byte is relayed both ways, whatever the pieces") {
  const unsigned seed = GENERATE(1U, 2U, 3U);
  const std::size_t threads = GENERATE(std::size_t{1}, std::size_t{3});
  Listener target;
  RunningProxy proxy(target.port(), [&](auto& settings) { settings.threads = threads; });
  Legs legs = connect_through(proxy, target);
  const std::string up = random_bytes(3'000'000, seed);
  const std::string down = random_bytes(5'000'000, seed + 100);

  std::string up_received;
  std::string down_received;
  {
    const std::jthread upload([&] {
      send_in_random_pieces(legs.client, up, seed);
      legs.client.shutdown();
    });
    const std::jthread download([&] {
      send_in_random_pieces(legs.server, down, seed);
      legs.server.shutdown();
    });
    const std::jthread read_up([&] { up_received = legs.server.receive_to_end().bytes; });
    down_received = legs.client.receive_to_end().bytes;
  }
  CHECK(up_received == up);
  CHECK(down_received == down);
  const auto facts = proxy.events().facts_of(1);
  const auto last = find<LegClosed>(facts);
  REQUIRE(last);
  CHECK(last->bytes_in + last->bytes_out == up.size() + down.size());
  CHECK(ends(facts).size() == 2);
}

TEST_CASE("bytes that the client sends before the server leg is open are not lost") {
  Listener target;
  RunningProxy proxy(target.port());
  for (int i = 0; i < 50; ++i) {
    Socket client = Socket::connect(proxy.port());
    REQUIRE(client.send("first words"));
    client.shutdown();
    Socket server = target.accept();
    const auto received = server.receive_to_end();
    CHECK(received.bytes == "first words");
    CHECK(received.end == End::fin);
  }
}

TEST_CASE("half-close is kept: a FIN one way leaves the other way open") {
  Listener target;
  RunningProxy proxy(target.port());
  Legs legs = connect_through(proxy, target);

  SECTION("from the client") {
    legs.client.send("question");
    legs.client.shutdown();
    CHECK(legs.server.receive_to_end().bytes == "question");
    CHECK(legs.client.silent_for(100ms));
    legs.server.send("late answer");
    legs.server.close();
    const auto answer = legs.client.receive_to_end();
    CHECK(answer.bytes == "late answer");
    CHECK(answer.end == End::fin);
    CHECK(ends(proxy.events().facts_of(1)) == Ends{"client fin peer", "server fin peer"});
  }
  SECTION("from the server") {
    legs.server.send("banner");
    legs.server.shutdown();
    CHECK(legs.client.receive_to_end().bytes == "banner");
    legs.client.send("late words");
    legs.client.close();
    CHECK(legs.server.receive_to_end().bytes == "late words");
    CHECK(ends(proxy.events().facts_of(1)) == Ends{"server fin peer", "client fin peer"});
  }
}

TEST_CASE("an RST on one leg becomes an RST on the other") {
  Listener target;
  RunningProxy proxy(target.port());
  Legs legs = connect_through(proxy, target);
  legs.client.send("hello");
  legs.server.send("hello");
  CHECK(legs.server.receive(5) == "hello");
  CHECK(legs.client.receive(5) == "hello");

  SECTION("from the client") {
    legs.client.reset();
    CHECK(legs.server.receive_to_end().end == End::reset);
    CHECK(ends(proxy.events().facts_of(1)) == Ends{"client rst peer", "server rst proxy"});
  }
  SECTION("from the server") {
    legs.server.reset();
    CHECK(legs.client.receive_to_end().end == End::reset);
    CHECK(ends(proxy.events().facts_of(1)) == Ends{"server rst peer", "client rst proxy"});
  }
}

TEST_CASE("what the server sent right before its RST reaches the client and the record") {
  // A TLS alert: handshake_failure. The server resets because the client's bytes are unread.
  const std::string alert("\x15\x03\x03\x00\x02\x02\x28", 7);
  Listener target;
  RunningProxy proxy(target.port());
  for (proxy::ConnectionId id = 1; id <= 50; ++id) {
    Legs legs = connect_through(proxy, target);
    legs.client.send(random_bytes(300, 7));
    legs.server.receive(100);
    legs.server.send(alert);
    legs.server.reset();
    const auto received = legs.client.receive_to_end();
    CHECK(received.bytes == alert);
    CHECK(received.end == End::reset);
    const auto facts = proxy.events().facts_of(id);
    CHECK(ends(facts) == Ends{"server rst peer", "client rst proxy"});
    for (const proxy::Entry& entry : facts) {
      const auto* closed = std::get_if<LegClosed>(&entry.fact);
      if (closed && entry.leg == proxy::Leg::server) CHECK(closed->bytes_in == alert.size());
    }
  }
}

TEST_CASE("an alert and RST are observed although the client was writing all the time") {
  const std::string alert("\x15\x03\x03\x00\x02\x02\x30", 7);
  Listener target;
  RunningProxy proxy(target.port());
  for (proxy::ConnectionId id = 1; id <= 30; ++id) {
    Legs legs = connect_through(proxy, target);
    legs.client.send("x");
    legs.server.receive(1);
    std::jthread writer([&](const std::stop_token& stop) {
      while (!stop.stop_requested() && legs.client.send("more and more")) {
      }
    });
    legs.server.send(alert);
    legs.server.reset();
    const auto facts = proxy.events().facts_of(id);
    writer.request_stop();
    writer.join();
    CHECK(ends(facts) == Ends{"server rst peer", "client rst proxy"});
    for (const proxy::Entry& entry : facts) {
      const auto* closed = std::get_if<LegClosed>(&entry.fact);
      if (closed && entry.leg == proxy::Leg::server) CHECK(closed->bytes_in == alert.size());
    }
  }
}

TEST_CASE("a server that closed and then refuses bytes resets the client") {
  Listener target;
  RunningProxy proxy(target.port());
  Legs legs = connect_through(proxy, target);
  legs.client.send("hello");
  CHECK(legs.server.receive(5) == "hello");
  legs.server.close();
  CHECK(legs.client.receive_to_end().end == End::fin);
  while (legs.client.send("to nobody")) std::this_thread::sleep_for(1ms);
  const auto facts = proxy.events().facts_of(1);
  CHECK(ends(facts) == Ends{"server fin peer", "client rst proxy"});
}

TEST_CASE("a reset after a FIN is mirrored although nobody writes") {
  Listener target;
  RunningProxy proxy(target.port());
  Legs legs = connect_through(proxy, target);
  legs.client.send("hello");
  CHECK(legs.server.receive(5) == "hello");
  legs.server.send("answer");
  legs.server.shutdown();
  CHECK(legs.client.receive_to_end().end == End::fin);
  legs.server.reset();
  // The client is asleep in the middle of its own half.
  CHECK(ends(proxy.events().facts_of(1)) == Ends{"server fin peer", "client rst proxy"});
}

TEST_CASE("a sender's reset is noticed while its reader has stopped") {
  Listener target(65536);
  RunningProxy proxy(target.port());
  const std::string bytes = more_than_buffers_hold();
  Legs legs{Socket::connect(proxy.port(), 65536), {}};
  legs.server = target.accept();
  legs.server.send("warm");
  CHECK(legs.client.receive(4) == "warm");
  legs.client.send_until_stuck(bytes, 300ms);
  legs.client.reset();
  CHECK(ends(proxy.events().facts_of(1)) == Ends{"client rst peer", "server rst proxy"});
}

TEST_CASE("a leg that ends while its reset waits for undelivered bytes ends once") {
  Listener target;
  RunningProxy proxy(target.port());
  const std::string bytes = more_than_buffers_hold();
  Legs legs{Socket::connect(proxy.port(), 65536), {}};
  legs.server = target.accept();
  legs.client.send("warm");
  CHECK(legs.server.receive(4) == "warm");
  legs.server.send_until_stuck(bytes, 300ms);
  legs.server.reset();
  std::this_thread::sleep_for(1200ms);
  legs.client.shutdown();
  const Ends seen = ends(proxy.events().facts_of(1));
  REQUIRE(seen.size() >= 2);
  CHECK(seen.front() == "server rst peer");
  CHECK(seen.back() == "client rst proxy");
}

TEST_CASE("a reader that stops holds up its sender, not the proxy's memory") {
  const bool to_server = GENERATE(true, false);
  const std::string bytes = more_than_buffers_hold();
  Listener target(65536);
  RunningProxy proxy(target.port());
  Legs legs{Socket::connect(proxy.port(), 65536), {}};
  legs.server = target.accept();
  Socket& sender = to_server ? legs.client : legs.server;
  Socket& reader = to_server ? legs.server : legs.client;
  sender.send("warm");
  CHECK(reader.receive(4) == "warm");

  const std::size_t before = resident_bytes();
  const std::size_t sent = sender.send_until_stuck(bytes, 300ms);
  CHECK(sent < bytes.size());
  CHECK(resident_bytes() < before + most_held);

  std::string received;
  const std::jthread rest([&] {
    sender.send(std::string_view(bytes).substr(sent));
    sender.shutdown();
  });
  received = reader.receive_to_end().bytes;
  CHECK(received == bytes);
}

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
  RunningProxy proxy(target.port(), [](auto& settings) { settings.timeouts.connect = 1s; });
  Socket client = Socket::connect(proxy.port());
  client.send("hello");
  CHECK(client.receive_to_end().end == End::reset);
  const auto failed = find<ConnectFailed>(proxy.events().facts_of(1));
  REQUIRE(failed);
  CHECK(failed->error == ConnectError::timeout);
}

TEST_CASE("a client that resets before the server leg is open ends with one verdict") {
  Listener target;
  RunningProxy proxy(target.port());
  for (proxy::ConnectionId id = 1; id <= 20; ++id) {
    Socket client = Socket::connect(proxy.port());
    client.reset();
    Socket server = target.accept();
    CHECK(server.receive_to_end().end == End::reset);
    CHECK(ends(proxy.events().facts_of(id)) == Ends{"client rst peer", "server rst proxy"});
  }
}

TEST_CASE("the handshake's time-out covers the whole handshake") {
  Listener target;
  RunningProxy proxy(target.port(), [](auto& settings) { settings.timeouts.handshake = 1s; });
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
  RunningProxy proxy(target.port(), [](auto& settings) { settings.timeouts.idle = 1s; });
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

TEST_CASE("a health check that leaves the server's answer open has its verdict within 3 s") {
  Listener target;
  RunningProxy proxy(target.port());
  Legs legs = connect_through(proxy, target);
  const auto start = std::chrono::steady_clock::now();
  legs.client.shutdown();
  CHECK(legs.server.receive_to_end().end == End::fin);
  CHECK(ends(proxy.events().facts_of(1)) == Ends{"client fin peer", "server fin proxy"});
  CHECK(std::chrono::steady_clock::now() - start < 3s);
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

TEST_CASE("a slow reader gets everything although both sides have ended") {
  Listener target;
  RunningProxy proxy(target.port(), [](auto& settings) { settings.timeouts.idle = 1s; });
  Legs legs{Socket::connect(proxy.port(), 4096), {}};
  legs.server = target.accept();
  legs.client.send("question");
  legs.client.shutdown();
  CHECK(legs.server.receive_to_end().bytes == "question");
  const std::string answer = random_bytes(400'000, 11);
  const std::jthread sending([&] {
    legs.server.send(answer);
    legs.server.close();
  });
  std::string received;
  while (received.size() < answer.size()) {
    const std::string piece = legs.client.receive(4096);
    if (piece.empty()) break;
    received += piece;
    std::this_thread::sleep_for(30ms);
  }
  CHECK(received == answer);
  CHECK(legs.client.receive_to_end().end == End::fin);
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

TEST_CASE("connections that are reset at random points leave no descriptor behind") {
  const auto descriptors = [] {
    const int lowest_free = dup(0);
    close(lowest_free);
    return lowest_free;
  };
  Listener target;
  RunningProxy proxy(target.port());
  const int before = descriptors();
  std::mt19937 random(11);
  for (proxy::ConnectionId id = 1; id <= 200; ++id) {
    Socket client = Socket::connect(proxy.port());
    Socket server = target.accept();
    if (random() % 2) client.send(random_bytes(random() % 5000, 3));
    if (random() % 2) server.send(random_bytes(random() % 5000, 4));
    (random() % 2 ? client : server).reset();
    if (random() % 2) client.close();
    server.close();
    client.close();
    proxy.events().facts_of(id);
  }
  CHECK(descriptors() == before);
}
