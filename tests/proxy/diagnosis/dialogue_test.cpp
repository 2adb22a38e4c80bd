#include <catch2/matchers/catch_matchers_string.hpp>

#include "support/dialogue_scenario.hpp"
#include "support/intercepted.hpp"

using namespace legible;
using namespace legible::proxy;
using namespace legible::tests;
using Catch::Matchers::ContainsSubstring;
using namespace std::chrono_literals;

TEST_CASE("a service that does not begin TLS, and a client that leaves for it") {
  using parser::Protocol;
  struct Case {
    Protocol protocol;
    std::string greeting;
    std::vector<parser::Dialogue::Line> lines;
    Cause cause;
  };
  const Case cases[] = {
      {Protocol::smtp,
       "220 mail",
       {{C, "EHLO x"}, {S, "250-mail"}, {S, "250 SIZE"}, {C, "QUIT"}, {S, "221 bye"}},
       Cause::starttls_not_offered},
      {Protocol::smtp,
       "220 mail",
       {{C, "EHLO x"}, {S, "250-mail"}, {S, "250 SIZE"}, {C, "MAIL"}, {S, "250 ok"}},
       Cause::none},
      {Protocol::smtp,
       "220 mail",
       {{C, "EHLO x"}, {S, "250-mail"}, {S, "250 STARTTLS"}, {C, "QUIT"}, {S, "221 bye"}},
       Cause::none},
      {Protocol::smtp,
       "220 mail",
       {{C, "EHLO x"}, {S, "250 STARTTLS"}, {C, "STARTTLS"}, {S, "454 not now"}, {C, "QUIT"}},
       Cause::starttls_refused},
      {Protocol::smtp,
       "220 mail",
       {{C, "EHLO x"}, {S, "250 STARTTLS"}, {C, "STARTTLS"}, {S, "454 not now"}, {C, "MAIL"}},
       Cause::none},
      {Protocol::smtp, "220 mail", {{C, "NOOP"}, {S, "250 ok"}, {C, "QUIT"}}, Cause::none},
      {Protocol::imap, "* OK ready", {{C, "a STARTTLS"}, {S, "a NO off"}}, Cause::starttls_refused},
      {Protocol::imap, "* OK [CAPABILITY IMAP4rev1]", {{C, "a LOGOUT"}, {S, "a OK"}}, Cause::none},
      {Protocol::ftp,
       "220 ftp",
       {{C, "AUTH TLS"}, {S, "530 Please login with USER and PASS."}},
       Cause::starttls_refused},
      {Protocol::ldap,
       "",
       {{C, "extendedRequest 1.3.6.1.4.1.1466.20037 (StartTLS)"},
        {S, "extendedResponse resultCode 2"},
        {C, "unbindRequest"}},
       Cause::starttls_refused},
      {Protocol::tds,
       "",
       {{C, "PRELOGIN encryption on"}, {S, "PRELOGIN encryption not supported"}},
       Cause::starttls_refused},
      {Protocol::xmpp,
       "<stream:stream",
       {{C, "<stream:stream>"}, {C, "<starttls/>"}, {S, "<failure/>"}},
       Cause::starttls_refused},
  };
  for (const Case& c : cases) {
    const Verdict verdict = on_dialogue(c.protocol, c.greeting, c.lines);
    INFO(c.lines.front().text << "\n" << shown(verdict));
    CHECK(verdict.cause == c.cause);
    CHECK(verdict.outcome == Outcome::not_tls);
  }
}

