#include "proxy/capture/tcp_tracker.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace legible::capture {
namespace {

using namespace std::chrono_literals;
using Log = std::vector<std::string>;

std::string name(Side side) { return side == Side::client ? "client" : "server"; }

/// Writes down what it is told, bytes that follow each other as one line.
class WritingWatcher : public TcpWatcher {
 public:
  WritingWatcher(Log& log, Disorder& disorder) : log_(log), disorder_(disorder) {}

  void on_established(Time, std::optional<std::chrono::microseconds> took) override {
    log_.emplace_back(took ? "established" : "established unseen");
  }
  void on_connect_failed(Time, ConnectFailure how, const Disorder&) override {
    log_.emplace_back(how == ConnectFailure::refused ? "refused" : "timeout");
  }
  void on_bytes(Time time, Side from, Bytes bytes) override {
    CHECK(time >= last_);
    last_ = time;
    const std::string text(bytes.begin(), bytes.end());
    const std::string prefix = name(from) + ": ";
    if (!log_.empty() && log_.back().starts_with(prefix)) {
      log_.back() += text;
    } else {
      log_.push_back(prefix + text);
    }
  }
  void on_gap(Time, Side from, std::uint64_t missing) override {
    log_.push_back(name(from) + " gap " + std::to_string(missing));
  }
  void on_end(Time, Side from, parser::StreamEnd how) override {
    log_.push_back(name(from) + (how == parser::StreamEnd::fin ? " fin" : " rst"));
  }
  void on_finished(Time, bool still_open, const Disorder& disorder) override {
    disorder_ = disorder;
    log_.emplace_back(still_open ? "still open" : "finished");
  }

 private:
  Log& log_;
  Disorder& disorder_;
  Time last_{};
};

Endpoint endpoint(std::uint8_t host, std::uint16_t port) {
  return {{false, {192, 0, 2, host}}, port};
}

struct Flags {
  bool syn = false;
  bool ack = true;
  bool fin = false;
  bool rst = false;
};

/// Plays segments, with positions counted from the byte after the SYN, into a tracker.
class Capture {
 public:
  static constexpr std::uint32_t wraps_soon = 0xfffffffd;

  explicit Capture(std::uint32_t client_isn = 1000, std::uint32_t server_isn = wraps_soon)
      : client_isn_(client_isn), server_isn_(server_isn) {}

  Capture& send(Side from, std::uint32_t at, std::uint32_t acknowledges, std::string_view text,
                Flags flags = {}, std::size_t cut_to = std::string_view::npos) {
    const bool client = from == Side::client;
    const std::size_t captured = std::min(cut_to, text.size());
    const TcpSegment segment{
        .source = client ? client_ : server_,
        .destination = client ? server_ : client_,
        .sequence = (client ? client_isn_ : server_isn_) + at + (flags.syn ? 0u : 1u),
        .acknowledgment = flags.ack ? (client ? server_isn_ : client_isn_) + 1 + acknowledges : 0,
        .syn = flags.syn,
        .ack = flags.ack,
        .fin = flags.fin,
        .rst = flags.rst,
        .payload = {reinterpret_cast<const std::uint8_t*>(text.data()), captured},
        .payload_length = text.size()};
    tracker_.on_segment(now_, segment);
    now_ += 1ms;
    return *this;
  }
  Capture& client(std::uint32_t at, std::uint32_t acknowledges, std::string_view text,
                  Flags flags = {}) {
    return send(Side::client, at, acknowledges, text, flags);
  }
  Capture& server(std::uint32_t at, std::uint32_t acknowledges, std::string_view text,
                  Flags flags = {}) {
    return send(Side::server, at, acknowledges, text, flags);
  }
  Capture& handshake() {
    client(0, 0, "", {.syn = true, .ack = false});
    server(0, 0, "", {.syn = true});
    return client(0, 0, "");
  }
  Capture& wait(std::chrono::milliseconds time) {
    now_ += time;
    return *this;
  }
  Capture& isn(std::uint32_t client_isn, std::uint32_t server_isn) {
    client_isn_ = client_isn;
    server_isn_ = server_isn;
    return *this;
  }
  const Log& end() {
    tracker_.finish();
    return log_;
  }
  const Log& log() const { return log_; }
  const Disorder& disorder() const { return disorder_; }

