// The server's leg of an intercepted connection: the proxy speaks for the client.

#include "support/intercepted.hpp"
#include "support/other_hellos.hpp"

using namespace legible;
using namespace legible::proxy;
using namespace legible::tests;

namespace {

using enum Cause;
using enum Confidence;

InterceptedScenario by_server(std::string name, std::function<void(Intercepted&)> connection,
                              Phase phase, Cause cause, std::optional<Cause> alternative = {},
                              std::optional<Confidence> confidence = {},
                              Mechanism mechanism = Mechanism::alert_fatal) {
  return {std::move(name), std::move(connection), Leg::server,     Closer::server, phase, mechanism,
          cause,           alternative,           Outcome::failed, confidence};
}

/// The server answers the proxy's hello with an alert, which the proxy passes on.
auto hello_refused(parser::ClientHello clients, parser::ClientHello proxys, std::uint8_t number) {
  return [=](Intercepted& i) {
    i.hello(clients, proxys);
    i.server().alert(S, number).server_fin();
    i.passes_on(Leg::client, number);
  };
}
auto hello_refused(parser::ClientHello hello, std::uint8_t number) {
  return hello_refused(hello, Intercepted::hello_proxy(hello), number);
}

}  // namespace

TEST_CASE("a server that refuses the proxy's hello is judged by both hellos") {
  parser::ClientHello one_suite = hello_openssl(parser::tls12, parser::tls12);
  one_suite.ciphers = {{0xc030}};
  parser::ClientHello only_old_groups = hello_openssl();
  only_old_groups.groups = {{0x0016}};
  parser::ClientHello with_old_versions = hello_openssl(parser::tls10, parser::tls13);
  parser::ClientHello alpn = hello_openssl();
  alpn.alpn = {"imap"};
  const parser::ClientHello bare = Intercepted::hello_proxy(hello_openssl());
  parser::ClientHello exotic = bare;
  append(exotic.groups, {0x11ec});
  append(exotic.ciphers, {0xc061, 0x000a});  // ARIA, 3DES
  parser::ClientHello with_ed25519 = bare;
  append(with_ed25519.signature_algorithms, {0x0807});
  parser::ClientHello one_group = hello_openssl(parser::tls12, parser::tls12);
  one_group.groups = {{0x001a}};
  parser::ClientHello one_group13 = hello_openssl();
  one_group13.groups = {{0x001a}};
  one_group13.supported_versions = {parser::tls13};
  const parser::ClientHello only13 = hello_openssl(parser::tls13, parser::tls13);

  const InterceptedScenario scenarios[] = {
      by_server("TLS 1.3 only", hello_refused(only13, 70), Phase::client_hello, no_shared_version),
      by_server("versions that the proxy left out", hello_refused(with_old_versions, 70),
                Phase::client_hello, proxy_limit, no_shared_version, medium),
      by_server("a single suite is the client's own", hello_refused(one_suite, one_suite, 40),
                Phase::client_hello, no_shared_cipher),
      by_server("what the proxy left out of a usual offer", hello_refused(hello_openssl(), 40),
                Phase::client_hello, proxy_limit, {}, medium),
      by_server("only what no server insists on was left out", hello_refused(exotic, bare, 40),
                Phase::client_hello, no_shared_cipher),
      by_server("keys of certificates that the proxy cannot ask for",
                hello_refused(with_ed25519, bare, 40), Phase::client_hello, proxy_limit,
                no_shared_cipher, low),
      by_server("suites that need no group", hello_refused(one_group, 40), Phase::client_hello,
                proxy_limit, no_shared_group, medium),
      by_server("suites that need no group, and no version for them",
                hello_refused(one_group13, 40), Phase::client_hello, no_shared_group),
      by_server("nothing was left out", hello_refused(bare, bare, 40), Phase::client_hello,
                no_shared_cipher),
      by_server("an unknown name", hello_refused(hello_openssl(), 112), Phase::client_hello,
                sni_unrecognised),
      by_server("no common protocol", hello_refused(alpn, 120), Phase::client_hello, alpn_mismatch),
      by_server("a fallback", hello_refused(hello_openssl(parser::tls12, parser::tls12), 86),
                Phase::client_hello, inappropriate_fallback),
      by_server(
          "a silent refusal",
          [](Intercepted& i) {
            i.hello();
            i.server().server_fin();
            i.closes(Leg::client);
          },
          Phase::client_hello, server_drops_hello, proxy_limit, {}, Mechanism::fin),
      by_server(
          "plain HTTP",
          [](Intercepted& i) {
            i.hello();
            i.server().first_bytes(S, parser::Protocol::http, "HTTP/1.1 400 Bad");
            i.tls_fails(S, 10);
          },
          Phase::client_hello, tls_to_plain_http, {}, {}, Mechanism::plaintext_reply),
      by_server(
          "a mail server's greeting",
          [](Intercepted& i) {
            i.hello();
            i.server().first_bytes(S, parser::Protocol::smtp, "220 mail.test ESMTP");
            i.server().server_fin();
            i.closes(Leg::client);
          },
          Phase::client_hello, tls_to_starttls_service, {}, {}, Mechanism::fin),
  };
  for (const auto& scenario : scenarios) check(scenario);
}

TEST_CASE("a server that is not reached") {
  Intercepted i;
  i.client().client_says(hello_openssl());
  Conversation server{Scope::server_leg};
  const auto failed = [&](ConnectError error) {
    i.server().note(S, ConnectFailed{error, "10.0.0.2:443", ""});
    i.client().server_rst();
  };
  failed(ConnectError::refused);
  const Verdict verdict = i.verdict();
  INFO(shown(verdict));
  CHECK(verdict.cause == tcp_refused);
  CHECK(verdict.closer == Closer::proxy);
  CHECK(verdict.phase == Phase::server_connect);
  CHECK(verdict.leg == Leg::server);
  CHECK(verdict.client.reached == Phase::client_hello);
}

