// With someone who has the keys: what was encrypted is told as if it had been in clear.

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "parser/tls_observer.hpp"
#include "support/handshake_script.hpp"
#include "support/hello_builder.hpp"

using namespace legible::parser;
using namespace legible::test;
using Lines = std::vector<std::string>;

namespace {

/// "Decrypts" records whose payload is a mark, as long as a nonce, then the content and the inner
/// type; knows no others.
class FakeDecryptor : public RecordDecryptor {
 public:
  static constexpr std::size_t mark_size = 8;
  static constexpr std::uint8_t mark = 0xdc;

  void on_client_hello(const ClientHello&) override { calls.emplace_back("client hello"); }
  void on_server_hello(const ServerHello&) override { calls.emplace_back("server hello"); }
  bool has_key(Side) const override { return has_keys; }
  void on_finished(Side from) override {
    calls.emplace_back(from == Side::client ? "client finished" : "server finished");
  }
  void on_key_update(Side from) override {
    calls.emplace_back(from == Side::client ? "client key update" : "server key update");
  }
  bool skip(Side, std::span<const std::uint8_t, 5> header) override {
    return (header[3] << 8 | header[4]) > longest;
  }
  std::optional<Plaintext> decrypt(Side, std::span<const std::uint8_t, 5>,
                                   std::span<const std::uint8_t> payload) override {
    if (payload.size() <= mark_size || payload.front() != mark) return std::nullopt;
    return Plaintext{ContentType{payload.back()},
                     payload.subspan(mark_size, payload.size() - mark_size - 1)};
  }

  std::vector<std::string> calls;
  int longest = 100'000;
  bool has_keys = false;
};

Bytes sealed(std::uint8_t outer, std::uint8_t inner, const Bytes& content) {
  return record(
      outer, 0x0303,
      concat({Bytes(FakeDecryptor::mark_size, FakeDecryptor::mark), content, Bytes{inner}}));
}

struct Watched {
  ObservationRecorder recorder;
  Limits limits;
  FakeDecryptor decryptor;
  TlsObserver observer{recorder, limits, &decryptor};

  void feed(const Script& script, std::size_t piece) {
    for (const Flight& flight : script) {
      for (std::size_t at = 0; at < flight.bytes.size(); at += piece) {
        observer.feed(
            flight.from,
            std::span(flight.bytes).subspan(at, std::min(piece, flight.bytes.size() - at)));
      }
    }
    observer.end(Side::client, StreamEnd::fin);
    observer.end(Side::server, StreamEnd::fin);
  }
};

Bytes hello13() { return handshake_record(0x0301, client_hello({.supported_versions = {0x0304}})); }
Bytes answer13() {
  return handshake_record(
      0x0303, server_hello({.cipher = 0x1301,
                            .selected_version = 0x0304,
                            .key_share = std::pair<std::uint16_t, Bytes>{29, Bytes(32)}}));
}

}  // namespace

TEST_CASE("a decrypted TLS 1.3 handshake is told message by message, and its alerts are read") {
  const Bytes extensions = handshake(8, hex("0009 0010 0005 0003 02 6832"));
  const Bytes request = handshake(13, hex("00 0008 000d 0004 0002 0804"));
  const Bytes certificate = handshake(11, hex("00 000008 000003 aabbcc 0000"));
  const Bytes verify = handshake(15, hex("0804 0001 aa"));
  const Bytes finished = handshake(20, Bytes(32));
  const Bytes flight = concat({extensions, request, certificate, verify, finished});
  const Bytes half(flight.begin(), flight.begin() + 40);
  const Bytes other_half(flight.begin() + 40, flight.end());
  const Script script{
      client(hello13()),
      server(concat(
          {answer13(), change_cipher_spec(), sealed(23, 22, half), sealed(23, 22, other_half)})),
      client(concat({sealed(23, 22, handshake(11, hex("00 000000"))), sealed(23, 22, finished),
                     sealed(23, 23, text("GET /")), sealed(23, 22, handshake(24, hex("00")))})),
      server(sealed(23, 21, hex("02 74"))),
  };
  for (const std::size_t piece : {std::size_t{1}, std::size_t{17}, std::size_t{100000}}) {
    CAPTURE(piece);
    Watched watched;
    watched.feed(script, piece);
    CHECK(watched.recorder.lines() == Lines{
                                          "client: ClientHello 4 ciphers ",
                                          "server: ServerHello 4865",
                                          "server: ChangeCipherSpec",
                                          "server: EncryptedExtensions",
                                          "server: CertificateRequest 0 authorities",
                                          "server: Certificate 1",
                                          "server: CertificateVerify",
                                          "server: HandshakeMessage 20",
                                          "client: Certificate 0",
                                          "client: HandshakeMessage 20",
                                          "client: HandshakeDone",
                                          "client: EncryptedRecord 23 14",
                                          "client: HandshakeMessage 24",
                                          "server: Alert 2 116 encrypted",
                                      });
    CHECK(watched.decryptor.calls == Lines{"client hello", "server hello", "server finished",
                                           "client finished", "client key update"});
  }
}

