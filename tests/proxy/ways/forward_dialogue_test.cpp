#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/ways/forward_answers.hpp"

namespace legible::proxy {
namespace {

using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::EndsWith;
using Catch::Matchers::StartsWith;
using std::string_literals::operator""s;

using Dialogue = ForwardDialogue;

Dialogue::Step feed(Dialogue& dialogue, std::string_view bytes) {
  return dialogue.feed({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

Dialogue::Step ask(std::string_view bytes) {
  Dialogue dialogue{nullptr};
  return feed(dialogue, bytes);
}

/// Every proper prefix is too short to tell.
void check_prefixes(std::string_view whole, std::size_t size) {
  for (std::size_t i = 1; i < size; ++i) {
    Dialogue dialogue{nullptr};
    const auto step = feed(dialogue, whole.substr(0, i));
    INFO(i);
    CHECK(std::holds_alternative<Dialogue::NeedMore>(step.what));
    CHECK(step.consumed == 0);
  }
}

}  // namespace

TEST_CASE("CONNECT names a target, and what follows the head is not the proxy's") {
  const std::string head =
      "CONNECT partner.example:443 HTTP/1.1\r\nHost: partner.example:443\r\n\r\n";
  const auto step = ask(head + "\x16\x03\x01");
  const auto* request = std::get_if<ForwardRequest>(&step.what);
  REQUIRE(request);
  CHECK(step.consumed == head.size());
  CHECK(request->form == FoundBy::connect);
  CHECK(request->target == HostPort{"partner.example", 443});
  CHECK(request->granted == "HTTP/1.1 200 Connection established\r\n\r\n");
  CHECK(request->head.empty());
  check_prefixes(head, head.size());
}

TEST_CASE("a head is found in whatever parts it comes") {
  const std::string field = "X-Long: " + std::string(2000, 'x') + "\r\n";
  const std::string head = "\r\nCONNECT a.example:443 HTTP/1.1\r\n" + field + "\r\n";
  for (const std::size_t part : {1u, 2u, 3u, 700u}) {
    INFO(part);
    Dialogue dialogue{nullptr};
    std::string unread;
    std::optional<Dialogue::Step> last;
    for (std::size_t at = 0; at < head.size(); at += part) {
      if (last) REQUIRE(std::holds_alternative<Dialogue::NeedMore>(last->what));
      unread += head.substr(at, part);
      last = feed(dialogue, unread);
      unread.erase(0, last->consumed);
      while (last->consumed > 0 && !unread.empty()) {
        last = feed(dialogue, unread);
        unread.erase(0, last->consumed);
      }
    }
    REQUIRE(std::get_if<ForwardRequest>(&last->what));
    CHECK(unread.empty());
  }
}

TEST_CASE("an address and a name are told apart in CONNECT") {
  const auto step = ask("CONNECT [2001:db8::1]:8443 HTTP/1.1\r\n\r\n");
  REQUIRE(std::get_if<ForwardRequest>(&step.what));
  CHECK(std::get<ForwardRequest>(step.what).target == HostPort{"2001:db8::1", 8443});
}

TEST_CASE("a request in absolute form is put into origin form, without what is for the proxy") {
  struct Case {
    std::string_view request;
    HostPort target;
    std::string_view head;
  };
  const auto& c = GENERATE(values<Case>({
      {"GET http://www.example/a?b#c HTTP/1.1\r\nHost: www.example\r\nAccept: */*\r\n"
       "Proxy-Connection: keep-alive\r\nConnection: keep-alive\r\n\r\n",
       {"www.example", 80},
       "GET /a?b#c HTTP/1.1\r\nHost: www.example\r\nAccept: */*\r\nConnection: close\r\n\r\n"},
      {"POST http://u:p@www.example:8080 HTTP/1.1\r\nhost: www.example:8080\r\n"
       "Proxy-Authorization: Basic eDp5\r\n and more of it\r\nContent-Length: 3\r\n\r\n",
       {"www.example", 8080},
       "POST / HTTP/1.1\r\nHost: www.example:8080\r\nContent-Length: 3\r\nConnection: "
       "close\r\n\r\n"},
      {"OPTIONS HTTP://www.example HTTP/1.1\r\nHost: www.example\r\n\r\n",
       {"www.example", 80},
       "OPTIONS * HTTP/1.1\r\nHost: www.example\r\nConnection: close\r\n\r\n"},
      {"GET http://www.example?q HTTP/1.0\r\n\r\n",
       {"www.example", 80},
       "GET /?q HTTP/1.0\r\nHost: www.example\r\nConnection: close\r\n\r\n"},
      {"GET http://www.example/ HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n",
       {"www.example", 80},
       "GET / HTTP/1.1\r\nHost: www.example\r\nConnection: close\r\n\r\n"},
      {"GET http://ws.example/ HTTP/1.1\r\nHost: ws.example\r\nConnection: Upgrade\r\n"
       "Upgrade: websocket\r\n\r\n",
       {"ws.example", 80},
       "GET / HTTP/1.1\r\nHost: ws.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"},
  }));
  CAPTURE(c.request);
  const auto step = ask(c.request);
  const auto* request = std::get_if<ForwardRequest>(&step.what);
  REQUIRE(request);
  CHECK(request->form == FoundBy::absolute_form);
  CHECK(request->target == c.target);
  CHECK(request->head == c.head);
  CHECK(request->granted.empty());
  CHECK(step.consumed == c.request.size());
}

TEST_CASE("the URL of a request may be longer than what is kept of it elsewhere") {
  const std::string path(20'000, 'x');
  const auto step =
      ask("GET http://www.example/" + path + " HTTP/1.1\r\nHost: www.example\r\n\r\n");
  const auto* request = std::get_if<ForwardRequest>(&step.what);
  REQUIRE(request);
  CHECK_THAT(request->head, StartsWith("GET /" + path + " HTTP/1.1\r\n"));
}

TEST_CASE("SOCKS 4 and 4a name a target") {
  const std::string by_address = "\x04\x01\x01\xbb\xc0\x00\x02\x01user\x00"s;
  const auto address = ask(by_address);
  REQUIRE(std::get_if<ForwardRequest>(&address.what));
  CHECK(std::get<ForwardRequest>(address.what).target == HostPort{"192.0.2.1", 443});
  check_prefixes(by_address, by_address.size());

  const std::string by_name = "\x04\x01\x01\xbb\x00\x00\x00\x01\x00partner.example\x00"s;
  const auto name = ask(by_name);
  REQUIRE(std::get_if<ForwardRequest>(&name.what));
  CHECK(std::get<ForwardRequest>(name.what).target == HostPort{"partner.example", 443});
  CHECK(std::get<ForwardRequest>(name.what).granted == "\x00\x5a\x00\x00\x00\x00\x00\x00"s);
  check_prefixes(by_name, by_name.size());
}

TEST_CASE("SOCKS 5 is greeted, then names a target") {
  Dialogue dialogue{nullptr};
  const auto greeting = feed(dialogue, "\x05\x02\x00\x02"s);
  REQUIRE(std::get_if<Dialogue::Answer>(&greeting.what));
  CHECK(std::get<Dialogue::Answer>(greeting.what).bytes == "\x05\x00"s);
  CHECK(greeting.consumed == 4);
  const auto step = feed(dialogue, "\x05\x01\x00\x03\x0fpartner.example\x01\xbb"s);
  REQUIRE(std::get_if<ForwardRequest>(&step.what));
  const auto& request = std::get<ForwardRequest>(step.what);
  CHECK(request.form == FoundBy::socks5);
  CHECK(request.target == HostPort{"partner.example", 443});
  CHECK(request.granted == "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"s);
}

TEST_CASE("a user and a password are wanted where they are set") {
  const ProxyCredentials required{"user", "pass:word"};
  Dialogue dialogue{&required};

  SECTION("HTTP: asked for, then accepted on the same connection") {
    const auto first = feed(dialogue, "CONNECT a.example:443 HTTP/1.1\r\n\r\n");
    const auto* asked = std::get_if<Dialogue::Answer>(&first.what);
    REQUIRE(asked);
    CHECK_THAT(asked->bytes, StartsWith("HTTP/1.1 407 "));
    CHECK_THAT(asked->bytes, ContainsSubstring("Proxy-Authenticate: Basic realm="));
    CHECK_THAT(asked->bytes, ContainsSubstring("Connection: keep-alive"));
    CHECK(asked->objection == "the client gave no user and password");
    CHECK(asked->reason == ProxyReason::no_credentials);
    const auto second = feed(dialogue,
                             "CONNECT a.example:443 HTTP/1.1\r\n"
                             "Proxy-Authorization: basic dXNlcjpwYXNzOndvcmQ=\r\n\r\n");
    CHECK(std::get_if<ForwardRequest>(&second.what));
  }
  SECTION("HTTP: wrong ones") {
    const auto step = feed(dialogue,
                           "CONNECT a.example:443 HTTP/1.1\r\n"
                           "Proxy-Authorization: Basic dXNlcjpwYXNzOndvcmR=\r\n\r\n");
    CHECK(std::get_if<Dialogue::Answer>(&step.what));
  }
  SECTION("HTTP: not for ever") {
    for (int i = 0; i < 3; ++i) {
      CHECK(std::holds_alternative<Dialogue::Answer>(
          feed(dialogue, "CONNECT a.example:443 HTTP/1.1\r\n\r\n").what));
    }
    CHECK(std::holds_alternative<Dialogue::Refusal>(
        feed(dialogue, "CONNECT a.example:443 HTTP/1.1\r\n\r\n").what));
  }
  SECTION("HTTP: another request than CONNECT is not tried again here") {
    const auto step = feed(dialogue, "GET http://a/ HTTP/1.1\r\n\r\n");
    const auto* refusal = std::get_if<Dialogue::Refusal>(&step.what);
    REQUIRE(refusal);
    CHECK_THAT(refusal->bytes, ContainsSubstring("Connection: close"));
  }
  SECTION("SOCKS 5") {
    const auto greeting = feed(dialogue, "\x05\x02\x00\x02"s);
    CHECK(std::get<Dialogue::Answer>(greeting.what).bytes == "\x05\x02"s);
    SECTION("right") {
      const auto login = feed(dialogue, "\x01\x04user\x09pass:word"s);
      CHECK(std::get<Dialogue::Answer>(login.what).bytes == "\x01\x00"s);
      CHECK(std::holds_alternative<ForwardRequest>(
          feed(dialogue, "\x05\x01\x00\x01\xc0\x00\x02\x01\x01\xbb"s).what));
    }
    SECTION("wrong") {
      const auto login = feed(dialogue, "\x01\x04user\x04pass"s);
      REQUIRE(std::get_if<Dialogue::Refusal>(&login.what));
      CHECK(std::get<Dialogue::Refusal>(login.what).bytes == "\x01\x01"s);
    }
  }
  SECTION("SOCKS 5 without that method") {
    const auto greeting = feed(dialogue, "\x05\x01\x00"s);
    REQUIRE(std::get_if<Dialogue::Refusal>(&greeting.what));
    CHECK(std::get<Dialogue::Refusal>(greeting.what).bytes == "\x05\xff"s);
  }
  SECTION("SOCKS 4 has none") {
    const auto step = feed(dialogue, "\x04\x01\x01\xbb\xc0\x00\x02\x01\x00"s);
    CHECK(std::get_if<Dialogue::Refusal>(&step.what));
  }
}

TEST_CASE("what is no request to a forward proxy is refused, with the reason") {
  struct Case {
    std::string bytes;
    std::string_view why;
    std::string_view answer;
    ProxyReason reason = ProxyReason::no_target;
  };
  const auto& c = GENERATE(values<Case>({
      {"\x16\x03\x01\x02\x00\x01"s, "the client began with TLS", ""},
      {"CONNECT partner.example HTTP/1.1\r\n\r\n", "CONNECT names no HOST:PORT", "HTTP/1.1 400 "},
      {"GET https://partner.example/ HTTP/1.1\r\n\r\n", "names no server", "HTTP/1.1 400 "},
      {"GET http:///path HTTP/1.1\r\n\r\n", "has no host", "HTTP/1.1 400 "},
      {"GET http://a.example\r\n\r\n", "has not its usual form", "HTTP/1.1 400 "},
      {"SSH-2.0-OpenSSH\r\n", "neither HTTP nor SOCKS", "HTTP/1.1 400 "},
      {"\x04\x02\x01\xbb\xc0\x00\x02\x01\x00"s, "only CONNECT", "\x00\x5b", ProxyReason::policy},
  }));
  CAPTURE(c.bytes);
  const auto step = ask(c.bytes);
  const auto* refusal = std::get_if<Dialogue::Refusal>(&step.what);
  REQUIRE(refusal);
  CHECK_THAT(refusal->why, ContainsSubstring(std::string(c.why)));
  CHECK_THAT(refusal->bytes, StartsWith(std::string(c.answer)));
  CHECK(refusal->reason == c.reason);
}

TEST_CASE("empty lines before a request are passed over") {
  Dialogue dialogue{nullptr};
  const auto empty = feed(dialogue, "\r\n\nGET http://a.example/ HTTP/1.1\r\n\r\n");
  CHECK(std::holds_alternative<Dialogue::NeedMore>(empty.what));
  CHECK(empty.consumed == 3);
  CHECK(feed(dialogue, "\r\n").consumed == 2);
}

TEST_CASE("a head without end is refused at its limit") {
  CHECK(std::holds_alternative<Dialogue::NeedMore>(
      ask("GET http://a/" + std::string(60'000, 'a')).what));
  CHECK(std::holds_alternative<Dialogue::Refusal>(
      ask("GET http://a/" + std::string(70'000, 'a')).what));
}

TEST_CASE("the proxy's own pages are asked for by their name, or without any") {
  struct Case {
    std::string_view request;
    std::string_view path;
  };
  const auto& c = GENERATE(values<Case>({
      {"GET http://legible.internal/ca.pem HTTP/1.1\r\n\r\n", "/ca.pem"},
      {"GET http://LEGIBLE.internal:80/?x HTTP/1.1\r\n\r\n", "/"},
      {"GET /ca.pem HTTP/1.1\r\nHost: 127.0.0.1:8443\r\n\r\n", "/ca.pem"},
  }));
  CAPTURE(c.request);
  const auto step = ask(c.request);
  REQUIRE(std::get_if<Dialogue::OwnPage>(&step.what));
  CHECK(std::get<Dialogue::OwnPage>(step.what).path == c.path);
}

TEST_CASE("a client is told in its own protocol that the server cannot be reached") {
  const auto refusal = [](FoundBy form, ConnectError error) {
    ForwardRequest request;
    request.form = form;
    request.target = {"partner.example", 443};
    return refusal_of(request, {error, "192.0.2.1:443", "detail"});
  };
  CHECK_THAT(refusal(FoundBy::connect, ConnectError::refused), StartsWith("HTTP/1.1 502 "));
  CHECK_THAT(refusal(FoundBy::connect, ConnectError::refused),
             EndsWith("partner.example:443 refused the connection.\n"));
  CHECK_THAT(refusal(FoundBy::absolute_form, ConnectError::timeout), StartsWith("HTTP/1.1 504 "));
  CHECK_THAT(refusal(FoundBy::connect, ConnectError::not_allowed), StartsWith("HTTP/1.1 403 "));
  CHECK(refusal(FoundBy::socks4, ConnectError::dns) == "\x00\x5b\x00\x00\x00\x00\x00\x00"s);
  CHECK(refusal(FoundBy::socks5, ConnectError::refused)[1] == 5);
  CHECK(refusal(FoundBy::socks5, ConnectError::not_allowed)[1] == 2);
  CHECK(refusal(FoundBy::socks5, ConnectError::dns)[1] == 4);
}

}  // namespace legible::proxy