TEST_CASE("TLS that was granted and not begun") {
  using parser::Protocol;
  struct Case {
    Protocol protocol;
    std::vector<parser::Dialogue::Line> lines;
    std::string words;
  };
  const Case cases[] = {
      {Protocol::smtp,
       {{S, "220 mail"}, {C, "EHLO x"}, {S, "250 STARTTLS"}, {C, "STARTTLS"}, {S, "220 go"}},
       "220 go"},
      {Protocol::imap, {{S, "* OK ready"}, {C, "a STARTTLS"}, {S, "a OK begin"}}, "a OK begin"},
      {Protocol::pop3, {{S, "+OK ready"}, {C, "STLS"}, {S, "+OK begin"}}, "+OK begin"},
      {Protocol::ftp, {{S, "220 ftp"}, {C, "AUTH TLS"}, {S, "234 go"}}, "234 go"},
      {Protocol::ldap,
       {{C, "extendedRequest 1.3.6.1.4.1.1466.20037 (StartTLS)"},
        {S, "extendedResponse resultCode 0"}},
       "resultCode 0"},
      {Protocol::postgresql, {{C, "SSLRequest"}, {S, "S"}}, "\"S\""},
      {Protocol::xmpp, {{C, "<starttls/>"}, {S, "<proceed xmlns='x'/>"}}, "<proceed"},
  };
  struct End {
    Leg by;
    std::chrono::milliseconds after;
    Cause cause;
    Confidence confidence;
    Mechanism mechanism;
  };
  const End ends[] = {
      {C, 5ms, Cause::client_silent, Confidence::medium, Mechanism::fin},
      {C, 60s, Cause::client_silent, Confidence::high, Mechanism::timeout},
      {S, 5ms, Cause::server_drops_hello, Confidence::low, Mechanism::fin},
      {S, 60s, Cause::client_silent, Confidence::high, Mechanism::timeout},
  };
  for (const Case& c : cases) {
    for (const End& end : ends) {
      Conversation conversation;
      conversation.first_bytes(C, c.protocol, c.lines.front().text)
          .first_bytes(S, c.protocol, c.lines.back().text)
          .pause(end.after);
      end.by == C ? conversation.client_fin().server_fin() : conversation.server_fin().client_fin();
      said(conversation, c.protocol, c.lines);
      const Verdict verdict = diagnose(conversation.timeline(), {});
      INFO(c.lines.front().text << "\n" << shown(verdict));
      CHECK(verdict.cause == end.cause);
      CHECK(verdict.confidence == end.confidence);
      CHECK(verdict.mechanism == end.mechanism);
      CHECK_THAT(verdict.evidence.at(1), ContainsSubstring(c.words));
    }
  }
  History regular;
  regular.connections = 5;
  regular.interval_seconds = 30;
  CHECK(on_dialogue(Protocol::pop3, "+OK hi", {{C, "STLS"}, {S, "+OK begin"}}, regular).cause ==
        Cause::none);
}

TEST_CASE("what was said in clear before TLS is no part of the answer to a hello") {
  Conversation c;
  c.first_bytes(S, parser::Protocol::smtp, "220 mail");
  c.first_bytes(C, parser::Protocol::smtp, "STARTTLS");
  const std::uint64_t in_clear = c.timeline().flow(S).bytes;
  parser::Dialogue dialogue;
  dialogue.protocol = parser::Protocol::smtp;
  dialogue.lines = {{S, "220 mail"}, {C, "STARTTLS"}, {S, "220 go"}};
  dialogue.bytes = {0, in_clear};
  c.says(C, std::make_shared<const parser::Dialogue>(std::move(dialogue)), 0);
  c.client_says(hello_openssl());

  SECTION("the server closes at once") {
    const Verdict verdict = diagnose(c.server_fin().timeline());
    INFO(shown(verdict));
    CHECK(verdict.cause == Cause::server_drops_hello);
    CHECK(verdict.confidence == Confidence::medium);
    CHECK_THAT(verdict.evidence.at(1), ContainsSubstring("no byte came from the server"));
  }
  SECTION("the server says nothing more") {
    const Verdict verdict = diagnose(c.pause(30s).client_fin().timeline());
    INFO(shown(verdict));
    CHECK(verdict.cause == Cause::server_silent);
    CHECK_THAT(verdict.evidence.at(1), ContainsSubstring("the server sent no byte"));
  }
}

TEST_CASE("TDS that encrypted the log-in alone goes on in clear") {
  Conversation c;
  c.first_bytes(C, parser::Protocol::tds, "\x12").first_bytes(S, parser::Protocol::tds, "\x04");
  said(c, parser::Protocol::tds, {{C, "PRELOGIN encryption off"}, {S, "PRELOGIN encryption off"}});
  c.client_says(hello_openssl(parser::tls12, parser::tls12)).handshake12().data(C);
  c.first_bytes(S, parser::Protocol::tds, "\x04").client_fin().server_fin();
  const Verdict verdict = diagnose(c.timeline());
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::none);
  CHECK(verdict.outcome == Outcome::ok);
  CHECK(verdict.closer == Closer::client);
}

TEST_CASE("a refusal of TLS is told, though the client went on in clear") {
  const Verdict verdict = on_dialogue(parser::Protocol::postgresql, "",
                                      {{C, "SSLRequest"}, {S, "N"}, {C, "StartupMessage"}});
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::none);
  CHECK(std::ranges::any_of(verdict.evidence, [](const std::string& sentence) {
    return sentence.find("went on in clear") != std::string::npos;
  }));
}

TEST_CASE("a monitor that greets a mail server and goes is no failure") {
  History history;
  history.connections = 4;
  history.interval_seconds = 60;
  const Verdict verdict = on_dialogue(parser::Protocol::smtp, "220 mail",
                                      {{C, "EHLO x"}, {S, "250 SIZE"}, {C, "QUIT"}}, history);
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::none);
}

