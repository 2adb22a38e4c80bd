#include "parser/tls_observer.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "parser/connection_observer.hpp"
#include "support/handshake_script.hpp"
#include "support/hello_builder.hpp"

using namespace legible::parser;
using namespace legible::test;
using Lines = std::vector<std::string>;

namespace {

/// An observer whose directions are fed by hand.
struct Watched {
  explicit Watched(const Limits& given = {}) : limits(given) {}
  ObservationRecorder recorder;
  Limits limits;
  TlsObserver observer{recorder, limits};

  void feed(const Script& script) {
    for (const Flight& flight : script) observer.feed(flight.from, flight.bytes);
  }
  Lines lines() const { return recorder.lines(); }
};

Bytes tls12_hello() { return handshake_record(0x0301, client_hello()); }
Bytes tls12_answer() { return handshake_record(0x0303, server_hello()); }

Script tls13_hellos() {
  const Bytes session_id(32, 1);
  return {
      client(handshake_record(
          0x0301, client_hello({.session_id = session_id, .supported_versions = {0x0304}}))),
      server(handshake_record(
          0x0303, server_hello({.session_id = session_id,
                                .cipher = 0x1301,
                                .selected_version = 0x0304,
                                .key_share = std::pair<std::uint16_t, Bytes>{29, Bytes(32)}})))};
}

/// What is reported after the hellos.
Lines after_hellos(const Watched& watched) {
  Lines lines = watched.lines();
  lines.erase(lines.begin(), lines.begin() + 2);
  return lines;
}

}  // namespace

TEST_CASE("a TLS 1.2 handshake with a client certificate request is told message by message") {
  CHECK(observe(tls12_handshake()) == Lines{
                                          "client: ClientHello 4 ciphers partner.example",
                                          "server: ServerHello 49199",
                                          "server: Certificate 2",
                                          "server: ServerKeyExchange",
                                          "server: CertificateRequest 1 authorities",
                                          "server: HandshakeMessage 14",
                                          "client: Certificate 0",
                                          "client: HandshakeMessage 16",
                                          "client: ChangeCipherSpec",
                                          "client: EncryptedRecord 22 40",
                                          "server: HandshakeMessage 4",
                                          "server: ChangeCipherSpec",
                                          "server: EncryptedRecord 22 40",
                                          "server: HandshakeDone",
                                          "client: EncryptedRecord 23 300",
                                          "server: EncryptedRecord 23 16000",
                                          "client: Alert encrypted",
                                      });
}

TEST_CASE("an abbreviated handshake is done with the client's Finished, and said to be resumed") {
  CHECK(observe(tls12_resumption()) == Lines{
                                           "client: ClientHello 4 ciphers ",
                                           "server: ServerHello 49199",
                                           "server: ChangeCipherSpec",
                                           "server: EncryptedRecord 22 40",
                                           "client: ChangeCipherSpec",
                                           "client: EncryptedRecord 22 40",
                                           "client: HandshakeDone resumed",
                                       });
}

TEST_CASE("TLS 1.3 is told by hellos, and by record lengths after them") {
  CHECK(observe(tls13_handshake()) == Lines{
                                          "client: ClientHello 2 ciphers partner.example",
                                          "server: ServerHello 4865",
                                          "server: ChangeCipherSpec",
                                          "client: ChangeCipherSpec",
                                          "client: ClientHello 2 ciphers partner.example",
                                          "server: ServerHello 4865",
                                          "server: EncryptedRecord 23 23",
                                          "server: EncryptedRecord 23 651",
                                          "server: EncryptedRecord 23 281",
                                          "server: EncryptedRecord 23 53",
                                          "client: EncryptedRecord 23 53",
                                          "client: HandshakeDone inferred",
                                          "client: EncryptedRecord 23 200",
                                          "server: EncryptedRecord 23 218",
                                          "server: EncryptedRecord 23 900",
                                          "client: EncryptedRecord 23 19",
                                          "client: Alert encrypted inferred",
                                      });
}

TEST_CASE("a second ClientHello is read where the HelloRetryRequest between was not heard") {
  Script script = tls13_handshake();
  std::erase_if(script, [](const Flight& flight) { return flight.from == Side::server; });
  const Lines lines = observe(script);
  REQUIRE(lines.size() > 2);
  CHECK(lines[0] == "client: ClientHello 2 ciphers partner.example");
  CHECK(lines[1] == "client: ChangeCipherSpec");
  CHECK(lines[2] == "client: ClientHello 2 ciphers partner.example");
}

