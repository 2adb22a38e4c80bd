// The client refuses what an intercepting proxy shows it: the server's fault, or the proxy's CA.

#include "support/intercepted.hpp"
#include "support/other_hellos.hpp"

using namespace legible;
using namespace legible::proxy;
using namespace legible::tests;

namespace {

using Problems = std::vector<certs::Problem>;

/// The client's alert after the proxy's flight; the server's own chain has `problems`.
auto refused12(parser::ClientHello hello, Problems problems, std::uint8_t number) {
  return [=](Intercepted& i) {
    i.hello(hello)
        .server_handshake12(good_chain(), problems)
        .shown12(Intercepted::mirrored(problems));
    i.client().alert(C, number).client_fin();
    i.passes_on(Leg::server, number);
  };
}
auto refused13(parser::ClientHello hello, Problems problems, std::uint8_t number) {
  return [=](Intercepted& i) {
    i.hello(hello)
        .server_handshake13(good_chain(), problems)
        .shown13(Intercepted::mirrored(problems));
    i.client().decrypted_alert(C, number).client_fin();
    i.passes_on(Leg::server, number);
  };
}
/// The server's own chain is good, and so is what the client is shown.
auto good_refused12(parser::ClientHello hello, std::uint8_t number) {
  return [=](Intercepted& i) {
    i.hello(hello).server_handshake12().shown12();
    i.client().alert(C, number).client_fin();
    i.passes_on(Leg::server, number);
  };
}
auto good_refused13(parser::ClientHello hello, std::uint8_t number) {
  return [=](Intercepted& i) {
    i.hello(hello).server_handshake13().shown13();
    i.client().decrypted_alert(C, number).client_fin();
    i.passes_on(Leg::server, number);
  };
}

InterceptedScenario refusal(std::string name, std::function<void(Intercepted&)> connection,
                            Cause cause, std::optional<Cause> alternative,
                            std::optional<Confidence> confidence = {}, History history = {}) {
  return {std::move(name),
          std::move(connection),
          Leg::client,
          Closer::client,
          Phase::server_auth,
          Mechanism::alert_fatal,
          cause,
          alternative,
          Outcome::failed,
          confidence,
          history};
}

History accepts_the_ca() {
  History history;
  history.accepted_proxy_authority = true;
  return history;
}

}  // namespace

TEST_CASE("what only strict clients find wrong is the cause where they know the proxy's CA") {
  using enum Cause;
  using enum Confidence;
  Chain bare_name = good_chain();
  bare_name[0].sans.clear();
  Chain any_use = good_chain();
  any_use[0].extended_key_usage = {"anyExtendedKeyUsage"};
  any_use[0].has_extended_key_usage = true;
  const auto refuses = [](parser::ClientHello hello, Chain chain, std::uint8_t number) {
    return [=](Intercepted& i) {
      i.hello(hello).server_handshake13(chain).shown13();
      i.client().decrypted_alert(C, number).client_fin();
      i.passes_on(Leg::server, number);
    };
  };
  const InterceptedScenario scenarios[] = {
      refusal("Go looks at no common name", refuses(hello_go(), bare_name, 42),
              server_cert_name_mismatch, proxy_cert_untrusted, medium, accepts_the_ca()),
      refusal("or does not know the CA", refuses(hello_go(), bare_name, 42), proxy_cert_untrusted,
              server_cert_name_mismatch, high),
      refusal("OpenSSL says that it is not that", refuses(hello_openssl(), bare_name, 48),
              server_cert_pinned, proxy_cert_untrusted, medium, accepts_the_ca()),
      refusal("JSSE does not know the CA, or takes no any", refuses(hello_jsse(), any_use, 46),
              server_cert_wrong_usage, proxy_cert_untrusted, medium, accepts_the_ca()),
  };
  for (const auto& scenario : scenarios) check(scenario);
}

