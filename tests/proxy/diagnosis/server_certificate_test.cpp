#include "support/scenario.hpp"

using namespace legible;
using namespace legible::proxy;
using namespace legible::tests;

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

TEST_CASE("an intrinsic fault weighs more than a root that this machine does not know") {
  Conversation c;
  c.client_says(hello_openssl()).server_says(tls12_hello());
  c.server_shows(good_chain(),
                 {problem(ProblemId::untrusted_root, 1), problem(ProblemId::name_mismatch)}, true);
  c.done().alert(C, 42).client_fin();
  const Verdict verdict = diagnose(c.timeline());
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::server_cert_name_mismatch);
}