TEST_CASE("a server that wants a client certificate which the proxy lacks") {
  const auto none12 = [](Intercepted& i) {
    i.hello();
    i.server().server_flight_asking({"Inter"}).shows(C, {}).alert(S, 40).server_fin();
    i.passes_on(Leg::client, 40);
  };
  const auto none13 = [](Intercepted& i) {
    i.hello();
    i.server()
        .server_flight13_read(good_chain(), {}, {{"Inter"}})
        .shows(C, {})
        .client_finishes13_read()
        .decrypted_alert(S, 116)
        .server_fin();
    i.passes_on(Leg::client, 116);
  };
  const auto left_before = [](Intercepted& i) {
    i.hello();
    i.server()
        .server_flight13_read(good_chain(), {}, {{"Inter"}})
        .shows(C, {})
        .client_finishes13_read();
    i.shown13({}, {{"Inter"}});
    i.client().client_finishes13_read().decrypted_alert(C, 0, warning).client_fin();
    i.server().decrypted_alert(C, 0, warning).client_fin();
    i.server().decrypted_alert(S, 116).server_fin();
  };
  const auto client_has_none_either = [](Intercepted& i) {
    i.hello();
    i.server()
        .server_flight13_read(good_chain(), {}, {{"Inter"}})
        .shows(C, {})
        .client_finishes13_read()
        .decrypted_alert(S, 116)
        .server_fin();
    i.shown13({}, {{"Inter"}});
    i.client().shows(C, {}).client_finishes13_read();
    i.passes_on(Leg::client, 116);
  };
  const auto silent = [](Intercepted& i) {
    i.hello();
    i.server().server_flight_asking({"Inter"}).shows(C, {}).server_fin();
    i.closes(Leg::client);
  };
  const auto presented = [](Chain chain, std::uint8_t number) {
    return [=](Intercepted& i) {
      i.hello();
      i.server()
          .server_flight_asking({"Inter"})
          .shows(C, chain)
          .proves()
          .key_exchange_and_finished()
          .alert(S, number)
          .server_fin();
      i.passes_on(Leg::client, number);
    };
  };
  const auto revoked = [](Intercepted& i) {
    i.hello();
    i.server().server_flight_asking({"Inter"}).shows(C, {certificate("partner", "Inter")});
    i.server().judged(C, {problem(ProblemId::revoked)}).proves().key_exchange_and_finished();
    i.server().server_finishes().decrypted_alert(S, 0, warning).server_fin();
    i.passes_on(Leg::client, 0);
  };
  Chain expired = {certificate("partner", "Inter")};
  expired[0].not_after = *expired[0].not_before + std::chrono::days{1};
  const InterceptedScenario scenarios[] = {
      by_server("TLS 1.2", none12, Phase::client_auth, proxy_no_client_cert, {}, certain),
      by_server("TLS 1.3", none13, Phase::client_auth, proxy_no_client_cert, {}, certain),
      by_server("the client has left before the refusal", left_before, Phase::client_auth,
                proxy_no_client_cert, {}, certain),
      by_server("the client has none either", client_has_none_either, Phase::client_auth,
                client_cert_missing, proxy_no_client_cert, high),
      by_server("without a word", silent, Phase::client_auth, proxy_no_client_cert, {}, high,
                Mechanism::fin),
      by_server("the proxy's is expired", presented(expired, 45), Phase::client_auth,
                client_cert_expired, {}, high),
      by_server("the proxy's is revoked, and the server says nothing", revoked,
                Phase::post_handshake, client_cert_revoked, {}, {}, Mechanism::close_notify),
      by_server("the proxy's is of another authority",
                presented({certificate("partner", "Foreign")}, 48), Phase::client_auth,
                client_cert_untrusted_ca, client_cert_missing_intermediate),
      by_server("the proxy's is refused for what cannot be seen",
                presented({certificate("partner", "Inter")}, 42), Phase::client_auth,
                client_cert_rejected),
  };
  for (const auto& scenario : scenarios) check(scenario);
}

TEST_CASE("a server that gives up after it has signed had a signature scheme in common") {
  const auto scenario = by_server(
      "between CertificateVerify and Finished",
      [](Intercepted& i) {
        i.hello();
        i.server().server_says(tls13_hello()).says(S, parser::EncryptedExtensions{});
        i.server().shows(S, good_chain());
        i.server().says(S, parser::CertificateVerify{parser::SignatureScheme{0x0804}});
        i.server().decrypted_alert(S, 40).server_fin();
        i.passes_on(Leg::client, 40);
      },
      Phase::server_hello, unknown, internal_error, low);
  check(scenario);
}

TEST_CASE("a server that stops in the middle of its flight has not ignored the hello") {
  using namespace std::chrono_literals;
  Intercepted i;
  i.hello(hello_openssl(parser::tls12, parser::tls12));
  i.server().server_says(tls12_hello()).server_shows(good_chain()).pause(6s);
  i.client().client_fin();
  i.server().client_fin();
  const Verdict verdict = i.verdict();
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::server_silent);
  CHECK(verdict.confidence == Confidence::medium);
  CHECK(verdict.phase == Phase::server_hello);
  CHECK(verdict.title == "the server stopped in the middle of the handshake");
  CHECK(tells(verdict, "the server had answered the proxy's hello"));
}
