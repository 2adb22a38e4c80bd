// The scenarios of docs/verdicts.md as a relay sees them: conversation in, verdict out.

#include "proxy/diagnosis.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <string>
#include <vector>

#include "support/timeline_builder.hpp"

using namespace legible;
using namespace legible::proxy;
using namespace legible::tests;

namespace {

struct Scenario {
  std::string name;
  std::function<void(Conversation&)> conversation;
  Closer closer;
  std::vector<Phase> phases;
  Mechanism mechanism;
  std::vector<Cause> causes;
  Outcome outcome = Outcome::failed;
};

std::string shown(const Verdict& verdict) {
  std::string text = std::string(id(verdict.outcome)) + " / " + std::string(id(verdict.closer)) +
                     " / " + std::string(id(verdict.phase)) + " / " +
                     std::string(id(verdict.mechanism)) + " / " + std::string(id(verdict.cause)) +
                     " / " + std::string(id(verdict.confidence)) + "\n" + verdict.summary;
  for (const auto& sentence : verdict.evidence) text += "\n  because " + sentence;
  for (const auto& other : verdict.alternatives) {
    text += "\n  or " + std::string(id(other.cause)) + ": " + other.distinguish;
  }
  return text;
}

void check(const Scenario& scenario) {
  Conversation conversation;
  scenario.conversation(conversation);
  const Verdict verdict = diagnose(conversation.timeline());
  INFO(scenario.name << "\n" << shown(verdict));
  CHECK(verdict.closer == scenario.closer);
  CHECK(std::ranges::find(scenario.phases, verdict.phase) != scenario.phases.end());
  CHECK(verdict.mechanism == scenario.mechanism);
  CHECK(std::ranges::find(scenario.causes, verdict.cause) != scenario.causes.end());
  CHECK(verdict.outcome == scenario.outcome);
  CHECK_FALSE(verdict.evidence.empty());
  CHECK_FALSE(verdict.summary.empty());
}

certs::Problem problem(ProblemId id, int depth = 0) { return {id, "expected", "presented", depth}; }

parser::ClientHello with_suites(parser::ClientHello hello, std::vector<std::uint16_t> suites) {
  hello.ciphers.clear();
  for (const auto suite : suites) hello.ciphers.push_back({suite});
  return hello;
}

constexpr auto C = Leg::client;
constexpr auto S = Leg::server;
constexpr auto warning = parser::alert_level::warning;

}  // namespace

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

TEST_CASE("a client that refuses the server's choice is told by the choice") {
  const Scenario scenarios[] = {
      {"T05 the server answers with TLS 1.0",
       [](auto& c) {
         c.client_says(hello_openssl(parser::tls12, parser::tls12))
             .server_says(server_hello(parser::tls10, 0xc014))
             .server_shows(good_chain())
             .done()
             .alert(C, 70)
             .alert(S, 70)
             .client_fin();
       },
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::no_shared_version}},
      {"T12 a Diffie-Hellman prime of 1024 bits",
       [](auto& c) {
         c.client_says(hello_openssl(parser::tls12, parser::tls12))
             .server_says(server_hello(parser::tls12, 0x009e))
             .server_shows(good_chain())
             .key_exchange({.group = {}, .dh_prime_bits = 1024, .scheme = {}})
             .done()
             .alert(C, 40)
             .client_fin();
       },
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::weak_dh_refused}},
      {"T45 JSSE fails after the warning unrecognized_name",
       [](auto& c) {
         c.client_says(hello_jsse()).alert(S, 112, warning).server_flight().alert(C, 40);
         c.client_fin();
       },
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::sni_warning_not_tolerated}},
      {"OpenSSL 3 insists on secure renegotiation",
       [](auto& c) {
         auto answer = tls12_hello();
         answer.extensions = {{23}};
         c.client_says(hello_openssl()).server_says(answer).server_shows(good_chain()).done();
         c.alert(C, 40).client_fin();
       },
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::unsafe_legacy_renegotiation}},
      {"a downgrade that the client noticed",
       [](auto& c) {
         auto answer = tls12_hello();
         answer.sentinel = parser::DowngradeSentinel::chose_tls12;
         c.client_says(hello_openssl()).server_says(answer).alert(C, 47).client_fin();
       },
       Closer::client,
       {Phase::server_hello},
       Mechanism::alert_fatal,
       {Cause::version_downgrade_detected}},
      {"a suite that was not offered",
       [](auto& c) {
         c.client_says(hello_openssl()).server_says(server_hello(parser::tls12, 0x0005));
         c.alert(C, 47).client_fin();
       },
       Closer::client,
       {Phase::server_hello},
       Mechanism::alert_fatal,
       {Cause::protocol_violation}},
      {"a signature that does not verify",
       [](auto& c) { c.client_says(hello_openssl()).server_flight().alert(C, 51).client_fin(); },
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_cert_key_mismatch}},
      {"T30 thirteen certificates to JSSE",
       [](auto& c) {
         Chain chain(13, certificate("CA", "Root"));
         c.client_says(hello_jsse()).server_flight(chain).alert(C, 40).client_fin();
       },
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_chain_too_long}},
  };
  for (const Scenario& scenario : scenarios) check(scenario);
}

