#include "proxy/record/connection_record.hpp"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

namespace legible::proxy {
namespace {

class VerdictSink final : public EventSink {
 public:
  void on_listening(Time, std::string_view) override {}
  void on_entry(ConnectionId, const Timeline&, const Entry&) override {}
  void on_verdict(ConnectionId, Time, const Timelines&, const Verdict& verdict) override {
    verdicts.push_back(verdict);
  }
  void on_notice(Time, std::string_view) override {}
  void flush() override {}

  std::vector<Verdict> verdicts;
};

/// What the timeline holds of `Told` when `client` and `server` were said inside TLS.
template <class Told>
std::vector<Told> told_inside(std::string_view client, std::string_view server) {
  const auto bytes = [](std::string_view text) {
    return std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
  };
  VerdictSink sink;
  ChainCache chains{{}};
  RecordContext context{sink, chains, {}};
  ConnectionRecord record(1, context, nullptr, Scope::server_leg);
  record.plaintext({}, Leg::client, bytes(client));
  record.plaintext({}, Leg::server, bytes(server));
  record.conclude({});
  std::vector<Told> found;
  for (const Entry& entry : record.timeline().entries()) {
    if (const auto* told = std::get_if<Told>(&entry.fact)) found.push_back(*told);
  }
  return found;
}

}  // namespace

TEST_CASE("what a server refuses inside TLS is noted once") {
  const auto refused = told_inside<RefusedInside>("EHLO me\r\n", "220 mail\r\n421 no\r\n");
  REQUIRE(refused.size() == 1);
  CHECK(refused.front().refusals->replies == std::vector<std::string>{"421 no"});
  CHECK(told_inside<RefusedInside>("EHLO me\r\n", "220 mail\r\n").size() == 1);
  std::string many = "220 mail\r\n";
  for (int i = 0; i < 100; ++i) many += "550 no\r\n";
  CHECK(told_inside<RefusedInside>("EHLO me\r\n", many).size() == 1);
  CHECK(told_inside<RefusedInside>("GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n").empty());
}

TEST_CASE("a request of which nothing came is noted") {
  const std::string preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
  const std::string settings("\0\0\0\4\0\0\0\0\0", 9);
  // GET / to a.test: indexed fields, and one literal (RFC 7541).
  const std::string head("\0\0\x0b\1\5\0\0\0\1\x82\x84\x87\x01\6a.test", 20);
  const auto http1 = told_inside<RequestUnanswered>("GET / HTTP/1.1\r\n\r\n", "");
  REQUIRE(http1.size() == 1);
  CHECK_FALSE(http1.front().http2);
  const auto http2 = told_inside<RequestUnanswered>(preface + settings + head, settings);
  REQUIRE(http2.size() == 1);
  CHECK(http2.front().http2);
  // A browser may connect before it has anything to ask.
  CHECK(told_inside<RequestUnanswered>(preface + settings, settings).empty());
  CHECK(told_inside<RequestUnanswered>("GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 204 \r\n\r\n").empty());
}

TEST_CASE("an answer that ends before its length is noted") {
  const std::string ask = "GET / HTTP/1.1\r\n\r\n";
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  const auto cut = [&](const std::string& answer) { return told_inside<AnswerCut>(ask, answer); };
  const auto by_length = cut(ok + "Content-Length: 100\r\n\r\nhalf");
  REQUIRE(by_length.size() == 1);
  CHECK(by_length.front().bytes == 4);
  CHECK(by_length.front().announced == 100);
  const auto by_chunks = cut(ok + "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
  REQUIRE(by_chunks.size() == 1);
  CHECK_FALSE(by_chunks.front().announced);
  CHECK(cut(ok + "Content-Length: 4\r\n\r\nhalf").empty());
  CHECK(cut(ok + "\r\nuntil the end").empty());
  CHECK(
      told_inside<AnswerCut>("HEAD / HTTP/1.1\r\n\r\n", ok + "Content-Length: 9\r\n\r\n").empty());
}

TEST_CASE("a record that was to be handed over and is dropped ends with its verdict") {
  VerdictSink sink;
  ChainCache chains{{}};
  RecordContext context{sink, chains, {}};
  const Time start{std::chrono::seconds{1'750'000'000}};
  {
    ConnectionRecord record(1, context);
    record.note(start, Leg::client, Accepted{"10.0.0.1:50000", "127.0.0.1:8443"});
    record.promise_verdict();
  }
  REQUIRE(sink.verdicts.size() == 1);
  CHECK(sink.verdicts.front().cause == Cause::proxy_limit);
  CHECK(sink.verdicts.front().outcome == Outcome::aborted);
  {
    ConnectionRecord record(2, context);
    record.note(start, Leg::client, Accepted{"10.0.0.1:50000", "127.0.0.1:8443"});
    record.promise_verdict();
    record.conclude(start);
  }
  CHECK(sink.verdicts.size() == 2);
  const ConnectionRecord server_leg(3, context, nullptr, Scope::server_leg);
  CHECK(sink.verdicts.size() == 2);
}

}  // namespace legible::proxy
