// What only both conversations of an intercepted connection tell: who was first, whose voice it
// was, and what the proxy hides.

#include "proxy/diagnosis/casting.hpp"
#include "proxy/diagnosis/text.hpp"
#include "support/intercepted.hpp"
#include "support/other_hellos.hpp"

using namespace legible;
using namespace legible::proxy;
using namespace legible::tests;

namespace {

/// A complete exchange, which the client ends in order.
void exchange(Intercepted& i) {
  i.hello().server_handshake13().shown13();
  i.client().client_finishes13_read().data_read(C);
  i.server().data_read(C).data_read(S);
  i.client().data_read(S).decrypted_alert(C, 0, warning).client_fin();
  i.server().decrypted_alert(C, 0, warning).client_fin();
  i.server().server_fin();
  i.client().server_fin();
}

bool mentions(const std::optional<std::string>& text, std::string_view part) {
  return text && text->find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("an intercepted success is known exactly") {
  using enum Cause;
  const InterceptedScenario scenarios[] = {
      {"the client had what it wanted",
       exchange,
       Leg::client,
       Closer::client,
       Phase::established,
       Mechanism::close_notify,
       client_satisfied,
       {},
       Outcome::ok,
       Confidence::high},
      {"the server closes in order",
       [](Intercepted& i) {
         i.hello().server_handshake13().shown13();
         i.client().client_finishes13_read().data_read(C);
         i.server().data_read(C).data_read(S).decrypted_alert(S, 0, warning).server_fin();
         i.client().data_read(S).decrypted_alert(S, 0, warning).server_fin();
         i.client().client_fin();
       },
       Leg::server,
       Closer::server,
       Phase::established,
       Mechanism::close_notify,
       none,
       {},
       Outcome::ok,
       Confidence::high},
      {"the server cuts its answer off",
       [](Intercepted& i) {
         i.hello().server_handshake12().shown12();
         i.client().key_exchange_and_finished().server_finishes().data_read(C);
         i.server().data_read(C).data_read(S).server_fin();
         i.client().data_read(S).server_fin();
         i.client().client_fin();
       },
       Leg::server,
       Closer::server,
       Phase::established,
       Mechanism::fin,
       truncated_close,
       {},
       Outcome::ok},
      {"a monitor",
       [](Intercepted& i) {
         i.hello().server_handshake13().shown13();
         i.client().client_finishes13_read().decrypted_alert(C, 0, warning).client_fin();
         i.passes_on(Leg::server, 0);
       },
       Leg::client,
       Closer::client,
       Phase::post_handshake,
       Mechanism::close_notify,
       tls_health_check,
       {},
       Outcome::ok,
       Confidence::high,
       [] {
         History history;
         history.connections = 8;
         history.interval_seconds = 5;
         return history;
       }()},
      {"a reset by the server in the middle of its answer",
       [](Intercepted& i) {
         i.hello().server_handshake13().shown13();
         i.client().client_finishes13_read().data_read(C);
         i.server().data_read(C).data_read(S).server_rst();
         i.client().data_read(S).server_rst();
       },
       Leg::server, Closer::server, Phase::established, Mechanism::rst, reset_after_close,
       truncated_close, Outcome::ok},
      {"an answer that may be a refusal inside",
       [](Intercepted& i) {
         i.hello();
         i.server()
             .server_flight13_read(good_chain(), {}, {{"Inter"}})
             .shows(C, {})
             .client_finishes13_read();
         i.shown13({}, {{"Inter"}});
         i.client().shows(C, {}).client_finishes13_read().data_read(C);
         i.server().data_read(C).data_read(S, 900);
         i.client().data_read(S, 900).decrypted_alert(C, 0, warning).client_fin();
         i.passes_on(Leg::server, 0);
       },
       Leg::client, Closer::client, Phase::established, Mechanism::close_notify, client_satisfied,
       proxy_no_client_cert, Outcome::ok, Confidence::medium},
  };
  for (const auto& scenario : scenarios) check(scenario);
}

TEST_CASE("the first event decides, and what follows is told as its consequence") {
  Intercepted i;
  i.hello().server_handshake13().shown13();
  i.client().decrypted_alert(C, 48).client_fin();
  i.passes_on(Leg::server, 48);
  i.server().decrypted_alert(S, 80).server_fin();
  const Verdict verdict = i.verdict();
  INFO(shown(verdict));
  CHECK(verdict.leg == Leg::client);
  CHECK(verdict.alert->from == Party::client);
  CHECK(tells(verdict, "the proxy then passed that alert on to the server"));
  CHECK(tells(verdict, "on the server's leg: TLS 1.3"));
}

TEST_CASE("what the client has against the proxy is told though the server was first") {
  Intercepted i;
  i.hello();
  i.server()
      .server_flight13_read(good_chain(), {}, {{"Inter"}})
      .shows(C, {})
      .client_finishes13_read()
      .decrypted_alert(S, 116)
      .server_fin();
  i.shown13();
  i.client().decrypted_alert(C, 48).client_fin();
  const Verdict verdict = i.verdict();
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::proxy_no_client_cert);
  CHECK(tells(verdict, "the client refused too"));
  CHECK(tells(verdict, "(proxy-cert-untrusted)"));
}

TEST_CASE("a refusal by the server that overtakes the client's leaving decides") {
  Intercepted i;
  i.hello();
  i.server()
      .server_flight13_read(good_chain(), {}, {{"Inter"}})
      .shows(C, {})
      .client_finishes13_read();
  i.shown13({}, {{"Inter"}});
  i.client()
      .shows(C, {certificate("partner", "Inter")})
      .proves()
      .client_finishes13_read()
      .data_read(C);
  i.server().data_read(C).decrypted_alert(S, 116).server_fin();
  i.passes_on(Leg::client, 116);
  const Verdict verdict = i.verdict();
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::proxy_no_client_cert);
  CHECK(verdict.closer == Closer::server);
  CHECK(tells(verdict, "the client presented \"CN=partner\" to the proxy"));
  CHECK(tells(verdict, "the client believed itself connected"));
  CHECK(tells(verdict, "the proxy then passed that alert on to the client"));
}

