#include "support/scenario.hpp"

using namespace legible;
using namespace legible::proxy;
using namespace legible::tests;

namespace {

parser::ClientHello with_suites(parser::ClientHello hello, std::vector<std::uint16_t> suites) {
  hello.ciphers.clear();
  for (const auto suite : suites) hello.ciphers.push_back({suite});
  return hello;
}

}  // namespace

TEST_CASE("a server of TLS 1.1 at most knows no suite of a modern hello") {
  const auto refused = [](std::vector<std::uint16_t> suites) {
    auto hello = hello_openssl(parser::tls12, parser::tls12);
    hello.ciphers.clear();
    for (const std::uint16_t suite : suites) hello.ciphers.push_back({suite});
    Conversation c;
    return diagnose(c.client_says(hello).alert(S, 40).server_fin().timeline());
  };
  const Verdict modern = refused({0xcca8, 0xc02c, 0xc030, 0x009f, 0xc028, 0x00ff});
  INFO(shown(modern));
  CHECK(modern.cause == Cause::no_shared_cipher);
  CHECK(modern.confidence == Confidence::low);
  const auto tries = [](const Verdict& verdict, std::string_view version) {
    const auto found =
        std::ranges::find(verdict.alternatives, Cause::no_shared_version, &Alternative::cause);
    return found != verdict.alternatives.end() &&
           found->distinguish.find(version) != std::string::npos;
  };
  CHECK(tries(modern, "TLS 1.1"));
  CHECK_FALSE(tries(refused({0xcca8, 0xc02c, 0xc030, 0x009f, 0xc028, 0xc014}), "TLS 1.1"));
  // GnuTLS that has TLS 1.3 alone.
  CHECK(tries(modern, "TLS 1.3"));
}

