#include <catch2/matchers/catch_matchers_string.hpp>

#include "support/other_hellos.hpp"
#include "support/scenario.hpp"

using namespace legible;
using namespace legible::proxy;
using namespace legible::tests;
using Catch::Matchers::ContainsSubstring;

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
      {"T58 decrypted: the client gives up when the server refuses",
       [](auto& c) {
         c.client_says(hello_openssl()).handshake12().data(C);
         c.encrypted(C, parser::content_type::handshake, 300, Content::unknown);
         c.decrypted_alert(S, 100, parser::alert_level::warning).decrypted_alert(C, 40);
         c.client_fin();
       },
       Closer::client,
       {Phase::renegotiation},
       Mechanism::alert_fatal,
       {Cause::renegotiation_refused}},
      {"the server asks for a second handshake, and the client has none",
       [](auto& c) {
         c.client_says(hello_openssl()).handshake12().data(C);
         c.encrypted(S, parser::content_type::handshake, 4 + 24, Content::unknown);
         c.hidden_alert(C).client_fin();
       },
       Closer::client,
       {Phase::renegotiation},
       Mechanism::alert_encrypted,
       {Cause::late_client_auth_impossible}},
      {"a server's message that is no HelloRequest",
       [](auto& c) {
         c.client_says(hello_openssl()).handshake12();
         c.encrypted(S, parser::content_type::handshake, 16 + 24, Content::unknown);
         c.hidden_alert(C).client_fin();
       },
       Closer::client,
       {Phase::renegotiation},
       Mechanism::alert_encrypted,
       {Cause::protocol_violation}},
      {"the client has done its part of a second handshake when it leaves",
       [](auto& c) {
         c.client_says(hello_openssl()).handshake12().data(C);
         c.encrypted(S, parser::content_type::handshake, 4 + 24, Content::unknown);
         c.encrypted(C, parser::content_type::handshake, 300, Content::unknown).data(S);
         c.encrypted(S, parser::content_type::handshake, 2000, Content::unknown);
         c.encrypted(C, parser::content_type::change_cipher_spec, 25, Content::unknown);
         c.encrypted(C, parser::content_type::handshake, 40, Content::unknown);
         c.hidden_alert(C).client_fin();
       },
       Closer::client,
       {Phase::renegotiation},
       Mechanism::alert_encrypted,
       {Cause::client_satisfied},
       Outcome::ok},
      {"the client leaves a second handshake before that",
       [](auto& c) {
         c.client_says(hello_openssl()).handshake12().data(C);
         c.encrypted(S, parser::content_type::handshake, 4 + 24, Content::unknown);
         c.encrypted(C, parser::content_type::handshake, 300, Content::unknown).data(S);
         c.encrypted(S, parser::content_type::handshake, 2000, Content::unknown);
         c.hidden_alert(C).client_fin();
       },
       Closer::client,
       {Phase::renegotiation},
       Mechanism::alert_encrypted,
       {Cause::unknown}},
      {"the client goes on when the server refuses to renegotiate",
       [](auto& c) {
         c.client_says(hello_openssl()).handshake12().data(C).data(S);
         c.encrypted(C, parser::content_type::handshake, 300, Content::unknown);
         c.decrypted_alert(S, 100, parser::alert_level::warning).data(C).data(S);
         c.decrypted_alert(C, 0, parser::alert_level::warning).client_fin();
       },
       Closer::client,
       {Phase::renegotiation},
       Mechanism::close_notify,
       {Cause::client_satisfied},
       Outcome::ok},
      {"tickets that come after the request are no answer to it",
       [](auto& c) {
         c.client_says(hello_openssl()).server_flight13().client_finishes13().data(C);
         c.record13(S, 266, Content::unknown).record13(S, 282, Content::unknown).server_rst();
       },
       Closer::server,
       {Phase::post_handshake},
       Mechanism::rst,
       {Cause::unknown}},
      {"a request that is not answered, and a client that does not wait",
       [](auto& c) {
         c.client_says(hello_openssl()).handshake12().data(C).pause(3s).hidden_alert(C);
         c.client_fin();
       },
       Closer::client,
       {Phase::post_handshake},
       Mechanism::alert_encrypted,
       {Cause::idle_timeout}},
      {"a request, and a client that does not wait a moment for the answer",
       [](auto& c) { c.client_says(hello_openssl()).handshake12().data(C).client_fin(); },
       Closer::client,
       {Phase::post_handshake},
       Mechanism::fin,
       {Cause::truncated_close},
       Outcome::ok},
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
      {"Apache asked for a certificate late, and got one",
       [](auto& c) {
         const auto handshake = parser::content_type::handshake;
         const auto change = parser::content_type::change_cipher_spec;
         c.client_says(hello_openssl()).handshake12().data(C);
         c.encrypted(S, handshake, 28, Content::unknown);
         c.encrypted(C, handshake, 300, Content::unknown);
         c.encrypted(S, handshake, 2500, Content::unknown);
         c.encrypted(C, handshake, 2500, Content::unknown);
         c.encrypted(C, change, 25, Content::unknown).encrypted(C, handshake, 40, Content::unknown);
         c.encrypted(S, change, 25, Content::unknown).encrypted(S, handshake, 40, Content::unknown);
         c.data(S).hidden_alert(C).client_fin();
       },
       Closer::client,
       {Phase::established},
       Mechanism::alert_encrypted,
       {Cause::client_satisfied},
       Outcome::ok},
      {"Apache asked for a certificate late, and refused the one that came",
       [](auto& c) {
         const auto handshake = parser::content_type::handshake;
         c.client_says(hello_openssl()).handshake12().data(C);
         c.encrypted(S, handshake, 28, Content::unknown);
         c.encrypted(C, handshake, 300, Content::unknown);
         c.encrypted(S, handshake, 2500, Content::unknown);
         c.encrypted(C, handshake, 2500, Content::unknown);
         c.hidden_alert(S).server_fin();
       },
       Closer::server,
       {Phase::renegotiation},
       Mechanism::alert_encrypted,
       {Cause::client_cert_rejected}},
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

