#include "proxy/commands/summary.hpp"

#include <fmt/format.h>

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>

#include "proxy/sinks/dropped_lines.hpp"

namespace legible::proxy {
namespace {

/// The lines of one connection, a minute after the one before.
class Log {
 public:
  Log& connection(std::string_view peer, std::string_view sni, std::string_view outcome,
                  std::string_view cause, std::string_view closer = "client",
                  std::string_view confidence = "high") {
    accepted(peer);
    line("target", R"("host":"gateway.example","port":443,"mode":"relay","reason":"fixed target")");
    if (!sni.empty()) line("client-hello", fmt::format(R"("leg":"client","sni":"{}")", sni));
    line("verdict",
         fmt::format(R"("outcome":"{}","closer":"{}","cause":"{}","confidence":"{}","alert":null)",
                     outcome, closer, cause, confidence));
    ++minute_;
    return *this;
  }
  Log& accepted(std::string_view peer) {
    ++connection_;
    return line("accepted", fmt::format(R"("leg":"client","peer":"{}")", peer));
  }
  Log& raw(std::string_view text) {
    builder_.add(text);
    return *this;
  }
  Log& restart() {
    connection_ = 0;
    return *this;
  }
  Summary finish() const { return builder_.finish(); }

 private:
  Log& line(std::string_view event, std::string_view fields) {
    return raw(fmt::format(
        R"({{"v":1,"time":"2026-03-01T12:{:02}:00.000000Z","event":"{}","conn":{},{}}})", minute_,
        event, connection_, fields));
  }