TEST_CASE("what fails after a dialogue is told as what fails without one") {
  const auto upgraded = [](Conversation& c) -> Conversation& {
    c.first_bytes(S, parser::Protocol::smtp, "220 mail\r\n");
    c.first_bytes(C, parser::Protocol::smtp, "STARTTLS\r\n");
    said(c, parser::Protocol::smtp, {{S, "220 mail"}, {C, "STARTTLS"}, {S, "220 go"}});
    return c;
  };
  Conversation dropped;
  upgraded(dropped).client_says(hello_openssl()).server_fin();
  Conversation refused;
  upgraded(refused).client_says(hello_openssl()).alert(S, 40).server_fin();
  Conversation silent;
  upgraded(silent).client_says(hello_openssl()).pause(std::chrono::seconds{10}).client_fin();
  CHECK(diagnose(dropped.timeline()).cause == Cause::server_drops_hello);
  CHECK(diagnose(refused.timeline()).phase == Phase::client_hello);
  CHECK(diagnose(refused.timeline()).outcome == Outcome::failed);
  CHECK(diagnose(silent.timeline()).cause == Cause::server_silent);

  Conversation gave_up;
  upgraded(gave_up).client_says(hello_openssl()).server_flight13().client_finishes13();
  gave_up.note(C, parser::Observation{parser::HandshakeDone{}});
  gave_up.says(C, parser::Malformed{.what = "record", .field = "type"});
  gave_up.client_fin();
  const Verdict verdict = diagnose(gave_up.timeline());
  INFO(shown(verdict));
  CHECK(verdict.closer == Closer::client);
  CHECK(verdict.cause == Cause::server_cert_rejected);
  CHECK(has_alternative(verdict, Cause::server_cert_name_mismatch));
}

TEST_CASE("TLS behind a dialogue that is not known is judged as any other") {
  using parser::Protocol;
  const auto begin = [](Conversation& c) -> Conversation& {
    return c.first_bytes(C, Protocol::unknown, "\x03").first_bytes(S, Protocol::unknown, "\x03");
  };
  Conversation none;
  const Verdict in_clear = diagnose(begin(none).client_fin().timeline());
  INFO(shown(in_clear));
  CHECK(in_clear.outcome == Outcome::not_tls);
  CHECK(in_clear.closer == Closer::client);
  CHECK(in_clear.confidence == Confidence::medium);
  CHECK(has_alternative(in_clear, Cause::starttls_refused));

  Conversation refused;
  said(begin(refused), Protocol::unknown, {{C, "19 bytes"}, {S, "19 bytes"}});
  refused.client_says(hello_openssl()).server_flight().alert(C, 45).client_fin();
  const Verdict verdict = diagnose(refused.timeline());
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::clock_skew);
  CHECK(verdict.closer == Closer::client);
  CHECK(verdict.phase == Phase::server_auth);
}

