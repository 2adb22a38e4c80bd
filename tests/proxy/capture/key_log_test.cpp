#include "proxy/capture/key_log.hpp"

#include <catch2/catch_test_macros.hpp>
#include <sstream>
#include <string>

namespace legible::capture {
namespace {

const std::string random_hex = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF";

ClientRandom client_random() {
  ClientRandom random{};
  for (std::size_t i = 0; i < random.size(); ++i) {
    random[i] = static_cast<std::uint8_t>(0x11 * (i % 16));
  }
  return random;
}

KeyLog read(const std::string& text) {
  std::istringstream stream{text};
  KeyLog log;
  log.read(stream);
  return log;
}

TEST_CASE("each label of a key log fills its secret") {
  const KeyLog log =
      read("# a comment\nCLIENT_RANDOM " + random_hex + " 01\r\n" + "CLIENT_EARLY_TRAFFIC_SECRET " +
           random_hex + " 02\n" + "CLIENT_HANDSHAKE_TRAFFIC_SECRET " + random_hex + " 03\n" +
           "SERVER_HANDSHAKE_TRAFFIC_SECRET " + random_hex + " 04\n" + "CLIENT_TRAFFIC_SECRET_0 " +
           random_hex + "\t05\n" + "EXPORTER_SECRET " + random_hex + " 07\n" +
           "SERVER_TRAFFIC_SECRET_0  " + random_hex + " 06");
  CHECK(log.size() == 1);
  const ConnectionSecrets* secrets = log.find(client_random());
  REQUIRE(secrets);
  CHECK(secrets->master.bytes()[0] == 1);
  CHECK(secrets->client_early.bytes()[0] == 2);
  CHECK(secrets->client_handshake.bytes()[0] == 3);
  CHECK(secrets->server_handshake.bytes()[0] == 4);
  CHECK(secrets->client_application.bytes()[0] == 5);
  CHECK(secrets->server_application.bytes()[0] == 6);
  CHECK(log.find(ClientRandom{}) == nullptr);
}

TEST_CASE("a session's master secret is found by the session's id") {
  const KeyLog log = read("RSA Session-ID:0102 Master-Key:0a0b\nRSA Session-ID: Master-Key:01\n" +
                          std::string{"RSA Session-ID:03\nRSA 0102 03\n"});
  CHECK(log.size() == 1);
  const Secret* master = log.find_session({1, 2});
  REQUIRE(master);
  CHECK(master->bytes().size() == 2);
  CHECK(master->bytes()[0] == 0x0a);
  CHECK(log.find_session({1, 3}) == nullptr);
}

TEST_CASE("lines that are no secret are passed over") {
  const std::string good = "CLIENT_RANDOM " + random_hex + " 01\n";
  for (const std::string& line :
       {std::string{}, std::string{"CLIENT_RANDOM"}, "CLIENT_RANDOM " + random_hex,
        "CLIENT_RANDOM " + random_hex + " ", "CLIENT_RANDOM " + random_hex + " 0",
        "CLIENT_RANDOM " + random_hex + " 0g", "CLIENT_RANDOM " + random_hex.substr(2) + " 01",
        "CLIENT_RANDOM " + random_hex + " " + std::string(130, '0'), "RSA " + random_hex + " 01",
        std::string(100000, 'x')}) {
    CAPTURE(line.substr(0, 100));
    CHECK(read(line).empty());
    CHECK(read(line + "\n" + good).size() == 1);
    CHECK(read(good + line).size() == 1);
  }
}

}  // namespace
}  // namespace legible::capture