TEST_CASE("a client that leaves after its key exchange refuses no certificate") {
  using namespace std::chrono_literals;
  const std::vector<certs::Problem> unknown_root = {problem(ProblemId::untrusted_root)};
  const Scenario scenarios[] = {
      {"at once",
       [](auto& c) {
         c.client_says(hello_openssl()).server_flight().key_exchange_and_finished().client_fin();
       },
       Closer::client,
       {Phase::key_exchange},
       Mechanism::fin,
       {Cause::unknown}},
      {"in the middle of its own flight, behind its certificate",
       [](auto& c) {
         c.client_says(hello_openssl()).server_flight_asking({"Root"}).shows(C, good_chain());
         c.client_fin();
       },
       Closer::client,
       {Phase::client_auth},
       Mechanism::fin,
       {Cause::unknown}},
      {"when its patience ends, though the root is unknown here",
       [&](auto& c) {
         c.client_says(hello_openssl()).server_flight(good_chain(), unknown_root);
         c.key_exchange_and_finished().pause(10s).client_fin();
       },
       Closer::client,
       {Phase::key_exchange},
       Mechanism::timeout,
       {Cause::server_silent}},
      {"at once, from a bad chain",
       [&](auto& c) {
         c.client_says(hello_openssl()).server_flight(good_chain(), unknown_root);
         c.key_exchange_and_finished().client_fin();
       },
       Closer::client,
       {Phase::key_exchange},
       Mechanism::fin,
       {Cause::server_cert_untrusted_ca}},
  };
  for (const Scenario& scenario : scenarios) check(scenario);
}