TEST_CASE("a client that refuses a good certificate does not know the proxy's CA, or pins") {
  using enum Cause;
  using enum Confidence;
  History here = accepts_the_ca();
  here.accepted_proxy_authority_here = true;
  const InterceptedScenario scenarios[] = {
      refusal("OpenSSL, TLS 1.2", good_refused12(hello_openssl(), 48), proxy_cert_untrusted,
              server_cert_pinned, high),
      refusal("OpenSSL, TLS 1.3", good_refused13(hello_openssl(), 48), proxy_cert_untrusted,
              server_cert_pinned, high),
      refusal("a client that checks revocation", good_refused13(hello_openssl(), 48),
              proxy_cert_untrusted, server_revocation_unknown, high),
      refusal("JSSE, TLS 1.2", good_refused12(hello_jsse(), 46), proxy_cert_untrusted,
              server_cert_pinned, high),
      refusal("JSSE, TLS 1.3", good_refused13(hello_jsse(), 46), proxy_cert_untrusted,
              server_cert_pinned, high),
      refusal("Go", good_refused13(hello_go(), 42), proxy_cert_untrusted, server_cert_pinned, high),
      refusal("GnuTLS", good_refused12(hello_gnutls(), 42), proxy_cert_untrusted,
              server_cert_pinned, high),
      refusal("an alert that this stack does not use for it", good_refused13(hello_go(), 46),
              proxy_cert_untrusted, server_cert_pinned, medium),
      refusal("OpenSSL says unknown_ca for that, not bad_certificate",
              good_refused13(hello_openssl(), 42), server_cert_rejected, proxy_cert_untrusted, low),
      refusal("a pin, of a stack that has a word for unknown issuers",
              good_refused12(hello_openssl(), 49), server_cert_pinned, server_cert_rejected,
              medium),
      refusal("the CA was accepted for other hosts: a pin", good_refused13(hello_openssl(), 48),
              server_cert_pinned, proxy_cert_untrusted, medium, accepts_the_ca()),
      refusal("JSSE too", good_refused12(hello_jsse(), 46), server_cert_pinned,
              proxy_cert_untrusted, medium, accepts_the_ca()),
      refusal("the CA was accepted for this host: another program",
              good_refused13(hello_openssl(), 48), proxy_cert_untrusted, server_cert_pinned, medium,
              here),
      refusal("dates are right here: the client's clock is not", good_refused12(hello_jsse(), 45),
              clock_skew, proxy_cert_untrusted),
      refusal("a demand for stapled OCSP", good_refused13(hello_openssl(), 113), proxy_limit, {},
              high),
  };
  for (const auto& scenario : scenarios) check(scenario);
}

TEST_CASE("a client that refuses a mirrored fault refuses the server's") {
  using enum Cause;
  using enum Confidence;
  const auto found = [](ProblemId id, int depth = 0) { return Problems{problem(id, depth)}; };
  const InterceptedScenario scenarios[] = {
      refusal("expired, TLS 1.2", refused12(hello_openssl(), found(ProblemId::expired), 45),
              server_cert_expired, proxy_cert_untrusted, high),
      refusal("expired, TLS 1.3", refused13(hello_openssl(), found(ProblemId::expired), 45),
              server_cert_expired, proxy_cert_untrusted, high),
      refusal("expired, of a stack with one alert for all",
              refused13(hello_go(), found(ProblemId::expired), 42), server_cert_expired,
              proxy_cert_untrusted, medium),
      refusal("the same, when the CA is known to be trusted",
              refused13(hello_go(), found(ProblemId::expired), 42), server_cert_expired, {}, high,
              accepts_the_ca()),
      refusal("JSSE has a word for dates in TLS 1.2: this is about the CA",
              refused12(hello_jsse(), found(ProblemId::expired), 46), proxy_cert_untrusted,
              server_cert_expired),
      refusal("Bouncy Castle has not",
              refused12(hello_bouncy_castle(), found(ProblemId::expired), 46), server_cert_expired,
              proxy_cert_untrusted, medium),
      refusal("unknown_ca is not about dates: the CA is met first",
              refused13(hello_openssl(), found(ProblemId::expired), 48), proxy_cert_untrusted,
              server_cert_expired, high),
      refusal("not yet valid", refused12(hello_openssl(), found(ProblemId::not_yet_valid), 42),
              server_cert_not_yet_valid, proxy_cert_untrusted, high),
      refusal("wrong name, OpenSSL",
              refused12(hello_openssl(), found(ProblemId::name_mismatch), 42),
              server_cert_name_mismatch, proxy_cert_untrusted, high),
      refusal("wrong name, JSSE", refused13(hello_jsse(), found(ProblemId::name_mismatch), 46),
              server_cert_name_mismatch, proxy_cert_untrusted, medium),
      refusal("wrong usage", refused13(hello_openssl(), found(ProblemId::wrong_usage), 43),
              server_cert_wrong_usage, proxy_cert_untrusted),
      refusal("self-signed", refused12(hello_openssl(), found(ProblemId::self_signed), 48),
              server_cert_self_signed, proxy_cert_untrusted, high),
      refusal("unknown root", refused13(hello_openssl(), found(ProblemId::untrusted_root, 1), 48),
              server_cert_untrusted_ca, proxy_cert_untrusted, high),
      refusal("no intermediate",
              refused13(hello_jsse(), found(ProblemId::missing_intermediate), 46),
              server_cert_missing_intermediate, proxy_cert_untrusted, medium),
      refusal("weak, which a leaf of ours is not",
              refused13(hello_openssl(), found(ProblemId::weak_key), 48), server_cert_weak,
              proxy_cert_untrusted, high),
      refusal("revoked, which a leaf of ours is not",
              refused12(hello_openssl(), found(ProblemId::revoked), 48), server_cert_revoked,
              proxy_cert_untrusted, high),
      refusal("an issuer that may not issue",
              refused13(hello_openssl(), found(ProblemId::not_a_ca, 1), 48), server_chain_not_ca,
              proxy_cert_untrusted, high),
      refusal("an expired authority", refused13(hello_openssl(), found(ProblemId::expired, 1), 45),
              server_chain_expired_ca, proxy_cert_untrusted, high),
      refusal("X.509 v1", refused12(hello_go(), found(ProblemId::x509_v1), 42), server_cert_v1,
              proxy_cert_untrusted),
      refusal(
          "--bad-server-cert accept: the fault is not seen",
          [](Intercepted& i) {
            i.hello()
                .server_handshake13(good_chain(), {problem(ProblemId::expired)})
                .shown13(certs::accept_plan());
            i.client().decrypted_alert(C, 48).client_fin();
            i.passes_on(Leg::server, 48);
          },
          proxy_cert_untrusted, server_cert_pinned, high),
  };
  for (const auto& scenario : scenarios) check(scenario);
}