 private:
  std::uint32_t client_isn_;
  std::uint32_t server_isn_;
  Endpoint client_ = endpoint(1, 50000);
  Endpoint server_ = endpoint(2, 443);
  Time now_{std::chrono::hours{1}};
  Log log_;
  Disorder disorder_;
  TcpTracker tracker_{[this](Time, const Endpoint& client, const Endpoint& server) {
    log_.push_back("opened " + to_text(client) + " " + to_text(server));
    return std::make_unique<WritingWatcher>(log_, disorder_);
  }};
};

const std::string opened = "opened 192.0.2.1:50000 192.0.2.2:443";
constexpr Flags fin{.fin = true};
constexpr Flags rst{.rst = true};

TEST_CASE("an orderly connection comes out as it went in") {
  Capture capture;
  capture.handshake()
      .client(0, 0, "hello")
      .server(0, 5, "world")
      .client(5, 5, "", fin)
      .server(5, 6, "", fin)
      .client(6, 6, "");
  CHECK(capture.end() == Log{opened, "established", "client: hello", "server: world", "client fin",
                             "server fin", "finished"});
}

TEST_CASE("segments that come in another order are put in order") {
  Capture capture;
  capture.handshake().client(6, 0, "ghi").client(3, 0, "def").client(0, 0, "abc");
  CHECK(capture.end() == Log{opened, "established", "client: abcdefghi", "still open"});
}

TEST_CASE("an answer that the capture shows before its question is delivered after it") {
  Capture capture;
  capture.handshake().server(0, 5, "answer").client(0, 0, "quest").client(5, 6, "", fin);
  CHECK(capture.end() ==
        Log{opened, "established", "client: quest", "server: answer", "client fin", "still open"});
}

TEST_CASE("retransmissions and keep-alives add nothing") {
  Capture capture;
  capture.handshake().client(0, 0, "abc").client(0, 0, "abc").client(2, 0, "c").client(3, 0, "d");
  CHECK(capture.end() == Log{opened, "established", "client: abcd", "still open"});
}

TEST_CASE("what the network did to segments is counted") {
  Capture capture;
  capture.client(0, 0, "", {.syn = true, .ack = false}).handshake();
  capture.client(3, 0, "def").client(0, 0, "abc").client(0, 0, "abc").client(5, 0, "f");
  capture.end();
  CHECK(capture.disorder().connection_attempts == 2);
  CHECK(capture.disorder().late == 1);
  CHECK(capture.disorder().retransmitted == 1);
}

TEST_CASE("where segments overlap the first one wins") {
  struct Case {
    const char* what;
    std::vector<std::pair<std::uint32_t, std::string>> segments;
  };
  const Case cases[] = {
      {"a retransmission that goes further", {{0, "abc"}, {0, "XXXdef"}}},
      {"over a kept segment", {{2, "cd"}, {0, "abXXef"}}},
      {"between kept segments", {{1, "b"}, {4, "e"}, {0, "aXcdXf"}}},
      {"a kept segment inside another", {{1, "bcde"}, {2, "XX"}, {0, "a"}, {5, "f"}}},
      {"a kept segment that overlaps the end of another", {{1, "bcd"}, {2, "XXef"}, {0, "a"}}},
  };
  for (const Case& test : cases) {
    CAPTURE(test.what);
    Capture capture;
    capture.handshake();
    for (const auto& [at, text] : test.segments) capture.client(at, 0, text);
    CHECK(capture.end() == Log{opened, "established", "client: abcdef", "still open"});
  }
}

TEST_CASE("any order of segments across the wrap of sequence numbers gives the same bytes") {
  const std::string text = "0123456789abcdefghij";
  std::mt19937 random{1};
  for (int round = 0; round < 200; ++round) {
    std::vector<std::uint32_t> positions;
    for (std::uint32_t at = 0; at < text.size(); at += 2) positions.push_back(at);
    std::ranges::shuffle(positions, random);
    Capture capture;
    capture.handshake();
    for (const std::uint32_t at : positions) capture.server(at, 0, text.substr(at, 4));
    REQUIRE(capture.end() == Log{opened, "established", "server: " + text, "still open"});
  }
}

TEST_CASE("bytes that were acknowledged and never captured are a gap") {
  Capture capture;
  capture.handshake().client(0, 0, "abc").client(6, 0, "ghi").server(0, 9, "answer").wait(1s);
  capture.client(9, 6, "j");
  CHECK(capture.log() == Log{opened, "established", "client: abc", "client gap 3", "client: ghi",
                             "server: answer", "client: j"});
}

TEST_CASE("bytes that wait for an answer that was not captured are not lost with it") {
  // What the server sent is missing; the client's bytes acknowledge it, and are acknowledged.
  Capture capture;
  capture.handshake().client(0, 0, "hello").client(5, 6, "alert").client(10, 6, "", fin);
  capture.server(6, 11, "", fin).client(11, 7, "");
  CHECK(capture.end() == Log{opened, "established", "client: hello", "server gap 6",
                             "client: alert", "client fin", "server fin", "finished"});
}

TEST_CASE("segments that each acknowledge the other are delivered at the end") {
  Capture capture;
  capture.handshake().client(0, 5, "hello").server(0, 5, "world");
  CHECK(capture.end() ==
        Log{opened, "established", "client: hello", "server: world", "still open"});
}

TEST_CASE("bytes that nobody acknowledged are waited for until the capture ends") {
  Capture capture;
  capture.handshake().client(3, 0, "def").wait(10s).client(6, 0, "ghi");
  CHECK(capture.log() == Log{opened, "established"});
  CHECK(capture.end() ==
        Log{opened, "established", "client gap 3", "client: defghi", "still open"});
}

TEST_CASE("a last segment that only its acknowledgment tells of is a gap") {
  Capture capture;
  capture.handshake().client(0, 0, "abc").server(0, 8, "");
  CHECK(capture.end() == Log{opened, "established", "client: abc", "client gap 5", "still open"});
}

TEST_CASE("a FIN that was not captured is no missing byte") {
  Capture capture;
  capture.handshake().client(0, 0, "abc").server(0, 4, "", fin).client(4, 1, "");
  CHECK(capture.end() == Log{opened, "established", "client: abc", "server fin", "still open"});
}

TEST_CASE("a capture of one direction gives that direction, and gaps in the other") {
  Capture capture;
  capture.client(0, 0, "", {.syn = true, .ack = false}).client(0, 0, "").client(0, 0, "hello");
  capture.client(5, 100, "more").client(9, 100, "", fin);
  CHECK(capture.end() == Log{opened, "established unseen", "client: hello", "server gap 100",
                             "client: more", "client fin", "still open"});
}

TEST_CASE("what the snap length cut off is a gap") {
  Capture capture;
  capture.handshake();
  capture.send(Side::client, 0, 0, "abcdef", {}, 4).client(6, 0, "ghi");
  capture.send(Side::server, 2, 9, "wxyz", {}, 2).server(0, 9, "uv");
  CHECK(capture.end() == Log{opened, "established", "client: abcd", "client gap 2", "client: ghi",
                             "server: uvwx", "server gap 2", "still open"});
}

TEST_CASE("a FIN counts when all bytes before it are there") {
  Capture capture;
  capture.handshake().client(3, 0, "", fin).client(0, 0, "abc");
  CHECK(capture.end() == Log{opened, "established", "client: abc", "client fin", "still open"});
}

TEST_CASE("a reset counts when all bytes before it are there") {
  Capture capture;
  capture.handshake().server(3, 0, "", rst).server(0, 0, "abc");
  CHECK(capture.end() == Log{opened, "established", "server: abc", "server rst", "finished"});
}

TEST_CASE("a reset after a FIN of the same side is told, and nothing after a reset is") {
  Capture capture;
  capture.handshake().client(0, 0, "abc", fin).server(0, 4, "late").client(4, 0, "", rst);
  capture.client(4, 0, "", rst).client(4, 0, "x");
  CHECK(capture.end() == Log{opened, "established", "client: abc", "client fin", "server: late",
                             "client rst", "finished"});
}

TEST_CASE("a SYN that is answered by a reset was refused, also when it is repeated") {
  Capture capture;
  for (int attempt = 0; attempt < 3; ++attempt) {
    capture.client(0, 0, "", {.syn = true, .ack = false}).server(0, 0, "", rst).wait(500ms);
  }
  CHECK(capture.end() == Log{opened, "refused", "finished"});
}

TEST_CASE("a SYN without an answer has timed out when it was repeated or is old") {
  struct Case {
    int attempts;
    std::chrono::milliseconds watched;
    std::string last;
  };
  for (const Case& test : {Case{1, 10ms, "still open"}, Case{2, 10ms, "finished"}}) {
    Capture capture;
    for (int i = 0; i < test.attempts; ++i) {
      capture.client(0, 0, "", {.syn = true, .ack = false}).wait(test.watched);
    }
    const Log& log = capture.end();
    CHECK(log.back() == test.last);
    CHECK((log.size() == 3) == (test.attempts > 1));
  }
}

TEST_CASE("a new SYN between the same ports is a new connection") {
  Capture capture;
  capture.handshake().client(0, 0, "one").isn(77777, 88888).handshake().client(0, 0, "two");
  CHECK(capture.end() == Log{opened, "established", "client: one", "still open", opened,
                             "established", "client: two", "still open"});
}

TEST_CASE("a repeated SYN is the same connection") {
  Capture capture;
  capture.client(0, 0, "", {.syn = true, .ack = false}).wait(1s).handshake().client(0, 0, "one");
  CHECK(capture.end() == Log{opened, "established", "client: one", "still open"});
}

TEST_CASE("without a SYN the client is who sent the ClientHello, else who has the higher port") {
  const std::string server_hello{"\x16\x03\x03\x00\x40\x02", 6};
  const std::string client_hello{"\x16\x03\x01\x00\x40\x01", 6};
  const std::string reversed = "opened 192.0.2.2:443 192.0.2.1:50000";
  CHECK(Capture{}.server(0, 0, client_hello).end().front() == reversed);
  CHECK(Capture{}.server(0, 0, server_hello).end().front() == opened);
  CHECK(Capture{}.client(0, 0, server_hello).end().front() == reversed);
  CHECK(Capture{}.server(0, 0, "220 ready").end().front() == opened);
}

TEST_CASE("a connection that was captured from its middle on begins with a gap") {
  const std::string application_data{"\x17\x03\x03\x00\x01x", 6};
  Capture capture;
  capture.client(0, 0, application_data).server(0, 6, "220 ready");
  CHECK(capture.end() == Log{opened, "established unseen", "client gap 0",
                             "client: " + application_data, "server: 220 ready", "still open"});
}

TEST_CASE("segments without payload of an unknown connection open none") {
  CHECK(Capture{}.client(0, 0, "").server(0, 0, "", fin).client(0, 0, "", rst).end().empty());
}

TEST_CASE("a connection that ended is finished once the capture has moved on") {
  Capture capture;
  capture.handshake().client(0, 0, "", rst).wait(2s).server(0, 0, "late");
  CHECK(capture.log() == Log{opened, "established", "client rst", "server: late"});
  capture.wait(2s).server(4, 0, "later");
  CHECK(capture.log() == Log{opened, "established", "client rst", "server: late", "finished"});
}

TEST_CASE("bytes that wait for missing ones are bounded") {
  const std::string block(1000, 'x');
  Capture capture;
  capture.handshake();
  for (std::uint32_t i = 1; i <= 2000; ++i) capture.client(i * 2000, 0, block);
  CHECK(capture.log().size() > 1000);
  CHECK(capture.log()[2] == "client gap 2000");
}

}  // namespace
}  // namespace legible::capture
