#include <catch2/matchers/catch_matchers_string.hpp>

#include "support/intercepted.hpp"
#include "support/scenario.hpp"

using namespace legible;
using namespace legible::proxy;
using namespace legible::tests;
using Catch::Matchers::ContainsSubstring;
using namespace std::chrono_literals;

namespace {

/// HTTP/1.1 from the client, HTTP/1.1 with status 400 and this text from the server.
Conversation& refused(Conversation& c, parser::Protocol asked_in, std::string text) {
  c.first_bytes(C, asked_in, "GET / HTTP/1.1\r\n")
      .first_bytes(S, parser::Protocol::http, "HTTP/1.1 400 Bad Request");
  auto http = std::make_shared<parser::PlainHttp>();
  http->status = 400;
  // As it is read: the head first, then the text.
  c.says(S, parser::Shared<parser::PlainHttp>(std::make_shared<parser::PlainHttp>(*http)));
  http->text = std::move(text);
  return c.says(S, parser::Shared<parser::PlainHttp>(http)).server_fin();
}

}  // namespace

TEST_CASE("a forward proxy that opens no tunnel has refused the client") {
  const auto asked = [](int status) {
    Conversation c;
    c.first_bytes(C, parser::Protocol::http_connect, "CONNECT a.test:443 HTTP/1.1\r\n")
        .first_bytes(S, parser::Protocol::http, "HTTP/1.1 40");
    auto http = std::make_shared<parser::PlainHttp>();
    http->status = status;
    c.says(S, parser::Shared<parser::PlainHttp>(http));
    auto dialogue = std::make_shared<parser::Dialogue>();
    dialogue->protocol = parser::Protocol::http_connect;
    c.says(C, parser::Shared<parser::Dialogue>(dialogue));
    return diagnose(c.client_fin().server_fin().timeline());
  };
  const Verdict unknown_user = asked(407);
  INFO(shown(unknown_user));
  CHECK(unknown_user.cause == Cause::upstream_proxy_auth_required);
  CHECK(unknown_user.closer == Closer::server);
  CHECK(unknown_user.hint.proxy.find("--via") == std::string::npos);
  CHECK(asked(403).cause == Cause::upstream_proxy_refused);
  CHECK(asked(403).confidence == Confidence::high);
  CHECK(asked(405).confidence == Confidence::low);
  CHECK(asked(200).cause == Cause::none);
}

TEST_CASE("what comes behind a switch of protocols is not known") {
  Conversation c;
  c.first_bytes(C, parser::Protocol::http, "OPTIONS * HTTP/1.1\r\n")
      .first_bytes(S, parser::Protocol::http, "HTTP/1.1 101");
  auto http = std::make_shared<parser::PlainHttp>();
  http->status = 101;
  c.says(S, parser::Shared<parser::PlainHttp>(http));
  const Verdict verdict = diagnose(c.client_fin().server_fin().timeline());
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::none);
  CHECK(verdict.confidence == Confidence::low);
}

TEST_CASE("a client that begins with a bracket speaks no HTTP") {
  for (const char* text : {"<13>Nov 26 a.test app: x", "<Document xmlns=\"urn:iso:std\">"}) {
    Conversation c;
    c.first_bytes(C, parser::Protocol::unknown, text).server_rst();
    const Verdict verdict = diagnose(c.timeline());
    INFO(shown(verdict));
    CHECK(verdict.cause == Cause::plain_other_to_tls);
  }
}

TEST_CASE("a balancer that speaks for itself checks the server's health") {
  const std::string local("\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", 16);
  Conversation c;
  c.first_bytes(C, parser::Protocol::proxy_protocol, local).client_rst();
  const Verdict verdict = diagnose(c.timeline());
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::tcp_health_check);
  CHECK(verdict.confidence == Confidence::high);

  Conversation tls;
  tls.first_bytes(C, parser::Protocol::proxy_protocol, local).client_says(hello_openssl());
  tls.server_flight().key_exchange_and_finished().server_finishes().client_fin();
  const Verdict checked = diagnose(tls.timeline());
  INFO(shown(checked));
  CHECK(checked.cause == Cause::tls_health_check);
}

