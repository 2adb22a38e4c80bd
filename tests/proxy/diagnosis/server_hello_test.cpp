#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>

#include "support/other_hellos.hpp"
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
      {"OpenSSL 3 offers TLS 1.0 and cannot use it at its security level",
       [](auto& c) {
         c.client_says(hello_openssl(parser::tls10))
             .server_says(server_hello(parser::tls10, 0xc014))
             .server_shows(good_chain())
             .key_exchange({.group = parser::NamedGroup{0x001d}, .dh_prime_bits = {}, .scheme = {}})
             .done()
             .alert(C, 80)
             .client_rst();
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
      {"T45, when the client is faster than the ServerHello",
       [](auto& c) {
         c.client_says(hello_jsse()).alert(S, 112, warning).alert(C, 40).client_fin();
       },
       Closer::client,
       {Phase::client_hello},
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
      {"a compression method that was not offered, to a client that resets",
       [](auto& c) {
         auto answer = tls12_hello();
         answer.compression = {1};
         c.client_says(hello_openssl()).server_says(answer).server_shows(good_chain()).client_rst();
       },
       Closer::client,
       {Phase::server_hello},
       Mechanism::rst,
       {Cause::protocol_violation}},
      {"a ChangeCipherSpec against its format, in answer to the client's Finished",
       [](auto& c) {
         c.client_says(hello_openssl(parser::tls12, parser::tls12)).server_flight();
         c.key_exchange_and_finished().says(S, parser::Malformed{"ChangeCipherSpec", "type", 2000});
         c.hidden_alert(C).client_fin();
       },
       Closer::client,
       {Phase::key_exchange},
       Mechanism::alert_encrypted,
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
      {"thirteen good certificates to PHP and wolfSSL, which then miss the issuer",
       [](auto& c) {
         Chain chain(13, certificate("CA", "Root"));
         c.client_says(hello_openssl()).server_flight(chain).alert(C, 48).client_fin();
       },
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_chain_too_long}},
      {"thirteen certificates that end at a root which is not trusted",
       [](auto& c) {
         Chain chain(13, certificate("CA", "Root"));
         c.client_says(hello_openssl())
             .server_flight(chain, {problem(ProblemId::untrusted_root, 12)})
             .alert(C, 48)
             .client_fin();
       },
       Closer::client,
       {Phase::server_auth},
       Mechanism::alert_fatal,
       {Cause::server_cert_untrusted_ca}},
  };
  for (const Scenario& scenario : scenarios) check(scenario);
}

TEST_CASE("what a client insists on, and the server's hello lacks") {
  const auto refused = [](parser::ClientHello hello, parser::ExtensionType lacking,
                          std::vector<certs::Problem> problems = {}) {
    parser::ServerHello answer = tls12_hello();
    std::erase(answer.extensions, lacking);
    Conversation c;
    c.client_says(std::move(hello)).server_says(answer).server_shows(good_chain());
    c.judged(S, std::move(problems)).done().alert(C, 40).client_fin();
    return diagnose(c.timeline());
  };
  constexpr parser::ExtensionType extended_master_secret{23};
  constexpr parser::ExtensionType renegotiation_info{0xff01};

  const Verdict jsse = refused(hello_jsse(parser::tls12, parser::tls12), extended_master_secret);
  INFO(shown(jsse));
  CHECK(jsse.cause == Cause::ems_required);
  CHECK(jsse.confidence == Confidence::medium);
  CHECK(has_alternative(jsse, Cause::server_cert_rejected));
  CHECK(refused(hello_gnutls(), extended_master_secret).confidence == Confidence::low);
  CHECK(refused(hello_gnutls(), extended_master_secret, {problem(ProblemId::expired)}).cause ==
        Cause::server_cert_expired);

  CHECK(refused(hello_openssl(), renegotiation_info).confidence == Confidence::certain);
  const Verdict gnutls = refused(hello_gnutls(), renegotiation_info);
  CHECK(gnutls.cause == Cause::unsafe_legacy_renegotiation);
  CHECK(has_alternative(gnutls, Cause::server_cert_rejected));
}

TEST_CASE("an extension that was not offered explains no alert about something else") {
  const auto answered = [](std::uint8_t number, std::vector<certs::Problem> problems = {}) {
    Conversation c;
    auto answer = tls12_hello();
    answer.extensions.push_back({0x1234});
    c.client_says(hello_openssl()).server_says(answer).server_shows(good_chain(), problems);
    c.key_exchange({.group = parser::NamedGroup{0x001d},
                    .dh_prime_bits = {},
                    .scheme = parser::SignatureScheme{0x0804}});
    c.done().alert(C, number).client_fin();
    return diagnose(c.timeline());
  };
  CHECK(answered(110).cause == Cause::protocol_violation);
  CHECK(answered(110).confidence == Confidence::certain);
  CHECK(answered(51).cause == Cause::server_cert_key_mismatch);
  CHECK(answered(45, {problem(ProblemId::expired)}).cause == Cause::server_cert_expired);
}

TEST_CASE("a signature scheme that was not offered is told") {
  Conversation c;
  c.client_says(hello_openssl()).server_says(tls12_hello()).server_shows(good_chain());
  c.key_exchange({.group = parser::NamedGroup{0x001d},
                  .dh_prime_bits = {},
                  .scheme = parser::SignatureScheme{0x0201}});
  c.done().alert(C, 47).client_fin();
  const Verdict verdict = diagnose(c.timeline());
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::protocol_violation);
  CHECK(verdict.confidence == Confidence::certain);
}