TEST_CASE("a decrypted TLS 1.2 Finished completes the handshake once, and data is known as data") {
  const Bytes finished = sealed(22, 22, handshake(20, Bytes(12)));
  Watched watched;
  watched.feed({client(handshake_record(0x0301, client_hello())),
                server(handshake_record(0x0303, concat({server_hello(), handshake(14, {})}))),
                client(concat({change_cipher_spec(), finished})),
                server(concat({change_cipher_spec(), finished})), client(sealed(23, 23, text("x"))),
                client(sealed(21, 21, hex("01 00")))},
               100000);
  const Lines lines = watched.recorder.lines();
  CHECK(std::count(lines.begin(), lines.end(), "server: HandshakeDone") == 1);
  CHECK(watched.recorder.all<EncryptedRecord>().at(0).likely == Content::application_data);
  CHECK(lines.back() == "client: Alert 1 0 encrypted");
}

TEST_CASE("records that the keys do not fit are told by their lengths, as without keys") {
  Watched watched;
  watched.feed({client(hello13()), server(concat({answer13(), ciphertext(23, 900)})),
                client(ciphertext(23, 53)), client(ciphertext(23, 19))},
               100000);
  const Lines lines = watched.recorder.lines();
  CHECK(std::count(lines.begin(), lines.end(), "client: HandshakeDone inferred") == 1);
  CHECK(lines.back() == "client: Alert encrypted inferred");
}

TEST_CASE("a record that the decryptor skips is data, however it arrives") {
  const Bytes finished = sealed(23, 22, handshake(20, Bytes(32)));
  for (const std::size_t piece : {std::size_t{1}, std::size_t{100000}}) {
    CAPTURE(piece);
    Watched watched;
    watched.decryptor.longest = 60;
    watched.feed({client(hello13()), server(concat({answer13(), finished})), client(finished),
                  client(ciphertext(23, 400)), client(sealed(23, 21, hex("01 00")))},
                 piece);
    CHECK(watched.recorder.all<EncryptedRecord>().back().likely == Content::application_data);
    CHECK(watched.recorder.lines().back() == "client: Alert 1 0 encrypted");
  }
}

TEST_CASE("what breaks a rule behind the hellos is told, and nothing is made of it") {
  const Bytes finished = sealed(23, 22, handshake(20, Bytes(32)));
  const Bytes to_change = concat({hello13(), change_cipher_spec()});
  struct Case {
    std::string_view name;
    Bytes from_client;
    std::string last;
  };
  const auto at = [&](std::string_view what, std::size_t offset) {
    return "client: Malformed " + std::string(what) + " at " +
           std::to_string(to_change.size() + offset);
  };
  const std::size_t behind = finished.size();
  const Case cases[] = {
      {"a record without a content type", sealed(23, 0, {}), at("record: inner type", 0)},
      {"a protected ChangeCipherSpec", sealed(23, 20, hex("01")), at("record: inner type", 0)},
      {"an empty alert", sealed(23, 21, {}), at("record: fragment", 5)},
      {"an empty piece of a message", sealed(23, 22, {}), at("record: fragment", 5)},
      {"more than a record's content", sealed(23, 23, Bytes(16385)), at("record: length", 3)},
      {"more than a record", ciphertext(23, 16641), at("record: length", 3)},
      {"a message in clear", handshake_record(0x0303, handshake(20, Bytes(32))),
       at("record: place", 0)},
      {"a short Finished", sealed(23, 22, handshake(20, Bytes(31))),
       at("Finished: verify_data", 9)},
      {"a ChangeCipherSpec behind the Finished", concat({finished, change_cipher_spec()}),
       at("record: place", behind)},
      {"a KeyUpdate of no kind", concat({finished, sealed(23, 22, handshake(24, hex("02")))}),
       at("KeyUpdate: request_update", behind + 9)},
  };
  for (const Case& each : cases) {
    CAPTURE(each.name);
    Watched watched;
    watched.feed({client(to_change), server(concat({answer13(), change_cipher_spec()})),
                  client(each.from_client)},
                 100000);
    const Lines lines = watched.recorder.lines();
    CHECK(std::ranges::find(lines, each.last) != lines.end());
  }
}

TEST_CASE("a short record that its key does not open is broken, and no alert") {
  Watched watched;
  watched.decryptor.has_keys = true;
  watched.feed({client(hello13()), server(concat({answer13(), ciphertext(23, 900)})),
                client(ciphertext(23, 53)), client(ciphertext(23, 19))},
               100000);
  CHECK(watched.recorder.all<Alert>().empty());
}