TEST_CASE("a client that refuses the server's certificate is told by the certificate") {
  const auto refused = [](parser::ClientHello hello, Chain chain,
                          std::vector<certs::Problem> problems, std::uint8_t number) {
    return [=](Conversation& c) {
      c.client_says(hello).server_flight(chain, problems).alert(C, number).client_fin();
    };
  };
  const Chain alone = {certificate("www.a.test", "Inter")};
  const Chain self_signed = {certificate("www.a.test", "www.a.test")};
  Chain v1 = good_chain();
  v1[0].version = 1;
  Chain staple = good_chain();
  staple[0].must_staple = true;
  Chain common_name = good_chain();
  common_name[0].sans.clear();

  const Scenario scenarios[] = {
      {"T13",
       refused(hello_openssl(), good_chain(), {problem(ProblemId::untrusted_root, 1)}, 48),
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_cert_untrusted_ca}},
      {"T16",
       refused(hello_jsse(), good_chain(), {problem(ProblemId::expired)}, 45),
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_cert_expired}},
      {"an expired authority",
       refused(hello_openssl(), good_chain(), {problem(ProblemId::expired, 1)}, 45),
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_chain_expired_ca}},
      {"T18",
       refused(hello_openssl(), good_chain(), {problem(ProblemId::not_yet_valid)}, 42),
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_cert_not_yet_valid}},
      {"T19",
       refused(hello_openssl(), good_chain(), {problem(ProblemId::name_mismatch)}, 42),
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_cert_name_mismatch}},
      {"T23",
       refused(hello_openssl(), alone, {problem(ProblemId::missing_intermediate)}, 48),
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_cert_missing_intermediate}},
      {"T24",
       refused(hello_jsse(), alone, {problem(ProblemId::missing_intermediate)}, 46),
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_cert_missing_intermediate}},
      {"self-signed",
       refused(hello_jsse(), self_signed, {problem(ProblemId::self_signed)}, 46),
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_cert_self_signed}},
      {"T27",
       refused(hello_openssl(), good_chain(), {problem(ProblemId::x509_v1, 1)}, 42),
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_chain_not_ca, Cause::server_cert_v1}},
      {"T28",
       refused(hello_openssl(), v1, {problem(ProblemId::x509_v1)}, 42),
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_cert_v1, Cause::server_cert_name_mismatch}},
      {"T29",
       refused(hello_openssl(), good_chain(), {problem(ProblemId::weak_signature)}, 42),
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_cert_weak}},
      {"T31",
       refused(hello_openssl(), good_chain(), {}, 44),
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_cert_revoked}},
      {"T32",
       refused(hello_openssl(), staple, {}, 42),
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_staple_missing}},
      {"wrong usage",
       refused(hello_openssl(), good_chain(), {problem(ProblemId::wrong_usage)}, 43),
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_cert_wrong_usage}},
      {"common name only",
       refused(hello_jsse(), common_name, {}, 46),
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_cert_name_mismatch}},
      {"expired for the client alone",
       refused(hello_openssl(), good_chain(), {}, 45),
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::clock_skew}},
      {"T14 OpenSSL's clear alert in TLS 1.3",
       [](auto& c) { c.client_says(hello_openssl()).server_flight13().alert(C, 48).client_fin(); },
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_cert_untrusted_ca, Cause::server_cert_rejected}},
      {"T15 an alert by its size in TLS 1.3",
       [](auto& c) {
         c.client_says(hello_openssl()).server_flight13().hidden_alert(C).client_fin();
       },
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_encrypted,
       {Cause::server_cert_rejected}},
      {"T17 JSSE pads it to 35 bytes",
       [](auto& c) {
         c.client_says(hello_jsse()).server_flight13().hidden_alert(C, 35).client_fin();
       },
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_encrypted,
       {Cause::server_cert_rejected}},
      {"T20 curl finishes before it refuses a name",
       [](auto& c) {
         c.client_says(hello_openssl())
             .handshake12(good_chain(), {problem(ProblemId::name_mismatch)})
             .hidden_alert(C)
             .client_fin();
       },
       Closer::client,
       {Phase::post_handshake},
       Mechanism::alert_encrypted,
       {Cause::server_cert_name_mismatch}},
      {"T22 OpenSSL's clear alert for a wrong usage in TLS 1.3",
       [](auto& c) { c.client_says(hello_openssl()).server_flight13().alert(C, 43).client_fin(); },
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_cert_wrong_usage}},
      {"T25 Node finishes before it refuses",
       [](auto& c) {
         c.client_says(hello_node(parser::tls12))
             .handshake12(good_chain(), {problem(ProblemId::untrusted_root, 1)})
             .client_fin();
       },
       Closer::client,
       {Phase::post_handshake},
       Mechanism::fin,
       {Cause::server_cert_untrusted_ca}},
      {"T26 Node in TLS 1.3 says nothing at all",
       [](auto& c) {
         c.client_says(hello_node()).server_flight13().client_fin().alert(S, 50).server_fin();
       },
       Closer::client,
       {Phase::server_auth},
       Mechanism::fin,
       {Cause::server_cert_rejected}},
  };
  for (const Scenario& scenario : scenarios) check(scenario);
}

