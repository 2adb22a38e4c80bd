#include "proxy/capture/key_log_decryptor.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "proxy/capture/decoded_capture.hpp"
#include "proxy/capture/key_log.hpp"

namespace legible::capture {
namespace {

using Lines = std::vector<std::string>;

const std::string folder = std::string{LEGIBLE_TEST_DATA} + "/decryption/";

KeyLog keys_of(const std::string& capture) {
  std::ifstream file(folder + capture + ".keys");
  KeyLog key_log;
  key_log.read(file);
  return key_log;
}

DecodedConnection decrypted(const std::string& capture) {
  DecodedCapture decoded = decode_capture(folder + capture, keys_of(capture));
  REQUIRE(decoded.connections.size() == 1);
  return std::move(decoded.connections.front());
}

const std::string close_notify = "alert close_notify";
const Lines tls12_client{"client_hello", "client_key_exchange", "finished", close_notify};
const Lines tls13_client{"client_hello", "finished", close_notify};

Lines tls12_server(bool ephemeral) {
  Lines lines{"server_hello", "certificate"};
  if (ephemeral) lines.emplace_back("server_key_exchange");
  for (const char* rest : {"server_hello_done", "new_session_ticket", "finished"}) {
    lines.emplace_back(rest);
  }
  lines.push_back(close_notify);
  return lines;
}

TEST_CASE("handshakes and alerts up to TLS 1.2 are decrypted whatever protects their records") {
  struct Case {
    const char* capture;
    bool ephemeral;
  };
  for (const Case& test : {Case{"tls10-cbc.pcap", false},
                           {"tls10-cbc-encrypt-then-mac.pcap", false},
                           {"tls11-cbc.pcap", false},
                           {"tls12-cbc-mac-then-encrypt.pcap", true},
                           {"tls12-cbc-encrypt-then-mac.pcap", true},
                           {"tls12-ccm.pcap", true},
                           {"tls12-ccm8.pcap", true},
                           {"tls12-chacha20.pcap", true}}) {
    CAPTURE(test.capture);
    const DecodedConnection connection = decrypted(test.capture);
    CHECK(messages(connection, Side::client) == tls12_client);
    CHECK(messages(connection, Side::server) == tls12_server(test.ephemeral));
  }
}

TEST_CASE("handshakes and alerts of TLS 1.3 are decrypted whatever protects their records") {
  for (const char* capture : {"tls13-ccm.pcap", "tls13-ccm8.pcap", "tls13-chacha20.pcap"}) {
    CAPTURE(capture);
    const DecodedConnection connection = decrypted(capture);
    CHECK(messages(connection, Side::client) == tls13_client);
    CHECK(messages(connection, Side::server) ==
          Lines{"server_hello", "encrypted_extensions", "certificate", "certificate_verify",
                "finished", "new_session_ticket", "new_session_ticket", close_notify});
  }
}

TEST_CASE("the keys of a renegotiation are in force after its ChangeCipherSpec") {
  const DecodedConnection connection = decrypted("tls12-renegotiation.pcap");
  CHECK(messages(connection, Side::client) ==
        Lines{"client_hello", "client_key_exchange", "finished", "client_hello",
              "client_key_exchange", "finished", close_notify});
  CHECK(std::ranges::count(messages(connection, Side::server), "certificate") == 2);
}

TEST_CASE("early data stands under keys of its own, before the client's Finished") {
  const DecodedConnection connection = decrypted("tls13-early-data.pcap");
  CHECK(messages(connection, Side::client) == tls13_client);
  CHECK(messages(connection, Side::server) == Lines{"server_hello", "encrypted_extensions",
                                                    "finished", "new_session_ticket",
                                                    close_notify});
}

TEST_CASE("with the secrets of another connection nothing is decrypted") {
  const std::string capture = folder + "tls13-chacha20.pcap";
  const DecodedCapture decoded = decode_capture(capture, keys_of("tls13-ccm.pcap"));
  REQUIRE(decoded.connections.size() == 1);
  CHECK(messages(decoded.connections[0], Side::server) == Lines{"server_hello"});
}

TEST_CASE("missing secrets are no obstacle before something is encrypted") {
  const KeyLog no_secrets;
  for (const parser::ProtocolVersion version : {parser::tls12, parser::tls13}) {
    KeyLogDecryptor decryptor(no_secrets);
    parser::ServerHello hello;
    hello.version = version;
    hello.cipher = {version == parser::tls13 ? std::uint16_t{0x1301} : std::uint16_t{0xc02f}};
    decryptor.on_client_hello({});
    decryptor.on_server_hello(hello);
    CHECK(decryptor.obstacle().empty());
    constexpr std::array<std::uint8_t, 5> header{23, 3, 3, 0, 32};
    CHECK_FALSE(decryptor.decrypt(Side::client, header, std::array<std::uint8_t, 32>{}));
    CHECK(decryptor.obstacle().find("no secrets") != std::string_view::npos);
  }
}

TEST_CASE("a record that was altered does not verify, and the next one still does") {
  std::ifstream file(folder + "tls12-chacha20.pcap", std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(file), {});
  // The last byte of the application data "hello", which stands before the client's close_notify.
  const std::size_t record = bytes.find("\x17\x03\x03");
  REQUIRE(record != std::string::npos);
  bytes[record + 8] = static_cast<char>(bytes[record + 8] ^ 1);
  CaptureFile altered{fmemopen(bytes.data(), bytes.size(), "rb")};
  const DecodedCapture decoded = decode_capture(altered, keys_of("tls12-chacha20.pcap"));
  REQUIRE(decoded.connections.size() == 1);
  CHECK(messages(decoded.connections[0], Side::client) == tls12_client);
}

}  // namespace
}  // namespace legible::capture