TEST_CASE("each leg has its own annotation") {
  Intercepted i;
  i.hello().server_handshake12().shown12();
  i.client().alert(C, 46).client_fin();
  i.passes_on(Leg::server, 46);
  const Verdict verdict = i.verdict();
  CHECK(verdict.client.reached == Phase::server_auth);
  CHECK(verdict.client.version == parser::tls12);
  CHECK(verdict.client.cipher == parser::CipherSuite{0xc030});
  CHECK(verdict.client.closed_by == Closer::client);
  CHECK(verdict.client.mechanism == Mechanism::alert_fatal);
  REQUIRE(verdict.client.alert);
  CHECK(verdict.client.alert->from == Party::client);
  CHECK(verdict.client.alert->leg == Leg::client);
  CHECK(verdict.client.bytes_in > 0);
  CHECK(verdict.client.bytes_out > 0);
  CHECK(verdict.server.reached == Phase::post_handshake);
  CHECK(verdict.server.closed_by == Closer::proxy);
  CHECK(verdict.server.mechanism == Mechanism::alert_fatal);
  REQUIRE(verdict.server.alert);
  CHECK(verdict.server.alert->from == Party::proxy);
  CHECK(verdict.server.alert->leg == Leg::server);
}

TEST_CASE("sentences name the proxy where it speaks for a side") {
  using diagnosis::in_place;
  CHECK(in_place("the client offers \"the client\"; the client's key", Scope::server_leg) ==
        "the proxy offers \"the client\"; the proxy's key");
  CHECK(in_place("the client refuses what the server sent", Scope::client_leg) ==
        "the client refuses what the proxy sent");
  CHECK(in_place("the client-hello of the clients", Scope::server_leg) ==
        "the client-hello of the clients");
  CHECK(in_place("the client spoke", Scope::relayed) == "the client spoke");

  Intercepted i;
  i.hello();
  i.server().server_flight_asking({"Inter"}).shows(C, {certificate("partner", "Foreign")});
  i.server().proves().key_exchange_and_finished().alert(S, 48).server_fin();
  i.passes_on(Leg::client, 48);
  const Verdict verdict = i.verdict();
  INFO(shown(verdict));
  CHECK(tells(verdict, "the proxy sent \"CN=partner\""));
  CHECK(verdict.summary.find("the proxy's certificate") != std::string::npos);
  CHECK(verdict.hint.proxy.find("--client-cert") != std::string::npos);
}

TEST_CASE("a hint names the settings of the client's stack, not of the proxy's") {
  Intercepted i;
  i.hello(hello_jsse(parser::tls13, parser::tls13));
  i.server().alert(S, 70).server_fin();
  i.passes_on(Leg::client, 70);
  CHECK(i.verdict().hint.client.find("JSSE") != std::string::npos);
}