TEST_CASE("a server that refuses the hello is told by its alert and the client's lists") {
  const Scenario scenarios[] = {
      {"T01 TLS 1.0 to a server that starts at 1.2",
       [](auto& c) {
         c.client_says(hello_openssl(parser::tls10, parser::tls10)).alert(S, 70).server_fin();
       },
       Closer::server,
       {Phase::client_hello},
       Mechanism::alert_fatal,
       {Cause::no_shared_version}},
      {"T02 TLS 1.0 to OpenSSL 3 at its default security level",
       [](auto& c) {
         c.client_says(hello_openssl(parser::tls10, parser::tls10)).alert(S, 80).server_fin();
       },
       Closer::server,
       {Phase::client_hello},
       Mechanism::alert_fatal,
       {Cause::no_shared_version}},
      {"T03 TLS 1.3 only to a TLS 1.2 server",
       [](auto& c) {
         c.client_says(hello_openssl(parser::tls13, parser::tls13)).alert(S, 70).server_fin();
       },
       Closer::server,
       {Phase::client_hello},
       Mechanism::alert_fatal,
       {Cause::no_shared_version}},
      {"T04 TLS 1.3 only to a server that does not know supported_versions",
       [](auto& c) {
         c.client_says(hello_openssl(parser::tls13, parser::tls13)).alert(S, 40).server_fin();
       },
       Closer::server,
       {Phase::client_hello},
       Mechanism::alert_fatal,
       {Cause::no_shared_version}},
      {"a version that nobody knows, to a mute server",
       [](auto& c) {
         auto hello = with_suites(hello_openssl(), {0xc02f, 0xc030});
         hello.supported_versions = {parser::ProtocolVersion{0x0305}};
         c.client_says(hello).server_fin();
       },
       Closer::server,
       {Phase::client_hello},
       Mechanism::fin,
       {Cause::no_shared_version}},
      {"a server name that no host can have",
       [](auto& c) {
         auto hello = hello_openssl();
         hello.sni = std::string(300, 'a') + ".test";
         c.client_says(hello).alert(S, 112).server_fin();
       },
       Closer::server,
       {Phase::client_hello},
       Mechanism::alert_fatal,
       {Cause::sni_malformed}},
      {"a hello of TLS 1.2 without signature_algorithms, which means SHA-1",
       [](auto& c) {
         auto hello = hello_openssl(parser::tls12, parser::tls12);
         hello.signature_algorithms.clear();
         c.client_says(hello).alert(S, 40).server_fin();
       },
       Closer::server,
       {Phase::client_hello},
       Mechanism::alert_fatal,
       {Cause::no_shared_sigalg}},
      {"the same with RSA key exchange only, which needs no signature",
       [](auto& c) {
         auto hello = with_suites(hello_openssl(parser::tls12, parser::tls12), {0x002f, 0x0035});
         hello.signature_algorithms.clear();
         c.client_says(hello).alert(S, 40).server_fin();
       },
       Closer::server,
       {Phase::client_hello},
       Mechanism::alert_fatal,
       {Cause::no_shared_cipher}},
      {"OpenSSL 1.0 and a hello of 20 kB",
       [](auto& c) {
         auto hello = hello_openssl();
         hello.bytes = 20000;
         hello.records = 2;
         c.client_says(hello).alert(S, 47).server_fin();
       },
       Closer::server,
       {Phase::client_hello},
       Mechanism::alert_fatal,
       {Cause::fragmented_hello_refused}},
      {"a ChangeCipherSpec before the hello, and an alert",
       [](auto& c) {
         c.first_bytes(C, parser::Protocol::tls, std::string("\x14\x03\x03\0\x01\x01", 6));
         c.client_says(hello_openssl()).alert(S, 10).server_fin();
       },
       Closer::server,
       {Phase::client_hello},
       Mechanism::alert_fatal,
       {Cause::protocol_violation}},
      {"T06 a fallback with TLS_FALLBACK_SCSV",
       [](auto& c) {
         auto hello = hello_openssl(parser::tls12, parser::tls12);
         hello.ciphers.push_back({0x5600});
         c.client_says(hello).alert(S, 86).server_fin();
       },
       Closer::server,
       {Phase::client_hello},
       Mechanism::alert_fatal,
       {Cause::inappropriate_fallback}},
      {"T07 one suite that the server has not",
       [](auto& c) {
         c.client_says(with_suites(hello_openssl(parser::tls12, parser::tls12), {0x002f, 0x00ff}))
             .alert(S, 40)
             .server_fin();
       },
       Closer::server,
       {Phase::client_hello},
       Mechanism::alert_fatal,
       {Cause::no_shared_cipher}},
      {"T08 an RSA suite to a server with an ECDSA key",
       [](auto& c) {
         c.client_says(with_suites(hello_openssl(parser::tls12, parser::tls12), {0xc02f, 0x00ff}))
             .alert(S, 40)
             .server_fin();
       },
       Closer::server,
       {Phase::client_hello},
       Mechanism::alert_fatal,
       {Cause::no_shared_cipher}},
      {"T09 one group that the server has not",
       [](auto& c) {
         auto hello = hello_openssl(parser::tls13, parser::tls13);
         hello.groups = {{0x0017}};
         c.client_says(hello).alert(S, 40).server_fin();
       },
       Closer::server,
       {Phase::client_hello},
       Mechanism::alert_fatal,
       {Cause::no_shared_group, Cause::no_shared_cipher}},
      {"T10 ECDSA signatures only to a server with an RSA key",
       [](auto& c) {
         auto hello = hello_openssl(parser::tls12, parser::tls12);
         hello.signature_algorithms = {{0x0403}};
         c.client_says(hello).alert(S, 40).server_fin();
       },
       Closer::server,
       {Phase::client_hello},
       Mechanism::alert_fatal,
       {Cause::no_shared_sigalg}},
      {"T44 a name that the server does not know",
       [](auto& c) { c.client_says(hello_openssl()).alert(S, 112).server_fin(); },
       Closer::server,
       {Phase::client_hello},
       Mechanism::alert_fatal,
       {Cause::sni_unrecognised}},
      {"T46 no name to a server that needs one",
       [](auto& c) {
         auto hello = hello_openssl();
         hello.sni_state = parser::SniState::absent;
         hello.sni.clear();
         c.client_says(hello).alert(S, 112).server_fin();
       },
       Closer::server,
       {Phase::client_hello},
       Mechanism::alert_fatal,
       {Cause::sni_missing}},
      {"T47 no common application protocol",
       [](auto& c) {
         auto hello = hello_openssl();
         hello.alpn = {"http/1.1"};
         c.client_says(hello).alert(S, 120).server_fin();
       },
       Closer::server,
       {Phase::client_hello},
       Mechanism::alert_fatal,
       {Cause::alpn_mismatch}},
      {"T53 FIN after the hello, and OpenSSL's decode_error as its echo",
       [](auto& c) { c.client_says(hello_openssl()).server_fin().alert(C, 50).client_fin(); },
       Closer::server,
       {Phase::client_hello},
       Mechanism::fin,
       {Cause::server_drops_hello}},
      {"T54 RST after the hello",
       [](auto& c) { c.client_says(hello_jsse()).server_rst(); },
       Closer::server,
       {Phase::client_hello},
       Mechanism::rst,
       {Cause::server_drops_hello}},
      {"T61 a hello in many records",
       [](auto& c) {
         auto hello = hello_openssl();
         hello.records = 3;
         c.client_says(hello).server_fin();
       },
       Closer::server,
       {Phase::client_hello},
       Mechanism::fin,
       {Cause::fragmented_hello_refused, Cause::server_drops_hello}},
      {"a server that closes on the first of many records",
       [](auto& c) {
         c.first_bytes(C, parser::Protocol::tls, {"\x16\x03\x01\0\x64\x01\0\x01\xfc", 9});
         c.server_fin();
       },
       Closer::server,
       {Phase::pre_hello},
       Mechanism::fin,
       {Cause::fragmented_hello_refused}},
      {"a server that closes on half a record",
       [](auto& c) {
         c.first_bytes(C, parser::Protocol::tls, {"\x16\x03\x01\x02\0\x01\0\x01\xfc", 9});
         c.server_fin();
       },
       Closer::server,
       {Phase::pre_hello},
       Mechanism::fin,
       {Cause::hello_malformed}},
      {"Go sends its ServerHello before it misses a shared ALPN",
       [](auto& c) {
         auto hello = hello_openssl();
         hello.alpn = {"imap"};
         c.client_says(hello).server_says(tls13_hello()).hidden_alert(S).server_fin();
       },
       Closer::server,
       {Phase::server_hello},
       Mechanism::alert_encrypted,
       {Cause::alpn_mismatch}},
      {"what is usual in ALPN is no reason to give up",
       [](auto& c) {
         auto hello = hello_openssl();
         hello.alpn = {"h2", "http/1.1"};
         c.client_says(hello).server_says(tls13_hello()).hidden_alert(S).server_fin();
       },
       Closer::server,
       {Phase::server_hello},
       Mechanism::alert_encrypted,
       {Cause::unknown}},
      {"half a ServerHello to TLS 1.3 alone",
       [](auto& c) {
         c.client_says(hello_openssl(parser::tls13, parser::tls13));
         c.first_bytes(S, parser::Protocol::tls, "\x16\x03\x03").server_fin();
       },
       Closer::server,
       {Phase::client_hello},
       Mechanism::fin,
       {Cause::server_drops_hello}},
      {"an SSL 2.0 hello",
       [](auto& c) {
         auto hello = hello_without_extensions(parser::tls10);
         hello.sslv2_format = true;
         c.client_says(hello).alert(S, 40).server_fin();
       },
       Closer::server,
       {Phase::client_hello},
       Mechanism::alert_fatal,
       {Cause::sslv2_format_hello}},
      {"an SSL 3.0 hello",
       [](auto& c) {
         c.client_says(hello_without_extensions(parser::ssl3)).alert(S, 40).server_fin();
       },
       Closer::server,
       {Phase::client_hello},
       Mechanism::alert_fatal,
       {Cause::no_shared_version}},
      {"HAProxy's ssl-hello-chk",
       [](auto& c) {
         auto hello = hello_without_extensions(parser::ssl3);
         hello.bytes = 121;
         c.client_says(hello).alert(S, 40).server_fin();
       },
       Closer::server,
       {Phase::client_hello},
       Mechanism::alert_fatal,
       {Cause::obsolete_health_check}},
      {"a hello without null compression",
       [](auto& c) {
         auto hello = hello_openssl(parser::tls12, parser::tls12);
         hello.compression = {parser::CompressionMethod{1}};
         c.client_says(hello).alert(S, 50).server_fin();
       },
       Closer::server,
       {Phase::client_hello},
       Mechanism::alert_fatal,
       {Cause::compression_unacceptable}},
      {"TLS 1.3 without key_share",
       [](auto& c) { c.client_says(hello_openssl()).alert(S, 109).server_fin(); },
       Closer::server,
       {Phase::client_hello},
       Mechanism::alert_fatal,
       {Cause::hello_malformed}},
      {"JSSE without a usable scheme gives up after its own ServerHello",
       [](auto& c) {
         auto hello = hello_openssl(parser::tls12, parser::tls12);
         hello.signature_algorithms = {{0x0403}};
         c.client_says(hello).server_says(tls12_hello()).server_shows(good_chain());
         c.alert(S, 80).server_fin();
       },
       Closer::server,
       {Phase::server_hello},
       Mechanism::alert_fatal,
       {Cause::no_shared_sigalg}},
      {"T62 early data to a server that was downgraded",
       [](auto& c) {
         auto hello = hello_openssl();
         hello.early_data = true;
         c.client_says(hello).server_flight().alert(S, 10).server_fin();
       },
       Closer::server,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::early_data_to_old_server}},
  };
  for (const Scenario& scenario : scenarios) check(scenario);
}

