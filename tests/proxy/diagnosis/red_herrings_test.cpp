// What tempts a reader of logs into a wrong cause, and must not tempt the diagnosis.

#include <set>

#include "support/scenario.hpp"

using namespace legible;
using namespace legible::proxy;
using namespace legible::tests;

namespace {

Verdict verdict_on(const std::function<void(Conversation&)>& conversation) {
  Conversation c;
  conversation(c);
  return diagnose(c.timeline());
}

bool about_client_certificate(Cause cause) {
  return cause >= Cause::client_cert_missing && cause <= Cause::client_cert_rejected;
}

}  // namespace

TEST_CASE("no certificate request, no verdict about a client certificate") {
  // "peer did not return a certificate" is logged for all of these.
  for (const std::uint8_t number :
       std::initializer_list<std::uint8_t>{40, 42, 46, 48, 70, 80, 116}) {
    const auto refused = [=](Conversation& c) {
      c.client_says(hello_openssl()).alert(S, number).server_fin();
    };
    const auto late = [=](Conversation& c) {
      c.client_says(hello_openssl()).server_flight().key_exchange_and_finished();
      c.alert(S, number).server_fin();
    };
    for (const auto& conversation :
         {std::function<void(Conversation&)>(refused), std::function<void(Conversation&)>(late)}) {
      const Verdict verdict = verdict_on(conversation);
      INFO("alert " << int{number} << "\n" << shown(verdict));
      CHECK_FALSE(about_client_certificate(verdict.cause));
      for (const auto& other : verdict.alternatives) {
        CHECK_FALSE(about_client_certificate(other.cause));
      }
    }
  }
}

TEST_CASE("handshake_failure means what its place makes of it") {
  const Scenario scenarios[] = {
      {"in answer to one exotic suite",
       [](auto& c) {
         auto hello = hello_openssl(parser::tls12, parser::tls12);
         hello.ciphers = {{0x0005}};
         c.client_says(hello).alert(S, 40).server_fin();
       },
       Closer::server,
       {Phase::client_hello},
       Mechanism::alert_fatal,
       {Cause::no_shared_cipher}},
      {"after an empty client certificate",
       [](auto& c) {
         c.client_says(hello_openssl()).server_flight_asking({"Root"}).shows(C, {}).alert(S, 40);
         c.server_fin();
       },
       Closer::server,
       {Phase::client_auth},
       Mechanism::alert_fatal,
       {Cause::client_cert_missing}},
      {"from the client after a weak prime",
       [](auto& c) {
         c.client_says(hello_openssl()).server_says(server_hello(parser::tls12, 0x009e));
         c.server_shows(good_chain());
         c.key_exchange({.group = {}, .dh_prime_bits = 1024, .scheme = {}}).done();
         c.alert(C, 40).client_fin();
       },
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::weak_dh_refused}},
      {"from JSSE after the server's FIN",
       [](auto& c) { c.client_says(hello_jsse()).server_fin().alert(C, 40).client_fin(); },
       Closer::server,
       {Phase::client_hello},
       Mechanism::fin,
       {Cause::server_drops_hello}},
  };
  for (const Scenario& scenario : scenarios) check(scenario);
}

TEST_CASE("alerts after the other side's FIN are echoes") {
  for (const std::uint8_t echo : std::initializer_list<std::uint8_t>{10, 20, 40, 50}) {
    const Verdict by_server = verdict_on([=](Conversation& c) {
      c.client_says(hello_openssl()).server_fin().alert(C, echo).client_fin();
    });
    CHECK(by_server.closer == Closer::server);
    CHECK(by_server.cause == Cause::server_drops_hello);
    CHECK_FALSE(by_server.alert.has_value());

    const Verdict by_client = verdict_on([=](Conversation& c) {
      c.client_says(hello_node()).server_flight13().client_fin().alert(S, echo).server_fin();
    });
    CHECK(by_client.closer == Closer::client);
    CHECK(by_client.cause == Cause::server_cert_rejected);

    const Verdict goodbye = verdict_on([=](Conversation& c) {
      c.client_says(hello_openssl())
          .alert(S, 0, parser::alert_level::warning)
          .server_fin()
          .alert(C, echo)
          .client_fin();
    });
    CHECK(goodbye.closer == Closer::server);
  }
}

TEST_CASE("the versions of records and of legacy_version say nothing about the client") {
  // Record version 3.1, legacy_version 3.3, and yet TLS 1.3 is offered.
  const Verdict verdict = verdict_on([](Conversation& c) {
    c.client_says(hello_openssl(parser::tls12, parser::tls13)).alert(S, 40).server_fin();
  });
  INFO(shown(verdict));
  CHECK(verdict.cause != Cause::no_shared_version);
}