TEST_CASE("a client that leaves an old version without a word may forbid what it signs with") {
  for (const parser::ProtocolVersion version : {parser::tls11, parser::tls12}) {
    Conversation c;
    c.client_says(hello_openssl(parser::tls10)).server_says(server_hello(version, 0xc014));
    c.server_shows(good_chain());
    c.key_exchange({.group = parser::NamedGroup{0x001d}, .dh_prime_bits = {}, .scheme = {}});
    const Verdict verdict = diagnose(c.done().client_fin().timeline());
    INFO(shown(verdict));
    CHECK(verdict.cause == Cause::server_cert_rejected);
    CHECK(verdict.confidence == Confidence::low);
    CHECK(has_alternative(verdict, Cause::no_shared_version) == (version == parser::tls11));
  }
}

TEST_CASE("a group or an application protocol that was not offered is told by its name") {
  struct Case {
    std::string name;
    std::vector<std::uint16_t> groups;
    std::vector<std::string> offered;
    std::optional<std::string> chosen;
    std::uint8_t number;
    Confidence confidence;
    std::string told;
  };
  const std::vector<std::uint16_t> usual{0x001d, 0x0017};
  const Case cases[] = {
      {"OpenSSL (wrong curve)", {0x001a}, {}, {}, 47, Confidence::certain, "x25519 (0x001d)"},
      {"Go before 1.20", {0x001a}, {}, {}, 10, Confidence::high, "x25519 (0x001d)"},
      {"OpenSSL (bad extension)",
       usual,
       {"h2", "http/1.1"},
       "echo/0.1",
       50,
       Confidence::high,
       "\"echo/0.1\" (ALPN)"},
      {"Go", usual, {"h2"}, "echo/0.1", 110, Confidence::high, "\"h2\""},
      {"none was offered", usual, {}, "h2", 47, Confidence::certain, "the client offers none"},
  };
  for (const Case& each : cases) {
    auto hello = hello_openssl(parser::tls12, parser::tls12);
    hello.groups.clear();
    for (const std::uint16_t group : each.groups) hello.groups.push_back({group});
    hello.alpn = each.offered;
    auto answer = tls12_hello();
    answer.alpn = each.chosen;
    Conversation c;
    c.client_says(hello).server_says(answer).server_shows(good_chain());
    c.key_exchange({.group = parser::NamedGroup{0x001d},
                    .dh_prime_bits = {},
                    .scheme = parser::SignatureScheme{0x0804}});
    c.done().alert(C, each.number).client_fin();
    const Verdict verdict = diagnose(c.timeline());
    INFO(each.name << "\n" << shown(verdict));
    CHECK(verdict.cause == Cause::protocol_violation);
    CHECK(verdict.confidence == each.confidence);
    CHECK(std::ranges::any_of(verdict.evidence, [&](const std::string& sentence) {
      return sentence.find(each.told) != std::string::npos;
    }));
  }
}

TEST_CASE("a client that answered the server's flight took the application protocol") {
  auto answer = tls12_hello();
  answer.alpn = "echo/0.1";
  Conversation c;
  c.client_says(hello_openssl(parser::tls12, parser::tls12)).server_says(answer);
  c.server_shows(good_chain());
  c.key_exchange({.group = parser::NamedGroup{0x001d},
                  .dh_prime_bits = {},
                  .scheme = parser::SignatureScheme{0x0804}});
  c.done().key_exchange_and_finished().client_fin();
  const Verdict verdict = diagnose(c.timeline());
  INFO(shown(verdict));
  CHECK(verdict.cause != Cause::protocol_violation);
}

TEST_CASE("a warning about the name explains the failure of no stack that ignores it") {
  Conversation c;
  c.client_says(hello_openssl()).alert(S, 112, warning).server_flight().alert(C, 40).client_fin();
  const Verdict verdict = diagnose(c.timeline());
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::server_cert_rejected);
}

