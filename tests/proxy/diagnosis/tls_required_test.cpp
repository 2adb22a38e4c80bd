// Services that do nothing in clear, and clients that do not ask for TLS.

#include <catch2/matchers/catch_matchers_string.hpp>

#include "support/dialogue_scenario.hpp"

using namespace legible;
using namespace legible::proxy;
using namespace legible::tests;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a service that wants TLS first, and a client that goes on without") {
  using parser::Protocol;
  struct Case {
    Protocol protocol;
    std::string greeting;
    std::vector<parser::Dialogue::Line> lines;
    Cause cause;
    Confidence confidence;
  };
  const Cause required = Cause::tls_required;
  const Case cases[] = {
      {Protocol::smtp,
       "220 mail",
       {{C, "EHLO x"},
        {S, "250 STARTTLS"},
        {C, "MAIL"},
        {S, "530 5.7.0 Must issue a STARTTLS command first"},
        {C, "QUIT"},
        {S, "221 bye"}},
       required,
       Confidence::high},
      {Protocol::smtp,
       "220 mail",
       {{C, "EHLO x"}, {S, "250 SIZE"}, {C, "AUTH ***"}, {S, "503 not without TLS, please."}},
       required,
       Confidence::low},
      {Protocol::smtp,
       "220 mail",
       {{C, "EHLO x"}, {S, "250 SIZE"}, {C, "MAIL"}, {S, "550 not for smtp-tls.example.net"}},
       Cause::none,
       Confidence::high},
      {Protocol::smtp,
       "220 mail",
       {{C, "EHLO x"},
        {S, "250 STARTTLS"},
        {C, "STARTTLS"},
        {S, "454 TLS not available"},
        {C, "MAIL"},
        {S, "530 Must issue a STARTTLS command first"}},
       Cause::none,
       Confidence::high},
      {Protocol::ftp,
       "220 ftp",
       {{C, "USER ***"}, {S, "530 Non-anonymous sessions must use encryption."}},
       required,
       Confidence::high},
      {Protocol::ftp, "220 ftp", {{C, "USER ***"}, {S, "530 no"}}, Cause::none, Confidence::high},
      {Protocol::ftp,
       "220 ftp",
       {{C, "USER ***"}, {S, "503 Use AUTH first"}},
       required,
       Confidence::high},
      {Protocol::ftp,
       "220 ftp",
       {{C, "PROT P"}, {S, "503 not without TLS"}},
       Cause::none,
       Confidence::high},
      {Protocol::smtp,
       "220 mail",
       {{C, "MAIL"}, {S, "530 5.7.0 Please use AUTH first"}},
       Cause::none,
       Confidence::high},
      {Protocol::smtp,
       "220 mail",
       {{C, "MAIL"}, {S, "550 see https://a.test/ssl/why"}},
       Cause::none,
       Confidence::high},
      {Protocol::smtp,
       "220 mail",
       {{C, "MAIL"}, {S, "550 <ssl@shop.test> is not known"}},
       Cause::none,
       Confidence::high},
      {Protocol::smtp,
       "421 TLS service is overloaded",
       {{C, "QUIT"}, {S, "221 bye"}},
       Cause::none,
       Confidence::high},
      {Protocol::imap,
       "* OK [CAPABILITY LOGINDISABLED]",
       {{C, "a STARTTLS"}, {S, "a OK go"}},
       Cause::client_silent,
       Confidence::medium},
      {Protocol::ldap,
       "",
       {{C, "bindRequest ***"}, {S, "bindResponse resultCode 8"}, {C, "unbindRequest"}},
       required,
       Confidence::medium},
      {Protocol::tds,
       "",
       {{C, "PRELOGIN encryption not supported"}, {S, "PRELOGIN encryption required"}},
       required,
       Confidence::high},
      {Protocol::tds,
       "",
       {{C, "PRELOGIN encryption off"}, {S, "PRELOGIN encryption not supported"}, {C, "LOGIN7"}},
       Cause::none,
       Confidence::high},
      {Protocol::mysql,
       "greeting 8.0",
       {{C, "HandshakeResponse"}, {S, "error 1045 Access denied for user 'ssl'@'10.0.0.1'"}},
       Cause::none,
       Confidence::high},
      {Protocol::imap,
       "* OK ready",
       {{C, "a LOGIN ***"}, {S, "a NO [PRIVACYREQUIRED] Plaintext authentication disallowed"}},
       required,
       Confidence::high},
      {Protocol::imap,
       "* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] ready",
       {{C, "a LOGOUT"}, {S, "* BYE bye"}, {S, "a OK"}},
       required,
       Confidence::medium},
      {Protocol::xmpp,
       "",
       {{C, "<stream:stream to='a'>"},
        {S, "<stream:features>"},
        {S, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'>"},
        {S, "<required/>"},
        {C, "</stream:stream>"}},
       required,
       Confidence::medium},
      {Protocol::smtp,
       "220 mail",
       {{C, "MAIL"}, {C, "RCPT"}, {S, "550 TLS required first"}},
       required,
       Confidence::high},
      {Protocol::pop3,
       "+OK ready",
       {{C, "USER ***"}, {S, "-ERR [AUTH] disallowed on non-secure (SSL/TLS) connections."}},
       required,
       Confidence::high},
      {Protocol::ldap,
       "",
       {{C, "bindRequest ***"}, {S, "bindResponse resultCode 13"}, {C, "unbindRequest"}},
       required,
       Confidence::high},
      {Protocol::ldap,
       "",
       {{C, "bindRequest ***"}, {S, "bindResponse resultCode 49"}, {C, "unbindRequest"}},
       Cause::none,
       Confidence::high},
      {Protocol::postgresql,
       "",
       {{C, "StartupMessage"}, {S, "ErrorResponse 28000 no entry for host, no encryption"}},
       required,
       Confidence::low},
      {Protocol::postgresql,
       "",
       {{C, "StartupMessage"}, {S, "ErrorResponse 08P01 SSL required"}},
       required,
       Confidence::high},
      {Protocol::mysql,
       "greeting 8.0",
       {{C, "HandshakeResponse"}, {S, "error 3159 Connections using insecure transport are no"}},
       required,
       Confidence::high},
      {Protocol::xmpp,
       "<stream:stream>",
       {{C, "<stream:stream>"},
        {S, "<starttls/>"},
        {C, "<auth"},
        {S, "<failure>"},
        {S, "<encryption-required/>"}},
       required,
       Confidence::high},
      {Protocol::xmpp,
       "<stream:stream>",
       {{C, "<stream:stream>"},
        {S, "<starttls/>"},
        {C, "<auth"},
        {S, "<failure>"},
        {S, "<not-authorized/>"}},
       Cause::none,
       Confidence::high},
      {Protocol::nats,
       "INFO {\"tls_required\":true}",
       {{C, "CONNECT"}},
       required,
       Confidence::high},
  };
  for (const Case& c : cases) {
    const Verdict verdict = on_dialogue(c.protocol, c.greeting, c.lines);
    INFO(c.greeting << " ... " << c.lines.back().text << "\n" << shown(verdict));
    CHECK(verdict.cause == c.cause);
    CHECK(verdict.confidence == c.confidence);
    CHECK(verdict.outcome == Outcome::not_tls);
  }
}