TEST_CASE("a server that refuses the client's certificate is told by what the client sent") {
  Chain expired = {certificate("client", "Inter"), certificate("Inter", "Root")};
  expired[0].not_after = std::chrono::floor<std::chrono::seconds>(start) - std::chrono::days{1};
  Chain usage = {certificate("client", "Inter"), certificate("Inter", "Root")};
  usage[0].has_extended_key_usage = true;
  usage[0].extended_key_usage = {"serverAuth"};
  const auto sent = [](Chain chain, std::function<void(Conversation&)> end) {
    return [=](Conversation& c) {
      c.client_says(hello_openssl()).server_flight_asking({"Root"}).shows(C, chain);
      c.message(C, parser::handshake_type::client_key_exchange).proves().changes_cipher(C);
      c.encrypted(C, parser::content_type::handshake, 40, Content::finished);
      end(c);
    };
  };
  const auto server_alert = [](std::uint8_t number) {
    return [=](Conversation& c) { c.alert(S, number).server_fin(); };
  };

  const Scenario scenarios[] = {
      {"T33",
       sent({}, server_alert(40)),
       Closer::server,
       {Phase::client_auth},
       Mechanism::alert_fatal,
       {Cause::client_cert_missing}},
      {"T35",
       sent({}, server_alert(42)),
       Closer::server,
       {Phase::client_auth},
       Mechanism::alert_fatal,
       {Cause::client_cert_missing}},
      {"T36",
       sent({}, server_alert(50)),
       Closer::server,
       {Phase::client_auth},
       Mechanism::alert_fatal,
       {Cause::client_cert_missing}},
      {"mbedTLS says nothing",
       sent({}, [](auto& c) { c.server_fin(); }),
       Closer::server,
       {Phase::client_auth},
       Mechanism::fin,
       {Cause::client_cert_missing}},
      {"a refusal between the client's writes",
       [](auto& c) {
         c.client_says(hello_jsse()).server_flight_asking({"Root"}).shows(C, {}).alert(S, 40);
         c.message(C, parser::handshake_type::client_key_exchange).server_fin();
       },
       Closer::server,
       {Phase::client_auth},
       Mechanism::alert_fatal,
       {Cause::client_cert_missing}},
      {"T34 an empty Certificate by its size",
       [](auto& c) {
         c.client_says(hello_openssl()).server_flight13(true);
         c.record13(C, 25, Content::empty_certificate).client_finishes13().data(C);
         c.hidden_alert(S).server_fin();
       },
       Closer::server,
       {Phase::client_auth},
       Mechanism::alert_encrypted,
       {Cause::client_cert_missing}},
      {"T38",
       sent({certificate("client", "Root2")}, server_alert(48)),
       Closer::server,
       {Phase::client_auth},
       Mechanism::alert_fatal,
       {Cause::client_cert_untrusted_ca}},
      {"a leaf without its intermediate",
       sent({certificate("client", "Inter")}, server_alert(48)),
       Closer::server,
       {Phase::client_auth},
       Mechanism::alert_fatal,
       {Cause::client_cert_missing_intermediate}},
      {"self-signed",
       sent({certificate("client", "client")}, server_alert(46)),
       Closer::server,
       {Phase::client_auth},
       Mechanism::alert_fatal,
       {Cause::client_cert_self_signed}},
      {"expired, to Go",
       sent(expired, server_alert(42)),
       Closer::server,
       {Phase::client_auth},
       Mechanism::alert_fatal,
       {Cause::client_cert_expired}},
      {"T39 a chain by its size",
       [](auto& c) {
         c.client_says(hello_openssl()).server_flight13(true);
         c.record13(C, 1800, Content::certificate_flight).record13(C, 281, Content::unknown);
         c.client_finishes13().hidden_alert(S).server_fin();
       },
       Closer::server,
       {Phase::client_auth},
       Mechanism::alert_encrypted,
       {Cause::client_cert_rejected}},
      {"T40",
       sent(usage, server_alert(43)),
       Closer::server,
       {Phase::client_auth},
       Mechanism::alert_fatal,
       {Cause::client_cert_wrong_usage}},
      {"T42 Node closes without a word",
       sent({certificate("client", "Root2")},
            [](auto& c) { c.server_fin().hidden_alert(C).client_fin(); }),
       Closer::server,
       {Phase::client_auth},
       Mechanism::fin,
       {Cause::client_cert_untrusted_ca}},
      {"a signature that does not fit",
       sent({certificate("client", "Inter"), certificate("Inter", "Root")}, server_alert(51)),
       Closer::server,
       {Phase::client_auth},
       Mechanism::alert_fatal,
       {Cause::client_cert_bad_proof}},
      {"T41 nginx refuses inside the tunnel",
       sent({},
            [](auto& c) {
              c.server_finishes().data(C, 120).data(S, 430).hidden_alert(S).server_fin();
            }),
       Closer::server,
       {Phase::established},
       Mechanism::app_refusal,
       {Cause::client_cert_refused_by_app}},
  };
  for (const Scenario& scenario : scenarios) check(scenario);
}

