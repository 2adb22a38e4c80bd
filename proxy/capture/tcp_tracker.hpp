#pragma once
// All TCP connections of a capture, told apart by their ports and by their SYNs.

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <unordered_map>

#include "proxy/capture/packet.hpp"
#include "proxy/capture/tcp_connection.hpp"

namespace legible::capture {

/// Hands the segments of a capture to the connections they belong to. A connection is opened by
/// its SYN, or by its first payload when the capture has no SYN of it. Its client is the sender
/// of the SYN, else of the ClientHello, else who has the higher port.
class TcpTracker {
 public:
  /// Connections that are remembered at a time; the one that was quiet for longest goes first.
  static constexpr std::size_t capacity = 32768;
  /// Bytes that wait for missing ones, over all connections.
  static constexpr std::size_t max_kept_bytes = 64 * 1024 * 1024;
  /// What may still come after both sides have ended: late alerts, resets.
  static constexpr std::chrono::seconds linger{3};

  /// Makes the watcher of a connection that was just opened.
  using Open = std::function<std::unique_ptr<TcpWatcher>(Time time, const Endpoint& client,
                                                         const Endpoint& server)>;

  explicit TcpTracker(Open open) : open_(std::move(open)) {}

  void on_segment(Time time, const TcpSegment& segment);
  /// The capture has ended: finishes every connection, in the order in which they were opened.
  void finish();

 private:
  /// Both endpoints, the lower one first, as plain bytes.
  using Key = std::array<std::uint8_t, 38>;
  struct KeyHash {
    std::size_t operator()(const Key& key) const;
  };
  struct Tracked {
    Key key;
    Endpoint client;
    std::uint64_t number = 0;
    std::unique_ptr<TcpWatcher> watcher;  ///< null once finished
    std::optional<TcpConnection> connection;
    bool ending = false;
  };
  using Position = std::list<Tracked>::iterator;
  struct Ending {
    Time since;
    Key key;
    std::uint64_t number = 0;
  };

  static Key key_of(const TcpSegment& segment);
  Tracked* find(const TcpSegment& segment, const Key& key);
  Tracked* open(Time time, const TcpSegment& segment, const Key& key);
  void finish(Tracked& tracked);
  void forget(Position position);
  void finish_ended();

  Open open_;
  std::list<Tracked> tracked_;  ///< quiet for longest first
  std::unordered_map<Key, Position, KeyHash> by_key_;
  std::list<Ending> endings_;  ///< in the order in which they ended
  std::uint64_t opened_ = 0;
  std::size_t kept_bytes_ = 0;
  Time now_{};
};

}  // namespace legible::capture
