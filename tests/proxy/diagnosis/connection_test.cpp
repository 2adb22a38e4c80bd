#include "support/scenario.hpp"

using namespace legible;
using namespace legible::proxy;
using namespace legible::tests;

TEST_CASE("silence and missing connections are told by whose turn it was") {
  using namespace std::chrono_literals;
  const Scenario scenarios[] = {
      {"T52",
       [](auto& c) { c.client_says(hello_openssl()).pause(3s).client_fin(); },
       Closer::client,
       {Phase::client_hello},
       Mechanism::timeout,
       {Cause::server_silent}},
      {"T56",
       [](auto& c) { c.client_fin(); },
       Closer::client,
       {Phase::pre_hello},
       Mechanism::fin,
       {Cause::tcp_health_check},
       Outcome::ok},
      {"T57",
       [](auto& c) {
         c.first_bytes(C, parser::Protocol::tls, "\x16\x03\x01").pause(2s).server_fin();
       },
       Closer::server,
       {Phase::pre_hello},
       Mechanism::timeout,
       {Cause::client_silent}},
      {"OpenSSL that has no version to offer",
       [](auto& c) {
         c.first_bytes(C, parser::Protocol::tls, std::string("\x15\x03\x01\0\x02\x02\x46", 7));
         c.alert(C, 70).client_fin();
       },
       Closer::client,
       {Phase::pre_hello},
       Mechanism::alert_fatal,
       {Cause::internal_error}},
      {"an alert instead of a hello",
       [](auto& c) {
         c.first_bytes(C, parser::Protocol::tls, std::string("\x15\x03\x01\0\x02\x02\x28", 7));
         c.alert(C, 40).client_fin();
       },
       Closer::client,
       {Phase::pre_hello},
       Mechanism::alert_fatal,
       {Cause::protocol_violation}},
      {"a ServerHello from the client",
       [](auto& c) {
         c.first_bytes(C, parser::Protocol::tls, std::string("\x16\x03\x01\0\x2a\x02", 6));
         c.alert(S, 10).server_fin();
       },
       Closer::server,
       {Phase::pre_hello},
       Mechanism::alert_fatal,
       {Cause::protocol_violation}},
      {"a flight that stops half-way, and a client that does not wait",
       [](auto& c) {
         c.client_says(hello_openssl()).server_says(tls12_hello()).pause(3s).client_fin();
       },
       Closer::client,
       {Phase::server_hello},
       Mechanism::timeout,
       {Cause::server_silent}},
      {"a client's flight that is not answered",
       [](auto& c) {
         c.client_says(hello_openssl()).server_flight().key_exchange_and_finished();
         c.pause(3s).client_fin();
       },
       Closer::client,
       {Phase::key_exchange},
       Mechanism::timeout,
       {Cause::server_silent}},
      {"the proxy's own time-out",
       [](auto& c) {
         c.client_says(hello_openssl()).pause(20s);
         c.note(S, ProxyClosing{ProxyReason::handshake_timeout, 20s});
       },
       Closer::proxy,
       {Phase::client_hello},
       Mechanism::timeout,
       {Cause::server_silent},
       Outcome::aborted},
  };
  for (const Scenario& scenario : scenarios) check(scenario);

  struct Case {
    ConnectError error;
    Cause cause;
    std::string_view evidence;
  };
  constexpr std::string_view could_not = "the proxy could not connect to the server";
  constexpr std::string_view did_not =
      "the proxy opened no connection: it would have been one to itself";
  constexpr std::string_view not_via = "no connection to the server came about through --via";
  constexpr std::string_view may_not =
      "the proxy opened no connection: no client may go there through it";
  for (const Case& failed :
       {Case{ConnectError::refused, Cause::tcp_refused, could_not},
        Case{ConnectError::timeout, Cause::tcp_connect_timeout, could_not},
        Case{ConnectError::dns, Cause::name_not_resolved, could_not},
        Case{ConnectError::own_listener, Cause::proxy_policy, did_not},
        Case{ConnectError::not_allowed, Cause::proxy_policy, may_not},
        Case{ConnectError::upstream_unreachable, Cause::upstream_proxy_unreachable, not_via},
        Case{ConnectError::upstream_silent, Cause::upstream_proxy_silent, not_via},
        Case{ConnectError::upstream_refused, Cause::upstream_proxy_refused, not_via},
        Case{ConnectError::upstream_authentication, Cause::upstream_proxy_auth_required,
             not_via}}) {
    Conversation c{Conversation::NotConnected{}};
    c.client_says(hello_openssl()).note(S, ConnectFailed{failed.error, "10.0.0.2:443", "detail"});
    const Verdict verdict = diagnose(c.timeline());
    INFO(shown(verdict));
    CHECK(verdict.cause == failed.cause);
    CHECK(verdict.evidence.front() == failed.evidence);
    CHECK(verdict.closer == Closer::proxy);
    CHECK(verdict.phase == Phase::server_connect);
    CHECK(verdict.mechanism == Mechanism::connect_failed);
    CHECK(verdict.outcome == Outcome::failed);
  }
}

TEST_CASE("what this machine could not do itself is not told of the server") {
  const auto fails = [](ConnectError error, bool here) {
    Conversation c{Conversation::NotConnected{}};
    c.note(S, ConnectFailed{error, "10.0.0.2:443", "detail", here});
    return diagnose(c.timeline());
  };
  for (const ConnectError error : {ConnectError::dns, ConnectError::unreachable}) {
    const Verdict own = fails(error, true);
    INFO(shown(own));
    CHECK(own.summary.find("the proxy's machine") != std::string::npos);
    CHECK(own.hint.server == "Nothing: it was not asked.");
    CHECK(fails(error, false).summary.find("the proxy's machine") == std::string::npos);
  }
  Conversation c;
  c.note(S, ConnectFailed{ConnectError::own_listener, "10.0.0.2:443", "redirected back"})
      .server_rst();
  const Verdict verdict = diagnose(c.timeline());
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::proxy_policy);
  CHECK(verdict.summary == "redirected back");
}