TEST_CASE("session_id_echoed compares the two session ids") {
  const auto echoed = [](const Bytes& sent, const Bytes& answered) {
    Watched watched;
    watched.feed({client(handshake_record(0x0301, client_hello({.session_id = sent}))),
                  server(handshake_record(0x0303, server_hello({.session_id = answered})))});
    return watched.recorder.all<Shared<ServerHello>>().at(0)->session_id_echoed;
  };
  CHECK(echoed(Bytes(32, 7), Bytes(32, 7)));
  CHECK_FALSE(echoed(Bytes(32, 7), Bytes(32, 8)));
  CHECK_FALSE(echoed(Bytes(16, 7), Bytes(32, 7)));
  CHECK_FALSE(echoed({}, {}));
}

TEST_CASE("a ClientHello knows its length, its records and its record version") {
  const Bytes hello = client_hello();
  Watched watched;
  watched.feed({client(records(22, 0x0301, hello, 20))});
  const auto found = watched.recorder.all<Shared<ClientHello>>().at(0);
  CHECK(found->bytes == hello.size());
  CHECK(found->records == (hello.size() + 19) / 20);
  CHECK(found->record_version == tls10);
}

TEST_CASE("alerts in clear") {
  SECTION("after the ClientHello") {
    Watched watched;
    watched.feed({client(tls12_hello()), server(alert_record(0x0303, 2, 40))});
    CHECK(watched.lines().back() == "server: Alert 2 40");
  }
  SECTION("of version 0, as BearSSL sends it") {
    Watched watched;
    watched.feed({client(tls12_hello()), server(alert_record(0x0000, 2, 70))});
    CHECK(watched.lines().back() == "server: Alert 2 70");
    CHECK(watched.recorder.all<Alert>().at(0).record_version == ProtocolVersion{0});
  }
  SECTION("of the version that the client asked for, as mbedTLS 2.28 sends it") {
    Watched watched;
    watched.feed({client(tls12_hello()), server(alert_record(0x0400, 2, 70))});
    CHECK(watched.lines().back() == "server: Alert 2 70");
  }
  SECTION("after a TLS 1.3 server's encrypted flight, as OpenSSL's clients send it") {
    Watched watched;
    watched.feed(tls13_hellos());
    watched.feed({server(ciphertext(23, 2000)), client(change_cipher_spec()),
                  client(alert_record(0x0303, 2, 48))});
    CHECK(watched.lines().back() == "client: Alert 2 48");
  }
  SECTION("two in one record, and one in two records") {
    Watched watched;
    watched.feed({client(tls12_hello()), server(record(21, 0x0303, hex("01 5a 01 00"))),
                  server(record(21, 0x0303, hex("02"))), server(record(21, 0x0303, hex("28")))});
    const Lines lines = watched.lines();
    CHECK(Lines(lines.begin() + 1, lines.end()) ==
          Lines{"server: Alert 1 90", "server: Alert 1 0", "server: Alert 2 40"});
  }
}

TEST_CASE("an alert after ChangeCipherSpec is an alert, though not to be read") {
  Watched watched;
  watched.feed({client(tls12_hello()), server(tls12_answer()), client(change_cipher_spec()),
                client(ciphertext(21, 26))});
  CHECK(watched.lines().back() == "client: Alert encrypted");
}