TEST_CASE("bytes that are no TLS are told from TLS that fails") {
  const Scenario scenarios[] = {
      {"T48",
       [](auto& c) { c.first_bytes(C, parser::Protocol::http, "GET / HTTP/1.1\r\n").server_fin(); },
       Closer::server,
       {Phase::pre_hello},
       Mechanism::fin,
       {Cause::plain_http_to_tls},
       Outcome::not_tls},
      {"T49",
       [](auto& c) {
         c.first_bytes(C, parser::Protocol::http, "GET / HTTP/1.1\r\n")
             .first_bytes(S, parser::Protocol::http, "HTTP/1.1 400 Bad Request");
         auto http = std::make_shared<parser::PlainHttp>();
         http->status = 400;
         http->server = "nginx/1.22.1";
         c.says(S, parser::Shared<parser::PlainHttp>(http)).server_fin();
       },
       Closer::server,
       {Phase::pre_hello},
       Mechanism::plaintext_reply,
       {Cause::plain_http_to_tls},
       Outcome::not_tls},
      {"T50",
       [](auto& c) {
         c.client_says(hello_openssl())
             .first_bytes(S, parser::Protocol::unknown, "<!DOCTYPE HTML PUBLIC")
             .server_fin()
             .client_rst();
       },
       Closer::server,
       {Phase::client_hello},
       Mechanism::plaintext_reply,
       {Cause::tls_to_plain_http}},
      {"T51",
       [](auto& c) {
         c.first_bytes(S, parser::Protocol::smtp, "220 mail.test ESMTP\r\n")
             .client_says(hello_openssl())
             .client_fin();
       },
       Closer::client,
       {Phase::pre_hello, Phase::client_hello},
       Mechanism::fin,
       {Cause::tls_to_starttls_service}},
      {"an SSH server",
       [](auto& c) {
         c.first_bytes(S, parser::Protocol::ssh, "SSH-2.0-OpenSSH_9.2\r\n")
             .client_says(hello_openssl())
             .alert(C, 10)
             .client_fin();
       },
       Closer::client,
       {Phase::client_hello},
       Mechanism::alert_fatal,
       {Cause::tls_to_ssh}},
      {"a PROXY header",
       [](auto& c) {
         c.first_bytes(C, parser::Protocol::proxy_protocol, "PROXY TCP4 1.2.3.4").alert(S, 22);
         c.server_fin();
       },
       Closer::server,
       {Phase::pre_hello},
       Mechanism::alert_fatal,
       {Cause::proxy_header_to_tls},
       Outcome::not_tls},
      {"plain HTTP on both sides",
       [](auto& c) {
         c.first_bytes(C, parser::Protocol::http, "GET / HTTP/1.1\r\n")
             .first_bytes(S, parser::Protocol::http, "HTTP/1.1 200 OK");
         auto http = std::make_shared<parser::PlainHttp>();
         http->status = 200;
         c.says(S, parser::Shared<parser::PlainHttp>(http)).client_fin();
       },
       Closer::client,
       {Phase::pre_hello},
       Mechanism::fin,
       {Cause::none},
       Outcome::not_tls},
  };
  for (const Scenario& scenario : scenarios) check(scenario);
}

