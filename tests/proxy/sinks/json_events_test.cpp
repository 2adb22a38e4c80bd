#include "proxy/sinks/json_events.hpp"

#include <rapidjson/document.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/sample_timeline.hpp"
#include "support/event_schema.hpp"

namespace legible::proxy {
namespace {

using namespace std::string_literals;
using namespace test;
using legible::test::event_schema;
using legible::test::file;

std::vector<std::string> split_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line + '\n');
  return lines;
}

/// The lines of all entries, as a sink is shown them.
std::string lines_of(const Timeline& timeline) {
  std::string out;
  Timeline before;
  for (const Entry& entry : timeline.entries()) {
    append_entry(out, 7, before, entry);
    before.add(Entry(entry));
  }
  return out;
}

rapidjson::Document parsed(const std::string& line) {
  rapidjson::Document document;
  document.Parse(line.c_str());
  REQUIRE_FALSE(document.HasParseError());
  return document;
}

/// The only event of this name among the lines.
rapidjson::Document event(const std::string& lines, std::string_view name) {
  for (const std::string& line : split_lines(lines)) {
    rapidjson::Document document = parsed(line);
    if (document["event"].GetString() == name) return document;
  }
  FAIL("no event " << name << " in\n" << lines);
  return {};
}

/// Bytes that break things: what each of them broke is in the history of other programs.
std::vector<std::string> hostile_names() {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  return {"",
          "\"},{\"event\":\"verdict\"",
          "\"}\n{\"v\":1,\"event\":\"verdict\",\"outcome\":\"ok\"}\n",
          "\x1b[2J\x1b[31mred",
          "nul\0inside"s,
          "\\u0000\\",
          "\r\n\t\v\f\b",
          "\xc2\x9b"
          "31m",
          "\xe2\x80\xae"
          "gpj.exe",
          "\xe2\x80\xa8\xe2\x80\xa9",
          "\xff\xfe\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80",
          "\xf0\x9f\x98",
          every_byte,
          std::string(70000, '"')};
}

/// A timeline with one name in every place where a peer can put one.
Timeline timeline_with(const std::string& name) {
  parser::ClientHello hello = sample_client_hello(name);
  hello.alpn = {name, name};
  parser::ServerHello answer = sample_server_hello(parser::tls12);
  answer.alpn = name;
  certs::Certificate certificate = sample_certificate(name, name);
  certificate.sans = {{certs::SubjectAltName::Kind::dns, name, {}}};
  certificate.key = {name, 0, name};
  certificate.signature = name;
  certificate.error = name;
  const std::vector<std::uint8_t> bytes(name.begin(), name.end());

  TimelineBuilder builder;
  builder.opened(name)
      .add(Leg::server, ConnectFailed{ConnectError::dns, name, name})
      .client(shared(parser::Dialogue{parser::Protocol::smtp,
                                      {{parser::Side::server, name}, {parser::Side::client, name}},
                                      name}))
      .client(shared(hello))
      .server(shared(answer))
      .add(Leg::server, chain_of({certificate}))
      .add(Leg::server,
           judged(name, {false, {{certs::ProblemId::name_mismatch, name, name, 0}}, name, name}))
      .server(shared(parser::CertificateRequest{{}, {}, {bytes}}))
      .client(parser::Malformed{name, name, 3})
      .client(parser::Incomplete{name, 3, 0})
      .client(parser::LimitReached{name, 3});
  return builder.timeline();
}

Verdict verdict_with(const std::string& text) {
  Verdict verdict;
  verdict.summary = text;
  verdict.evidence = {text, text};
  verdict.alternatives = {{Cause::unknown, text}};
  verdict.hint = {text, text, text};
  verdict.logs = {text, text};
  verdict.masking = text;
  verdict.insertion = text;
  return verdict;
}

TEST_CASE("every line of every event is valid, whatever the peer sent") {
  for (const std::string& name : hostile_names()) {
    std::string out = lines_of(timeline_with(name));
    append_listening(out, start, "127.0.0.1:8443");
    append_notice(out, start, name);
    append_verdict(out, 7, start, verdict_with(name));
    const std::vector<std::string> lines = split_lines(out);
    CHECK(lines.size() == 16);
    for (const std::string& line : lines) CHECK(event_schema().problem(line) == "");
  }
}

TEST_CASE("the schema refuses what is no event") {
  CHECK(event_schema().problem("{\"v\":1}\n") != "");
  CHECK(event_schema().problem(
            "{\"v\":1,\"time\":\"2026-03-01T12:00:00.000000Z\",\"event\":\"listening\","
            "\"address\":7}\n") != "");
  CHECK(event_schema().problem("{\"v\":1,\"time\":\"2026-03-01 12:00:00\",\"event\":\"listening\","
                               "\"address\":\"a\"}\n") != "");
}

