// The relay with real sockets: what goes in on one leg comes out on the other, and nothing else.

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fstream>
#include <random>
#include <string>
#include <thread>

#include "support/relayed.hpp"

namespace {

using namespace legible;
using namespace legible::test;
using namespace std::chrono_literals;

void send_in_random_pieces(Socket& socket, std::string_view bytes, unsigned seed) {
  std::mt19937 random(seed);
  while (!bytes.empty()) {
    const std::size_t size = std::min<std::size_t>(bytes.size(), 1 + random() % 40'000);
    if (!socket.send(bytes.substr(0, size))) return;
    bytes.remove_prefix(size);
  }
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
  const auto last = find<proxy::LegClosed>(facts);
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

TEST_CASE("a slow reader gets everything although both sides have ended") {
  Listener target;
  RunningProxy proxy(target.port(), [](auto& settings) { settings.service.timeouts.idle = 1s; });
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
