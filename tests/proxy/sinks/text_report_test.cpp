#include "proxy/sinks/text_report.hpp"

#include <catch2/catch_test_macros.hpp>
#include <sstream>
#include <string>
#include <string_view>

#include "proxy/sample_timeline.hpp"
#include "proxy/text/wrap.hpp"

namespace legible::proxy {
namespace {

using namespace std::string_literals;
using namespace test;

std::string report(const Timeline& timeline, const Verdict& verdict,
                   const Palette& palette = plain_text) {
  std::string out;
  append_report(out, 17, {timeline}, verdict, palette);
  return out;
}

Timeline refused_certificate(std::string name = "partner.example") {
  return TimelineBuilder()
      .opened()
      .client(shared(sample_client_hello(name)))
      .server(shared(sample_server_hello(parser::tls12)))
      .add(Leg::server, chain_of({sample_certificate("CN=" + name, "CN=Partner Issuing CA 3")}))
      .add(Leg::server,
           judged(name,
                  {false,
                   {{certs::ProblemId::expired, "valid on 2026-03-01", "2026-01-01T00:00:00Z", 0}},
                   "",
                   name}))
      .server(shared(parser::CertificateRequest{}))
      .client(parser::Alert{parser::alert_level::fatal, parser::AlertDescription{45}})
      .add(Leg::client, LegClosed{false, parser::StreamEnd::fin, 524, 1460, {}})
      .timeline();
}

Verdict expired() {
  Verdict verdict;
  verdict.outcome = Outcome::failed;
  verdict.leg = Leg::client;
  verdict.closer = Closer::client;
  verdict.phase = Phase::server_auth;
  verdict.mechanism = Mechanism::alert_fatal;
  verdict.cause = Cause::server_cert_expired;
  verdict.title = describe(Cause::server_cert_expired).title;
  verdict.confidence = Confidence::high;
  verdict.evidence = {
      "alert 45 certificate_expired came right after the server's Certificate",
      "the leaf's last day was 2026-01-01, two months before this connection; its name is good "
      "and its issuer is known"};
  verdict.alternatives = {
      {Cause::clock_skew, "compare the client's clock with the certificate's dates"}};
  verdict.hint = {
      "nothing but patience, or a stopgap: "
      "watt.security.ssl.ignoreExpiredChains=true",
      "renew the certificate", ""};
  verdict.logs = {"PKIX path validation failed: ... validity check failed (NotAfter)", ""};
  return verdict;
}

TEST_CASE("a failure is told from its hello to what can be done") {
  CHECK(report(refused_certificate(), expired()) ==
        R"(#17  10.1.2.3:51544 → partner.example:443   relay
  server  connected to 192.0.2.7:443 in 2.5 ms, at 2026-03-01 12:00:00 UTC
  client  ClientHello  TLS 1.3, 1.2  sni partner.example  3 ciphers  alpn h2, http/1.1  ja4
          t13d0306h2_95b666a050ae_e12c865f31a5
  server  ServerHello  TLS 1.2  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256  x25519
  server  Certificate  CN=partner.example (1 sent; expired 2026-01-01T00:00:00Z)
  server  CertificateRequest  no authorities listed
  client  ✗ alert fatal certificate_expired (45), then FIN
✗ the CLIENT closed: the server's certificate has expired   server-cert-expired · high
  because  alert 45 certificate_expired came right after the server's Certificate
           the leaf's last day was 2026-01-01, two months before this connection; its name is good
             and its issuer is known
  or       clock-skew: compare the client's clock with the certificate's dates
  to do    server side: renew the certificate
           client side: nothing but patience, or a stopgap:
             watt.security.ssl.ignoreExpiredChains=true
  more     legible explain server-cert-expired

)");
}

TEST_CASE("a success is told in four lines") {
  Verdict verdict;
  verdict.outcome = Outcome::ok;
  verdict.closer = Closer::client;
  verdict.cause = Cause::none;
  verdict.title = describe(Cause::none).title;
  verdict.confidence = Confidence::certain;
  const Timeline timeline = TimelineBuilder()
                                .opened()
                                .client(shared(sample_client_hello()))
                                .server(shared(sample_server_hello(parser::tls13)))
                                .client(parser::HandshakeDone{true, false})
                                .bytes(Leg::client, 1234)
                                .bytes(Leg::server, 34'012)
                                .timeline();
  CHECK(report(timeline, verdict) == R"(#17  10.1.2.3:51544 → partner.example:443   relay
  client  ClientHello  TLS 1.3, 1.2  sni partner.example  3 ciphers  alpn h2, http/1.1
  server  ServerHello  TLS 1.3  TLS_AES_128_GCM_SHA256  x25519
✓ ok   handshake in 5.0 ms, 1.2 kB up, 34.0 kB down; the client closed   none · certain

)");
}

TEST_CASE("a success that is not sure tells what else it could be") {
  Verdict verdict;
  verdict.outcome = Outcome::ok;
  verdict.closer = Closer::client;
  verdict.cause = Cause::client_satisfied;
  verdict.title = describe(Cause::client_satisfied).title;
  verdict.evidence = {"a sentence that a success does not need"};
  verdict.alternatives = {{Cause::server_cert_pinned, "the client's log says so"}};
  const Timeline timeline = TimelineBuilder().opened().timeline();
  for (const Confidence confidence : {Confidence::low, Confidence::medium}) {
    verdict.confidence = confidence;
    const std::string text = report(timeline, verdict);
    CHECK(text.find("  or       server-cert-pinned: the client's log says so\n") !=
          std::string::npos);
    CHECK(text.find("because") == std::string::npos);
  }
  verdict.confidence = Confidence::high;
  CHECK(report(timeline, verdict).find("server-cert-pinned") == std::string::npos);
}

TEST_CASE("a success of which nothing is known is no tick") {
  Verdict verdict;
  verdict.outcome = Outcome::ok;
  verdict.closer = Closer::client;
  verdict.cause = Cause::client_satisfied;
  verdict.title = "nothing was asked";
  verdict.hint.client = "Repeat the call";
  const Timeline timeline = TimelineBuilder().opened().timeline();
  const std::string text = report(timeline, verdict);
  CHECK(text.find("\n? nothing was asked   0 B up") != std::string::npos);
  CHECK(text.find("  to do    client side: Repeat the call\n") != std::string::npos);
  CHECK(text.find("✓") == std::string::npos);
}

TEST_CASE("a success that the proxy made is said to be one") {
  Verdict verdict;
  verdict.outcome = Outcome::ok;
  verdict.closer = Closer::client;
  verdict.cause = Cause::none;
  verdict.confidence = Confidence::high;
  verdict.masking = "directly this would fail";
  const std::string text = report(TimelineBuilder().opened().timeline(), verdict);
  CHECK(text.find("  masked   directly this would fail\n") != std::string::npos);
}

TEST_CASE("a proxy that is stopped fails nobody") {
  Verdict verdict;
  verdict.outcome = Outcome::aborted;
  verdict.closer = Closer::proxy;
  verdict.cause = Cause::proxy_policy;
  verdict.title = "it was told to stop";
  const Timeline timeline = TimelineBuilder()
                                .opened()
                                .add(Leg::client, ProxyClosing{ProxyReason::shutdown, {}, {}})
                                .timeline();
  CHECK(report(timeline, verdict).find("\n– the PROXY closed: it was told to stop") !=
        std::string::npos);
}

TEST_CASE("a client's chain is judged by its own anchors") {
  const auto foreign = [](Leg side) {
    return report(
        TimelineBuilder()
            .opened()
            .add(side, chain_of({sample_certificate("CN=app", "CN=Nobody")}))
            .add(side, judged("", {false,
                                   {{certs::ProblemId::missing_intermediate, "", "it", 0}},
                                   "",
                                   "",
                                   false,
                                   false}))
            .timeline(),
        expired());
  };
  CHECK(foreign(Leg::client).find("is not in --client-trust)") != std::string::npos);
  CHECK(foreign(Leg::server).find("is not in --trust)") != std::string::npos);
}

TEST_CASE("why auto relays a connection stands in its first line") {
  TimelineBuilder builder;
  builder.add(Leg::client, Accepted{"10.1.2.3:51544", "127.0.0.1:8443"});
  builder.add(Leg::server, Target{"a", 1, "relay", "--mode auto: its hello cannot be read"});
  CHECK(report(builder.timeline(), expired())
            .starts_with("#17  10.1.2.3:51544 → a:1   relay (auto: its hello cannot be read)\n"));
}

TEST_CASE("an alert after a refusal inside the tunnel is no failure of its own") {
  Verdict verdict = expired();
  verdict.mechanism = Mechanism::app_refusal;
  verdict.leg = Leg::server;
  parser::Alert hidden;
  hidden.encrypted = true;
  const std::string text = report(TimelineBuilder().opened().server(hidden).timeline(), verdict);
  CHECK(text.find("server  an encrypted alert") != std::string::npos);
}

TEST_CASE("the cross marks the alert of the side that ended the connection, not its echo") {
  const Timeline timeline =
      TimelineBuilder()
          .opened()
          .client(parser::Alert{parser::alert_level::fatal, parser::AlertDescription{46}})
          .server(parser::Alert{parser::alert_level::fatal, parser::AlertDescription{50}})
          .timeline();
  const std::string text = report(timeline, expired());
  CHECK(text.find("✗ alert fatal certificate_unknown (46)") != std::string::npos);
  CHECK(text.find("server  alert fatal decode_error (50)") != std::string::npos);
}

TEST_CASE("a conversation in clear that works is no failure") {
  Verdict plain;
  plain.outcome = Outcome::not_tls;
  plain.closer = Closer::client;
  plain.cause = Cause::none;
  plain.confidence = Confidence::high;
  CHECK(report(TimelineBuilder().opened().timeline(), plain).find("✓ ok, without TLS") !=
        std::string::npos);
}

TEST_CASE("no byte from a peer reaches the terminal raw, nor at any length") {
  const std::string names[] = {"\x1b[2J\x1b[31m",
                               "a\nb\r",
                               "nul\0"s,
                               "\x7f",
                               "\xc2\x9b"
                               "31m",
                               "\xe2\x80\xae",
                               "\xff\xfe",
                               std::string(100'000, 'a')};
  for (const std::string& name : names) {
    Verdict verdict = expired();
    verdict.evidence = {name};
    const std::string text = report(refused_certificate(name), verdict);
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      if ((byte < 0x20 && c != '\n') || byte == 0x7f) FAIL("a raw byte: " << int{byte});
    }
    CHECK(text.find("\xc2\x9b") == std::string::npos);
    CHECK(text.find("\xe2\x80\xae") == std::string::npos);
    CHECK(text.find('\xff') == std::string::npos);
    CHECK(text.size() < 3000 + verdict.evidence[0].size());
  }
}

TEST_CASE("colour changes no column and no word") {
  std::string uncoloured = report(refused_certificate(), expired(), coloured);
  CHECK(uncoloured.find("\x1b[") != std::string::npos);
  for (std::size_t at = 0; (at = uncoloured.find('\x1b', at)) != std::string::npos;) {
    uncoloured.erase(at, uncoloured.find('m', at) + 1 - at);
  }
  CHECK(uncoloured == report(refused_certificate(), expired()));
}

TEST_CASE("a report keeps to the columns of a narrow terminal") {
  std::string text;
  append_report(text, 17, {refused_certificate()}, expired(), plain_text, 60);
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    const bool is_one_word = line.find(' ', line.find_first_not_of(' ')) == std::string::npos;
    CHECK((columns(line) <= 60 || is_one_word));
  }
}

TEST_CASE("a peer that nobody closed on is not said to have been closed") {
  Verdict verdict;
  verdict.closer = Closer::server;
  verdict.mechanism = Mechanism::connect_failed;
  verdict.cause = Cause::tcp_refused;
  verdict.title = describe(Cause::tcp_refused).title;
  verdict.confidence = Confidence::certain;
  const std::string text =
      report(TimelineBuilder()
                 .opened()
                 .add(Leg::server, ConnectFailed{ConnectError::refused, "192.0.2.7:443", ""})
                 .timeline(),
             verdict);
  CHECK(text.find("  server  ✗ 192.0.2.7:443 refused the connection\n") != std::string::npos);
  CHECK(text.find("✗ the server's port refuses connections   tcp-refused · certain\n") !=
        std::string::npos);
}

}  // namespace
}  // namespace legible::proxy