TEST_CASE(
    "the handshake of TLS 1.3 is done when the client's last message was seen by its length") {
  struct Case {
    const char* what;
    std::vector<std::uint16_t> client_records;
    std::vector<std::uint16_t> server_records;
    bool done;
  };
  const Case cases[] = {
      {"Finished", {53}, {}, true},
      {"Finished of JSSE, padded", {69}, {}, true},
      {"an empty Certificate, then Finished", {25, 53}, {}, true},
      {"both in one record", {61}, {}, true},
      {"a certificate flight, then Finished", {1200, 281, 53}, {}, true},
      {"a certificate flight in one record: not known yet", {1500}, {}, false},
      {"the same, and the server goes on", {1500}, {234}, true},
      {"the same, and the server refuses", {1500}, {19}, false},
      {"an alert alone", {19}, {}, false},
      {"an alert of JSSE alone", {35}, {}, false},
      {"an alert, then the server's", {19}, {19}, false},
      {"an empty Certificate that is refused", {25}, {19}, false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    Watched watched;
    watched.feed(tls13_hellos());
    watched.feed({server(ciphertext(23, 2000))});
    for (const auto length : c.client_records) watched.feed({client(ciphertext(23, length))});
    for (const auto length : c.server_records) watched.feed({server(ciphertext(23, length))});
    CHECK(watched.recorder.all<HandshakeDone>().size() == (c.done ? 1 : 0));
  }
}

TEST_CASE("0-RTT data before the ServerHello is no Finished, and its CCS changes nothing") {
  const Bytes session_id(32, 1);
  Watched watched;
  watched.feed({client(handshake_record(0x0301, client_hello({.session_id = session_id,
                                                              .supported_versions = {0x0304},
                                                              .extensions = {{42, {}}}}))),
                client(change_cipher_spec()), client(ciphertext(23, 53)), tls13_hellos()[1],
                server(ciphertext(23, 200)), client(ciphertext(23, 400)),
                server(ciphertext(23, 500))});
  CHECK(watched.recorder.all<HandshakeDone>().empty());
  watched.feed({client(ciphertext(23, 21)), client(ciphertext(23, 53))});
  CHECK(watched.recorder.all<HandshakeDone>().size() == 1);
}

TEST_CASE("a stream that ends in the middle of something is incomplete, never more") {
  struct Case {
    const char* what;
    Script script;
    const char* expected;
  };
  const Bytes hello = tls12_hello();
  const auto cut = [&hello](int size) { return Bytes(hello.begin(), hello.begin() + size); };
  const Case cases[] = {
      {"a header", {client(cut(3))}, "client: Incomplete record header at 3 missing 2"},
      {"a header without payload", {client(cut(5))}, "client: Incomplete record at 5 missing 53"},
      {"a message's header", {client(cut(7))}, "client: Incomplete ClientHello at 7 missing 2"},
      {"a message", {client(cut(29))}, "client: Incomplete ClientHello at 29 missing 29"},
      {"an encrypted record",
       {client(hello), server(hex("17 0303 0100 0000"))},
       "server: Incomplete record at 7 missing 254"},
      {"an alert",
       {client(hello), server(hex("15 0303 0002 02"))},
       "server: Incomplete alert at 6 missing 1"},
      {"an alert between its records",
       {client(hello), server(record(21, 0x0303, hex("02")))},
       "server: Incomplete alert at 6 missing 1"},
  };
  REQUIRE(hello.size() == 58);
  for (const Case& c : cases) {
    CAPTURE(c.what);
    CHECK(observe(c.script).back() == c.expected);
  }
}

TEST_CASE("bytes that are no record end the decoding of their direction, and are told once") {
  struct Case {
    const char* what;
    const char* bytes;
    const char* expected;
  };
  const Case cases[] = {
      {"a content type that does not exist", "48545450", "server: Malformed record: type at 0"},
      {"a version of nobody", "16 05", "server: Malformed record: version at 1"},
      {"a length beyond 2^14 + 2048", "17 0303 4801", "server: Malformed record: length at 3"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    Watched watched;
    watched.feed({client(tls12_hello()), server(hex(c.bytes)), server(tls12_answer())});
    watched.observer.end(Side::server, StreamEnd::fin);
    CHECK(watched.lines() == Lines{"client: ClientHello 4 ciphers ", c.expected});
  }
}

TEST_CASE("an alert is found by its length when clear text follows it") {
  Watched watched;
  watched.feed(tls13_handshake());
  watched.feed({server(hex("17 0303 0013 00112233445566778899aabbccddeeff 001122")),
                server(text("421 TLS handshake failed\r\n"))});
  const Lines lines = watched.lines();
  REQUIRE(lines.size() > 2);
  CHECK(lines[lines.size() - 2] == "server: Alert encrypted inferred");
  CHECK(lines.back().starts_with("server: Malformed record: type at "));
}

TEST_CASE("TLS that begins later in a stream has that stream's offsets") {
  Watched watched;
  watched.observer.start_at(Side::server, 1000);
  watched.feed({server(concat({alert_record(0x0303, 1, 112), hex("ff")}))});
  CHECK(watched.lines().back() == "server: Malformed record: type at 1007");
}

TEST_CASE("the offset of a broken field is found across records") {
  // The length of cipher_suites becomes odd: byte 39 of the message, its 35th of the body.
  Bytes hello = client_hello();
  REQUIRE(hello[40] == 8);
  hello[40] = 7;
  Watched whole;
  whole.feed({client(handshake_record(0x0301, hello))});
  CHECK(whole.lines() == Lines{"client: Malformed ClientHello: cipher_suites at 46"});
  Watched cut;
  cut.feed({client(records(22, 0x0301, hello, 20))});
  CHECK(cut.lines() == Lines{"client: Malformed ClientHello: cipher_suites at 56"});
}

TEST_CASE("a broken extension is told beside the hello that holds it") {
  Watched watched;
  watched.feed({client(handshake_record(
      0x0301, client_hello({.sni = "a.example", .extensions = {{10, hex("0003 0017 00")}}})))});
  const Lines lines = watched.lines();
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == "client: ClientHello 4 ciphers a.example");
  CHECK(lines[1].starts_with("client: Malformed ClientHello: named_group_list at "));
}

TEST_CASE("a message longer than its limit is told and stepped over") {
  Limits limits;
  limits.handshake_message_bytes = 64;
  Watched watched(limits);
  watched.feed({client(tls12_hello()),
                server(handshake_record(0x0303, concat({server_hello(), handshake(11, Bytes(65)),
                                                        handshake(14, {})})))});
  const Lines lines = watched.lines();
  CHECK(Lines(lines.begin() + 1, lines.end()) == Lines{"server: ServerHello 49199",
                                                       "server: LimitReached Certificate 64",
                                                       "server: HandshakeMessage 14"});
}

TEST_CASE("a hello that announces 16 MB is told at its header") {
  Watched watched;
  watched.feed({client(record(22, 0x0301, hex("01 ffffff 0303")))});
  CHECK(watched.lines() == Lines{"client: LimitReached ClientHello 65536"});
}

TEST_CASE("certificates and authorities beyond their limits are left out, and it is said") {
  Limits limits;
  limits.certificates = 1;
  limits.authorities = 0;
  Watched watched(limits);
  watched.feed({tls12_handshake()[0], tls12_handshake()[1]});
  const Lines lines = watched.lines();
  CHECK(std::ranges::count(lines, "server: Certificate 1") == 1);
  CHECK(std::ranges::count(lines, "server: LimitReached certificates 1") == 1);
  CHECK(std::ranges::count(lines, "server: CertificateRequest 0 authorities") == 1);
  CHECK(std::ranges::count(lines, "server: LimitReached authorities 0") == 1);
}

TEST_CASE("messages beyond what is kept of a connection are only named") {
  Limits limits;
  limits.handshake_bytes = 2048;
  limits.client_hello_bytes = 2048;
  Watched watched(limits);
  watched.feed({client(tls12_hello()), server(tls12_answer())});
  const Bytes chain =
      handshake_record(0x0303, handshake(11, concat({hex("0003eb 0003e8"), Bytes(1000, 0x30)})));
  for (int i = 0; i < 8; ++i) watched.feed({server(chain)});
  const Lines lines = watched.lines();
  CHECK(std::ranges::count(lines, "server: LimitReached handshake messages 4096") == 1);
  CHECK(std::ranges::count(lines, "server: Certificate 1") == 3);
  CHECK(lines.back() == "server: HandshakeMessage 11");
}

TEST_CASE("records beyond the first are counted, not reported; alerts still are") {
  Limits limits;
  limits.encrypted_records = 2;
  Watched watched(limits);
  watched.feed(tls12_handshake());
  const std::size_t before = watched.recorder.entries.size();
  for (int i = 0; i < 1000; ++i) watched.feed({server(ciphertext(23, 100))});
  CHECK(watched.recorder.entries.size() == before);
  CHECK(watched.observer.tail(Side::server).records == 1000 + 5);
  CHECK(watched.observer.tail(Side::server).application_bytes == 16000 + 1000 * 100);
  watched.feed({server(ciphertext(21, 26))});
  CHECK(watched.lines().back() == "server: Alert encrypted");
}

TEST_CASE("a flood of messages is bounded, and leaves room for what decides") {
  Limits limits;
  limits.observations = 40;
  Watched watched(limits);
  watched.feed({client(tls12_hello()), server(tls12_answer())});
  for (int i = 0; i < 100; ++i) watched.feed({server(handshake_record(0x0303, handshake(0, {})))});
  CHECK(watched.lines().back() == "server: LimitReached observations 40");
  CHECK(watched.recorder.entries.size() < 40);
  watched.feed({server(alert_record(0x0303, 2, 80))});
  CHECK(watched.lines().back() == "server: Alert 2 80");
  for (int i = 0; i < 100; ++i) watched.feed({server(alert_record(0x0303, 1, 100))});
  CHECK(watched.recorder.entries.size() <= 41);
}

TEST_CASE("gaps") {
  SECTION("inside application data are stepped over") {
    Watched watched;
    watched.feed(tls13_hellos());
    const Bytes data = ciphertext(23, 1000);
    watched.observer.feed(Side::server, std::span(data).first(100));
    watched.observer.gap(Side::server, 500);
    watched.observer.feed(Side::server, std::span(data).subspan(600));
    watched.feed({server(alert_record(0x0303, 2, 80))});
    CHECK(after_hellos(watched) == Lines{"server: EncryptedRecord 23 1000", "server: Alert 2 80"});
    CHECK(watched.observer.tail(Side::server).application_bytes == 1000);
  }
  SECTION("that begin with such a payload and end with it, too") {
    Watched watched;
    watched.feed(tls13_hellos());
    watched.feed({server(hex("17 0303 03e8"))});
    watched.observer.gap(Side::server, 1000);
    watched.feed({server(alert_record(0x0303, 2, 80))});
    CHECK(after_hellos(watched) == Lines{"server: EncryptedRecord 23 1000", "server: Alert 2 80"});
  }
  SECTION("beyond the record end the decoding") {
    Watched watched;
    watched.feed(tls13_hellos());
    const Bytes data = ciphertext(23, 1000);
    watched.observer.feed(Side::server, std::span(data).first(100));
    watched.observer.gap(Side::server, 906);
    watched.feed({server(alert_record(0x0303, 2, 80))});
    watched.observer.end(Side::server, StreamEnd::fin);
    const auto incomplete = watched.recorder.all<Incomplete>();
    REQUIRE(incomplete.size() == 1);
    CHECK(incomplete[0].missing == 906);
    CHECK(watched.recorder.all<Alert>().empty());
  }
  SECTION("inside a ClientHello lose the hello, and nothing after it") {
    Watched watched;
    const Bytes hello = tls12_hello();
    watched.observer.feed(Side::client, std::span(hello).first(30));
    watched.observer.gap(Side::client, 20);
    watched.observer.feed(Side::client, std::span(hello).subspan(50));
    watched.feed({client(alert_record(0x0303, 2, 10))});
    watched.observer.end(Side::client, StreamEnd::fin);
    CHECK(watched.lines() ==
          Lines{"client: Incomplete ClientHello at 30 missing 20", "client: Alert 2 10"});
  }
  SECTION("across messages lose the messages, but not the alert behind them") {
    Watched watched;
    watched.feed({client(tls12_hello()), server(tls12_answer())});
    const Bytes flight = handshake_record(
        0x0303, concat({handshake(11, hex("000000")), handshake(14, {}), handshake(14, {})}));
    watched.observer.feed(Side::server, std::span(flight).first(10));
    watched.observer.gap(Side::server, 4);
    watched.observer.feed(Side::server, std::span(flight).subspan(14));
    watched.feed({server(alert_record(0x0303, 2, 80))});
    const Lines lines = after_hellos(watched);
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].starts_with("server: Incomplete Certificate"));
    CHECK(lines[1] == "server: Alert 2 80");
  }
  SECTION("before the first byte leave nothing to invent") {
    Watched watched;
    watched.observer.gap(Side::client, 10);
    watched.feed({client(tls12_hello())});
    CHECK(watched.lines() == Lines{"client: Incomplete record at 0 missing 10"});
  }
}