TEST_CASE("what the proxy's own voice mended is told as masking") {
  const auto masked = [](parser::ClientHello clients, parser::ClientHello proxys,
                         parser::ServerHello choice) {
    Intercepted i;
    i.hello(std::move(clients), std::move(proxys));
    i.server().server_says(std::move(choice));
    return i.verdict().masking;
  };
  const parser::ClientHello usual = hello_openssl();
  const parser::ClientHello proxys = Intercepted::hello_proxy(usual);

  SECTION("nothing") { CHECK_FALSE(masked(usual, proxys, tls13_hello())); }
  SECTION("a complete exchange") {
    Intercepted i;
    exchange(i);
    CHECK_FALSE(i.verdict().masking);
  }
  SECTION("a version") {
    const auto text = masked(hello_openssl(parser::tls12, parser::tls12), proxys, tls13_hello());
    CHECK(mentions(text, "directly this would fail, because the server chose TLS 1.3"));
  }
  SECTION("a suite") {
    parser::ClientHello few = usual;
    few.ciphers = {{0x1302}};
    CHECK(mentions(masked(few, proxys, tls13_hello()), "TLS_AES_128_GCM_SHA256"));
  }
  SECTION("a group") {
    parser::ClientHello few = usual;
    few.groups = {{0x0018}};
    CHECK(mentions(masked(few, proxys, tls13_hello()), "x25519"));
  }
  SECTION("a protocol") {
    parser::ServerHello choice = tls12_hello();
    choice.alpn = "h2";
    CHECK(mentions(masked(usual, proxys, choice), "the application protocol \"h2\""));
  }
  SECTION("keys that the client exports from its own TLS") {
    parser::ClientHello nts = hello_openssl();
    nts.alpn = {"ntske/1"};
    parser::ServerHello choice = tls12_hello();
    choice.alpn = "ntske/1";
    CHECK(mentions(masked(nts, Intercepted::hello_proxy(nts), choice), "not the server's"));
  }
  SECTION("a name that the client does not send") {
    parser::ClientHello nameless = usual;
    nameless.sni.clear();
    nameless.sni_state = parser::SniState::absent;
    CHECK(mentions(masked(nameless, proxys, tls13_hello()), "the client sends no server name"));
  }
  SECTION("another name") {
    parser::ClientHello other = usual;
    other.sni = "localhost";
    CHECK(mentions(masked(other, proxys, tls13_hello()), "the client asks for \"localhost\""));
  }
  SECTION("no name where the client sends one") {
    parser::ClientHello nameless = proxys;
    nameless.sni.clear();
    CHECK(mentions(masked(usual, nameless, tls13_hello()), "sent the server no name"));
  }
  SECTION("a warning that the name is unknown") {
    Intercepted i;
    i.hello(usual, proxys);
    i.server().alert(S, 112, warning).server_says(tls12_hello());
    CHECK(mentions(i.verdict().masking, "unrecognized_name"));
    CHECK(mentions(i.verdict().masking, "directly this may end in another way"));
  }
  SECTION("a hello in pieces") {
    parser::ClientHello pieces = usual;
    pieces.records = 3;
    CHECK(mentions(masked(pieces, proxys, tls13_hello()), "comes in 3 records"));
  }
  SECTION("a key share that the client does not send") {
    parser::ClientHello other_share = usual;
    other_share.key_shares = {{0x0017}};
    CHECK(mentions(masked(other_share, proxys, tls13_hello()), "HelloRetryRequest"));
  }
  SECTION("a bad certificate that the client is not shown") {
    Intercepted i;
    i.hello()
        .server_handshake13(good_chain(), {problem(ProblemId::expired)})
        .shown13(certs::accept_plan());
    i.client().client_finishes13_read().data_read(C);
    CHECK(mentions(i.verdict().masking, "directly this would fail"));
    CHECK(mentions(i.verdict().masking, "--bad-server-cert accept"));
  }
  SECTION("a certificate that demands stapling, and a long chain") {
    Chain chain(12, good_chain().back());
    chain.front() = good_chain().front();
    chain.front().must_staple = true;
    Intercepted i;
    i.hello().server_handshake13(chain).shown13();
    CHECK(mentions(i.verdict().masking, "directly this may end in another way"));
    CHECK(mentions(i.verdict().masking, "stapled OCSP answer"));
    CHECK(mentions(i.verdict().masking, "12 certificates"));
  }
  SECTION("a rule that the server's hello breaks") {
    parser::ServerHello broken = tls13_hello();
    broken.violation = parser::DecodeError{"extension_type", 60};
    CHECK(mentions(masked(usual, proxys, broken), "breaks a rule at \"extension_type\""));
  }
  SECTION("a rule that the client's hello breaks") {
    parser::ClientHello broken = usual;
    broken.violation = parser::DecodeError{"server_name", 60};
    CHECK(mentions(masked(broken, proxys, tls13_hello()), "breaks a rule at \"server_name\""));
  }
  SECTION("signature algorithms that the client does not list") {
    parser::ClientHello without = usual;
    without.signature_algorithms.clear();
    CHECK(mentions(masked(without, proxys, tls12_hello()), "stands for SHA-1"));
    CHECK_FALSE(masked(without, proxys, tls13_hello()));
  }
  const auto masked_chain = [](const Chain& chain) {
    Intercepted i;
    i.hello().server_handshake13(chain).shown13();
    return i.verdict().masking;
  };
  Chain chain = good_chain();
  chain.back().der = {1};
  chain.back().subject.der = chain.front().issuer.der = {0x30, 1};
  SECTION("two certificates of one issuer") {
    CHECK_FALSE(masked_chain(chain));
    chain.push_back(chain.back());
    CHECK_FALSE(masked_chain(chain));
    chain.back().der = {2};
    CHECK(mentions(masked_chain(chain), "several certificates of"));
  }
  SECTION("key identifiers that differ") {
    chain.front().authority_key_id = {1};
    chain.back().subject_key_id = {1};
    CHECK_FALSE(masked_chain(chain));
    chain.back().subject_key_id = {2};
    CHECK(mentions(masked_chain(chain), "authorityKeyIdentifier"));
  }
  SECTION("a client certificate of the proxy's") {
    Intercepted i;
    i.hello();
    i.server()
        .server_flight13_read(good_chain(), {}, {{"Inter"}})
        .shows(C, {certificate("gateway", "Inter")})
        .client_finishes13_read();
    i.shown13({}, {{"Inter"}});
    i.client().shows(C, {}).client_finishes13_read().data_read(C);
    CHECK(
        mentions(i.verdict().masking, "got the proxy's, \"CN=gateway\"; the client presents none"));
  }
  SECTION("a client certificate that cannot be passed on") {
    Intercepted i;
    i.hello();
    i.server()
        .server_flight13_read(good_chain(), {}, {{"Inter"}})
        .shows(C, {})
        .client_finishes13_read();
    i.shown13({}, {{"Inter"}});
    i.client().shows(C, {certificate("partner", "Inter")}).client_finishes13_read().data_read(C);
    CHECK(mentions(i.verdict().masking, "could not be passed on"));
  }
}

