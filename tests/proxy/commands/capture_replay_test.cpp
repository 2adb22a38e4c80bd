#include "proxy/commands/capture_replay.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "support/pcap_builder.hpp"

namespace legible::proxy {
namespace {

namespace fs = std::filesystem;
using test::ipv4_segment;
using test::PcapFile;

const fs::path folder = fs::path{LEGIBLE_TEST_DATA} / "captures";

struct Seen {
  std::vector<Entry> entries;
  std::vector<Verdict> verdicts;
  bool times_go_on = true;
  bool verdict_is_last = true;
};

class SeeingSink final : public EventSink {
 public:
  void on_listening(Time, std::string_view) override {}
  void on_entry(ConnectionId connection, const Timeline&, const Entry& entry) override {
    Seen& seen = connections[connection];
    seen.times_go_on &= seen.entries.empty() || seen.entries.back().time <= entry.time;
    seen.verdict_is_last &= seen.verdicts.empty();
    seen.entries.push_back(entry);
  }
  void on_verdict(ConnectionId connection, Time, const Timelines&,
                  const Verdict& verdict) override {
    connections[connection].verdicts.push_back(verdict);
  }
  void on_notice(Time, std::string_view what) override { notices.emplace_back(what); }
  void flush() override {}

  std::map<ConnectionId, Seen> connections;
  std::vector<std::string> notices;
};

struct Replayed {
  SeeingSink sink;
  ReplayResult result;
  const Seen& only() const {
    REQUIRE(sink.connections.size() == 1);
    return sink.connections.begin()->second;
  }
  const Verdict& verdict() const {
    REQUIRE(only().verdicts.size() == 1);
    return only().verdicts.front();
  }
};

std::string read_bytes(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Replayed replay(std::string bytes, const capture::KeyLog& key_log = {}) {
  capture::CaptureFile file{fmemopen(bytes.data(), bytes.size(), "rb")};
  Replayed replayed;
  ChainCache chains{{}};
  RecordContext context{replayed.sink, chains, {}};
  replayed.result = replay_capture(file, "test.pcap", key_log, context);
  return replayed;
}

template <class Kind>
const Kind* find(const Seen& seen) {
  for (const Entry& entry : seen.entries) {
    if (const auto* fact = std::get_if<Kind>(&entry.fact)) return fact;
  }
  return nullptr;
}

/// What was seen, in order, without times: the leg and the kind of each fact.
std::vector<std::pair<Leg, std::size_t>> outline(const Seen& seen) {
  std::vector<std::pair<Leg, std::size_t>> outline;
  for (const Entry& entry : seen.entries) {
    const auto* observation = std::get_if<parser::Observation>(&entry.fact);
    const std::size_t kind = observation ? 100 + observation->index() : entry.fact.index();
    outline.emplace_back(entry.leg, kind);
  }
  return outline;
}

std::vector<fs::path> captures() {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto extension = entry.path().extension();
    if (extension == ".pcap" || extension == ".pcapng") paths.push_back(entry.path());
  }
  std::ranges::sort(paths);
  return paths;
}

TEST_CASE("every connection of a capture has one verdict, and it comes last") {
  for (const fs::path& path : captures()) {
    CAPTURE(path.filename());
    const Replayed replayed = replay(read_bytes(path));
    CHECK(replayed.sink.connections.size() == replayed.result.connections);
    ConnectionId expected = 1;
    for (const auto& [id, seen] : replayed.sink.connections) {
      CHECK(id == expected++);
      CHECK(seen.verdicts.size() == 1);
      CHECK(seen.verdict_is_last);
      CHECK(seen.times_go_on);
      CHECK(find<Accepted>(seen) != nullptr);
      CHECK(find<Target>(seen) != nullptr);
    }
  }
}

TEST_CASE("a capture names the peers, the file and the times of its packets") {
  const Replayed replayed = replay(read_bytes(folder / "zeek-handshake-failure.pcap"));
  const Seen& seen = replayed.only();
  CHECK(find<Accepted>(seen)->peer == "192.168.4.149:53525");
  CHECK(find<Accepted>(seen)->listener == "test.pcap");
  CHECK(find<Target>(seen)->host == "74.125.239.37");
  CHECK(find<Target>(seen)->port == 443);
  CHECK(find<Connected>(seen)->took == std::chrono::microseconds{8788});
  CHECK(seen.entries.front().time.time_since_epoch() ==
        std::chrono::microseconds{1393957586'776878});
  const Verdict& verdict = replayed.verdict();
  CHECK(verdict.closer == Closer::server);
  CHECK(verdict.phase == Phase::client_hello);
  CHECK(verdict.mechanism == Mechanism::alert_fatal);
  REQUIRE(verdict.alert);
  CHECK(verdict.alert->description == parser::AlertDescription{40});
}

TEST_CASE("a key log makes an encrypted alert a known one") {
  const std::string bytes = read_bytes(folder / "ssldump-tls13-keyupdate.pcap");
  std::ifstream keys(folder / "ssldump-tls13-keyupdate.pcap.keys");
  capture::KeyLog key_log;
  key_log.read(keys);
  CHECK(replay(bytes).verdict().mechanism == Mechanism::alert_encrypted);
  const Verdict verdict = replay(bytes, key_log).verdict();
  CHECK(verdict.mechanism != Mechanism::alert_encrypted);
  CHECK(verdict.outcome == Outcome::ok);
}

TEST_CASE("packets that were captured twice change nothing but the count of repetitions") {
  for (const fs::path& path : captures()) {
    if (path.extension() != ".pcap") continue;
    CAPTURE(path.filename());
    const PcapFile once = PcapFile::parse(read_bytes(path));
    PcapFile twice{.header = once.header, .packets = {}};
    for (const std::string& packet : once.packets)
      twice.packets.insert(twice.packets.end(), 2, packet);
    const Replayed expected = replay(once.bytes());
    const Replayed doubled = replay(twice.bytes());
    REQUIRE(doubled.sink.connections.size() == expected.sink.connections.size());
    for (const auto& [id, seen] : expected.sink.connections) {
      const Seen& other = doubled.sink.connections.at(id);
      CHECK(outline(other) == outline(seen));
      CHECK(other.verdicts.front().cause == seen.verdicts.front().cause);
    }
    CHECK(doubled.sink.notices.size() >= expected.sink.notices.size());
  }
}

TEST_CASE("neighbouring packets that the capture swapped give the same verdicts") {
  for (const char* name : {"zeek-tls12.pcap", "zeek-handshake-failure.pcap", "ndpi-wrong-host.pcap",
                           "ssldump-tls13-keyupdate.pcap", "suricata-client-certificate.pcap"}) {
    const PcapFile original = PcapFile::parse(read_bytes(folder / name));
    const Replayed whole = replay(original.bytes());
    const Verdict& expected = whole.verdict();
    for (std::size_t i = 0; i + 1 < original.packets.size(); ++i) {
      CAPTURE(name, i);
      PcapFile swapped = original;
      std::swap(swapped.packets[i], swapped.packets[i + 1]);
      // Times stay in order: it is the packets that come late.
      std::swap_ranges(swapped.packets[i].begin(), swapped.packets[i].begin() + 8,
                       swapped.packets[i + 1].begin());
      const Verdict verdict = replay(swapped.bytes()).verdict();
      CHECK(verdict.cause == expected.cause);
      CHECK(verdict.closer == expected.closer);
      CHECK(verdict.phase == expected.phase);
    }
  }
}

TEST_CASE("a SYN that was answered with RST is a refused connection") {
  PcapFile file = PcapFile::raw_ip();
  file.add(1, ipv4_segment(true, 100, 0, test::syn));
  file.add(1, ipv4_segment(false, 0, 101, test::rst | test::ack));
  const Replayed replayed = replay(file.bytes());
  REQUIRE(find<ConnectFailed>(replayed.only()));
  CHECK(find<ConnectFailed>(replayed.only())->error == ConnectError::refused);
  CHECK(replayed.verdict().cause == Cause::tcp_refused);
}

TEST_CASE("a SYN that was repeated and never answered has timed out") {
  PcapFile file = PcapFile::raw_ip();
  for (const std::uint32_t second : {1u, 2u, 4u}) {
    file.add(second, ipv4_segment(true, 100, 0, test::syn));
  }
  const Replayed replayed = replay(file.bytes());
  REQUIRE(find<ConnectFailed>(replayed.only()));
  CHECK(find<ConnectFailed>(replayed.only())->detail == "no answer to 3 SYN");
  CHECK(replayed.verdict().cause == Cause::tcp_connect_timeout);
}

TEST_CASE("a connection that was opened and closed without a byte is a health check") {
  PcapFile file = PcapFile::raw_ip();
  file.add(1, ipv4_segment(true, 100, 0, test::syn));
  file.add(1, ipv4_segment(false, 500, 101, test::syn | test::ack));
  file.add(1, ipv4_segment(true, 101, 501, test::rst | test::ack));
  const Replayed replayed = replay(file.bytes());
  CHECK(replayed.verdict().cause == Cause::tcp_health_check);
  CHECK(replayed.verdict().closer == Closer::client);
}

TEST_CASE("bytes that were not captured are told, and no hello is made of the rest") {
  PcapFile file = PcapFile::parse(read_bytes(folder / "s2n-tcp-fragmented-hello.pcap"));
  const Replayed whole = replay(file.bytes());
  const auto hellos = [](const Seen& seen) {
    return std::ranges::count_if(outline(seen), [](const auto& item) {
      return item.second ==
             100 + parser::Observation{parser::Shared<parser::ClientHello>{}}.index();
    });
  };
  REQUIRE(hellos(whole.only()) == 1);
  const auto is_incomplete = [](const Entry& entry) {
    const auto* observation = std::get_if<parser::Observation>(&entry.fact);
    return observation && std::holds_alternative<parser::Incomplete>(*observation);
  };
  // The second of the segments that carry the hello.
  file.packets.erase(file.packets.begin() + 5);
  const Replayed lacking = replay(file.bytes());
  CHECK(hellos(lacking.only()) == 0);
  CHECK(std::ranges::any_of(lacking.only().entries, is_incomplete));
}

TEST_CASE("of a hello that was not captured in full nothing is concluded") {
  const Verdict verdict =
      replay(read_bytes(folder / "ndpi-hello-fragment-missing.pcapng")).verdict();
  CHECK(verdict.cause == Cause::unknown);
  CHECK(verdict.confidence == Confidence::low);
  CHECK(std::ranges::count(verdict.evidence, "481 bytes that the client sent were not captured") ==
        1);
}

TEST_CASE("a capture that begins in the middle of a connection blames nobody for its beginning") {
  PcapFile file = PcapFile::parse(read_bytes(folder / "zeek-tls12.pcap"));
  // The handshake takes the first twelve packets.
  file.packets.erase(file.packets.begin(), file.packets.begin() + 12);
  const Replayed replayed = replay(file.bytes());
  CHECK(replayed.verdict().cause == Cause::none);
  CHECK(replayed.verdict().outcome == Outcome::ok);
  CHECK(replayed.verdict().confidence == Confidence::low);
}

TEST_CASE("a capture that begins with the server's answer does not make the client silent") {
  PcapFile file = PcapFile::parse(read_bytes(folder / "zeek-handshake-failure.pcap"));
  // The TCP handshake and the hello take the first four packets.
  file.packets.erase(file.packets.begin(), file.packets.begin() + 4);
  const Verdict answered = replay(file.bytes()).verdict();
  CHECK(answered.cause == Cause::unknown);
  CHECK(answered.confidence == Confidence::low);
  CHECK(std::ranges::count(answered.evidence,
                           "the capture begins after the client's first bytes") == 1);
}

TEST_CASE("a bare end whose last bytes were not captured is no truncation") {
  const PcapFile whole = PcapFile::parse(read_bytes(folder / "suricata-client-certificate.pcap"));
  REQUIRE(replay(whole.bytes()).verdict().mechanism == Mechanism::alert_encrypted);
  for (std::size_t i = 10; i < whole.packets.size(); ++i) {
    PcapFile lacking = whole;
    lacking.packets.erase(lacking.packets.begin() + static_cast<std::ptrdiff_t>(i));
    CAPTURE(i);
    CHECK(replay(lacking.bytes()).verdict().cause != Cause::truncated_close);
  }
}

TEST_CASE("a heartbeat that announces more than it holds is a probe, whatever the certificate") {
  const Verdict verdict = replay(read_bytes(folder / "zeek-heartbleed.pcap")).verdict();
  CHECK(verdict.cause == Cause::scanner_probe);
  CHECK(verdict.closer == Closer::client);
  CHECK(verdict.outcome == Outcome::ok);
}

TEST_CASE("a capture that ends right after the hello does not make the server silent") {
  PcapFile file = PcapFile::parse(read_bytes(folder / "zeek-handshake-failure.pcap"));
  file.packets.resize(4);
  CHECK(replay(file.bytes()).verdict().cause == Cause::unknown);
  // A packet of another connection, a minute later: the server had the time to answer.
  const PcapFile other = PcapFile::parse(read_bytes(folder / "zeek-tls12.pcap"));
  file.add(1393957586 + 60, std::string_view{other.packets.front()}.substr(16));
  const Replayed waited = replay(file.bytes());
  CHECK(waited.sink.connections.at(1).verdicts.front().cause == Cause::server_silent);
}

TEST_CASE("a capture that ends while a connection is open says so") {
  const Replayed replayed = replay(read_bytes(folder / "ndpi-ech.pcapng"));
  CHECK(find<StillOpen>(replayed.only()) != nullptr);
  CHECK(replayed.verdict().mechanism == Mechanism::still_open);
  CHECK(replayed.verdict().closer == Closer::nobody);
}

}  // namespace
}  // namespace legible::proxy
