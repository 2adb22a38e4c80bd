#include "parser/connection_observer.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <initializer_list>
#include <string>
#include <vector>

#include "support/bytes.hpp"
#include "support/dialogue_cases.hpp"
#include "support/hello_builder.hpp"
#include "support/observation_recorder.hpp"

namespace legible::parser {
namespace {

using namespace test;

/// What is reported of `turns`, each fed in pieces; then both sides end.
ObservationRecorder observe(const std::vector<Turn>& turns, std::size_t piece,
                            const Limits& limits = {}) {
  ObservationRecorder recorder;
  ConnectionObserver observer(recorder, limits);
  for (const Turn& turn : turns) {
    for (std::size_t at = 0; at < turn.bytes.size(); at += piece) {
      const std::size_t size = std::min(piece, turn.bytes.size() - at);
      observer.feed(turn.from, std::span(turn.bytes).subspan(at, size));
    }
  }
  observer.end(Side::client, StreamEnd::fin);
  observer.end(Side::server, StreamEnd::fin);
  return recorder;
}

constexpr std::size_t whole = std::size_t{1} << 30;

const Lines hello_lines{"client: ClientHello 4 ciphers partner.example"};

const std::vector<Case>& mixed_cases() {
  static const std::vector<Case> all{
      {"TLS on both sides",
       {client(hello), server(concat({answer, refusal}))},
       {"client: FirstBytes tls", "client: ClientHello 4 ciphers partner.example",
        "server: FirstBytes tls", "server: ServerHello 49199", "server: Alert 2 40"}},
      {"TLS to plain HTTP",
       {client(hello), server("HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n<html>")},
       {"client: FirstBytes tls", "client: ClientHello 4 ciphers partner.example",
        "server: FirstBytes http", "server: PlainHttp 400 nginx"}},
      {"TLS to a page without a head",
       {client(hello), server("<html><head><title>400</title>")},
       {"client: FirstBytes tls", "client: ClientHello 4 ciphers partner.example",
        "server: FirstBytes http"}},
      {"TLS to SMTP",
       {client(hello), server("220 mail.example ESMTP\r\n")},
       {"client: FirstBytes tls", "client: ClientHello 4 ciphers partner.example",
        "server: FirstBytes smtp", "server: Dialogue smtp | S 220 mail.example ESMTP"}},
      {"TLS to SSH",
       {server("SSH-2.0-OpenSSH_9.2\r\n"), client(hello)},
       {"server: FirstBytes ssh", "client: FirstBytes tls",
        "client: ClientHello 4 ciphers partner.example"}},
      {"plain HTTP to TLS, answered by an alert",
       {client("GET /status HTTP/1.1\r\nHost: partner.example\r\n\r\n"), server(refusal)},
       {"client: FirstBytes http", "client: PlainHttp GET /status partner.example",
        "server: FirstBytes tls", "server: Alert 2 40"}},
      {"plain HTTP to TLS, answered by a page",
       {client("GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
        server("HTTP/1.1 400 Bad Request\r\nServer: nginx/1.22.1\r\n\r\n")},
       {"client: FirstBytes http", "client: PlainHttp GET / h", "server: FirstBytes http",
        "server: PlainHttp 400 nginx/1.22.1"}},
      {"HTTP/2 in clear to TLS",
       {client("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), server(refusal)},
       {"client: FirstBytes http", "client: PlainHttp PRI * ", "server: FirstBytes tls",
        "server: Alert 2 40"}},
      {"a lone alert from the client",
       {client(refusal)},
       {"client: FirstBytes tls", "client: Alert 2 40"}},
      {"a hello with rubbish behind it in its record",
       {client(handshake_record(0x0301, concat({client_hello(), Bytes(40, 0x7a)}))),
        client(refusal)},
       {"client: FirstBytes tls", "client: ClientHello 4 ciphers ",
        "client: Malformed handshake message: msg_type at 58", "client: Alert 2 40"}},
      {"EHLO to TLS, answered by an alert",
       {client("EHLO me\r\n"), server(refusal)},
       {"client: FirstBytes smtp", "server: FirstBytes tls", "client: Dialogue smtp | C EHLO me",
        "server: Alert 2 40"}},
  };
  return all;
}

TEST_CASE("each side is named by what it sends first, and what can be read is read") {
  for (const Case& c : mixed_cases()) {
    INFO(c.name);
    CHECK(observe(c.turns, whole).lines() == c.expected);
  }
}

TEST_CASE("TLS is found behind a dialogue, and the dialogue is told") {
  for (const Case& c : dialogue_cases()) {
    INFO(c.name);
    CHECK(observe(c.turns, whole).lines() == c.expected);
  }
}

TEST_CASE("the same is observed however the bytes are cut") {
  for (const auto& cases : {mixed_cases(), dialogue_cases()}) {
    for (const Case& c : cases) {
      for (std::size_t piece = 1; piece <= 64; ++piece) {
        INFO(c.name << ", in pieces of " << piece);
        CHECK(observe(c.turns, piece).lines() == c.expected);
      }
    }
  }
}

TEST_CASE("one direction alone is read as far as it tells") {
  for (const Case& c : dialogue_cases()) {
    INFO(c.name);
    std::vector<Turn> turns = c.turns;
    std::erase_if(turns, [](const Turn& turn) { return turn.from == Side::server; });
    const bool has_hello = std::ranges::count(c.expected, hello_lines.front()) != 0;
    const bool needs_banner = c.name == "CONNECT, and STARTTLS inside";
    const bool needs_turns = std::ranges::any_of(
        c.expected, [](const auto& line) { return line.find("Dialogue unknown") != line.npos; });
    if (!has_hello || needs_banner || needs_turns) continue;
    CHECK(std::ranges::count(observe(turns, whole).lines(), hello_lines.front()) == 1);
  }
}

TEST_CASE("first bytes are the stream's, at most 32 of them") {
  ObservationRecorder recorder = observe({client(hello)}, whole);
  const std::vector<FirstBytes> first = recorder.all<FirstBytes>();
  REQUIRE(first.size() == 1);
  CHECK(first[0].count == 32);
  CHECK(std::ranges::equal(first[0].bytes, std::span(hello).first(32)));

  recorder = observe({client(text("QUIT\r\n"))}, whole);
  REQUIRE(recorder.all<FirstBytes>().size() == 1);
  CHECK(recorder.all<FirstBytes>()[0].count == 6);
}

TEST_CASE("offsets are those of the whole stream") {
  const std::string header = "PROXY TCP4 1.1.1.1 2.2.2.2 48502 443\r\n";
  Bytes cut = concat({text(header), hello});
  cut.erase(cut.end() - 7, cut.end());
  const auto incomplete = observe({client(cut)}, whole).all<Incomplete>();
  REQUIRE(incomplete.size() == 1);
  CHECK(incomplete[0].offset == cut.size());
}

TEST_CASE("an unfinished beginning is said to be incomplete") {
  const std::vector<Case> cases{
      {"no line end",
       {client("hello")},
       {"client: FirstBytes unknown", "client: Incomplete first bytes at 5 missing 0"}},
      {"half a banner",
       {server("220 mail")},
       {"server: FirstBytes smtp", "server: Incomplete first bytes at 8 missing 0"}},
      {"half a head",
       {client("GET / HTTP/1.1\r\nHos")},
       {"client: FirstBytes http", "client: Incomplete head of an HTTP message at 19 missing 0"}},
      {"half a CONNECT",
       {client("CONNECT a:1 HTTP/1.1\r\n")},
       {"client: FirstBytes http-connect",
        "client: Incomplete head of an HTTP message at 22 missing 0"}},
      {"half a line",
       {server("+OK\r\n+O")},
       {"server: FirstBytes pop3", "server: Incomplete line of a cleartext dialogue at 7 missing 0",
        "server: Dialogue pop3 | S +OK"}},
      {"half a PROXY header",
       {client("PROXY TCP4 1.1")},
       {"client: FirstBytes proxy-protocol", "client: Incomplete PROXY header at 14 missing 0"}},
      {"an LDAP message that was announced",
       {client(hex("30 70 02 01 01 63 6b"))},
       {"client: FirstBytes ldap", "client: Incomplete LDAP message at 7 missing 0"}},
  };
  for (const Case& c : cases) {
    INFO(c.name);
    CHECK(observe(c.turns, whole).lines() == c.expected);
    CHECK(observe(c.turns, 1).lines() == c.expected);
  }
}

TEST_CASE("much plain text is no long hello") {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}, whole}) {
    CHECK(observe({client(Bytes(100000, 'A'))}, piece).lines() ==
          Lines{"client: FirstBytes unknown"});
  }
}

TEST_CASE("a dialogue that goes on too long is cut short") {
  Limits limits;
  limits.dialogue_bytes = 100;
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "250 hello\r\n";
  const Lines lines = observe({server("220 ready\r\n"), server(many)}, whole, limits).lines();
  REQUIRE(lines.size() == 3);
  CHECK(lines[1] == "server: LimitReached cleartext dialogue 100");
  CHECK(lines[2].size() < 200);
}

TEST_CASE("TLS is found behind a CONNECT with more fields than are told") {
  Limits limits;
  limits.dialogue_bytes = 100;
  const std::string request =
      "CONNECT a:443 HTTP/1.1\r\nX: " + std::string(200, 'x') + "\r\nY: y\r\n\r\n";
  CHECK(observe({client(request), client(hello)}, 1, limits).lines() ==
        Lines{"client: FirstBytes http-connect", "client: LimitReached cleartext dialogue 100",
              "client: Dialogue http-connect to a:443 | C CONNECT a:443 HTTP/1.1",
              "client: ClientHello 4 ciphers partner.example"});
}

TEST_CASE("endless refusals are told a few times") {
  std::string refusals;
  for (int i = 0; i < 5000; ++i) refusals += "HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n";
  const ObservationRecorder recorder =
      observe({client("CONNECT a:443 HTTP/1.1\r\n\r\n"), server(refusals)}, whole);
  CHECK(recorder.entries.size() < 16);
}

TEST_CASE("a head that goes on too long is not awaited") {
  Limits limits;
  limits.http_head_bytes = 100;
  const std::string head = "GET / HTTP/1.1\r\nX: " + std::string(200, 'x');
  CHECK(observe({client(head)}, 1, limits).lines() ==
        Lines{"client: FirstBytes http", "client: LimitReached head of an HTTP message 100"});
}

TEST_CASE("HTTP that breaks the grammar is said to be malformed") {
  CHECK(observe({client(hello), server("HTTP/1.1 what?\r\n\r\n")}, whole).lines().back() ==
        "server: Malformed head of an HTTP message: syntax at 0");
}

TEST_CASE("a gap is told, and what follows is read where it can be") {
  ObservationRecorder recorder;
  ConnectionObserver observer(recorder, {});
  observer.feed(Side::server, text("220 mail ESMTP\r\n250-ma"));
  observer.gap(Side::server, 1000);
  observer.feed(Side::server, text("220 go\r\n"));
  observer.feed(Side::server, answer);
  CHECK(recorder.lines() ==
        Lines{"server: FirstBytes smtp",
              "server: Incomplete line of a cleartext dialogue at 22 missing 1000",
              "server: Dialogue smtp | S 220 mail ESMTP | S 220 go", "server: ServerHello 49199"});
}

TEST_CASE("nothing is said of first bytes that were lost") {
  ObservationRecorder recorder;
  ConnectionObserver observer(recorder, {});
  observer.gap(Side::client, 10);
  observer.feed(Side::client, text("GET / HTTP/1.1\r\n\r\n"));
  CHECK(recorder.all<FirstBytes>().empty());
  CHECK(recorder.all<Incomplete>().size() == 1);
}

TEST_CASE("a direction that is no TLS has no records") {
  ObservationRecorder recorder;
  ConnectionObserver observer(recorder, {});
  observer.feed(Side::client, text("GET / HTTP/1.1\r\n\r\n"));
  observer.end(Side::client, StreamEnd::fin);
  CHECK(observer.tail(Side::client).records == 0);
  CHECK_FALSE(observer.tail(Side::client).inside_record);
}

TEST_CASE("a side that ends twice is told of once") {
  ObservationRecorder recorder;
  ConnectionObserver observer(recorder, {});
  observer.feed(Side::client, text("hello"));
  observer.end(Side::client, StreamEnd::rst);
  const std::size_t told = recorder.entries.size();
  observer.end(Side::client, StreamEnd::fin);
  CHECK(recorder.entries.size() == told);
}

}  // namespace
}  // namespace legible::parser