TEST_CASE("a stream that is not seen from its start gives no invented messages") {
  Watched watched;
  watched.feed({client(ciphertext(22, 40)), client(ciphertext(21, 26)),
                server(record(22, 0x0303, hex("00000000 00000001 aabbccdd")))});
  CHECK(watched.lines() == Lines{"client: EncryptedRecord 22 40", "client: Alert encrypted",
                                 "server: EncryptedRecord 22 12"});
}

TEST_CASE("records after a renegotiation's first are reported as encrypted handshake records") {
  Watched watched;
  watched.feed(tls12_handshake());
  watched.feed({client(ciphertext(22, 416)), client(ciphertext(20, 26))});
  const Lines lines = watched.lines();
  CHECK(lines[lines.size() - 2] == "client: EncryptedRecord 22 416");
  CHECK(lines.back() == "client: EncryptedRecord 20 26");
}

TEST_CASE("a heartbeat that asks for more than it brought is malformed") {
  Watched watched;
  watched.feed({client(tls12_hello()), client(record(24, 0x0302, hex("01 4000")))});
  CHECK(watched.lines().back() == "client: Malformed heartbeat: payload_length at 64");
}

TEST_CASE("a ChangeCipherSpec of other content is malformed") {
  Watched watched;
  watched.feed({client(tls12_hello()), client(record(20, 0x0303, hex("02")))});
  CHECK(watched.lines().back() == "client: Malformed ChangeCipherSpec: type at 63");
}