TEST_CASE("a client that leaves without a word about the certificate") {
  using enum Cause;
  const auto silent13 = [](parser::ClientHello hello, StreamEnd how) {
    return [=](Intercepted& i) {
      i.hello(hello).server_handshake13().shown13();
      i.client().closes(C, how);
      i.closes(Leg::server);
    };
  };
  const auto finished12 = [](parser::ClientHello hello, Problems problems) {
    return [=](Intercepted& i) {
      i.hello(hello)
          .server_handshake12(good_chain(), problems)
          .shown12(Intercepted::mirrored(problems));
      i.client().key_exchange_and_finished().server_finishes().client_fin();
      i.closes(Leg::server);
    };
  };
  const auto close_notify13 = [](parser::ClientHello hello, Problems problems) {
    return [=](Intercepted& i) {
      i.hello(hello)
          .server_handshake13(good_chain(), problems)
          .shown13(Intercepted::mirrored(problems));
      i.client().client_finishes13_read().decrypted_alert(C, 0, warning).client_fin();
      i.passes_on(Leg::server, 0);
    };
  };
  const InterceptedScenario scenarios[] = {
      {"Node closes without an alert", silent13(hello_node(), StreamEnd::fin), Leg::client,
       Closer::client, Phase::server_auth, Mechanism::fin, proxy_cert_untrusted, server_cert_pinned,
       Outcome::failed, Confidence::medium},
      {"an unknown client resets", silent13(hello_openssl(), StreamEnd::rst), Leg::client,
       Closer::client, Phase::server_auth, Mechanism::rst, proxy_cert_untrusted, scanner_probe,
       Outcome::failed, Confidence::low},
      {"Node completes the handshake of TLS 1.2 first", finished12(hello_node(parser::tls12), {}),
       Leg::client, Closer::client, Phase::post_handshake, Mechanism::fin, proxy_cert_untrusted,
       server_cert_pinned, Outcome::failed, Confidence::medium},
      {"wget too, for a wrong name",
       finished12(hello_gnutls(), {problem(ProblemId::name_mismatch)}), Leg::client, Closer::client,
       Phase::post_handshake, Mechanism::fin, server_cert_name_mismatch, proxy_cert_untrusted},
      {"curl asks for the name last",
       close_notify13(hello_curl(), {problem(ProblemId::name_mismatch)}), Leg::client,
       Closer::client, Phase::post_handshake, Mechanism::close_notify, server_cert_name_mismatch,
       proxy_cert_untrusted},
      {"a client that only looked, or pins, or does not trust", close_notify13(hello_curl(), {}),
       Leg::client, Closer::client, Phase::post_handshake, Mechanism::close_notify,
       client_satisfied, proxy_cert_untrusted, Outcome::ok, Confidence::low},
      {"an NSS client of TLS 1.2 refuses after its own flight",
       [](Intercepted& i) {
         i.hello().server_handshake12().shown12();
         i.client().key_exchange_and_finished().decrypted_alert(C, 48).client_fin();
         i.passes_on(Leg::server, 48);
       },
       Leg::client, Closer::client, Phase::key_exchange, Mechanism::alert_fatal,
       proxy_cert_untrusted, server_cert_pinned, Outcome::failed, Confidence::high},
  };
  for (const auto& scenario : scenarios) check(scenario);
}

