// Two sessions that speak with each other in memory.

#include "proxy/tls/session.hpp"

#include <mbedtls/ssl.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <chrono>
#include <string>

#include "certs/issuer.hpp"
#include "certs/native_chain.hpp"
#include "parser/connection_observer.hpp"
#include "proxy/capture/key_log_decryptor.hpp"
#include "proxy/tls/narrowed_offer.hpp"

namespace legible::proxy::tls {
namespace {

using State = Session::State;

std::shared_ptr<const Credential> make_credential(std::vector<certs::Extension> extensions = {}) {
  using namespace std::chrono_literals;
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const std::vector<std::string> names{"peer.example"};
  certs::CertificateProfile profile =
      certs::server_profile("CN=peer.example", {now - 1h, now + 24h}, names);
  profile.extensions = std::move(extensions);
  const certs::CertifiedKey made =
      certs::self_sign(profile, certs::PrivateKey::generate(certs::KeyType::p256));
  return std::make_shared<const Credential>(
      Credential{certs::native_chain({&made.certificate, 1}), made.key});
}

const std::shared_ptr<const Credential>& credential() {
  static const auto made = make_credential();
  return made;
}

struct End final : Session::PlaintextSink {
  explicit End(Settings settings) : session(std::move(settings), secrets) {}
  void on_plaintext(std::span<const std::uint8_t> bytes) override {
    received.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  void say(std::string_view text) {
    session.write({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  }

  LiveSecrets secrets;
  Session session;
  std::string received;
};

Settings client_settings(parser::ProtocolVersion version) {
  Settings settings;
  settings.lowest = settings.highest = version;
  settings.ciphers = forward_secret_suites();
  settings.server_name = "peer.example";
  return settings;
}

Settings server_settings(parser::ProtocolVersion version) {
  Settings settings = client_settings(version);
  settings.side = parser::Side::server;
  settings.server_name.clear();
  settings.credentials = {credential()};
  return settings;
}

struct Pair {
  explicit Pair(Settings client_with, Settings server_with, std::size_t piece = 100'000)
      : client(std::move(client_with)), server(std::move(server_with)), piece_(piece) {
    client.session.start();
    exchange();
  }

  /// Carries what both say until neither says more.
  void exchange() {
    while (carry(client, server) || carry(server, client)) {
    }
  }

  End client;
  End server;

 private:
  bool carry(End& from, End& to) {
    const std::vector<std::uint8_t> bytes = std::exchange(from.session.output(), {});
    for (std::size_t at = 0; at < bytes.size(); at += piece_) {
      to.session.feed(std::span(bytes).subspan(at, std::min(piece_, bytes.size() - at)), to);
    }
    return !bytes.empty();
  }

  std::size_t piece_;
};

auto any_version() { return GENERATE(parser::tls12, parser::tls13); }

}  // namespace

TEST_CASE("two sessions shake hands and talk, however their bytes are cut") {
  const auto version = any_version();
  const std::size_t piece = GENERATE(1U, 7U, 100'000U);
  CAPTURE(version.value, piece);
  Settings client = client_settings(version);
  client.alpn = {"h2", "http/1.1"};
  Settings server = server_settings(version);
  server.alpn = {"http/1.1"};
  Pair pair(std::move(client), std::move(server), piece);
  REQUIRE(pair.client.session.state() == State::open);
  REQUIRE(pair.server.session.state() == State::open);
  CHECK(pair.client.session.alpn() == "http/1.1");

  const std::string long_text(50'000, 'x');
  pair.client.say(long_text);
  pair.server.say("short");
  pair.exchange();
  CHECK(pair.server.received == long_text);
  CHECK(pair.client.received == "short");

  pair.client.session.close_notify();
  pair.exchange();
  CHECK(pair.server.session.state() == State::peer_closed);
  pair.server.say(" and more");
  pair.exchange();
  CHECK(pair.client.received == "short and more");
}

TEST_CASE("both sides derive the same secrets") {
  const auto version = any_version();
  Pair pair(client_settings(version), server_settings(version));
  for (const capture::SecretLabel& label : capture::secret_labels) {
    CAPTURE(label.name);
    const auto& client = pair.client.secrets.find({})->*label.secret;
    const auto& server = pair.server.secrets.find({})->*label.secret;
    CHECK(std::ranges::equal(client.bytes(), server.bytes()));
  }
  const bool tls13 = version == parser::tls13;
  CHECK(pair.client.secrets.find({})->master.empty() == tls13);
  CHECK(pair.client.secrets.find({})->client_application.empty() != tls13);
}

TEST_CASE("what two sessions say is read with the secrets of one, behind any amount of data") {
  const auto version = any_version();
  Settings server = server_settings(version);
  server.tickets = std::make_shared<TicketKeys>();
  End client(client_settings(version));
  End answering(server);

  struct Alerts final : parser::ObservationSink {
    void on_observation(parser::Side from, parser::Observation&& observation) override {
      if (const auto* alert = std::get_if<parser::Alert>(&observation)) {
        seen.emplace_back(from, *alert);
      }
      messages += std::holds_alternative<parser::HandshakeMessage>(observation) ? 1 : 0;
    }
    std::vector<std::pair<parser::Side, parser::Alert>> seen;
    int messages = 0;
  } alerts;
  const parser::Limits limits;
  capture::KeyLogDecryptor decryptor(client.secrets,
                                     capture::KeyLogDecryptor::Thoroughness::alerts);
  parser::ConnectionObserver observer(alerts, limits, &decryptor);
  const auto carry = [&](End& from, End& to, parser::Side side) {
    const std::vector<std::uint8_t> bytes = std::exchange(from.session.output(), {});
    to.session.feed(bytes, to);
    observer.feed(side, bytes);
    return !bytes.empty();
  };
  const auto exchange = [&] {
    while (carry(client, answering, parser::Side::client) ||
           carry(answering, client, parser::Side::server)) {
    }
  };

  client.session.start();
  exchange();
  REQUIRE(client.session.state() == State::open);
  for (int i = 0; i < 20; ++i) {
    client.say(std::string(1000, 'q'));
    answering.say(std::string(40'000, 'a'));
    exchange();
  }
  answering.session.send_alert({116});
  exchange();
  CHECK(alerts.messages >= 3);
  REQUIRE(alerts.seen.size() == 1);
  CHECK(alerts.seen[0].first == parser::Side::server);
  CHECK(alerts.seen[0].second.description == parser::AlertDescription{116});
  CHECK(alerts.seen[0].second.encrypted);
}

TEST_CASE("a session is resumed with the keys that sealed its ticket, and with no others") {
  const auto version = any_version();
  const auto keys = std::make_shared<TicketKeys>();
  const auto others = std::make_shared<TicketKeys>();
  Settings server = server_settings(version);
  server.tickets = keys;
  Pair first(client_settings(version), server);
  const auto state = first.client.session.new_session();
  REQUIRE(state);
  CHECK_FALSE(first.client.session.new_session());

  // A full handshake carries the certificate.
  const auto said_by_server = [&](const std::shared_ptr<TicketKeys>& with) {
    Settings resuming = client_settings(version);
    resuming.resumed = *state;
    server.tickets = with;
    End client(resuming);
    End answering(server);
    client.session.start();
    answering.session.feed(client.session.output(), answering);
    return answering.session.output().size();
  };
  CHECK(said_by_server(keys) + 300 < said_by_server(others));
}

TEST_CASE("a session of an older version, or with another suite, is not asked for") {
  Settings server = server_settings(parser::tls12);
  server.tickets = std::make_shared<TicketKeys>();
  Pair first(client_settings(parser::tls12), server);
  const auto state = first.client.session.new_session();
  REQUIRE(state);

  Settings newer = client_settings(parser::tls12);
  newer.highest = parser::tls13;
  newer.resumed = *state;
  Pair both_versions(newer, server_settings(parser::tls13));
  CHECK(both_versions.client.session.state() == State::open);

  Settings other_suite = client_settings(parser::tls12);
  std::erase_if(other_suite.ciphers,
                [](parser::CipherSuite suite) { return suite.value != 0xc02c; });
  other_suite.resumed = *state;
  Pair full(other_suite, server_settings(parser::tls12));
  CHECK(full.client.session.state() == State::open);
}

TEST_CASE("a certificate with a critical extension that mbedTLS does not know is received") {
  const auto version = any_version();
  CAPTURE(version.value);
  Settings server = server_settings(version);
  const std::vector elsewhere{certs::host_name("elsewhere.example")};
  server.credentials = {make_credential({certs::name_constraints(elsewhere, {}),
                                         certs::Extension{"1.3.6.1.4.1.99999.1", true, {5, 0}}})};
  const Pair pair(client_settings(version), std::move(server));
  CHECK(pair.client.session.state() == State::open);
  CHECK(pair.server.session.state() == State::open);
}

TEST_CASE("early data that is not accepted is skipped, however its bytes are cut") {
  const std::size_t piece = GENERATE(1U, 100'000U);
  Settings with_early_data = server_settings(parser::tls13);
  with_early_data.early_data_offered = true;
  End client(client_settings(parser::tls13));
  End server(std::move(with_early_data));
  const auto deliver = [&](std::span<const std::uint8_t> bytes) {
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      server.session.feed(bytes.subspan(at, std::min(piece, bytes.size() - at)), server);
    }
  };
  // Records under keys that the server does not have.
  std::vector<std::uint8_t> early;
  for (int i = 0; i < 40; ++i) {
    early.insert(early.end(), {23, 3, 3, 0, 20});
    early.insert(early.end(), 20, static_cast<std::uint8_t>(i));
  }
  client.session.start();
  std::vector<std::uint8_t> flight = std::exchange(client.session.output(), {});
  flight.insert(flight.end(), early.begin(), early.end());
  deliver(flight);
  deliver(early);
  client.session.feed(std::exchange(server.session.output(), {}), client);
  client.say("after the handshake");
  deliver(std::exchange(client.session.output(), {}));
  CHECK(server.session.state() == State::open);
  CHECK(server.received == "after the handshake");
}

TEST_CASE("a fatal alert ends the peer's session, and is not answered") {
  const auto version = any_version();
  Pair pair(client_settings(version), server_settings(version));
  pair.server.session.send_alert({116});
  pair.server.session.send_alert({80});
  const std::vector<std::uint8_t> sent = std::exchange(pair.server.session.output(), {});
  CHECK(sent.size() < 60);
  CHECK(pair.client.session.feed(sent, pair.client) == State::failed);
  CHECK(pair.client.session.output().empty());
  REQUIRE(pair.client.session.failure());
  CHECK_FALSE(pair.client.session.failure()->text.empty());
}

TEST_CASE("a server's alert is read between its Finished and the client's, and is its last word") {
  const std::string why = GENERATE("the owner's", "the library's");
  CAPTURE(why);
  Settings with_tickets = server_settings(parser::tls13);
  with_tickets.tickets = std::make_shared<TicketKeys>();
  End client(client_settings(parser::tls13));
  End server(with_tickets);
  client.session.start();
  server.session.feed(std::exchange(client.session.output(), {}), server);
  client.session.feed(std::exchange(server.session.output(), {}), client);
  REQUIRE(client.session.state() == State::open);
  std::vector<std::uint8_t> finished = std::exchange(client.session.output(), {});
  if (why == "the owner's") {
    server.session.send_alert({48});
  } else {
    finished.back() ^= 1;
  }
  server.session.feed(finished, server);
  server.say("more");
  server.session.close_notify();
  const std::vector<std::uint8_t> said = std::exchange(server.session.output(), {});
  CHECK(said.size() == 5 + 16 + 16);  // one record: header, padded alert, tag
  CHECK(client.session.feed(said, client) == State::failed);
  CHECK(client.session.failure()->code == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE);
}

TEST_CASE("a close_notify in the middle of the handshake opens nothing") {
  const auto version = any_version();
  const auto leaves = GENERATE(parser::Side::client, parser::Side::server);
  CAPTURE(version.value, leaves == parser::Side::client);
  End client(client_settings(version));
  End server(server_settings(version));
  client.session.start();
  End& staying = leaves == parser::Side::client ? server : client;
  const auto hello = std::exchange(client.session.output(), {});
  if (leaves == parser::Side::client) {
    server.session.feed(hello, server);
    server.session.output().clear();
  }
  const std::vector<std::uint8_t> goodbye{21, 3, 3, 0, 2, 1, 0};
  // In TLS 1.3 a server that waits for the client's Finished reads no alert in clear.
  const bool reads = version == parser::tls12 || leaves == parser::Side::server;
  CHECK(staying.session.feed(goodbye, staying) == (reads ? State::abandoned : State::failed));
  staying.say("hello");
  CHECK((!reads || staying.session.output().empty()));
}

TEST_CASE("a goodbye can be said before the handshake is done") {
  End client(client_settings(any_version()));
  client.session.start();
  client.session.output().clear();
  client.session.close_notify();
  const std::vector<std::uint8_t> goodbye{21, 3, 3, 0, 2, 1, 0};
  CHECK(client.session.output() == goodbye);
}

TEST_CASE("a record that is too long is refused at its header, by its name") {
  const auto version = any_version();
  const std::size_t longest = 16384 + (version == parser::tls13 ? 256 : 320);
  for (const std::size_t size : {longest + 1, longest}) {
    CAPTURE(version.value, size);
    Pair pair(client_settings(version), server_settings(version));
    REQUIRE(pair.server.session.state() == State::open);
    std::vector<std::uint8_t> record{23, 3, 3, static_cast<std::uint8_t>(size >> 8),
                                     static_cast<std::uint8_t>(size)};
    record.resize(record.size() + size);
    record.insert(record.end(), 9, 0);
    REQUIRE(pair.server.session.feed(record, pair.server) == State::failed);
    pair.client.session.feed(std::exchange(pair.server.session.output(), {}), pair.client);
    CHECK(pair.client.session.peer_alert() ==
          parser::AlertDescription{static_cast<std::uint8_t>(size > longest ? 22 : 20)});
    CHECK(pair.server.session.unread() == 9);
  }
}

TEST_CASE("a record that has no place in TLS 1.3 is refused at its header") {
  Pair pair(client_settings(parser::tls13), server_settings(parser::tls13));
  const std::vector<std::uint8_t> change{20, 3, 3, 0, 1, 1};
  REQUIRE(pair.server.session.feed(change, pair.server) == State::failed);
  pair.client.session.feed(std::exchange(pair.server.session.output(), {}), pair.client);
  CHECK(pair.client.session.peer_alert() == parser::AlertDescription{10});

  End client(client_settings(parser::tls13));
  End server(server_settings(parser::tls13));
  client.session.start();
  server.session.feed(std::exchange(client.session.output(), {}), server);
  std::vector<std::uint8_t> finished_in_clear{22, 3, 3, 0, 36, 20, 0, 0, 32};
  finished_in_clear.resize(5 + 36);
  CHECK(server.session.feed(change, server) == State::handshaking);
  REQUIRE(server.session.feed(finished_in_clear, server) == State::failed);
  client.session.feed(std::exchange(server.session.output(), {}), client);
  CHECK(client.session.peer_alert() == parser::AlertDescription{10});
}

TEST_CASE("what cannot be read is answered by an alert") {
  Pair pair(client_settings(parser::tls13), server_settings(parser::tls13));
  const std::vector<std::uint8_t> forged(30, 23);
  std::vector<std::uint8_t> record{23, 3, 3, 0, 30};
  record.insert(record.end(), forged.begin(), forged.end());
  CHECK(pair.server.session.feed(record, pair.server) == State::failed);
  CHECK_FALSE(pair.server.session.output().empty());
}

TEST_CASE("a server can stop before its last flight, and refuse there in clear") {
  Settings server = server_settings(parser::tls12);
  server.withhold_finished = true;
  server.ask_for_certificate = true;
  Pair pair(client_settings(parser::tls12), std::move(server));
  CHECK(pair.server.session.state() == State::withheld);
  CHECK(pair.client.session.state() == State::handshaking);
  pair.server.session.send_alert({40});
  const std::vector<std::uint8_t> alert{21, 3, 3, 0, 2, 2, 40};
  CHECK(pair.server.session.output() == alert);
}

TEST_CASE("a session without a suite in common fails with the alert that says so") {
  Settings client = client_settings(parser::tls12);
  client.ciphers = {{0xc02b}};
  Settings server = server_settings(parser::tls12);
  server.ciphers = {{0xc02c}};
  Pair pair(std::move(client), std::move(server));
  CHECK(pair.server.session.state() == State::failed);
  CHECK(pair.client.session.state() == State::failed);
}

}  // namespace legible::proxy::tls