TEST_CASE("silence and missing connections are told by whose turn it was") {
  using namespace std::chrono_literals;
  const Scenario scenarios[] = {
      {"T52",
       [](auto& c) { c.client_says(hello_openssl()).pause(3s).client_fin(); },
       Closer::client,
       {Phase::client_hello},
       Mechanism::timeout,
       {Cause::server_silent}},
      {"T56",
       [](auto& c) { c.client_fin(); },
       Closer::client,
       {Phase::pre_hello},
       Mechanism::fin,
       {Cause::tcp_health_check},
       Outcome::ok},
      {"T57",
       [](auto& c) {
         c.first_bytes(C, parser::Protocol::tls, "\x16\x03\x01").pause(2s).server_fin();
       },
       Closer::server,
       {Phase::pre_hello},
       Mechanism::timeout,
       {Cause::client_silent}},
      {"the proxy's own time-out",
       [](auto& c) {
         c.client_says(hello_openssl()).pause(20s);
         c.note(S, ProxyClosing{ProxyReason::handshake_timeout, 20s});
       },
       Closer::proxy,
       {Phase::client_hello},
       Mechanism::timeout,
       {Cause::server_silent},
       Outcome::aborted},
  };
  for (const Scenario& scenario : scenarios) check(scenario);

  struct Case {
    ConnectError error;
    Cause cause;
  };
  for (const Case& failed : {Case{ConnectError::refused, Cause::tcp_refused},
                             Case{ConnectError::timeout, Cause::tcp_connect_timeout},
                             Case{ConnectError::dns, Cause::name_not_resolved}}) {
    Conversation c{Conversation::NotConnected{}};
    c.client_says(hello_openssl()).note(S, ConnectFailed{failed.error, "10.0.0.2:443", "detail"});
    const Verdict verdict = diagnose(c.timeline());
    INFO(shown(verdict));
    CHECK(verdict.cause == failed.cause);
    CHECK(verdict.closer == Closer::proxy);
    CHECK(verdict.phase == Phase::server_connect);
    CHECK(verdict.mechanism == Mechanism::connect_failed);
    CHECK(verdict.outcome == Outcome::failed);
  }
}