TEST_CASE("a warning that a server closes with is its reason") {
  const Scenario scenarios[] = {
      {"unrecognized_name",
       [](auto& c) { c.client_says(hello_openssl()).alert(S, 112, warning).server_fin(); },
       Closer::server,
       {Phase::client_hello},
       Mechanism::alert_warning,
       {Cause::sni_unrecognised}},
      {"long before, it is none",
       [](auto& c) {
         c.client_says(hello_openssl()).alert(S, 112, warning);
         c.pause(std::chrono::milliseconds{500}).server_fin();
       },
       Closer::server,
       {Phase::client_hello},
       Mechanism::fin,
       {Cause::server_drops_hello}},
      {"close_notify sent as fatal gives no reason",
       [](auto& c) { c.client_says(hello_openssl()).alert(S, 0).server_fin(); },
       Closer::server,
       {Phase::client_hello},
       Mechanism::alert_fatal,
       {Cause::server_drops_hello}},
      {"rustls answers a hello without a name with access_denied",
       [](auto& c) {
         auto hello = hello_openssl();
         hello.sni_state = parser::SniState::absent;
         hello.sni.clear();
         c.client_says(hello).alert(S, 49).server_fin();
       },
       Closer::server,
       {Phase::client_hello},
       Mechanism::alert_fatal,
       {Cause::sni_missing}},
  };
  for (const Scenario& scenario : scenarios) check(scenario);
}

