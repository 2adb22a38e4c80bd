// When a verdict may wait and when not: one side has left a finished handshake.

#include <catch2/catch_test_macros.hpp>
#include <chrono>

#include "support/handshake_script.hpp"
#include "support/relayed.hpp"

namespace {

using namespace legible;
using namespace legible::test;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// A client and a server that have finished a handshake of TLS 1.3 through the proxy.
struct Finished {
  Finished() {
    const Script script = tls13_handshake();
    for (std::size_t i = 0; i < 4; ++i) say(script[i].from, script[i].bytes);
    say(parser::Side::client, ciphertext(23, 53));
  }

  void say(parser::Side from, const Bytes& bytes) {
    Socket& to = from == parser::Side::client ? server : client;
    Socket& by = from == parser::Side::client ? client : server;
    REQUIRE(by.send({reinterpret_cast<const char*>(bytes.data()), bytes.size()}));
    REQUIRE(to.receive(bytes.size()).size() == bytes.size());
  }

  Listener target;
  RunningProxy proxy{target.port()};
  Socket client = Socket::connect(proxy.port());
  Socket server = target.accept();
};

const Bytes alert = ciphertext(23, 19);
const Bytes data = ciphertext(23, 200);

}  // namespace

TEST_CASE("a refusal after the client's Finished has its verdict, though the client only waits") {
  Finished legs;
  const auto refused = Clock::now();
  legs.say(parser::Side::server, alert);
  legs.server.shutdown();
  legs.proxy.events().facts_of(1);
  CHECK(Clock::now() - refused < 3s);
}

TEST_CASE("once the client has sent a request, half-close is kept") {
  Finished legs;
  legs.say(parser::Side::client, data);
  legs.say(parser::Side::server, data);
  legs.server.shutdown();
  CHECK(legs.client.receive_to_end().end == End::fin);
  CHECK(legs.server.silent_for(3s));
  legs.say(parser::Side::client, data);
}

TEST_CASE("a server that talks on after the client's FIN is heard to its end") {
  Finished legs;
  legs.client.shutdown();
  CHECK(legs.server.receive_to_end().end == End::fin);
  legs.say(parser::Side::server, data);
  CHECK(legs.client.silent_for(3s));
  legs.say(parser::Side::server, data);
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