TEST_CASE("a client that leaves a greeting without TLS may have wanted it") {
  struct Case {
    parser::Protocol protocol;
    std::vector<parser::Dialogue::Line> lines;
    bool offers;
  };
  const Case cases[] = {
      {parser::Protocol::mysql, {{S, "greeting 8.0"}, {S, "no TLS"}}, false},
      {parser::Protocol::mysql, {{S, "greeting 8.0"}}, true},
      {parser::Protocol::imap, {{S, "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] hi"}}, false},
      {parser::Protocol::imap, {{S, "* OK [CAPABILITY IMAP4rev1 STARTTLS] hi"}}, true},
      {parser::Protocol::imap, {{S, "* OK hi"}}, true},
  };
  for (const Case& each : cases) {
    Conversation c;
    c.first_bytes(S, each.protocol, each.lines.front().text).client_fin().server_fin();
    said(c, each.protocol, each.lines);
    const Verdict verdict = diagnose(c.timeline());
    INFO(each.lines.front().text << "\n" << shown(verdict));
    CHECK(verdict.cause == Cause::tcp_health_check);
    CHECK(verdict.confidence == Confidence::low);
    CHECK(has_alternative(verdict, Cause::starttls_not_offered) == !each.offers);
    CHECK_THAT(verdict.evidence.at(1), ContainsSubstring("after the server's greeting"));
  }
}