TEST_CASE("what comes after a complete handshake is judged by what was said in it") {
  using namespace std::chrono_literals;
  const Scenario scenarios[] = {
      {"T21 and T59",
       [](auto& c) {
         c.client_says(hello_openssl()).server_flight13().client_finishes13().hidden_alert(C);
         c.tickets().client_fin();
       },
       Closer::client,
       {Phase::post_handshake},
       Mechanism::alert_encrypted,
       {Cause::client_satisfied},
       Outcome::ok},
      {"T58",
       [](auto& c) {
         c.client_says(hello_openssl()).handshake12();
         c.encrypted(C, parser::content_type::handshake, 300, Content::unknown);
         c.hidden_alert(S).client_fin();
       },
       Closer::server,
       {Phase::renegotiation},
       Mechanism::alert_encrypted,
       {Cause::renegotiation_refused}},
      {"T60",
       [](auto& c) { c.client_says(hello_openssl()).handshake12().data(C).data(S).server_fin(); },
       Closer::server,
       {Phase::established},
       Mechanism::fin,
       {Cause::truncated_close},
       Outcome::ok},
      {"a request and an answer in TLS 1.2",
       [](auto& c) {
         c.client_says(hello_openssl()).handshake12().data(C).data(S).hidden_alert(S).server_fin();
       },
       Closer::server,
       {Phase::established},
       Mechanism::alert_encrypted,
       {Cause::none},
       Outcome::ok},
      {"a request and an answer in TLS 1.3",
       [](auto& c) {
         c.client_says(hello_openssl()).server_flight13().client_finishes13().tickets();
         c.data(C).data(S, 1200).hidden_alert(C).client_fin();
       },
       Closer::client,
       {Phase::established},
       Mechanism::alert_encrypted,
       {Cause::client_satisfied},
       Outcome::ok},
      {"the server asked for new keys, the client cannot",
       [](auto& c) {
         c.client_says(hello_openssl()).handshake12().data(C).data(S);
         c.encrypted(S, parser::content_type::handshake, 28, Content::unknown);
         c.hidden_alert(C).client_fin();
       },
       Closer::client,
       {Phase::renegotiation},
       Mechanism::alert_encrypted,
       {Cause::late_client_auth_impossible}},
      {"a kept-alive connection is given up",
       [](auto& c) {
         c.client_says(hello_openssl()).handshake12().data(C).data(S).pause(65s).server_fin();
       },
       Closer::server,
       {Phase::established},
       Mechanism::timeout,
       {Cause::idle_timeout},
       Outcome::ok},
      {"a Finished that does not fit",
       [](auto& c) {
         c.client_says(hello_openssl()).server_flight().key_exchange_and_finished().alert(S, 20);
         c.server_fin();
       },
       Closer::server,
       {Phase::key_exchange},
       Mechanism::alert_fatal,
       {Cause::handshake_altered}},
  };
  for (const Scenario& scenario : scenarios) check(scenario);
}
