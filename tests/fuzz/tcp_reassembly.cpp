// Any bytes as the segments of two connections between the same ports: times never go back,
// nothing but a RST comes after the end of a direction, and nothing is kept at the end.

#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>

#include "proxy/capture/tcp_tracker.hpp"

namespace {

using namespace legible::capture;
using legible::parser::StreamEnd;

void require(bool holds) {
  if (!holds) std::abort();
}

class CheckingWatcher final : public TcpWatcher {
 public:
  ~CheckingWatcher() override { require(finished_); }
  void on_established(Time time, std::optional<std::chrono::microseconds>) override { at(time); }
  void on_connect_failed(Time time, ConnectFailure, const Disorder&) override { at(time); }
  void on_bytes(Time time, Side from, Bytes bytes) override {
    at(time);
    require(!bytes.empty() && !ended_[static_cast<std::size_t>(from)]);
  }
  void on_gap(Time time, Side from, std::uint64_t) override {
    at(time);
    require(!ended_[static_cast<std::size_t>(from)]);
  }
  void on_end(Time time, Side from, StreamEnd how) override {
    at(time);
    bool& ended = ended_[static_cast<std::size_t>(from)];
    require(!ended || how == StreamEnd::rst);
    ended = true;
  }
  void on_finished(Time time, bool, const Disorder&) override {
    at(time);
    finished_ = true;
  }

 private:
  void at(Time time) {
    require(!finished_ && time >= last_);
    last_ = time;
  }
  Time last_{};
  bool finished_ = false;
  std::array<bool, 2> ended_{};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::array<std::uint8_t, 4096> payload{};
  constexpr std::size_t record = 8;
  const Endpoint client{{false, {192, 0, 2, 1}}, 50000};
  const Endpoint server{{false, {192, 0, 2, 2}}, 443};
  TcpTracker tracker{
      [](Time, const Endpoint&, const Endpoint&) { return std::make_unique<CheckingWatcher>(); }};
  Time now{};
  for (; size >= record; data += record, size -= record) {
    const std::uint8_t flags = data[0];
    const bool from_client = (flags & 0x80u) != 0;
    const bool far = (flags & 0x40u) != 0;  // reaches the wrap of sequence numbers, and beyond
    const auto u16 = [&](std::size_t at) {
      return static_cast<std::uint32_t>(data[at] << 8 | data[at + 1]);
    };
    const std::size_t length = u16(5) % payload.size();
    tracker.on_segment(now, {.source = from_client ? client : server,
                             .destination = from_client ? server : client,
                             .sequence = u16(1) << (far ? 16 : 0),
                             .acknowledgment = u16(3) << (far ? 16 : 0),
                             .syn = (flags & 0x02u) != 0,
                             .ack = (flags & 0x10u) != 0,
                             .fin = (flags & 0x01u) != 0,
                             .rst = (flags & 0x04u) != 0,
                             .payload = Bytes{payload}.first(length),
                             .payload_length = length + (flags >> 3 & 1u)});
    now += std::chrono::milliseconds{data[7] * 10};
  }
  tracker.finish();
  return 0;
}