TEST_CASE("what looks like a failure and is none") {
  auto downgradable = tls12_hello();
  downgradable.sentinel = parser::DowngradeSentinel::chose_tls12;
  auto retry = tls13_hello();
  retry.hello_retry_request = true;
  retry.group = parser::NamedGroup{0x0018};

  const Scenario scenarios[] = {
      {"a warning unrecognized_name that OpenSSL ignores",
       [](auto& c) {
         c.client_says(hello_openssl()).alert(S, 112, warning).handshake12().data(C).data(S);
         c.hidden_alert(S).server_fin();
       },
       Closer::server,
       {Phase::established},
       Mechanism::alert_encrypted,
       {Cause::none},
       Outcome::ok},
      {"a marked random value where TLS 1.2 was all that was offered",
       [=](auto& c) {
         c.client_says(hello_openssl(parser::tls12, parser::tls12)).server_says(downgradable);
         c.server_shows(good_chain()).done().key_exchange_and_finished().server_finishes();
         c.data(C).data(S).hidden_alert(C).client_fin();
       },
       Closer::client,
       {Phase::established},
       Mechanism::alert_encrypted,
       {Cause::client_satisfied},
       Outcome::ok},
      {"a HelloRetryRequest and what follows it",
       [=](auto& c) {
         c.client_says(hello_openssl()).server_says(retry).client_says(hello_openssl());
         c.server_flight13().client_finishes13().tickets().data(C).data(S).hidden_alert(S);
         c.server_fin();
       },
       Closer::server,
       {Phase::established},
       Mechanism::alert_encrypted,
       {Cause::none},
       Outcome::ok},
      {"a reset after data went both ways",
       [](auto& c) { c.client_says(hello_openssl()).handshake12().data(C).data(S).client_rst(); },
       Closer::client,
       {Phase::established},
       Mechanism::rst,
       {Cause::reset_after_close},
       Outcome::ok},
      {"JSSE's user_canceled before its close_notify",
       [](auto& c) {
         c.client_says(hello_jsse()).handshake12().data(C).data(S);
         c.decrypted_alert(C, 90, warning).decrypted_alert(C, 0, warning).client_fin();
       },
       Closer::client,
       {Phase::established},
       Mechanism::alert_warning,
       {Cause::client_satisfied},
       Outcome::ok},
  };
  for (const Scenario& scenario : scenarios) check(scenario);
}

TEST_CASE("an alert's name is no proof of what it says") {
  const auto refused = [](parser::ClientHello hello, Chain chain,
                          std::vector<certs::Problem> problems, std::uint8_t number) {
    return [=](Conversation& c) {
      c.client_says(hello).server_flight(chain, problems).alert(C, number).client_fin();
    };
  };
  const Chain alone = {certificate("www.a.test", "Inter")};
  struct Case {
    std::string name;
    std::function<void(Conversation&)> conversation;
    Cause cause;
  };
  const Case cases[] = {
      {"bad_certificate for an expired one (Go)",
       refused(hello_openssl(), good_chain(), {problem(ProblemId::expired)}, 42),
       Cause::server_cert_expired},
      {"certificate_unknown for a wrong name (JSSE)",
       refused(hello_jsse(), good_chain(), {problem(ProblemId::name_mismatch)}, 46),
       Cause::server_cert_name_mismatch},
      {"unknown_ca for a missing intermediate",
       refused(hello_openssl(), alone, {problem(ProblemId::missing_intermediate)}, 48),
       Cause::server_cert_missing_intermediate},
      {"unknown_ca for an issuer that may not issue",
       refused(hello_openssl(), good_chain(), {problem(ProblemId::not_a_ca, 1)}, 48),
       Cause::server_chain_not_ca},
      {"certificate_expired for an authority",
       refused(hello_openssl(), good_chain(), {problem(ProblemId::expired, 1)}, 45),
       Cause::server_chain_expired_ca},
      {"certificate_expired for one that is not valid yet (NSS)",
       refused(hello_openssl(), good_chain(), {problem(ProblemId::not_yet_valid)}, 45),
       Cause::server_cert_not_yet_valid},
      {"certificate_expired for good dates: a clock",
       refused(hello_openssl(), good_chain(), {}, 45), Cause::clock_skew},
      {"access_denied for a name without a certificate (rustls)",
       [](Conversation& c) { c.client_says(hello_openssl()).alert(S, 49).server_fin(); },
       Cause::sni_unrecognised},
      {"access_denied for an unknown client (GnuTLS)",
       [](Conversation& c) {
         c.client_says(hello_openssl()).server_flight_asking({"Root"});
         c.shows(C, {certificate("client", "Root2")});
         c.message(C, parser::handshake_type::client_key_exchange).proves();
         c.alert(S, 49).alert(S, 42).server_fin();
       },
       Cause::client_cert_untrusted_ca},
      {"record_overflow for a page of HTML",
       [](Conversation& c) {
         c.client_says(hello_openssl());
         c.first_bytes(S, parser::Protocol::http, "HTTP/1.1 400 Bad Request");
         c.alert(C, 22).client_fin();
       },
       Cause::tls_to_plain_http},
      {"unrecognized_name when no name was sent",
       [](Conversation& c) {
         auto hello = hello_openssl();
         hello.sni_state = parser::SniState::absent;
         hello.sni.clear();
         c.client_says(hello).alert(S, 112).server_fin();
       },
       Cause::sni_missing},
  };
  for (const Case& example : cases) {
    const Verdict verdict = verdict_on(example.conversation);
    INFO(example.name << "\n" << shown(verdict));
    CHECK(verdict.cause == example.cause);
  }
}

TEST_CASE("a refusal that follows a client's polite goodbye is the server's") {
  const Verdict verdict = verdict_on([](Conversation& c) {
    c.client_says(hello_openssl()).server_flight13(true);
    c.record13(C, 25, Content::empty_certificate).client_finishes13();
    c.hidden_alert(C).client_fin().hidden_alert(S).server_fin();
  });
  INFO(shown(verdict));
  CHECK(verdict.closer == Closer::server);
  CHECK(verdict.phase == Phase::client_auth);
  CHECK(verdict.cause == Cause::client_cert_missing);
}

TEST_CASE("eighteen bytes of data are no alert of a side that does not pad") {
  const Verdict verdict = verdict_on([](Conversation& c) {
    c.client_says(hello_openssl()).server_flight13().client_finishes13().tickets();
    c.record13(C, 35, Content::alert).data(S, 900).hidden_alert(C).client_rst();
  });
  INFO(shown(verdict));
  CHECK(verdict.phase == Phase::established);
  CHECK(verdict.outcome == Outcome::ok);
}