  SummaryBuilder builder_;
  int connection_ = 0;
  int minute_ = 0;
};

TEST_CASE("partners are told apart by address, name and target, most failures first") {
  const Summary summary = Log()
                              .connection("10.0.0.1:1000", "a.example", "ok", "none")
                              .connection("10.0.0.2:1000", "a.example", "failed", "unknown")
                              .connection("10.0.0.1:1001", "a.example", "ok", "none")
                              .connection("10.0.0.2:1001", "", "ok", "none")
                              .connection("[2001:db8::1]:99", "a.example", "failed", "unknown")
                              .connection("[2001:db8::1]:98", "a.example", "failed", "unknown")
                              .finish();
  CHECK(summary.connections == 6);
  CHECK(summary.failed == 3);
  REQUIRE(summary.partners.size() == 4);
  CHECK(summary.partners[0].partner ==
        Partner{"[2001:db8::1]", "a.example", "gateway.example:443"});
  CHECK(summary.partners[0].failed == 2);
  CHECK(summary.partners[1].partner.peer == "10.0.0.2");
  CHECK(summary.partners[1].connections == 1);
  CHECK(summary.partners[2].partner.peer == "10.0.0.1");
  CHECK(summary.partners[2].connections == 2);
  CHECK(summary.partners[2].first_seen == "2026-03-01T12:00:00.000000Z");
  CHECK(summary.partners[2].last_seen == "2026-03-01T12:02:00.000000Z");
  CHECK(summary.partners[3].partner.sni.empty());
}

TEST_CASE("the table of a day") {
  Log log;
  for (int i = 0; i < 3; ++i) {
    log.connection("10.0.0.2:1", "gateway.example", "failed", "server-cert-expired");
  }
  log.connection("10.0.0.2:1", "gateway.example", "failed", "no-shared-cipher", "server")
      .connection("10.0.0.2:1", "gateway.example", "ok", "tls-health-check")
      .connection("10.0.0.1:1", "", "ok", "none")
      .accepted("10.0.0.9:1")
      .raw("{\"v\":1,\"time\":\"2026-03-0");
  CHECK(summary_text(log.finish()) ==
        R"(6 connections, 4 failed, 2 partners; 2026-03-01 12:00:00 to 2026-03-01 12:05:00 UTC
1 more without a verdict in this log
no event in 1 of 25 lines: cut short, or of another program

FAILED  UNSURE  ALL  CLIENT    SNI              TARGET               FIRST SEEN           LAST SEEN
     4       0    5  10.0.0.2  gateway.example  gateway.example:443  2026-03-01 12:00:00  2026-03-01 12:04:00
                  3  server-cert-expired, closed by the client       2026-03-01 12:00:00  2026-03-01 12:02:00
                       the server's certificate has expired
                  1  no-shared-cipher, closed by the server          2026-03-01 12:03:00  2026-03-01 12:03:00
                       client and server have no cipher suite in common
                  1  tls-health-check, closed by the client  (no failure)  2026-03-01 12:04:00  2026-03-01 12:04:00
                       a handshake and nothing more, as a monitor makes it
     0       0    1  10.0.0.1  -                gateway.example:443  2026-03-01 12:05:00  2026-03-01 12:05:00
                  1  none, closed by the client  (no failure)        2026-03-01 12:05:00  2026-03-01 12:05:00
)");
}

TEST_CASE("a success that is not sure is not counted among those that are") {
  const Summary summary =
      Log()
          .connection("10.0.0.2:1", "a.example", "ok", "client-satisfied", "client", "low")
          .connection("10.0.0.2:1", "a.example", "ok", "client-satisfied", "client", "low")
          .connection("10.0.0.2:1", "a.example", "ok", "client-satisfied")
          .connection("10.0.0.2:1", "a.example", "failed", "unknown", "client", "low")
          .finish();
  CHECK(summary.failed == 1);
  CHECK(summary.unsure == 2);
  REQUIRE(summary.partners.size() == 1);
  CHECK(summary.partners[0].unsure == 2);
  const std::string text = summary_text(summary);
  CHECK(text.starts_with("4 connections, 1 failed, 2 unsure, 1 partner;"));
  CHECK(text.find("2  client-satisfied, closed by the client  (unsure: it may have failed)") !=
        std::string::npos);
  CHECK(text.find("1  client-satisfied, closed by the client  (no failure)") != std::string::npos);
}

TEST_CASE("the same as JSON") {
  CHECK(
      summary_json(
          Log().connection("10.0.0.2:1", "a.example", "failed", "unknown", "server").finish()) ==
      R"({"v":1,"connections":1,"failed":1,"unsure":0,"unfinished":0,"lines":4,"foreign_lines":0,"dropped_lines":0,)"
      R"("first_seen":"2026-03-01T12:00:00.000000Z","last_seen":"2026-03-01T12:00:00.000000Z",)"
      R"("partners":[{"peer":"10.0.0.2","sni":"a.example","target":"gateway.example:443",)"
      R"("connections":1,"failed":1,"unsure":0,"first_seen":"2026-03-01T12:00:00.000000Z",)"
      R"("last_seen":"2026-03-01T12:00:00.000000Z","causes":[{"cause":"unknown",)"
      R"("closer":"server","failed":true,"unsure":false,"count":1,"first_seen":"2026-03-01T12:00:00.000000Z",)"
      R"("last_seen":"2026-03-01T12:00:00.000000Z"}]}]})"
      "\n");
}

TEST_CASE("each cause has its own first and last time") {
  Log log;
  log.connection("10.0.0.2:1", "", "ok", "none")
      .connection("10.0.0.2:1", "", "failed", "server-cert-expired")
      .connection("10.0.0.2:1", "", "ok", "none")
      .connection("10.0.0.2:1", "", "failed", "server-cert-expired");
  const Summary summary = log.finish();
  REQUIRE(summary.partners.size() == 1);
  REQUIRE(summary.partners[0].causes.size() == 2);
  CHECK(summary.partners[0].causes[0].first_seen == "2026-03-01T12:01:00.000000Z");
  CHECK(summary.partners[0].causes[0].last_seen == "2026-03-01T12:03:00.000000Z");
  CHECK(summary.partners[0].causes[1].last_seen == "2026-03-01T12:02:00.000000Z");
}

TEST_CASE("one of each is told in the singular") {
  const Summary summary = Log().connection("10.0.0.2:1", "", "failed", "unknown").finish();
  CHECK(summary_text(summary).starts_with("1 connection, 1 failed, 1 partner;"));
}

TEST_CASE("an empty log has no table") {
  CHECK(summary_text(Log().finish()) == "0 connections, 0 failed, 0 partners\n");
}

TEST_CASE("numbers that begin again after a restart are other connections") {
  const Summary summary = Log()
                              .accepted("10.0.0.1:1")
                              .restart()
                              .connection("10.0.0.2:1", "a.example", "failed", "unknown")
                              .finish();
  CHECK(summary.unfinished == 1);
  REQUIRE(summary.partners.size() == 1);
  CHECK(summary.partners[0].partner.peer == "10.0.0.2");
}

TEST_CASE("lines that are no events are counted and change nothing") {
  const std::string_view lines[] = {
      "not JSON",
      "{}",
      "[1,2]",
      "\"verdict\"",
      "{\"v\":2,\"time\":\"t\",\"event\":\"verdict\",\"conn\":1}",
      "{\"v\":1,\"time\":\"t\",\"event\":7,\"conn\":1}",
      "{\"v\":1,\"event\":\"verdict\",\"conn\":1}",
      "{\"v\":1,\"time\":\"t\",\"event\":\"verdict\",\"conn\":1} trailing",
      "{\"v\":1,\"time\":\"t\",\"event\":\"verdict\",\"conn\":1,\"sni\":\"\xff\"}",
      "{\"v\":1,\"time\":\"t\",\"x\":{\"event\":\"verdict\",\"conn\":1}}",
  };
  for (const std::string_view line : lines) {
    CAPTURE(line);
    const Summary summary = Log().raw(line).raw("  ").finish();
    CHECK(summary.foreign_lines == 1);
    CHECK(summary.lines == 1);
    CHECK(summary.connections == 0);
  }
}

TEST_CASE("who gives a password once it is asked for has failed in nothing") {
  const auto asked = [](Log& log, std::string_view peer) {
    log.connection(peer, "", "aborted", "proxy-auth-required", "proxy");
  };
  Log log;
  asked(log, "10.0.0.1:1");
  asked(log, "10.0.0.1:2");
  log.connection("10.0.0.1:3", "", "ok", "none");
  asked(log, "10.0.0.1:4");
  asked(log, "10.0.0.2:1");
  log.connection("10.0.0.2:2", "", "aborted", "proxy-policy", "proxy");
  const Summary summary = log.finish();
  CHECK(summary.connections == 6);
  // The last question of the first client, and both of the second, which had the wrong password.
  CHECK(summary.failed == 3);
  const std::string text = summary_text(summary);
  CHECK(text.find("2  proxy-auth-required, closed by the proxy  (no failure)") !=
        std::string::npos);
}

TEST_CASE("a health check is none, whatever it says") {
  CHECK(Log().connection("10.0.0.1:1", "", "not-tls", "tcp-health-check").finish().failed == 0);
}

TEST_CASE("plain text that works is no failure, and plain text that does not is one") {
  const Summary summary = Log()
                              .connection("10.0.0.1:1", "", "not-tls", "none")
                              .connection("10.0.0.2:1", "", "not-tls", "plain-http-to-tls")
                              .finish();
  CHECK(summary.connections == 2);
  CHECK(summary.failed == 1);
  CHECK(summary_text(summary).find("none, closed by the client  (no failure)") !=
        std::string::npos);
}

TEST_CASE("lines that the writer dropped are counted and told") {
  constexpr std::string_view notice =
      R"({{"v":1,"time":"2026-03-01T12:00:00.000000Z","event":"notice","what":"{}"}})";
  Log log;
  log.raw(fmt::format(notice, dropped_lines_text("a: b.jsonl", 12)));
  log.raw(fmt::format(notice, dropped_lines_text("standard output", 30)));
  log.raw(fmt::format(notice, "accepting pauses: no descriptors"));
  log.raw(fmt::format(notice, "x lines were dropped here"));
  const Summary summary = log.finish();
  CHECK(summary.dropped_lines == 42);
  CHECK(summary_text(summary).find("missing: 42 lines") != std::string::npos);
}

TEST_CASE("nesting without end is refused without recursion") {
  CHECK(Log().raw("{\"v\":1,\"x\":" + std::string(1'000'000, '[')).finish().foreign_lines == 1);
}

TEST_CASE("names in a forged log are harmless and short in the table") {
  const Summary summary =
      Log()
          .connection("\\u001b[2J:1", std::string(100'000, 'a'), "failed", "\\n\\u0000", "x")
          .finish();
  for (const std::string& text : {summary_text(summary), summary_json(summary)}) {
    CHECK(text.find('\x1b') == std::string::npos);
    CHECK(text.find('\0') == std::string::npos);
    CHECK(text.size() < 2000);
  }
}

TEST_CASE("partners beyond the limit are counted as one") {
  Log log;
  constexpr std::size_t beyond = 10;
  for (std::size_t i = 0; i < SummaryBuilder::max_partners + beyond; ++i) {
    log.connection(fmt::format("10.0.0.{}:1", i), "", "failed", "unknown");
  }
  const Summary summary = log.finish();
  REQUIRE(summary.partners.size() == SummaryBuilder::max_partners + 1);
  CHECK(summary.partners[0].partner.peer == "(others)");
  CHECK(summary.partners[0].failed == beyond);
}

}  // namespace
}  // namespace legible::proxy