TEST_CASE("who was first is told by the order of events, not by a clock that may be set") {
  Intercepted i;
  i.hello().server_handshake12().shown12();
  i.client().alert(C, 46).client_fin();
  // The clock is set back between the client's alert and its consequence.
  Conversation& server = i.server();
  server.pause(std::chrono::hours{-1}).alert(C, 46).client_fin();
  const Verdict verdict = i.verdict();
  INFO(shown(verdict));
  CHECK(verdict.closer == Closer::client);
  CHECK(tells(verdict, "the proxy then passed that alert on to the server"));
}

TEST_CASE("a peer cannot end the quotation in which its name stands") {
  using diagnosis::in_place;
  const std::string sentence =
      "the client asks for " + diagnosis::quoted("a\"the client\" the client");
  CHECK(sentence == R"(the client asks for "a\x22the client\x22 the client")");
  CHECK(in_place(sentence, Scope::server_leg) ==
        R"(the proxy asks for "a\x22the client\x22 the client")");
}

TEST_CASE("a refusal inside the tunnel is one, whoever closes first after it") {
  constexpr std::uint16_t page_of_nginx = 389 + 24;
  const auto asked = [](Intercepted& i) {
    i.hello();
    i.server().server_flight_asking({"Inter"}).shows(C, {});
    i.server().key_exchange_and_finished().server_finishes();
    i.shown12();
    i.client().key_exchange_and_finished().server_finishes().data_read(C);
    i.server().data_read(C).data_read(S, page_of_nginx);
    i.client().data_read(S, page_of_nginx);
  };
  const auto client_first = [&](Intercepted& i) {
    asked(i);
    i.client().decrypted_alert(C, 0, warning).client_fin();
    i.server().decrypted_alert(C, 0, warning).client_fin().server_fin();
  };
  const auto server_first = [&](Intercepted& i) {
    asked(i);
    i.server().decrypted_alert(S, 0, warning).server_fin();
    i.client().decrypted_alert(S, 0, warning).server_fin();
  };
  for (const auto& connection : {std::function<void(Intercepted&)>(client_first),
                                 std::function<void(Intercepted&)>(server_first)}) {
    check(InterceptedScenario{"",
                              connection,
                              Leg::server,
                              Closer::server,
                              Phase::established,
                              Mechanism::app_refusal,
                              Cause::proxy_no_client_cert,
                              {},
                              Outcome::failed,
                              Confidence::medium});
  }
}

TEST_CASE("what auto learns needs no advice") {
  Intercepted i;
  i.client().note(S, Target{"www.a.test", 443, "intercept", "--mode auto"});
  i.hello().server_handshake12().shown12();
  i.client().alert(C, 48).client_fin();
  i.passes_on(Leg::server, 48);
  const Verdict verdict = i.verdict();
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::proxy_cert_untrusted);
  CHECK(verdict.hint.proxy.starts_with("Repeat the call"));
}