TEST_CASE("what the server shows must be a certificate") {
  const auto shown_chain = [](const Chain& chain, std::uint8_t number) {
    Conversation c;
    c.client_says(hello_openssl()).server_flight(chain).alert(C, number).client_fin();
    return diagnose(c.timeline());
  };
  Chain broken = good_chain();
  broken[0].error = "Certificate: not a SEQUENCE, at offset 0";
  constexpr std::uint8_t numbers[] = {42, 50, 46, 10};
  for (const std::uint8_t number : numbers) {
    CHECK(shown_chain(broken, number).cause == Cause::server_cert_rejected);
    CHECK(shown_chain(broken, number).confidence == Confidence::high);
    CHECK(shown_chain({}, number).cause == Cause::protocol_violation);
  }
}

TEST_CASE("a server that stops in the middle of its flight is silent, whoever closes") {
  Conversation c;
  c.client_says(hello_openssl(parser::tls12, parser::tls12))
      .server_says(server_hello(parser::tls11, 0xc014))
      .pause(std::chrono::seconds{5})
      .client_fin();
  const Verdict verdict = diagnose(c.timeline());
  INFO(shown(verdict));
  CHECK(verdict.closer == Closer::client);
  CHECK(verdict.phase == Phase::server_hello);
  CHECK(verdict.mechanism == Mechanism::timeout);
  CHECK(verdict.cause == Cause::server_silent);
}

TEST_CASE("JSSE's user_canceled does not hide how long it had waited") {
  const auto gives_up = [](Conversation& c) {
    c.pause(std::chrono::seconds{10}).alert(C, 90, warning).alert(C, 0, warning).client_fin();
    return diagnose(c.timeline());
  };
  Conversation unanswered;
  Conversation stalled;
  unanswered.client_says(hello_jsse());
  stalled.client_says(hello_jsse()).server_says(tls12_hello());
  for (Conversation* conversation : {&unanswered, &stalled}) {
    const Verdict verdict = gives_up(*conversation);
    INFO(shown(verdict));
    CHECK(verdict.mechanism == Mechanism::alert_warning);
    CHECK(verdict.cause == Cause::server_silent);
  }
}

TEST_CASE("the first bytes of an alert do not hide how long its sender had waited") {
  Conversation c;
  c.first_bytes(C, parser::Protocol::tls, "\x16\x03\x01");
  c.pause(std::chrono::seconds{10}).first_bytes(S, parser::Protocol::tls, "\x15\x03\x03");
  c.alert(S, 90, warning).alert(S, 0, warning).server_fin();
  const Verdict verdict = diagnose(c.timeline());
  INFO(shown(verdict));
  CHECK(verdict.phase == Phase::pre_hello);
  CHECK(verdict.cause == Cause::client_silent);
}

TEST_CASE("a server that gives up without naming a fault proves none") {
  for (const auto& [number, level] : {std::pair{std::uint8_t{0}, warning},
                                      std::pair{std::uint8_t{40}, parser::alert_level::fatal}}) {
    Conversation c;
    c.client_says(hello_openssl(parser::tls12, parser::tls12)).server_flight(good_chain(), {});
    const Verdict verdict = diagnose(c.alert(S, number, level).server_fin().timeline());
    INFO(shown(verdict));
    CHECK(verdict.phase == Phase::server_auth);
    CHECK(verdict.cause == Cause::unknown);
    CHECK(verdict.confidence == Confidence::low);
    CHECK(has_alternative(verdict, Cause::internal_error));
  }
}

TEST_CASE("an SSL 2.0 handshake that went on did not end in the server's flight") {
  struct Case {
    bool client_went_on;
    bool server_went_on;
    bool said;
  };
  for (const Case& c : {Case{false, false, false}, Case{true, false, false},
                        Case{false, true, false}, Case{true, true, true}}) {
    parser::ClientHello client = hello_without_extensions(parser::ssl2);
    client.sslv2_format = true;
    parser::ServerHello server;
    server.sslv2_format = true;
    server.version = parser::ssl2;
    Conversation conversation;
    conversation.client_says(client).server_says(server);
    conversation.pause(std::chrono::milliseconds{20});
    if (c.client_went_on) conversation.sends(C, 140);
    if (c.server_went_on) conversation.sends(S, 60);
    const Verdict verdict = diagnose(conversation.server_fin().timeline());
    const auto tells = [&](std::string_view what) {
      return std::ranges::any_of(verdict.evidence, [&](const std::string& sentence) {
        return sentence.find(what) != std::string::npos;
      });
    };
    INFO(shown(verdict));
    CHECK(verdict.cause == Cause::unknown);
    CHECK(verdict.confidence == Confidence::low);
    CHECK(tells("both sides went on") == c.said);
    CHECK(tells("in the middle of its own flight") != c.said);
  }
}