TEST_CASE("what a server agreed on before tells intolerance from versions that are apart") {
  proxy::History history;
  history.connections = 1;
  history.successful_offer = parser::tls12;
  history.agreed_version = parser::tls12;
  const auto refused = [&](parser::ClientHello hello) {
    Conversation conversation;
    conversation.client_says(std::move(hello)).alert(S, 70).server_fin();
    return proxy::diagnose(conversation.timeline(), history);
  };

  const Verdict newer = refused(hello_openssl());
  INFO(shown(newer));
  CHECK(newer.cause == Cause::version_intolerance);
  CHECK(newer.confidence == Confidence::medium);

  const Verdict older = refused(hello_openssl(parser::tls10, parser::tls10));
  INFO(shown(older));
  CHECK(older.cause == Cause::no_shared_version);
  CHECK(std::ranges::find(older.evidence, "this server has agreed on TLS 1.2 before") !=
        older.evidence.end());
}

TEST_CASE("a server that leaves with close_notify has sent bytes") {
  Conversation c;
  const Verdict verdict =
      diagnose(c.client_says(hello_openssl()).alert(S, 0, warning).server_fin().timeline());
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::server_drops_hello);
  CHECK(verdict.mechanism == Mechanism::close_notify);
  CHECK(std::ranges::find(verdict.evidence, "no byte came from the server") ==
        verdict.evidence.end());
}

