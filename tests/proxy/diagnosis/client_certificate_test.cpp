#include "support/scenario.hpp"

using namespace legible;
using namespace legible::proxy;
using namespace legible::tests;

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
      {"a server that takes its time over the answer",
       sent({}, [](auto& c) { c.pause(std::chrono::seconds{2}).alert(S, 40).server_fin(); }),
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
  };
  for (const Scenario& scenario : scenarios) check(scenario);
}

TEST_CASE("one fault found twice, and named by the alert, leaves no doubt") {
  Chain expired = {certificate("client", "Inter"), certificate("Inter", "Root")};
  expired[0].not_after = std::chrono::floor<std::chrono::seconds>(start) - std::chrono::days{1};
  Conversation conversation;
  conversation.client_says(hello_openssl()).server_flight_asking({"Root"});
  conversation.shows(C, expired).judged(C, {problem(ProblemId::expired)});
  conversation.message(C, parser::handshake_type::client_key_exchange).proves().changes_cipher(C);
  conversation.alert(S, 45).server_fin();

  const Verdict verdict = proxy::diagnose(conversation.timeline());
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::client_cert_expired);
  CHECK(verdict.confidence == Confidence::high);
}

TEST_CASE("the version of a client's leaf is blamed last") {
  Chain leaf = {certificate("client", "Inter")};
  leaf[0].version = 1;
  Conversation conversation;
  conversation.client_says(hello_openssl()).server_flight_asking({"Root"}).shows(C, leaf);
  conversation.message(C, parser::handshake_type::client_key_exchange).proves().changes_cipher(C);
  conversation.alert(S, 48).server_fin();
  const Verdict verdict = proxy::diagnose(conversation.timeline());
  INFO(shown(verdict));
  CHECK(verdict.cause != Cause::client_cert_v1);
  CHECK(has_alternative(verdict, Cause::client_cert_v1));
}

TEST_CASE("whose issuer was not sent is judged by the server's list of authorities") {
  const auto refused = [](std::optional<certs::Name> above, std::vector<std::string> authorities) {
    Chain alone = {certificate("client", "Nobody Knows CA")};
    alone[0].authority_issuer = std::move(above);
    Conversation c;
    c.client_says(hello_openssl()).server_flight_asking(std::move(authorities));
    c.shows(C, alone).judged(C, {problem(ProblemId::missing_intermediate)});
    c.message(C, parser::handshake_type::client_key_exchange).proves().changes_cipher(C);
    return diagnose(c.alert(S, 48).server_fin().timeline());
  };
  const Verdict foreign = refused({}, {"Acme Client CA"});
  INFO(shown(foreign));
  CHECK(foreign.cause == Cause::client_cert_untrusted_ca);
  CHECK(has_alternative(foreign, Cause::client_cert_missing_intermediate));
  CHECK(std::ranges::any_of(foreign.evidence, [](const std::string& sentence) {
    return sentence.find("nor in the server's list of authorities") != std::string::npos;
  }));
  CHECK(refused({}, {}).cause == Cause::client_cert_untrusted_ca);

  const Verdict below = refused(name("Acme Client CA"), {"Acme Client CA"});
  INFO(shown(below));
  CHECK(below.cause == Cause::client_cert_missing_intermediate);
  CHECK(has_alternative(below, Cause::client_cert_untrusted_ca));
}
