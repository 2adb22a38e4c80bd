#include "proxy/interception.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "proxy/leg_settings.hpp"
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
  settings.mode = Mode::automatic;
  settings.rules = {{"*.bank.example", Mode::relay}, {"*.example", Mode::intercept}};
  parser::ClientHello hello = hello_openssl();

  hello.sni = "www.bank.example";
  ModeChoice choice = choose_mode(settings, &hello, true, "10.0.0.1");
  CHECK(choice.mode == Mode::relay);
  CHECK(choice.reason == "--relay *.bank.example");

  hello.sni = "www.example";
  choice = choose_mode(settings, &hello, true, "10.0.0.1");
  CHECK(choice.mode == Mode::intercept);
  CHECK(choice.reason == "--intercept *.example");

  hello.sni = "elsewhere.test";
  CHECK(choose_mode(settings, &hello, true, "10.0.0.1").mode == Mode::intercept);
  hello.ciphers = {{0x002f}};
  choice = choose_mode(settings, &hello, true, "10.0.0.1");
  CHECK(choice.mode == Mode::relay);
  CHECK_THAT(choice.reason, ContainsSubstring("cannot be terminated"));

  // Without SNI the target's name counts; bytes that are no TLS are relayed by every mode.
  CHECK(choose_mode(settings, nullptr, false, "www.example").mode == Mode::relay);
  hello.sni.clear();
  CHECK(choose_mode(settings, &hello, true, "www.example").mode == Mode::intercept);
}

TEST_CASE("the server is asked for the name that is configured, its own, or the client's") {
  struct Case {
    const char* configured;
    const char* target;
    const char* asked;
    const char* sni;
    const char* verified;
  };
  const auto c = GENERATE(values<Case>({
      {"real.example", "10.0.0.1", "localhost", "real.example", "real.example"},
      {"", "target.example", "localhost", "target.example", "target.example"},
      {"", "10.0.0.1", "asked.example", "asked.example", "asked.example"},
      {"", "10.0.0.1", "", "", "10.0.0.1"},
      {"10.0.0.2", "target.example", "", "", "10.0.0.2"},
  }));
  InterceptionSettings settings;
  settings.server_name = c.configured;
  parser::ClientHello hello;
  hello.sni = c.asked;
  const ServerNames names = server_names(settings, hello, c.target);
  CHECK(names.sni == c.sni);
  CHECK(names.verified == c.verified);
}

TEST_CASE("records that carry one message are joined, and what follows is kept") {
  const std::vector<std::uint8_t> cut{22, 3, 1, 0, 1, 1, 22, 3,  1, 0, 3, 0, 0, 2,
                                      22, 3, 1, 0, 2, 7, 7,  20, 3, 3, 0, 1, 1};
  const std::vector<std::uint8_t> joined{22, 3, 1, 0, 6, 1, 0, 0, 2, 7, 7, 20, 3, 3, 0, 1, 1};
  CHECK(with_whole_records(cut, 3) == joined);
  CHECK(with_whole_records(cut, 1) == cut);
  CHECK(with_whole_records({22, 3, 1, 0, 9, 1}, 2) == std::vector<std::uint8_t>{22, 3, 1, 0, 1, 1});
}

}  // namespace legible::proxy
