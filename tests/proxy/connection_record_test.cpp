#include "proxy/connection_record.hpp"

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

}  // namespace

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
