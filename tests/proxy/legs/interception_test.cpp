#include "proxy/legs/interception.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "proxy/legs/leg_settings.hpp"
#include "proxy/text/glob.hpp"
#include "support/timeline_builder.hpp"

namespace legible::proxy {
namespace {

using Catch::Matchers::ContainsSubstring;
using tests::hello_openssl;

}  // namespace

TEST_CASE("a pattern covers a host") {
  struct Case {
    const char* glob;
    const char* host;
    bool matches;
  };
  const auto c = GENERATE(values<Case>({
      {"*", "a.example", true},
      {"*", "", true},
      {"", "", true},
      {"", "a", false},
      {"a.example", "A.Example", true},
      {"*.example", "a.b.example", true},
      {"*.example", "example", false},
      {"*.example", "a.example.org", false},
      {"a?c*", "abc", true},
      {"a?c*", "ac", false},
      {"*a*b*", "xxaxxbxx", true},
      {"*a*b*", "xxbxxaxx", false},
      {"*aab", "aaaab", true},
  }));
  CAPTURE(c.glob, c.host);
  CHECK(matches_glob(c.glob, c.host) == c.matches);
}

TEST_CASE("the mode of a connection follows from rules, mode and offer") {
  InterceptionSettings settings;
  settings.intercept_under(nullptr);
  settings.mode = Mode::automatic;
  settings.rules = {{"*.bank.example", Mode::relay}, {"*.example", Mode::intercept}};
  parser::ClientHello hello = hello_openssl();
  const auto choice = [&](std::string_view sni, std::string target = "10.0.0.1") {
    hello.sni = sni;
    return choose_mode(settings, {&hello, {}, "10.9.9.9", std::move(target)});
  };

  CHECK(choice("www.bank.example").mode == Mode::relay);
  CHECK(choice("www.bank.example").reason == "--relay *.bank.example");
  CHECK(choice("www.example").mode == Mode::intercept);
  CHECK(choice("www.example").reason == "--intercept *.example");
  CHECK(choice("elsewhere.test").mode == Mode::intercept);

  // Without SNI the target's name counts; bytes that are no TLS are relayed by every mode.
  CHECK(choice("", "www.bank.example").mode == Mode::relay);
  // So is a hello that no TLS could read: the server's answer tells what is wrong with it.
  using enum FirstFlight::Lack;
  const auto without_hello = [&](FirstFlight::Lack lack) {
    return choose_mode(settings, {nullptr, lack, "10.9.9.9", "www.example"}).mode;
  };
  CHECK(without_hello(no_tls) == Mode::relay);
  CHECK(without_hello(plain_http) == Mode::relay);
  CHECK(without_hello(broken_hello) == Mode::relay);
  CHECK(without_hello(hello_too_long) == Mode::intercept);

  // And one whose lists break a rule: what one server overlooks another refuses.
  hello.sni = "www.example";
  const ModeChoice broken = choose_mode(settings, {&hello, broken_hello, "10.9.9.9", "10.0.0.1"});
  CHECK(broken.mode == Mode::relay);
  CHECK_THAT(broken.reason, ContainsSubstring("breaks a rule"));

  // Under --mode intercept, and only there, plain HTTP to a TLS port gets a page of the proxy's.
  const auto explains = [&](std::string host) {
    return choose_mode(settings, {nullptr, plain_http, "10.9.9.9", std::move(host)}).explains_tls;
  };
  CHECK(explains("www.example"));
  CHECK_FALSE(explains("elsewhere.test"));    // auto
  CHECK_FALSE(explains("www.bank.example"));  // relay
  CHECK_FALSE(choose_mode(settings, {nullptr, no_tls, "10.9.9.9", "www.example"}).explains_tls);

  // Both legs must be able to take it.
  hello = hello_openssl(parser::tls12, parser::tls12);
  CHECK(choice("elsewhere.test").mode == Mode::intercept);
  settings.everywhere.server_limits.lowest = parser::tls13;
  CHECK(choice("elsewhere.test").mode == Mode::relay);
  settings.everywhere.server_limits = {};

  hello.ciphers = {{0x002f}};
  CHECK(choice("elsewhere.test").mode == Mode::relay);
  CHECK_THAT(choice("elsewhere.test").reason, ContainsSubstring("cannot be terminated"));
  CHECK(choice("www.example").mode == Mode::intercept);
}

TEST_CASE("the first exception that covers a host is its settings") {
  InterceptionSettings settings;
  settings.mode = Mode::intercept;
  settings.rules = {{"ruled.example", Mode::relay}};
  settings.everywhere.server_name = "everywhere";
  const auto except = [&](std::string glob, std::optional<Mode> mode) {
    HostException exception{glob, mode, settings.everywhere};
    exception.settings.server_name = std::move(glob);
    settings.exceptions.push_back(std::move(exception));
  };
  except("a.example", std::nullopt);
  except("*.example", Mode::relay);
  except("a.*", Mode::relay);
  settings.intercept_under(nullptr);

  CHECK(settings.settings_for("A.example").server_name == "a.example");
  CHECK(settings.settings_for("b.example").server_name == "*.example");
  CHECK(settings.settings_for("elsewhere").server_name == "everywhere");
  CHECK(settings.settings_for("a.example").sessions != settings.settings_for("a.test").sessions);
  CHECK(settings.settings_for("a.example").tickets != settings.everywhere.tickets);

  parser::ClientHello hello = hello_openssl();
  const auto choice = [&](std::string sni) {
    hello.sni = std::move(sni);
    return choose_mode(settings, {&hello, {}, "10.9.9.9", "10.0.0.1"});
  };
  CHECK(choice("a.example").mode == Mode::intercept);
  CHECK(choice("b.example").mode == Mode::relay);
  CHECK(choice("b.example").reason == "mode relay of host *.example");
  CHECK(choice("ruled.example").reason == "--relay ruled.example");
  CHECK(choice("elsewhere").reason == "--mode intercept");
}

TEST_CASE("a client that waits is relayed, but not past a refusal") {
  InterceptionSettings settings;
  settings.mode = Mode::intercept;
  const FirstFlight nothing{nullptr, FirstFlight::Lack::silence, "10.9.9.9", "www.example"};
  CHECK(choose_mode(settings, nothing).mode == Mode::relay);
  CHECK(choose_mode(settings, nothing).reason ==
        "--mode intercept: the client waits for the server");
  settings.everywhere.bad_server_certificate = BadServerCertificate::refuse;
  CHECK(choose_mode(settings, nothing).mode == Mode::intercept);
  settings.rules = {{"www.*", Mode::relay}};
  CHECK(choose_mode(settings, nothing).mode == Mode::relay);
}

TEST_CASE("auto relays whoever takes keys from its own TLS") {
  InterceptionSettings settings;
  settings.intercept_under(nullptr);
  settings.mode = Mode::automatic;
  parser::ClientHello hello = hello_openssl();
  hello.alpn = {"ntske/1"};
  const FirstFlight flight{&hello, {}, "10.9.9.9", "time.example"};
  CHECK(choose_mode(settings, flight).mode == Mode::relay);
  CHECK_THAT(choose_mode(settings, flight).reason, ContainsSubstring("NTS (RFC 8915)"));
  settings.mode = Mode::intercept;
  CHECK(choose_mode(settings, flight).mode == Mode::intercept);
}

TEST_CASE("auto relays to a host where interception broke the client's last connection") {
  InterceptionSettings settings;
  settings.intercept_under(nullptr);
  settings.mode = Mode::automatic;
  parser::ClientHello hello = hello_openssl();
  hello.sni = "pinned.example";
  const auto choice = [&](std::string client) {
    return choose_mode(settings, {&hello, {}, std::move(client), "10.0.0.1"});
  };
  CHECK(choice("10.1.1.1").automatic);

  Verdict verdict;
  verdict.cause = Cause::proxy_cert_untrusted;
  verdict.confidence = Confidence::low;
  CHECK_FALSE(broken_by_interception(verdict));
  verdict.confidence = Confidence::high;
  CHECK(broken_by_interception(verdict));
  verdict.cause = Cause::server_cert_expired;
  CHECK_FALSE(broken_by_interception(verdict));
  certs::MirrorPlan shown;
  shown.carried = {certs::ProblemId::expired};
  verdict.outcome = Outcome::failed;
  verdict.closer = Closer::client;
  CHECK_FALSE(broken_by_interception(verdict, &shown));
  shown.not_carried = {certs::ProblemId::weak_signature};
  CHECK(broken_by_interception(verdict, &shown));

  settings.memory->remember("10.1.1.1", "pinned.example", Cause::proxy_cert_untrusted);
  CHECK(choice("10.1.1.1").mode == Mode::relay);
  CHECK_THAT(choice("10.1.1.1").reason, ContainsSubstring("proxy-cert-untrusted"));
  CHECK(choice("10.2.2.2").mode == Mode::intercept);
  settings.mode = Mode::intercept;
  CHECK(choice("10.1.1.1").mode == Mode::intercept);
}

TEST_CASE("the server is asked for the name that is configured, its own, or the client's") {
  struct Case {
    const char* configured;
    const char* target;
    const char* asked;
    const char* sni;
    const char* verified;
    FoundBy found_by = FoundBy::option;
  };
  const auto c = GENERATE(values<Case>({
      {"", "target.example", "asked.example", "asked.example", "asked.example", FoundBy::connect},
      {"", "target.example", "", "", "target.example", FoundBy::socks5},
      {"real.example", "target.example", "", "real.example", "real.example", FoundBy::connect},
      {"real.example", "10.0.0.1", "localhost", "real.example", "real.example"},
      {"", "target.example", "localhost", "target.example", "target.example"},
      {"", "10.0.0.1", "asked.example", "asked.example", "asked.example"},
      {"", "10.0.0.1", "", "", "10.0.0.1"},
      {"10.0.0.2", "target.example", "", "", "10.0.0.2"},
  }));
  HostSettings settings;
  settings.server_name = c.configured;
  parser::ClientHello hello;
  hello.sni = c.asked;
  const ServerNames names = server_names(settings, hello, c.target, c.found_by);
  CHECK(names.sni == c.sni);
  CHECK(names.verified == c.verified);
}

TEST_CASE("records that carry one message are joined, and what follows is kept") {
  const std::vector<std::uint8_t> cut{22, 3, 1, 0, 1, 1, 22, 3,  1, 0, 3, 0, 0, 2,
                                      22, 3, 1, 0, 2, 7, 7,  20, 3, 3, 0, 1, 1};
  const std::vector<std::uint8_t> joined{22, 3, 3, 0, 6, 1, 0, 0, 2, 7, 7, 20, 3, 3, 0, 1, 1};
  CHECK(with_whole_records(cut, 3) == joined);
  CHECK(with_whole_records(joined, 1) == joined);
  CHECK(with_whole_records({22, 3, 254, 0, 1, 1}, 1) ==
        std::vector<std::uint8_t>{22, 3, 3, 0, 1, 1});
  CHECK(with_whole_records({22, 3, 1, 0, 9, 1}, 2) == std::vector<std::uint8_t>{22, 3, 3, 0, 1, 1});
}

}  // namespace legible::proxy
