// A FIN for a FIN, an RST for an RST, and all that was sent before either.

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <cstring>
#include <random>
#include <string>
#include <thread>

#include "support/relayed.hpp"

namespace {

using namespace legible;
using namespace legible::test;
using namespace std::chrono_literals;

/// TCP segments that came to a socket: Linux's tcp_info::tcpi_segs_in, which the C library's header
/// lacks.
std::uint32_t segments_in(const Socket& socket) {
  constexpr std::size_t place = 140;
  std::array<std::uint8_t, 256> info{};
  socklen_t size = info.size();
  getsockopt(socket.get(), IPPROTO_TCP, TCP_INFO, info.data(), &size);
  REQUIRE(size >= place + sizeof(std::uint32_t));
  std::uint32_t segments = 0;
  std::memcpy(&segments, info.data() + place, sizeof segments);
  return segments;
}

}  // namespace

TEST_CASE("a farewell and the FIN behind it go on in one segment") {
  Listener target;
  RunningProxy proxy(target.port());
  Legs legs = connect_through(proxy, target);
  legs.client.send("x");
  CHECK(legs.server.receive(1) == "x");
  const std::uint32_t before = segments_in(legs.server);
  // Both are there when the proxy reads.
  ::send(legs.client.get(), "bye", 3, MSG_MORE);
  legs.client.shutdown();
  const auto received = legs.server.receive_to_end();
  CHECK(received.bytes == "bye");
  CHECK(received.end == End::fin);
  CHECK(segments_in(legs.server) == before + 1);
  legs.server.close();
  CHECK(ends(proxy.events().facts_of(1)) == Ends{"client fin peer", "server fin peer"});
}

TEST_CASE("a farewell whose RST is right behind it is relayed, and the RST too") {
  Listener target;
  RunningProxy proxy(target.port());
  for (proxy::ConnectionId id = 1; id <= 30; ++id) {
    Legs legs = connect_through(proxy, target);
    legs.server.send("unread");
    CHECK_FALSE(legs.client.silent_for(patience));
    legs.client.send("bye");
    legs.client.close();  // with unread bytes: an RST
    const auto received = legs.server.receive_to_end();
    CHECK(received.bytes == "bye");
    CHECK(received.end == End::reset);
    CHECK(ends(proxy.events().facts_of(id)) == Ends{"client rst peer", "server rst proxy"});
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
      const auto* closed = std::get_if<proxy::LegClosed>(&entry.fact);
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
      const auto* closed = std::get_if<proxy::LegClosed>(&entry.fact);
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