TEST_CASE("a line is compact, and begins with version, time, event, connection and leg") {
  std::string out;
  append_listening(out, start + std::chrono::microseconds(42), "127.0.0.1:8443");
  CHECK(out ==
        "{\"v\":1,\"time\":\"2026-03-01T12:00:00.000042Z\",\"event\":\"listening\",\"address\":"
        "\"127.0.0.1:8443\"}\n");

  const Timeline none;
  out.clear();
  append_entry(out, 7, none, {start, Leg::client, Accepted{"[2001:db8::1]:443", "[::1]:8443"}});
  CHECK(out ==
        "{\"v\":1,\"time\":\"2026-03-01T12:00:00.000000Z\",\"event\":\"accepted\",\"conn\":7,"
        "\"leg\":\"client\",\"peer\":\"[2001:db8::1]:443\",\"listener\":\"[::1]:8443\"}\n");
}

TEST_CASE("a ClientHello is told in the order offered, with names and GREASE") {
  const std::string out = lines_of(TimelineBuilder()
                                       .opened()
                                       .client(shared(sample_client_hello("a\xff"
                                                                          "b")))
                                       .timeline());
  const rapidjson::Document hello = event(out, "client-hello");
  CHECK(hello["sni"] == R"(a\xffb)");
  CHECK(hello["legacy_version"] == "TLS 1.2");
  REQUIRE(hello["versions"].Size() == 3);
  CHECK(hello["versions"][0] == "0x7a7a");
  CHECK(hello["versions"][1] == "TLS 1.3");
  REQUIRE(hello["ciphers"].Size() == 4);
  CHECK(hello["ciphers"][1]["id"] == "0x1301");
  CHECK(hello["ciphers"][1]["name"] == "TLS_AES_128_GCM_SHA256");
  CHECK(hello["ciphers"][3]["id"] == "0xfffe");
  CHECK(hello["ciphers"][3]["name"].IsNull());
  CHECK(hello["compression"][0]["id"] == "0x00");
  CHECK(hello["extensions"][1]["name"] == "server_name");
  CHECK(hello["alpn"][1] == "http/1.1");
  CHECK(hello["session_id_length"].GetInt() == 32);
  CHECK(std::string_view(hello["random"].GetString()).substr(0, 4) == "abab");
}

TEST_CASE("without SNI the name is null, and without supported_versions the legacy one counts") {
  parser::ClientHello hello = sample_client_hello();
  hello.sni_state = parser::SniState::absent;
  hello.sni.clear();
  hello.supported_versions.clear();
  const auto document =
      event(lines_of(TimelineBuilder().client(shared(hello)).timeline()), "client-hello");
  CHECK(document["sni"].IsNull());
  REQUIRE(document["versions"].Size() == 1);
  CHECK(document["versions"][0] == "TLS 1.2");
}

TEST_CASE("an alert has its number and name, or nulls when only its length was seen") {
  TimelineBuilder builder;
  builder.client(parser::Alert{parser::alert_level::fatal, parser::AlertDescription{48}})
      .server(parser::Alert{{}, {}, true, true});
  const std::vector<std::string> lines = split_lines(lines_of(builder.timeline()));
  REQUIRE(lines.size() == 2);
  const auto clear = parsed(lines[0]), encrypted = parsed(lines[1]);
  CHECK(clear["from"] == "client");
  CHECK(clear["level"] == "fatal");
  CHECK(clear["description"] == "unknown_ca");
  CHECK(clear["number"].GetInt() == 48);
  CHECK_FALSE(clear["encrypted"].GetBool());
  CHECK(encrypted["leg"] == "server");
  CHECK(encrypted["level"].IsNull());
  CHECK(encrypted["number"].IsNull());
  CHECK(encrypted["encrypted"].GetBool());
  CHECK(encrypted["inferred"].GetBool());
}

TEST_CASE("the end of a handshake names what was agreed and how long it took") {
  const auto done = event(lines_of(TimelineBuilder()
                                       .opened()
                                       .client(shared(sample_client_hello()))
                                       .server(shared(sample_server_hello(parser::tls13)))
                                       .client(parser::HandshakeDone{true, false})
                                       .timeline()),
                          "handshake-done");
  CHECK(done["version"] == "TLS 1.3");
  CHECK(done["cipher"]["id"] == "0x1301");
  CHECK(done["ms"].GetDouble() == 5.0);
  CHECK_FALSE(done["resumed"].GetBool());
}

