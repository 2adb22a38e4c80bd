#include "support/scenario.hpp"

using namespace legible;
using namespace legible::proxy;
using namespace legible::tests;

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