TEST_CASE("internal_error to a usual hello may be about its server name") {
  const auto refused = [](parser::SniState state, const std::string& name) {
    Conversation c;
    parser::ClientHello hello = hello_openssl();
    hello.sni_state = state;
    hello.sni = name;
    return diagnose(c.client_says(hello).alert(S, 80).server_fin().timeline());
  };
  const Verdict targets_own = refused(parser::SniState::present, "www.a.test");
  CHECK(targets_own.cause == Cause::internal_error);
  CHECK(targets_own.confidence == Confidence::low);
  CHECK(has_alternative(targets_own, Cause::sni_unrecognised));

  const Verdict another = refused(parser::SniState::present, "localhost");
  CHECK(another.cause == Cause::sni_unrecognised);
  CHECK(another.insertion);
  CHECK(refused(parser::SniState::absent, "").cause == Cause::sni_missing);
}

TEST_CASE("a port that drops the first hello may speak no TLS at all") {
  const auto doubted = [](std::uint32_t answered, StreamEnd how) {
    Conversation c;
    c.client_says(hello_openssl()).closes(S, how);
    History history;
    history.largest_successful_hello = answered;
    const Verdict verdict = diagnose(c.timeline(), history);
    CHECK(verdict.cause == Cause::server_drops_hello);
    return has_alternative(verdict, Cause::tls_to_other_plain);
  };
  CHECK(doubted(0, StreamEnd::fin));
  CHECK_FALSE(doubted(1 << 16, StreamEnd::fin));
}

TEST_CASE("suites of TLS 1.2 offer nothing where TLS 1.3 alone is offered") {
  auto hello = hello_openssl(parser::tls13, parser::tls13);
  hello.ciphers = {{0x1302}, {0xc02f}, {0xc030}};
  Conversation c;
  const Verdict verdict = diagnose(c.client_says(hello).alert(S, 40).server_fin().timeline());
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::no_shared_cipher);
}

TEST_CASE("GnuTLS reports an error of its own where no group is shared") {
  auto hello = hello_openssl(parser::tls12, parser::tls12);
  hello.groups = {{0x0019}};
  Conversation c;
  const Verdict verdict = diagnose(c.client_says(hello).alert(S, 80).server_fin().timeline());
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::no_shared_group);
}

TEST_CASE("a suite that was not offered breaks the protocol, whatever the alert") {
  for (const std::uint8_t number : std::initializer_list<std::uint8_t>{47, 40, 80}) {
    auto hello = hello_openssl(parser::tls12, parser::tls12);
    std::erase(hello.ciphers, parser::CipherSuite{0xc030});
    Conversation c;
    const Verdict verdict =
        diagnose(c.client_says(hello).server_flight().alert(C, number).client_fin().timeline());
    INFO(shown(verdict));
    CHECK(verdict.cause == Cause::protocol_violation);
  }
}

TEST_CASE("a server that stops behind its HelloRetryRequest is silent, and refuses no group") {
  using namespace std::chrono_literals;
  Conversation c;
  parser::ServerHello retry = tls13_hello();
  retry.hello_retry_request = true;
  retry.group = parser::NamedGroup{0x0017};
  auto second = hello_openssl();
  c.client_says(hello_openssl()).server_says(retry).client_says(second).pause(6s).client_fin();
  const Verdict verdict = diagnose(c.timeline());
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::server_silent);
  CHECK(verdict.title == "the server stopped in the middle of the handshake");
}
