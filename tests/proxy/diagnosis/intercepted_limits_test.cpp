// The proxy itself ends an intercepted connection: its TLS cannot go on, or its rules and times say
// so.

#include "support/intercepted.hpp"

using namespace legible;
using namespace legible::proxy;
using namespace legible::tests;

namespace {

using enum Cause;

InterceptedScenario by_proxy(std::string name, std::function<void(Intercepted&)> connection,
                             Leg leg, Phase phase, Cause cause,
                             std::optional<Cause> alternative = {},
                             Outcome outcome = Outcome::failed,
                             Mechanism mechanism = Mechanism::alert_fatal) {
  return {std::move(name), std::move(connection),  leg,    Closer::proxy, phase, mechanism,
          cause,           std::move(alternative), outcome};
}

Chain chain_of_key(std::string algorithm, std::string signature) {
  Chain chain = good_chain();
  chain[0].key.algorithm = std::move(algorithm);
  chain[0].signature = std::move(signature);
  return chain;
}

/// For P-256.
parser::ServerHello retry() {
  parser::ServerHello retry = tls13_hello();
  retry.hello_retry_request = true;
  retry.group = parser::NamedGroup{0x0017};
  return retry;
}

parser::ServerHello retry_with_cookie() {
  parser::ServerHello with_cookie = retry();
  with_cookie.extensions.push_back({44});
  return with_cookie;
}

}  // namespace

