#include "proxy/record/connection_history.hpp"

#include <catch2/catch_test_macros.hpp>
#include <chrono>

namespace {

using namespace legible;
using namespace legible::proxy;
using namespace std::chrono_literals;

const Time noon{std::chrono::sys_days{std::chrono::year{2026} / 6 / 1} + 12h};

parser::ClientHello hello(parser::ProtocolVersion version, std::uint16_t cipher = 0x1301) {
  parser::ClientHello made;
  made.legacy_version = version;
  made.ciphers = {parser::CipherSuite{cipher}};
  made.bytes = 300;
  return made;
}

}  // namespace

TEST_CASE("a first connection has no history") {
  ConnectionHistory history;
  const History before = history.recall_and_add("192.0.2.1", "server", {noon, true, nullptr});
  CHECK(before.connections == 0);
  CHECK_FALSE(before.interval_seconds);
}

TEST_CASE("connections are remembered by client, server and SNI") {
  ConnectionHistory history;
  const parser::ClientHello plain = hello(parser::tls12);
  parser::ClientHello named = plain;
  named.sni = "a.example";
  history.recall_and_add("192.0.2.1", "server", {noon, false, &plain});
  CHECK(history.recall_and_add("192.0.2.1", "server", {noon, false, &plain}).connections == 1);
  CHECK(history.recall_and_add("192.0.2.1", "server", {noon, false, &named}).connections == 0);
  CHECK(history.recall_and_add("192.0.2.2", "server", {noon, false, &plain}).connections == 0);
  CHECK(history.recall_and_add("192.0.2.1", "other", {noon, false, &plain}).connections == 0);
}

TEST_CASE("when the same hello succeeded is remembered") {
  using namespace std::chrono_literals;
  ConnectionHistory history;
  const parser::ClientHello same = hello(parser::tls12);
  const parser::ClientHello other = hello(parser::tls12, 0xc02f);
  const auto since = [&](std::chrono::seconds later, const parser::ClientHello& asked,
                         std::optional<parser::ProtocolVersion> agreed) {
    return history.recall_and_add("192.0.2.1", "server", {noon + later, false, &asked, agreed})
        .since_success;
  };
  CHECK_FALSE(since(0s, same, parser::tls12));
  CHECK(since(3s, same, {}) == 3s);
  CHECK(since(4s, same, {}) == 4s);
  CHECK_FALSE(since(5s, other, {}));
}

TEST_CASE("whether a client accepts the proxy's CA is remembered by its address") {
  ConnectionHistory history;
  const parser::ClientHello plain = hello(parser::tls13);
  const PastConnection accepted{noon, false, &plain, parser::tls13, true};
  const PastConnection refused{noon, false, &plain};
  CHECK_FALSE(history.recall_and_add("192.0.2.1", "server", accepted).accepted_proxy_authority);

  const History elsewhere = history.recall_and_add("192.0.2.1", "other", refused);
  CHECK(elsewhere.accepted_proxy_authority);
  CHECK_FALSE(elsewhere.accepted_proxy_authority_here);
  const History here = history.recall_and_add("192.0.2.1", "server", refused);
  CHECK(here.accepted_proxy_authority_here);
  CHECK_FALSE(history.recall_and_add("192.0.2.2", "server", refused).accepted_proxy_authority);
}

TEST_CASE("a monitor is known by its regular interval") {
  ConnectionHistory history;
  Time now = noon;
  History before;
  const auto connect_after = [&](std::chrono::milliseconds pause) {
    now += pause;
    before = history.recall_and_add("192.0.2.1", "server", {now, true, nullptr});
  };
  for (const auto jitter : {0ms, 120ms, -90ms, 30ms, 10ms}) connect_after(5s + jitter);
  CHECK(before.empty_closes == 4);
  CHECK_FALSE(before.interval_seconds);
  connect_after(5s);
  REQUIRE(before.interval_seconds);
  CHECK(*before.interval_seconds == 5.0);
  connect_after(60s);
  CHECK_FALSE(before.interval_seconds);
}

TEST_CASE("hellos of the last ten seconds are counted, GREASE apart") {
  ConnectionHistory history;
  const auto connect = [&](Time time, const parser::ClientHello& offered) {
    return history.recall_and_add("192.0.2.1", "server", {time, false, &offered});
  };
  parser::ClientHello greased = hello(parser::tls12);
  greased.ciphers.insert(greased.ciphers.begin(), parser::CipherSuite{0x1a1a});
  connect(noon, hello(parser::tls12));
  connect(noon + 1s, greased);
  connect(noon + 2s, hello(parser::tls12, 0x1302));
  const History soon = connect(noon + 3s, hello(parser::tls12));
  CHECK(soon.recent_hellos == 3);
  CHECK(soon.recent_distinct_hellos == 2);
  CHECK(connect(noon + 12s, hello(parser::tls12)).recent_hellos == 2);
}

TEST_CASE("what failed and what succeeded before is kept apart") {
  ConnectionHistory history;
  const parser::ClientHello new_one = hello(parser::tls13);
  const parser::ClientHello old_one = hello(parser::tls12);
  history.recall_and_add("192.0.2.1", "server", {noon, false, &new_one});
  const History after_failure =
      history.recall_and_add("192.0.2.1", "server", {noon + 1s, false, &old_one, parser::tls11});
  CHECK(after_failure.failed_offer == parser::tls13);
  CHECK_FALSE(after_failure.successful_offer);
  CHECK_FALSE(after_failure.agreed_version);
  const History after_success =
      history.recall_and_add("192.0.2.1", "server", {noon + 2s, false, &new_one});
  CHECK(after_success.successful_offer == parser::tls12);
  CHECK(after_success.agreed_version == parser::tls11);
  CHECK(after_success.largest_successful_hello == 300);
}