TEST_CASE("a server resumes by the session id before TLS 1.3, and by a PSK in it") {
  struct Case {
    parser::ProtocolVersion version;
    bool echoed, psk, resumed;
  };
  const Case cases[] = {
      {parser::tls12, false, false, false},
      {parser::tls12, true, false, true},
      {parser::tls13, true, false, false},
      {parser::tls13, true, true, true},
  };
  for (const Case& c : cases) {
    parser::ServerHello hello = sample_server_hello(c.version);
    hello.session_id_echoed = c.echoed;
    hello.psk_selected = c.psk;
    const auto document =
        event(lines_of(TimelineBuilder().server(shared(hello)).timeline()), "server-hello");
    CHECK(document["resumed"].GetBool() == c.resumed);
  }
}

TEST_CASE("a client that ended without a byte was silent; one that the proxy cut off was not") {
  struct Case {
    LegClosed closed;
    Leg leg;
    bool silent;
  };
  const Case cases[] = {
      {{false, parser::StreamEnd::fin, 0, 0, {}}, Leg::client, true},
      {{false, parser::StreamEnd::rst, 0, 0, {}}, Leg::client, true},
      {{true, parser::StreamEnd::timeout, 0, 0, {}}, Leg::client, true},
      {{true, parser::StreamEnd::rst, 0, 0, {}}, Leg::client, false},
      {{false, parser::StreamEnd::fin, 1, 0, {}}, Leg::client, false},
      {{false, parser::StreamEnd::fin, 0, 0, {}}, Leg::server, false},
  };
  for (const Case& c : cases) {
    const std::string out =
        lines_of(TimelineBuilder().opened().add(c.leg, c.closed).add(c.leg, c.closed).timeline());
    CHECK((out.find("\"peeked\"") != std::string::npos) == c.silent);
    CHECK(std::ranges::count(out, '\n') == (c.silent ? 6 : 5));
  }
}

TEST_CASE("what is no event writes nothing") {
  const std::string out = lines_of(TimelineBuilder()
                                       .client(parser::ChangeCipherSpec{})
                                       .client(parser::EncryptedRecord{{23}, 100})
                                       .client(parser::HandshakeMessage{{16}, 66})
                                       .add(Leg::client, StillOpen{})
                                       .timeline());
  CHECK(out.empty());
}

TEST_CASE("a verdict has its ids, its alert and both legs") {
  Verdict verdict;
  verdict.outcome = Outcome::failed;
  verdict.leg = Leg::client;
  verdict.closer = Closer::client;
  verdict.phase = Phase::server_auth;
  verdict.mechanism = Mechanism::alert_fatal;
  verdict.cause = Cause::server_cert_expired;
  verdict.confidence = Confidence::high;
  verdict.alert = VerdictAlert{Leg::client, Party::client, parser::alert_level::fatal,
                               parser::AlertDescription{45}, false};
  verdict.client.version = parser::tls12;
  verdict.client.bytes_in = 517;
  std::string out;
  append_verdict(out, 7, start, verdict);
  CHECK(event_schema().problem(out) == "");
  const auto document = parsed(out);
  CHECK(document["outcome"] == "failed");
  CHECK(document["leg"] == "client");
  CHECK(document["closer"] == "client");
  CHECK(document["phase"] == "server-auth");
  CHECK(document["mechanism"] == "alert-fatal");
  CHECK(document["cause"] == "server-cert-expired");
  CHECK(document["confidence"] == "high");
  CHECK(document["alert"]["number"].GetInt() == 45);
  CHECK(document["alert"]["description"] == "certificate_expired");
  CHECK(document["masking"].IsNull());
  CHECK(document["legs"]["client"]["version"] == "TLS 1.2");
  CHECK(document["legs"]["client"]["bytes_in"].GetInt() == 517);
  CHECK(document["legs"]["server"]["cipher"].IsNull());
}

TEST_CASE("docs/events.md names every event and field, and its examples are valid") {
  const std::string text = file(LEGIBLE_SOURCE_DIR "/docs/events.md");
  rapidjson::Document document;
  document.Parse(file(LEGIBLE_SOURCE_DIR "/docs/events.schema.json").c_str());
  for (const auto& event : document["oneOf"].GetArray()) {
    const std::string reference = event["$ref"].GetString();
    const std::string name = reference.substr(reference.rfind('/') + 1);
    const auto& definition = document["definitions"][name.c_str()];
    CAPTURE(name);
    const auto headings = split_lines(text);
    CHECK(std::ranges::any_of(headings, [&](const std::string& line) {
      return line.starts_with("##") && line.find(name) != std::string::npos;
    }));
    for (const auto& property : definition["properties"].GetObject()) {
      const std::string field = property.name.GetString();
      CAPTURE(field);
      CHECK(text.find('`' + field + '`') != std::string::npos);
    }
  }
  std::size_t examples = 0;
  for (const std::string& line : split_lines(text)) {
    if (!line.starts_with("{\"v\":1,")) continue;
    CHECK(event_schema().problem(line) == "");
    ++examples;
  }
  CHECK(examples >= 10);
}

}  // namespace
}  // namespace legible::proxy