TEST_CASE("an alert that comes before any hello is about no hello") {
  for (const bool late_hello : {false, true}) {
    for (const std::uint8_t number : {std::uint8_t{0}, std::uint8_t{40}, std::uint8_t{80}}) {
      Conversation c;
      c.first_bytes(S, parser::Protocol::tls, std::string("\x15\x03\x03\0\x02\x02\x28", 7));
      c.alert(S, number, number == 0 ? warning : parser::alert_level::fatal);
      if (late_hello) c.first_bytes(C, parser::Protocol::tls, "\x16").client_says(hello_openssl());
      const Verdict verdict = diagnose(c.server_fin().timeline());
      INFO(shown(verdict));
      CHECK(verdict.closer == Closer::server);
      CHECK(verdict.phase == Phase::pre_hello);
      CHECK(verdict.cause == (number == 80 ? Cause::internal_error : Cause::server_drops_hello));
      CHECK(verdict.confidence == (number == 80 ? Confidence::medium : Confidence::low));
      CHECK(verdict.summary.find("before it had seen a ClientHello") != std::string::npos);
    }
  }
}

TEST_CASE("a server that does not wait for the rest of a hello has seen its beginning") {
  Conversation c;
  c.first_bytes(C, parser::Protocol::tls, std::string("\x16\x03\x01\0\x40\x01\0\x02\0", 9))
      .server_fin();
  const Verdict verdict = diagnose(c.client_says(hello_openssl()).timeline());
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::fragmented_hello_refused);
}

TEST_CASE("a hello that is dropped at once may have lacked a PROXY header") {
  const auto dropped = [](std::chrono::milliseconds after, bool announced, std::uint32_t answered) {
    Conversation c{Conversation::NotConnected{}};
    Connected connected{"10.0.0.2:443", std::chrono::milliseconds{1}};
    connected.announced = announced;
    c.note(S, connected).client_says(hello_openssl()).pause(after).server_fin();
    History history;
    history.largest_successful_hello = answered;
    return has_alternative(diagnose(c.timeline(), history), Cause::proxy_header_missing);
  };
  using namespace std::chrono_literals;
  CHECK(dropped(1ms, false, 0));
  CHECK_FALSE(dropped(1ms, true, 0));
  CHECK_FALSE(dropped(1ms, false, 300));
  CHECK_FALSE(dropped(5000ms, false, 0));
}

TEST_CASE("a PROXY header of the proxy's own that the server does not expect") {
  const auto to_server = [](Scope scope) {
    Conversation c(scope);
    Connected connected{"10.0.0.2:443", std::chrono::milliseconds{1}};
    connected.announced = true;
    c.note(S, connected);
    return c;
  };
  Conversation before_hello = to_server(Scope::relayed);
  before_hello.first_bytes(S, parser::Protocol::http, "HTTP/1.1 400 Bad Request").server_fin();
  Conversation answered = to_server(Scope::server_leg);
  answered.client_says(hello_openssl());
  answered.first_bytes(S, parser::Protocol::http, "HTTP/1.1 400 Bad Request").server_fin();
  Conversation dropped = to_server(Scope::relayed);
  dropped.client_says(hello_openssl()).server_rst();
  for (const Conversation* c : {&before_hello, &answered, &dropped}) {
    const Verdict verdict = diagnose(c->timeline());
    INFO(shown(verdict));
    CHECK(verdict.cause == Cause::proxy_header_to_tls);
  }
}

TEST_CASE("up to TLS 1.2 the evidence names an encrypted Finished") {
  Conversation c;
  c.client_says(hello_openssl()).server_flight().key_exchange_and_finished();
  c.alert(S, 51);
  const Verdict verdict = diagnose(c.timeline());
  INFO(shown(verdict));
  REQUIRE_FALSE(verdict.evidence.empty());
  CHECK(verdict.evidence.front().find(" after the client's Finished") != std::string::npos);
}

TEST_CASE("a client that had to wait for the proxy is said to have") {
  const auto leaves = [](bool after_limit) {
    Conversation c;
    c.note(C, Accepted{"10.0.0.1:50000", "127.0.0.1:8443", after_limit});
    const Verdict verdict = diagnose(c.client_says(hello_openssl()).client_fin().timeline());
    INFO(shown(verdict));
    CHECK(verdict.closer == Closer::client);
    return std::ranges::any_of(verdict.evidence, [](const std::string& sentence) {
      return sentence.find("--max-connections") != std::string::npos;
    });
  };
  CHECK(leaves(true));
  CHECK_FALSE(leaves(false));
}

TEST_CASE("a server that waits in silence may wait for the rest of the proxy's own header") {
  using namespace std::chrono_literals;
  Conversation c;
  Connected connected{"10.0.0.2:443", 12ms};
  connected.announced = true;
  c.note(S, connected).client_says(hello_openssl()).pause(20s).client_fin();
  const Verdict verdict = diagnose(c.timeline());
  INFO(shown(verdict));
  CHECK(verdict.cause == Cause::proxy_header_to_tls);
  CHECK(has_alternative(verdict, Cause::server_silent));
  CHECK(verdict.hint.proxy.find("--send-proxy-protocol") != std::string::npos);
}