TEST_CASE("only known words about TLS make a refusal in HTTP one of plain HTTP") {
  struct Case {
    parser::Protocol asked_in;
    const char* text;
    Cause cause;
    Confidence confidence;
    Cause alternative;
  };
  using parser::Protocol;
  const Case cases[] = {
      {Protocol::http, "Client sent an HTTP request to an HTTPS server.\n",
       Cause::plain_http_to_tls, Confidence::certain, Cause::unknown},
      {Protocol::http, "{\"error\":\"no such field\"}", Cause::none, Confidence::low,
       Cause::plain_http_to_tls},
      {Protocol::http, "", Cause::none, Confidence::low, Cause::plain_http_to_tls},
      {Protocol::ssh, "", Cause::plain_other_to_tls, Confidence::low, Cause::none},
  };
  for (const Case& c : cases) {
    Conversation conversation;
    refused(conversation, c.asked_in, c.text);
    const Verdict verdict = diagnose(conversation.timeline());
    INFO(c.text << "\n" << shown(verdict));
    CHECK(verdict.cause == c.cause);
    CHECK(verdict.confidence == c.confidence);
    CHECK(verdict.outcome == Outcome::not_tls);
    CHECK((c.alternative == Cause::unknown || has_alternative(verdict, c.alternative)));
  }
}

TEST_CASE("a page of the proxy's in the server's place is told, and what the server did decides") {
  // --by-sni: there is no server to ask.
  for (const bool server_asked : {true, false}) {
    const std::string what = server_asked ? "a:1 was sent it, and ended" : "none was asked";
    Conversation c;
    c.first_bytes(C, parser::Protocol::http, "GET / HTTP/1.1\r\n");
    if (server_asked) c.server_fin();
    c.note(C, ProxyClosing{ProxyReason::plain_http, {}, what});
    const Verdict verdict = diagnose(c.timeline());
    INFO(shown(verdict));
    CHECK(verdict.cause == Cause::plain_http_to_tls);
    CHECK(verdict.closer == (server_asked ? Closer::server : Closer::proxy));
    CHECK(verdict.outcome == Outcome::not_tls);
    CHECK_THAT(verdict.evidence.back(), ContainsSubstring(what));
  }
}

TEST_CASE("a server that takes its time over plain HTTP may have run into a timer") {
  Conversation c;
  c.first_bytes(C, parser::Protocol::http, "GET / HTTP/1.1\r\n");
  c.pause(std::chrono::seconds{30}).server_fin();
  const Verdict verdict = diagnose(c.timeline());
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::plain_http_to_tls);
  CHECK(verdict.confidence == Confidence::medium);
  CHECK(has_alternative(verdict, Cause::idle_timeout));
}

TEST_CASE("a server that says only at the end that it speaks no TLS") {
  using namespace std::chrono_literals;
  const auto greets = [](Conversation& c) {
    c.first_bytes(S, parser::Protocol::smtp, "220 mail.test ESMTP");
  };
  for (const std::chrono::milliseconds waited : {300ms, 3000ms}) {
    Conversation relayed;
    relayed.client_says(hello_openssl()).pause(waited).client_fin();
    greets(relayed);
    Intercepted intercepted;
    intercepted.hello().client().pause(waited).client_fin();
    intercepted.closes(S);
    greets(intercepted.server());
    for (const Verdict& verdict : {diagnose(relayed.timeline()), intercepted.verdict()}) {
      INFO(shown(verdict));
      CHECK(verdict.cause == Cause::tls_to_starttls_service);
      CHECK(verdict.closer == Closer::client);
      CHECK(verdict.alternatives.empty());
    }
  }
}