TEST_CASE("a server that closes while the client is sending is after no silence") {
  using namespace std::chrono_literals;
  Conversation c;
  c.client_says(hello_openssl()).server_flight13_read().client_finishes13_read();
  c.data_read(C).pause(5s).server_fin().pause(1ms).sends(C, 20'000);
  const Verdict verdict = diagnose(c.timeline());
  INFO(shown(verdict));
  CHECK(verdict.cause != Cause::idle_timeout);
}

TEST_CASE("a client that leaves while the server is sending may miss the rest") {
  for (const bool much : {false, true}) {
    Conversation c;
    c.client_says(hello_openssl(parser::tls12, parser::tls12)).handshake12();
    c.data(C).data(S).hidden_alert(C).client_fin();
    c.sends(S, much ? 50'000 : 31).server_fin();
    const Verdict verdict = diagnose(c.timeline());
    INFO(shown(verdict));
    CHECK(verdict.outcome == Outcome::ok);
    CHECK(verdict.confidence == (much ? Confidence::medium : Confidence::high));
    CHECK(has_alternative(verdict, Cause::truncated_close) == much);
  }
}

TEST_CASE("a mail client that only says QUIT after STARTTLS has refused the certificate") {
  constexpr std::uint16_t quit12 = 6 + 24;  // AES-GCM: nonce and tag
  constexpr std::uint16_t quit13 = 6 + 17;  // tag and content type
  const auto greeted = [](parser::Protocol protocol) {
    parser::Dialogue dialogue;
    dialogue.protocol = protocol;
    dialogue.lines = {{parser::Side::client, "STARTTLS"}, {parser::Side::server, "220 go"}};
    Conversation c;
    c.says(C, std::make_shared<const parser::Dialogue>(std::move(dialogue)), 0);
    c.client_says(hello_openssl());
    return c;
  };
  const auto tls12 = [&](parser::Protocol protocol, std::vector<certs::Problem> problems,
                         std::initializer_list<std::uint16_t> client) {
    Conversation c = greeted(protocol);
    c.handshake12(good_chain(), std::move(problems));
    for (const std::uint16_t length : client) c.data(C, length).data(S, 33);
    c.hidden_alert(S).server_fin().client_fin();
    return diagnose(c.timeline());
  };
  const auto tls13 = [&](std::initializer_list<std::uint16_t> client) {
    Conversation c = greeted(parser::Protocol::smtp);
    c.server_flight13().client_finishes13().tickets();
    for (const std::uint16_t length : client) c.data(C, length).data(S, 33);
    c.hidden_alert(C).client_fin().server_fin();
    return diagnose(c.timeline());
  };
  const std::vector<certs::Problem> expired = {problem(ProblemId::expired)};

  const Verdict refused = tls12(parser::Protocol::smtp, expired, {quit12});
  INFO(shown(refused));
  CHECK(refused.cause == Cause::server_cert_expired);
  CHECK(refused.outcome == Outcome::failed);
  CHECK(refused.confidence == Confidence::medium);
  CHECK(has_alternative(refused, Cause::tls_health_check));

  // Without a fault that is known it may have been a test.
  for (const Verdict& verdict : {tls12(parser::Protocol::smtp, {}, {quit12}), tls13({quit13})}) {
    CHECK(verdict.cause == Cause::server_cert_rejected);
    CHECK(verdict.confidence == Confidence::low);
    CHECK(has_alternative(verdict, Cause::client_satisfied));
  }

  // It has greeted, or is no mail client.
  CHECK(tls12(parser::Protocol::smtp, expired, {40, quit12}).outcome == Outcome::ok);
  CHECK(tls12(parser::Protocol::smtp, expired, {8 + 24}).outcome == Outcome::ok);
  CHECK(tls12(parser::Protocol::ftp, expired, {quit12}).outcome == Outcome::ok);
  CHECK(tls13({53, quit13}).outcome == Outcome::ok);
}

TEST_CASE("a pause is compared with the timers of the side that closed") {
  using namespace std::chrono_literals;
  const auto evidence = [](bool by_client) {
    Conversation c;
    c.client_says(hello_openssl()).handshake12().data(C).data(S).pause(5s);
    by_client ? c.client_fin() : c.server_fin();
    return shown(diagnose(c.timeline()));
  };
  CHECK_THAT(evidence(false), ContainsSubstring("Apache KeepAliveTimeout"));
  CHECK_THAT(evidence(true), !ContainsSubstring("Apache KeepAliveTimeout"));
}

TEST_CASE("in TLS 1.3 an error is one whatever the level of its alert") {
  struct Case {
    std::uint8_t number;
    parser::ServerHello hello;
    bool ends;
  };
  const Case cases[] = {{46, tls13_hello(), true},
                        {80, tls13_hello(), true},
                        {90, tls13_hello(), false},
                        {46, tls12_hello(), false},
                        {100, tls12_hello(), false}};
  for (const Case& each : cases) {
    Conversation c;
    c.client_says(hello_openssl()).server_says(each.hello).server_shows(good_chain());
    c.decrypted_alert(C, each.number, warning).server_fin();
    const Verdict verdict = diagnose(c.timeline());
    INFO(int{each.number} << "\n" << shown(verdict));
    CHECK(verdict.closer == (each.ends ? Closer::client : Closer::server));
    if (each.ends) CHECK(verdict.mechanism == Mechanism::alert_fatal);
  }
}

TEST_CASE("a server that leaves right after the handshake may have missed its protocol") {
  struct Case {
    std::vector<std::string> offered;
    std::optional<std::string> chosen;
    bool doubted;
  };
  for (const Case& each : {Case{{}, {}, true}, Case{{"h2"}, {}, true}, Case{{"h2"}, "h2", false}}) {
    parser::ClientHello hello = hello_openssl();
    hello.alpn = each.offered;
    auto answer = tls12_hello();
    answer.alpn = each.chosen;
    Conversation c;
    c.client_says(hello).server_says(answer).server_shows(good_chain()).done();
    const Verdict verdict =
        diagnose(c.key_exchange_and_finished().server_finishes().server_fin().timeline());
    INFO(shown(verdict));
    CHECK(verdict.cause == Cause::unknown);
    CHECK(has_alternative(verdict, Cause::alpn_mismatch) == each.doubted);
  }
}

TEST_CASE("a client's error behind the server's goodbye is why, and no echo") {
  const auto verdict = [](std::uint8_t number) {
    Conversation c;
    c.client_says(hello_openssl()).server_flight13_read().client_finishes13_read();
    c.data_read(C).data_read(S).decrypted_alert(S, 0, warning);
    return diagnose(c.decrypted_alert(C, number).client_fin().server_fin().timeline());
  };
  const Verdict refused = verdict(47);
  INFO(shown(refused));
  CHECK(refused.outcome == Outcome::failed);
  CHECK(refused.closer == Closer::client);
  CHECK(refused.cause == Cause::protocol_violation);
  // JSSE's, about the end itself.
  CHECK(verdict(80).outcome == Outcome::ok);
}

TEST_CASE("a password that is not the server's is told as one") {
  Conversation c;
  parser::ServerHello srp = server_hello(parser::tls12, 0xc01d);
  c.client_says(hello_gnutls()).server_says(srp).key_exchange({}).done();
  const Verdict verdict =
      diagnose(c.key_exchange_and_finished().alert(S, 20).server_fin().timeline());
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::psk_mismatch);
}