TEST_CASE("what the proxy says in the server's place is the proxy's") {
  using enum Cause;
  const InterceptedScenario scenarios[] = {
      refusal("a signature that the client cannot verify", good_refused13(hello_openssl(), 51),
              proxy_limit, server_cert_key_mismatch),
      refusal(
          "a message that the client finds fault with",
          [](Intercepted& i) {
            i.hello().server_handshake13().shown13();
            i.client().alert(C, 10).client_fin();
            i.passes_on(Leg::server, 10);
          },
          proxy_limit, protocol_violation),
      refusal("a record that was altered on the way is nobody's message",
              good_refused13(hello_openssl(), 20), record_corrupted, {}),
  };
  for (const auto& scenario : scenarios) check(scenario);
}

TEST_CASE("a second handshake that the proxy refuses, as most servers do") {
  Intercepted i;
  i.hello(hello_openssl(parser::tls12, parser::tls12)).server_handshake12().shown12();
  i.client().key_exchange_and_finished().server_finishes().data_read(C);
  i.server().data_read(C).data_read(S);
  i.client()
      .data_read(S)
      .says(C, std::make_shared<const parser::ClientHello>(hello_openssl()))
      .decrypted_alert(S, 100, warning)
      .decrypted_alert(C, 40)
      .client_fin();
  i.passes_on(Leg::server, 40);
  const Verdict verdict = i.verdict();
  INFO(shown(verdict));
  CHECK(verdict.phase == Phase::renegotiation);
  CHECK(verdict.closer == Closer::client);
  CHECK(verdict.cause == Cause::renegotiation_refused);
  CHECK(has_alternative(verdict, Cause::proxy_limit));
  CHECK(tells(verdict, "this proxy carries out no second handshake"));
}

TEST_CASE("no certificate is blamed before one was shown") {
  using enum Cause;
  const auto left = [](std::chrono::milliseconds pause, auto server_side) {
    return [=](Intercepted& i) {
      server_side(i);
      i.client().pause(pause).client_fin();
      i.closes(Leg::server);
    };
  };
  const auto nothing = [](Intercepted& i) { i.hello(); };
  const auto complete = [](Intercepted& i) { i.hello().server_handshake13(); };
  const InterceptedScenario scenarios[] = {
      {"the server does not answer", left(std::chrono::seconds{5}, nothing), Leg::client,
       Closer::client, Phase::client_hello, Mechanism::timeout, server_silent},
      {"the proxy does not answer in time", left(std::chrono::seconds{5}, complete), Leg::client,
       Closer::client, Phase::client_hello, Mechanism::timeout, proxy_limit},
      {"the client does not wait at all", left(std::chrono::milliseconds{5}, complete), Leg::client,
       Closer::client, Phase::client_hello, Mechanism::fin, unknown},
  };
  for (const auto& scenario : scenarios) check(scenario);
}

TEST_CASE("a certificate that only this machine does not trust was the proxy's to show") {
  for (const auto id : {ProblemId::untrusted_root, ProblemId::missing_intermediate}) {
    const Problems problems = {problem(id)};
    Intercepted i;
    i.by_system_store()
        .hello()
        .server_handshake12({certificate("www.a.test", "Acme CA")}, problems)
        .shown12(Intercepted::mirrored(problems));
    i.client().alert(C, 48).client_fin();
    i.passes_on(Leg::server, 48);
    const Verdict verdict = i.verdict();
    INFO(shown(verdict));
    CHECK(verdict.closer == Closer::client);
    CHECK(verdict.confidence == Confidence::low);
    CHECK(has_alternative(verdict, Cause::proxy_cert_untrusted));
    CHECK(verdict.hint.proxy.find("If the client trusts \"CN=Acme CA\"") != std::string::npos);
    CHECK(verdict.hint.proxy.find("--trust FILE") != std::string::npos);
    REQUIRE(verdict.masking);
    CHECK(verdict.masking->find("this machine's store of authorities") != std::string::npos);
  }
}

TEST_CASE("a name that the proxy sent in a silent client's stead counts") {
  for (const bool named : {true, false}) {
    parser::ClientHello clients = hello_openssl();
    clients.sni.clear();
    clients.sni_state = parser::SniState::absent;
    parser::ClientHello proxys = Intercepted::hello_proxy(clients);
    if (named) {
      proxys.sni = "www.a.test";
      proxys.sni_state = parser::SniState::present;
    }
    const Problems other_name{problem(ProblemId::name_mismatch)};
    Intercepted i;
    i.hello(clients, proxys)
        .server_handshake13({certificate("c.test", "Root")}, other_name)
        .shown13(Intercepted::mirrored(other_name));
    i.client().decrypted_alert(C, 42).client_fin();
    i.passes_on(Leg::server, 42);
    const Verdict verdict = i.verdict();
    INFO(shown(verdict));
    CHECK(verdict.cause == (named ? Cause::server_cert_name_mismatch : Cause::sni_missing));
    CHECK(verdict.insertion.has_value() != named);
  }
}