TEST_CASE("what the proxy cannot do is its own limit") {
  const auto at_hello = [](auto steps, std::uint8_t number) {
    return [=](Intercepted& i) {
      i.hello();
      steps(i.server());
      i.tls_fails(S, number);
    };
  };
  const auto shows = [](Chain chain) {
    return [=](Conversation& server) { server.server_flight13_read(chain); };
  };
  Chain huge = good_chain();
  huge[0].der.assign(20'000, 0);
  const InterceptedScenario scenarios[] = {
      by_proxy("a HelloRetryRequest with a cookie",
               at_hello([](Conversation& s) { s.server_says(retry_with_cookie()); }, 80),
               Leg::server, Phase::hello_retry, proxy_limit, {}, Outcome::aborted),
      by_proxy("an Ed25519 certificate", at_hello(shows(chain_of_key("Ed25519", "Ed25519")), 42),
               Leg::server, Phase::server_auth, proxy_limit, {}, Outcome::aborted),
      by_proxy("a key for RSA-PSS alone", at_hello(shows(chain_of_key("RSA-PSS", "rsassaPss")), 42),
               Leg::server, Phase::server_auth, proxy_limit, {}, Outcome::aborted),
      by_proxy("a Certificate of more than a record", at_hello(shows(huge), 80), Leg::server,
               Phase::server_auth, proxy_limit, {}, Outcome::aborted),
      by_proxy(
          "a KeyUpdate",
          [](Intercepted& i) {
            i.hello().server_handshake13().shown13();
            i.client().client_finishes13_read().data_read(C);
            i.server().data_read(C).data_read(S).message(S, parser::handshake_type::key_update);
            i.tls_fails(S, 10);
          },
          Leg::server, Phase::established, proxy_limit, {}, Outcome::aborted),
      by_proxy(
          "a message that is cut within its header",
          [](Intercepted& i) {
            i.hello().server_handshake12().shown12();
            i.client().encrypted(C, parser::content_type::handshake, 1, parser::Content::unknown);
            i.client().alert(S, 10).note(C,
                                         ProxyClosing{ProxyReason::tls_failure, {}, "SSL - bad"});
            i.client().closes(S, StreamEnd::fin).client_fin();
            i.passes_on(Leg::server, 40);
          },
          Leg::client, Phase::server_auth, proxy_limit, {}, Outcome::aborted),
      by_proxy("nothing that is known", at_hello([](Conversation& s) { s.server_flight(); }, 80),
               Leg::server, Phase::server_auth, proxy_limit, {}, Outcome::aborted),
      by_proxy(
          "a client that offers nothing which can be ended here",
          [](Intercepted& i) {
            i.client().client_says(hello_openssl(parser::tls10, parser::tls10));
            i.client().note(C, ProxyClosing{ProxyReason::not_terminable, {}, "it is old"});
            i.client().alert(S, 70).server_fin();
          },
          Leg::client, Phase::client_hello, proxy_limit, {}, Outcome::aborted,
          Mechanism::proxy_abort),
  };
  for (const auto& scenario : scenarios) check(scenario);
}

TEST_CASE("a server that wants a second handshake meets the proxy's limit") {
  Intercepted i;
  i.hello().server_handshake12().shown12();
  i.client().key_exchange_and_finished().server_finishes().data_read(C);
  i.server()
      .data_read(C)
      .data_read(S)
      .message(S, parser::handshake_type::hello_request)
      .decrypted_alert(C, 100, warning)
      .decrypted_alert(S, 40)
      .server_fin();
  i.passes_on(Leg::client, 40);
  const Verdict verdict = i.verdict();
  INFO(shown(verdict));
  CHECK(verdict.closer == Closer::server);
  CHECK(verdict.phase == Phase::renegotiation);
  CHECK(verdict.cause == proxy_limit);
  CHECK(has_alternative(verdict, late_client_auth_impossible));
}

TEST_CASE("what no TLS could go on with is the peer's fault") {
  const auto after_flight = [](std::uint8_t number) {
    return [=](Intercepted& i) {
      i.hello();
      i.server().server_flight();
      i.tls_fails(S, number);
    };
  };
  const InterceptedScenario scenarios[] = {
      by_proxy(
          "a hello without a key share, which no server takes",
          [](Intercepted& i) {
            parser::ClientHello hello = hello_openssl(parser::tls13, parser::tls13);
            std::erase(hello.extensions, parser::ExtensionType{51});
            hello.key_shares.clear();
            i.hello(hello).server_handshake13();
            i.tls_fails(C, 109);
          },
          Leg::client, Phase::client_hello, hello_malformed),
      by_proxy("a signature that does not verify, TLS 1.2", after_flight(51), Leg::server,
               Phase::server_auth, server_cert_key_mismatch, handshake_altered),
      by_proxy(
          "a signature that does not verify, TLS 1.3",
          [](Intercepted& i) {
            i.hello();
            i.server().server_flight13_read();
            i.tls_fails(S, 51);
          },
          Leg::server, Phase::server_auth, server_cert_key_mismatch, handshake_altered),
      by_proxy(
          "a Finished that does not verify",
          [](Intercepted& i) {
            i.hello();
            i.server().server_flight().key_exchange_and_finished().changes_cipher(S);
            i.tls_fails(S, 51);
          },
          Leg::server, Phase::key_exchange, handshake_altered),
      by_proxy(
          "a record that does not verify, in the handshake",
          [](Intercepted& i) {
            i.hello();
            i.server().server_says(tls13_hello());
            i.tls_fails(S, 20);
          },
          Leg::server, Phase::server_hello, record_corrupted, handshake_altered),
      by_proxy(
          "a Finished that cannot be decrypted",
          [](Intercepted& i) {
            i.hello();
            i.server().server_flight().key_exchange_and_finished().changes_cipher(S);
            i.tls_fails(S, 20);
          },
          Leg::server, Phase::key_exchange, handshake_altered, record_corrupted),
      by_proxy(
          "a record that does not verify, later",
          [](Intercepted& i) {
            i.hello().server_handshake13().shown13();
            i.client().client_finishes13_read().data_read(C);
            i.server().data_read(C).data_read(S);
            i.tls_fails(S, 20);
          },
          Leg::server, Phase::established, record_corrupted),
      by_proxy(
          "a message that breaks its format",
          [](Intercepted& i) {
            i.hello();
            i.server().says(S, parser::Malformed{"ServerHello", "extensions", 48});
            i.tls_fails(S, 50);
          },
          Leg::server, Phase::client_hello, protocol_violation),
      by_proxy(
          "a message in the wrong place, after a record that breaks a rule",
          [](Intercepted& i) {
            i.hello();
            i.server().server_says(tls13_hello()).says(S, parser::Malformed{"record", "type", 127});
            i.tls_fails(S, 20);
          },
          Leg::server, Phase::server_hello, protocol_violation),
      by_proxy(
          "a record that is too long",
          [](Intercepted& i) {
            i.hello().server_handshake13().shown13();
            i.client().client_finishes13_read().data_read(C);
            i.client().says(C, parser::Malformed{"record", "length", 900});
            i.tls_fails(C, 22);
          },
          Leg::client, Phase::post_handshake, record_overflow),
      by_proxy(
          "a second HelloRetryRequest",
          [](Intercepted& i) {
            i.hello();
            i.server().server_says(retry()).client_says(hello_openssl()).server_says(retry());
            i.tls_fails(S, 10);
          },
          Leg::server, Phase::hello_retry, protocol_violation),
      by_proxy(
          "a HelloRetryRequest for a key share that it had",
          [](Intercepted& i) {
            parser::ServerHello for_x25519 = retry();
            for_x25519.group = parser::NamedGroup{0x001d};
            i.hello();
            i.server().server_says(for_x25519);
            i.tls_fails(S, 47);
          },
          Leg::server, Phase::hello_retry, protocol_violation),
      by_proxy(
          "TLS 1.3 without a key share",
          [](Intercepted& i) {
            parser::ServerHello answer = tls13_hello();
            answer.group.reset();
            i.hello();
            i.server().server_says(answer);
            i.tls_fails(S, 40);
          },
          Leg::server, Phase::server_hello, protocol_violation),
      by_proxy(
          "an application protocol that was not offered",
          [](Intercepted& i) {
            i.hello();
            parser::ServerHello answer = tls12_hello();
            answer.alpn = "echo/0.1";
            i.server().server_says(answer);
            i.tls_fails(S, 40);
          },
          Leg::server, Phase::server_hello, protocol_violation),
      by_proxy(
          "data before the Finished",
          [](Intercepted& i) {
            i.hello().server_handshake13().shown13();
            i.client().data_read(C);
            i.tls_fails(C, 10);
          },
          Leg::client, Phase::server_auth, protocol_violation),
      by_proxy(
          "a certificate asked for after the handshake of TLS 1.3",
          [](Intercepted& i) {
            i.hello().server_handshake13().shown13();
            i.client().client_finishes13_read().data_read(C);
            i.server().data_read(C).asks_certificate({"Inter"});
            i.tls_fails(S, 10);
          },
          Leg::server, Phase::renegotiation, protocol_violation),
      by_proxy(
          "a proof by a scheme that was not offered",
          [](Intercepted& i) {
            i.hello();
            i.server().server_says(tls13_hello()).says(S, parser::EncryptedExtensions{});
            i.server().shows(S, good_chain());
            i.server().says(S, parser::CertificateVerify{parser::SignatureScheme{0x0401 + 0x1000}});
            i.tls_fails(S, 51);
          },
          Leg::server, Phase::server_hello, protocol_violation),
      by_proxy(
          "what mbedTLS finds fault with, and no limit explains",
          [](Intercepted& i) {
            i.hello().server_handshake12().shown12();
            i.tls_fails(C, 50);
          },
          Leg::client, Phase::server_auth, protocol_violation, proxy_limit),
      by_proxy(
          "a message whose alert cannot be read: its keys were not agreed on",
          [](Intercepted& i) {
            i.hello();
            i.server().says(S, parser::Malformed{"ServerHello", "extensions", 48});
            i.server().note(S, ProxyClosing{ProxyReason::tls_failure, {}, "SSL - bad"});
            i.server().client_fin();
            i.passes_on(Leg::client, 40);
          },
          Leg::server, Phase::client_hello, protocol_violation, {}, Outcome::failed,
          Mechanism::proxy_abort),
      by_proxy(
          "a KeyUpdate of no kind",
          [](Intercepted& i) {
            i.hello().server_handshake13().shown13();
            i.client().client_finishes13_read().data_read(C);
            i.server().data_read(C).data_read(S).message(S, parser::handshake_type::key_update);
            i.server().says(S, parser::Malformed{"KeyUpdate", "request_update", 900});
            i.tls_fails(S, 10);
          },
          Leg::server, Phase::established, protocol_violation),
      by_proxy(
          "a client's signature that does not verify",
          [](Intercepted& i) {
            i.hello().server_handshake13().shown13({}, {{"Inter"}});
            i.client().shows(C, {certificate("partner", "Inter")}).proves();
            i.client().decrypted_alert(S, 51).note(
                C, ProxyClosing{ProxyReason::tls_failure, {}, "SSL - bad"});
            i.client().server_fin();
            i.passes_on(Leg::server, 51);
          },
          Leg::client, Phase::client_auth, client_cert_bad_proof, handshake_altered),
  };
  for (const auto& scenario : scenarios) check(scenario);
}

TEST_CASE("the proxy's own rules and limits") {
  const InterceptedScenario scenarios[] = {
      by_proxy(
          "--bad-server-cert refuse",
          [](Intercepted& i) {
            i.hello().server_handshake13(good_chain(), {problem(ProblemId::expired)});
            i.server().note(S, ProxyClosing{ProxyReason::server_certificate, {}, "expired: ..."});
            i.server().decrypted_alert(C, 42).client_fin();
            i.passes_on(Leg::client, 42);
          },
          Leg::server, Phase::post_handshake, proxy_policy, {}, Outcome::aborted,
          Mechanism::proxy_abort),
      by_proxy(
          "the server falls silent",
          [](Intercepted& i) {
            i.hello();
            i.server()
                .pause(std::chrono::seconds{20})
                .note(S,
                      ProxyClosing{ProxyReason::handshake_timeout, std::chrono::seconds{20}, {}});
            i.server().client_fin();
            i.closes(Leg::client);
          },
          Leg::server, Phase::client_hello, server_silent, {}, Outcome::aborted,
          Mechanism::timeout),
      by_proxy(
          "the proxy itself is slow",
          [](Intercepted& i) {
            i.hello().server_handshake12();
            i.server()
                .pause(std::chrono::seconds{20})
                .note(S,
                      ProxyClosing{ProxyReason::handshake_timeout, std::chrono::seconds{20}, {}});
            i.server().client_fin();
            i.closes(Leg::client);
          },
          Leg::server, Phase::post_handshake, proxy_limit, {}, Outcome::aborted,
          Mechanism::timeout),
      by_proxy(
          "the client falls silent over the certificate",
          [](Intercepted& i) {
            i.hello().server_handshake12().shown12();
            i.client()
                .pause(std::chrono::seconds{20})
                .note(C,
                      ProxyClosing{ProxyReason::handshake_timeout, std::chrono::seconds{20}, {}});
            i.client().server_fin();
            i.closes(Leg::server);
          },
          Leg::client, Phase::server_auth, client_silent, {}, Outcome::aborted, Mechanism::timeout),
  };
  for (const auto& scenario : scenarios) check(scenario);
}

TEST_CASE("what a server may not choose is its fault, whatever mbedTLS calls it") {
  const auto chooses = [](std::function<void(parser::ServerHello&)> change, bool tls13 = false) {
    return [=](Intercepted& i) {
      i.hello();
      parser::ServerHello answer = tls13 ? tls13_hello() : tls12_hello();
      change(answer);
      i.server().server_says(answer);
      i.tls_fails(S, 80, "SSL - Bad input parameters to function");
    };
  };
  const auto suite = [&](std::uint16_t id) {
    return chooses([=](parser::ServerHello& answer) { answer.cipher = {id}; });
  };
  struct Case {
    std::function<void(Intercepted&)> connection;
    std::string_view named;
  };
  const Case cases[] = {
      {suite(0x0005), "TLS_RSA_WITH_RC4_128_SHA"},
      {suite(0x0003), "TLS_RSA_EXPORT_WITH_RC4_40_MD5"},
      {suite(0x000a), "TLS_RSA_WITH_3DES_EDE_CBC_SHA"},
      {suite(0x0034), "TLS_DH_anon_WITH_AES_128_CBC_SHA"},
      {suite(0x0002), "TLS_RSA_WITH_NULL_SHA"},
      {chooses([](auto& answer) { answer.compression = {1}; }), "compression method 1"},
      {chooses([](auto& answer) { answer.group = parser::NamedGroup{0x0017}; }, true), "secp256r1"},
  };
  for (const Case& each : cases) {
    Intercepted i;
    each.connection(i);
    const Verdict verdict = i.verdict();
    INFO(each.named << "\n" << shown(verdict));
    CHECK(verdict.cause == protocol_violation);
    CHECK(verdict.outcome == Outcome::failed);
    CHECK(tells(verdict, each.named));
    CHECK_FALSE(broken_by_interception(verdict));
  }
}

TEST_CASE("the proxy says by which of its rules it closed") {
  Intercepted i;
  i.hello().server_handshake13(good_chain(), {problem(ProblemId::expired)});
  i.server().note(S, ProxyClosing{ProxyReason::server_certificate, {}, "expired 2026-01-01"});
  i.server().decrypted_alert(C, 42).client_fin();
  i.passes_on(Leg::client, 42);
  CHECK(i.verdict().title.find("expired 2026-01-01") != std::string::npos);

  Conversation stopped;
  stopped.client_says(hello_openssl()).server_flight13().client_finishes13().data(C).data(S);
  stopped.note(C, ProxyClosing{ProxyReason::shutdown, {}, {}});
  const Verdict verdict = diagnose(stopped.timeline());
  INFO(shown(verdict));
  CHECK(verdict.cause == proxy_policy);
  CHECK(verdict.summary.find("told to stop") != std::string::npos);
  CHECK(verdict.hint.client.empty());
}

TEST_CASE("keys that the client has in place of a certificate are no offer of the proxy's") {
  for (const std::uint16_t extension : std::initializer_list<std::uint16_t>{41, 12, 19, 20}) {
    for (const std::uint8_t number : std::initializer_list<std::uint8_t>{40, 70}) {
      parser::ClientHello hello = hello_openssl();
      hello.extensions.push_back({extension});
      Intercepted i;
      i.hello(hello);
      i.server().alert(S, number).server_fin();
      const Verdict verdict = i.passes_on(Leg::client, number).verdict();
      INFO(extension << "\n" << shown(verdict));
      const bool told =
          verdict.cause == Cause::proxy_limit || has_alternative(verdict, Cause::proxy_limit);
      CHECK(told);
      CHECK(tells(verdict, "which this proxy has none of"));
    }
  }
}

TEST_CASE("a server that fails behind a handshake may have wanted authentication there") {
  const auto doubted = [](bool offers) {
    parser::ClientHello hello = hello_openssl();
    if (offers) hello.extensions.push_back({0x0031});
    Intercepted i;
    i.hello(hello).server_handshake13().shown13();
    i.client().client_finishes13_read().data_read(C);
    i.server().data_read(C).decrypted_alert(S, 80).server_fin();
    return has_alternative(i.passes_on(Leg::client, 80).verdict(), Cause::proxy_limit);
  };
  CHECK(doubted(true));
  CHECK_FALSE(doubted(false));
}
