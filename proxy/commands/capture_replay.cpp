#include "proxy/commands/capture_replay.hpp"

#include <fmt/format.h>

#include <array>
#include <memory>
#include <optional>
#include <utility>

#include "proxy/capture/ip_fragments.hpp"
#include "proxy/capture/key_log_decryptor.hpp"
#include "proxy/capture/tcp_tracker.hpp"

namespace legible::proxy {
namespace {

using capture::Endpoint;

/// How often what was collected is handed on, in packets.
constexpr std::size_t flush_interval = 256;

/// Writes one connection of a capture into a record.
class RecordingWatcher final : public capture::TcpWatcher {
 public:
  RecordingWatcher(ConnectionId id, const capture::KeyLog& key_log, RecordContext& context)
      : context_(context),
        has_keys_(!key_log.empty()),
        decryptor_(key_log),
        record_(id, context, has_keys_ ? &decryptor_ : nullptr) {}

  void begin(Time time, std::string_view file_name, const Endpoint& client,
             const Endpoint& server) {
    server_ = to_text(server);
    record_.note(time, Leg::client, Accepted{to_text(client), std::string{file_name}});
    record_.note(time, Leg::server,
                 Target{.host = to_text(server.address),
                        .port = server.port,
                        .mode = "relay",
                        .reason = "capture",
                        .host_is_name = false,
                        .found_by = FoundBy::capture});
  }

  void on_established(Time time, std::optional<std::chrono::microseconds> took) override {
    record_.note(time, Leg::server, Connected{server_, took});
  }

  void on_connect_failed(Time time, capture::ConnectFailure how,
                         const capture::Disorder& disorder) override {
    const bool refused = how == capture::ConnectFailure::refused;
    record_.note(
        time, Leg::server,
        ConnectFailed{refused ? ConnectError::refused : ConnectError::timeout, server_,
                      refused ? "the SYN was answered with RST"
                              : fmt::format("no answer to {} SYN", disorder.connection_attempts)});
  }

  void on_bytes(Time time, Leg from, capture::Bytes bytes) override {
    received(from) += bytes.size();
    record_.bytes(time, from, bytes);
  }

  void on_gap(Time time, Leg from, std::uint64_t missing) override {
    received(from) += missing;
    record_.gap(time, from, missing);
  }

  void on_end(Time time, Leg from, parser::StreamEnd how) override {
    record_.closed(time, from, how, false, received(from), received(parser::other(from)));
  }

  void on_finished(Time time, bool still_open, const capture::Disorder& disorder) override {
    if (disorder.retransmitted + disorder.late > 0) {
      context_.sink.on_notice(
          time, fmt::format("connection {}: segments sent again: {}, out of order: {}",
                            record_.id(), disorder.retransmitted, disorder.late));
    }
    if (const auto obstacle = decryptor_.obstacle(); !obstacle.empty()) {
      context_.sink.on_notice(
          time, fmt::format("connection {} was not decrypted: {}", record_.id(), obstacle));
    }
    if (still_open) record_.note(time, Leg::client, StillOpen{});
    record_.conclude(time);
  }

 private:
  std::uint64_t& received(Leg from) { return received_[static_cast<std::size_t>(from)]; }

  RecordContext& context_;
  bool has_keys_;
  capture::KeyLogDecryptor decryptor_;
  ConnectionRecord record_;
  std::string server_;
  std::array<std::uint64_t, 2> received_{};
};

}  // namespace

ReplayResult replay_capture(capture::CaptureFile& file, std::string_view file_name,
                            const capture::KeyLog& key_log, RecordContext& context) {
  ReplayResult result;
  capture::TcpTracker tracker{[&](Time time, const Endpoint& client, const Endpoint& server) {
    auto watcher = std::make_unique<RecordingWatcher>(++result.connections, key_log, context);
    watcher->begin(time, file_name, client, server);
    return watcher;
  }};
  capture::IpFragments fragments;

  while (const auto packet = file.next()) {
    const capture::Dissected dissected =
        capture::dissect(packet->link, packet->bytes, packet->wire_length);
    if (const auto* segment = std::get_if<capture::TcpSegment>(&dissected)) {
      tracker.on_segment(packet->time, *segment);
    } else if (const auto* fragment = std::get_if<capture::IpFragment>(&dissected)) {
      if (const auto whole = fragments.add(*fragment)) tracker.on_segment(packet->time, *whole);
    }
    if (++result.packets % flush_interval == 0) context.sink.flush();
  }
  tracker.finish();
  context.sink.flush();
  result.error = file.error();
  return result;
}

}  // namespace legible::proxy