TEST_CASE("bytes that are no TLS are told from TLS that fails") {
  const Scenario scenarios[] = {
      {"T48",
       [](auto& c) { c.first_bytes(C, parser::Protocol::http, "GET / HTTP/1.1\r\n").server_fin(); },
       Closer::server,
       {Phase::pre_hello},
       Mechanism::fin,
       {Cause::plain_http_to_tls},
       Outcome::not_tls},
      {"T49",
       [](auto& c) {
         c.first_bytes(C, parser::Protocol::http, "GET / HTTP/1.1\r\n")
             .first_bytes(S, parser::Protocol::http, "HTTP/1.1 400 Bad Request");
         auto http = std::make_shared<parser::PlainHttp>();
         http->status = 400;
         http->server = "nginx/1.22.1";
         http->text = "<title>400 The plain HTTP request was sent to HTTPS port</title>";
         c.says(S, parser::Shared<parser::PlainHttp>(http)).server_fin();
       },
       Closer::server,
       {Phase::pre_hello},
       Mechanism::plaintext_reply,
       {Cause::plain_http_to_tls},
       Outcome::not_tls},
      {"nginx complains in HTTP of a ChangeCipherSpec before the hello",
       [](auto& c) {
         c.first_bytes(C, parser::Protocol::tls, std::string("\x14\x03\x03\0\x01\x01", 6));
         c.client_says(hello_openssl());
         c.first_bytes(S, parser::Protocol::http, "HTTP/1.1 400 Bad Request").server_fin();
       },
       Closer::server,
       {Phase::client_hello},
       Mechanism::plaintext_reply,
       {Cause::protocol_violation}},
      {"a PostgreSQL server without TLS",
       [](auto& c) {
         c.first_bytes(C, parser::Protocol::postgresql,
                       std::string("\0\0\0\x08\x04\xd2\x16\x2f", 8));
         c.first_bytes(S, parser::Protocol::postgresql, "N");
         c.client_fin();
         said(c, parser::Protocol::postgresql, {{C, "SSLRequest"}, {S, "N"}});
       },
       Closer::client,
       {Phase::pre_hello},
       Mechanism::fin,
       {Cause::starttls_refused},
       Outcome::not_tls},
      {"NSS waits for more after a PROXY header",
       [](auto& c) {
         c.first_bytes(C, parser::Protocol::proxy_protocol, "PROXY TCP4 1.1.1.1 2.2.2.2 4 443");
         c.client_says(hello_openssl()).pause(std::chrono::seconds{5}).client_fin();
       },
       Closer::client,
       {Phase::client_hello},
       Mechanism::fin,
       {Cause::proxy_header_to_tls}},
      {"T50",
       [](auto& c) {
         c.client_says(hello_openssl())
             .first_bytes(S, parser::Protocol::unknown, "<!DOCTYPE HTML PUBLIC")
             .server_fin()
             .client_rst();
       },
       Closer::server,
       {Phase::client_hello},
       Mechanism::plaintext_reply,
       {Cause::tls_to_plain_http}},
      {"T51",
       [](auto& c) {
         c.first_bytes(S, parser::Protocol::smtp, "220 mail.test ESMTP\r\n")
             .client_says(hello_openssl())
             .client_fin();
       },
       Closer::client,
       {Phase::pre_hello, Phase::client_hello},
       Mechanism::fin,
       {Cause::tls_to_starttls_service}},
      {"an XMPP server",
       [](auto& c) {
         c.client_says(hello_openssl())
             .first_bytes(S, parser::Protocol::xmpp, "<?xml version='1.0'?><stream:str")
             .server_fin();
       },
       Closer::server,
       {Phase::client_hello},
       Mechanism::plaintext_reply,
       {Cause::tls_to_starttls_service}},
      {"an XMPP client",
       [](auto& c) {
         c.first_bytes(C, parser::Protocol::xmpp, "<?xml version='1.0'?><stream:str").server_fin();
       },
       Closer::server,
       {Phase::pre_hello},
       Mechanism::fin,
       {Cause::plain_other_to_tls},
       Outcome::not_tls},
      {"an SSH server",
       [](auto& c) {
         c.first_bytes(S, parser::Protocol::ssh, "SSH-2.0-OpenSSH_9.2\r\n")
             .client_says(hello_openssl())
             .alert(C, 10)
             .client_fin();
       },
       Closer::client,
       {Phase::client_hello},
       Mechanism::alert_fatal,
       {Cause::tls_to_ssh}},
      {"a PROXY header",
       [](auto& c) {
         c.first_bytes(C, parser::Protocol::proxy_protocol, "PROXY TCP4 1.2.3.4").alert(S, 22);
         c.server_fin();
       },
       Closer::server,
       {Phase::pre_hello},
       Mechanism::alert_fatal,
       {Cause::proxy_header_to_tls},
       Outcome::not_tls},
      {"plain HTTP on both sides",
       [](auto& c) {
         c.first_bytes(C, parser::Protocol::http, "GET / HTTP/1.1\r\n")
             .first_bytes(S, parser::Protocol::http, "HTTP/1.1 200 OK");
         auto http = std::make_shared<parser::PlainHttp>();
         http->status = 200;
         c.says(S, parser::Shared<parser::PlainHttp>(http)).client_fin();
       },
       Closer::client,
       {Phase::pre_hello},
       Mechanism::fin,
       {Cause::none},
       Outcome::not_tls},
  };
  for (const Scenario& scenario : scenarios) check(scenario);
}

TEST_CASE("OpenSSL that has no version to offer says so behind a grant of TLS, too") {
  Conversation c;
  c.first_bytes(C, parser::Protocol::postgresql, "SSLRequest");
  parser::Dialogue dialogue;
  dialogue.protocol = parser::Protocol::postgresql;
  dialogue.lines = {{C, "SSLRequest"}, {S, "S"}};
  c.says(C, std::make_shared<const parser::Dialogue>(std::move(dialogue)), 0);
  const Verdict verdict =
      diagnose(c.alert(C, 70).client_fin().alert(S, 10).server_fin().timeline());
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::internal_error);
  CHECK(verdict.title == "the client failed before it had a hello to send");
  CHECK(verdict.closer == Closer::client);
}