TEST_CASE("a record of another type between those of a hello is malformed") {
  const Bytes hello = handshake_record(0x0301, client_hello());
  const Bytes half = records(22, 0x0301, std::span(hello).subspan(5), 40);
  Watched watched;
  watched.feed({client(concat({Bytes(half.begin(), half.begin() + 45), record(23, 0x0303, {})}))});
  CHECK(watched.lines() == Lines{"client: Malformed record: place at 45"});
}

TEST_CASE("a record in clear that holds more than one may is malformed") {
  Watched watched;
  watched.feed({client(record(22, 0x0301, client_hello({.extensions = {{80, Bytes(16400)}}})))});
  CHECK(watched.lines().front() == "client: Malformed record: length at 3");
}

TEST_CASE("empty records are counted and change nothing") {
  Watched watched;
  watched.feed({client(record(22, 0x0301, {})), client(tls12_hello()), server(tls12_answer()),
                server(record(23, 0x0303, {}))});
  CHECK(watched.lines() == Lines{"client: ClientHello 4 ciphers ", "server: ServerHello 49199",
                                 "server: EncryptedRecord 23 0"});
  CHECK(watched.observer.tail(Side::client).records == 2);
}

TEST_CASE("the tail tells the last records, newest first, and whether one is unfinished") {
  Watched watched;
  watched.feed(tls12_handshake());
  const RecordTail& tail = watched.observer.tail(Side::client);
  CHECK(tail.last[0].type == content_type::alert);
  CHECK(tail.last[0].length == 26);
  CHECK(tail.last[1].length == 300);
  CHECK_FALSE(tail.inside_record);
  watched.feed({client(hex("17 0303"))});
  CHECK(watched.observer.tail(Side::client).inside_record);
}

TEST_CASE("an SSLv2-format hello is followed by TLS records when the server answers in TLS") {
  Watched watched;
  watched.feed(
      {client(sslv2_client_hello({.version = 0x0301, .cipher_specs = {0x00002f, 0x010080}})),
       server(handshake_record(0x0301, server_hello({.legacy_version = 0x0301}))),
       client(alert_record(0x0301, 2, 40))});
  CHECK(watched.lines() ==
        Lines{"client: ClientHello 1 ciphers ", "server: ServerHello 49199", "client: Alert 2 40"});
}

TEST_CASE("an SSL 2.0 server's hello and certificate are told, and nothing after them") {
  // SERVER-HELLO: no session, X.509, version 2, certificate of 3 bytes, one suite, connection id.
  const Bytes answer = hex("8013 04 00 01 0002 0003 0003 0002 aabbcc 010080 beef");
  Watched watched;
  watched.feed({client(sslv2_client_hello()), server(answer), server(hex("801083")),
                client(Bytes(40, 0x80))});
  CHECK(watched.lines() ==
        Lines{"client: ClientHello 0 ciphers ", "server: ServerHello 0", "server: Certificate 1"});
  CHECK(watched.recorder.all<Shared<ServerHello>>().at(0)->version == ssl2);
}
