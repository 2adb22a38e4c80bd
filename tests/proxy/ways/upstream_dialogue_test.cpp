#include "proxy/ways/upstream_dialogue.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>
#include <string>
#include <string_view>

namespace legible::proxy {
namespace {

using Catch::Matchers::ContainsSubstring;
using std::string_literals::operator""s;

using Dialogue = UpstreamDialogue;

Dialogue::Step feed(Dialogue& dialogue, std::string_view bytes) {
  return dialogue.feed({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

Upstream upstream(Upstream::Protocol protocol, bool login) {
  Upstream upstream;
  upstream.protocol = protocol;
  upstream.proxy = {"proxy.example", 3128};
  if (login) upstream.credentials = {"user", "pw"};
  return upstream;
}

}  // namespace

TEST_CASE("an HTTP proxy is asked by CONNECT, and what follows its head is the server's") {
  const Upstream proxy = upstream(Upstream::Protocol::http, true);
  Dialogue dialogue{proxy, {"2001:db8::1", 443}};
  CHECK(dialogue.begin() ==
        "CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443\r\n"
        "Proxy-Authorization: Basic dXNlcjpwdw==\r\n\r\n");
  const std::string head = "HTTP/1.1 200 OK\r\nVia: 1.1 proxy\r\n\r\n";
  for (std::size_t i = 1; i < head.size(); ++i) {
    Dialogue cut{proxy, {"a.example", 443}};
    CHECK(std::holds_alternative<Dialogue::NeedMore>(feed(cut, head.substr(0, i)).what));
  }
  Dialogue alone{proxy, {"a.example", 443}};
  CHECK(std::holds_alternative<Dialogue::Open>(feed(alone, head).what));
  const std::string patient = "HTTP/1.1 100 Continue\r\n\r\n" + head;
  for (std::size_t i = 1; i < patient.size(); ++i) {
    Dialogue cut{proxy, {"a.example", 443}};
    CHECK(std::holds_alternative<Dialogue::NeedMore>(feed(cut, patient.substr(0, i)).what));
  }
  const auto step = feed(dialogue, head + "220 mail");
  CHECK(std::get_if<Dialogue::Open>(&step.what));
  CHECK(step.consumed == head.size());
}

TEST_CASE("of an HTTP proxy's answer nothing has to be kept until it is whole") {
  const Upstream proxy = upstream(Upstream::Protocol::http, false);
  Dialogue dialogue{proxy, {"a.example", 443}};
  const std::string interim = "HTTP/1.1 100 Continue\r\n\r\n";
  for (int i = 0; i < 1000; ++i) {
    const auto step = feed(dialogue, interim);
    REQUIRE(std::holds_alternative<Dialogue::NeedMore>(step.what));
    REQUIRE(step.consumed == interim.size());
  }
  const std::string head = "HTTP/1.1 200 OK\r\nVia: 1.1 proxy\r\n\r\n";
  for (std::size_t i = 0; i + 1 < head.size(); ++i) {
    const auto step = feed(dialogue, head.substr(i, 1));
    REQUIRE(std::holds_alternative<Dialogue::NeedMore>(step.what));
    REQUIRE(step.consumed == 1);
  }
  CHECK(std::holds_alternative<Dialogue::Open>(feed(dialogue, head.substr(head.size() - 1)).what));
}

TEST_CASE("an HTTP proxy's refusal is told by its status") {
  struct Case {
    std::string_view answer;
    ConnectError error;
    std::string_view detail;
  };
  const auto& c = GENERATE(values<Case>({
      {"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", ConnectError::upstream_refused,
       "403 Forbidden"},
      {"HTTP/1.0 407 Proxy Authentication Required\r\nProxy-Authenticate: Negotiate\r\n\r\n",
       ConnectError::upstream_authentication, "407 Proxy Authentication Required"},
      {"HTTP/1.0 401 Unauthorized\r\n\r\n", ConnectError::upstream_authentication,
       "401 Unauthorized"},
      {"\x15\x03\x01\x00\x02\x02\x28", ConnectError::upstream_refused, "does not answer in HTTP"},
  }));
  const Upstream proxy = upstream(Upstream::Protocol::http, false);
  Dialogue dialogue{proxy, {"a.example", 443}};
  const auto step = feed(dialogue, c.answer);
  const auto* failed = std::get_if<ConnectFailed>(&step.what);
  REQUIRE(failed);
  CHECK(failed->error == c.error);
  CHECK_THAT(failed->detail, ContainsSubstring(std::string(c.detail)));
}

TEST_CASE("a SOCKS 5 proxy is greeted, logged in to, and asked by name") {
  const Upstream proxy = upstream(Upstream::Protocol::socks5, true);
  Dialogue dialogue{proxy, {"a.example", 443}};
  CHECK(dialogue.begin() == "\x05\x02\x00\x02"s);
  const auto method = feed(dialogue, "\x05\x02"s);
  REQUIRE(std::get_if<Dialogue::Say>(&method.what));
  CHECK(std::get<Dialogue::Say>(method.what).bytes == "\x01\x04user\x02pw"s);
  const auto login = feed(dialogue, "\x01\x00"s);
  REQUIRE(std::get_if<Dialogue::Say>(&login.what));
  CHECK(std::get<Dialogue::Say>(login.what).bytes ==
        "\x05\x01\x00\x03\x09"
        "a.example\x01\xbb"s);
  const std::string reply = "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"s;
  CHECK(std::holds_alternative<Dialogue::NeedMore>(feed(dialogue, reply.substr(0, 9)).what));
  const auto open = feed(dialogue, reply + "x");
  CHECK(std::get_if<Dialogue::Open>(&open.what));
  CHECK(open.consumed == reply.size());
}

TEST_CASE("a SOCKS 5 proxy is given an address as one") {
  const Upstream proxy = upstream(Upstream::Protocol::socks5, false);
  Dialogue dialogue{proxy, {"192.0.2.1", 443}};
  CHECK(dialogue.begin() == "\x05\x01\x00"s);
  const auto method = feed(dialogue, "\x05\x00"s);
  REQUIRE(std::get_if<Dialogue::Say>(&method.what));
  CHECK(std::get<Dialogue::Say>(method.what).bytes == "\x05\x01\x00\x01\xc0\x00\x02\x01\x01\xbb"s);
}

TEST_CASE("a SOCKS 5 proxy's refusal is told by its code") {
  struct Case {
    std::string answers;
    ConnectError error;
    std::string_view detail;
  };
  const auto& c = GENERATE(values<Case>({
      {"\x05\xff"s, ConnectError::upstream_authentication, "wants authentication"},
      {"\x05\x00"s
       "\x05\x02\x00\x01\x00\x00\x00\x00\x00\x00"s,
       ConnectError::upstream_refused, "not allowed by ruleset"},
      {"\x05\x00"s
       "\x05\x63\x00\x01"s,
       ConnectError::upstream_refused, "reply 99"},
      {"HTTP/1.1 400"s, ConnectError::upstream_refused, "does not answer in SOCKS 5"},
  }));
  const Upstream proxy = upstream(Upstream::Protocol::socks5, false);
  Dialogue dialogue{proxy, {"a.example", 443}};
  std::string_view rest = c.answers;
  for (;;) {
    const auto step = feed(dialogue, rest);
    rest.remove_prefix(step.consumed);
    if (std::get_if<Dialogue::Say>(&step.what)) continue;
    const auto* failed = std::get_if<ConnectFailed>(&step.what);
    REQUIRE(failed);
    CHECK(failed->error == c.error);
    CHECK_THAT(failed->detail, ContainsSubstring(std::string(c.detail)));
    return;
  }
}

}  // namespace legible::proxy
