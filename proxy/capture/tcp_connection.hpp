#pragma once
// One TCP connection of a capture: both directions put in order, and in order with each other.
//
// A segment that acknowledges bytes of the other direction was sent after those bytes had arrived;
// it is delivered after them, also when the capture shows it before them. What was acknowledged
// but never captured is a gap.

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include "parser/observation.hpp"
#include "parser/tls_types.hpp"
#include "proxy/capture/packet.hpp"
#include "proxy/capture/tcp_stream.hpp"

namespace legible::capture {

using parser::Side;

enum class ConnectFailure : std::uint8_t { refused, timeout };

/// What the network did to a connection's segments.
struct Disorder {
  std::uint32_t retransmitted = 0;        ///< segments whose bytes had all been there already
  std::uint32_t late = 0;                 ///< segments that came after bytes that follow theirs
  std::uint32_t connection_attempts = 0;  ///< SYNs
};

/// Learns what happened on one connection, in order. Times never go back.
class TcpWatcher {
 public:
  virtual ~TcpWatcher() = default;

  /// The server accepted; `took` is from SYN to SYN-ACK, when both were captured. Comes before
  /// the first bytes, also when the SYN-ACK was not captured.
  virtual void on_established(Time time, std::optional<std::chrono::microseconds> took) = 0;
  virtual void on_connect_failed(Time time, ConnectFailure how, const Disorder& disorder) = 0;
  virtual void on_bytes(Time time, Side from, Bytes bytes) = 0;
  /// `missing` bytes were not captured; 0: their number is not known.
  virtual void on_gap(Time time, Side from, std::uint64_t missing) = 0;
  /// A direction ended by FIN or RST. A RST can follow a FIN of the same side.
  virtual void on_end(Time time, Side from, parser::StreamEnd how) = 0;
  /// The last call. `still_open`: the capture ended first.
  virtual void on_finished(Time time, bool still_open, const Disorder& disorder) = 0;
};

class TcpConnection {
 public:
  /// How long bytes that were acknowledged are waited for: captures swap packets, they do not
  /// delay them for long.
  static constexpr std::chrono::milliseconds patience{500};
  /// Beyond these, what is missing in front of the kept bytes is given up.
  static constexpr std::size_t max_kept_bytes = 256 * 1024;
  static constexpr std::size_t max_kept_chunks = 1024;

  /// `watcher` must outlive the connection.
  TcpConnection(TcpWatcher& watcher, Time time) : watcher_(watcher), now_(time), opened_(time) {}

  void on_segment(Time time, Side from, const TcpSegment& segment);

  /// Does this SYN without ACK begin another connection between the same ports?
  bool is_reused_by(Side from, const TcpSegment& syn) const;

  /// Nothing more will come: what is kept is delivered, with gaps. `time`: of the capture.
  void finish(Time time);

  /// Delivers what is kept, with gaps for what is missing before it.
  void release();

  /// Reset by one side, closed by both, or refused.
  bool ended() const;
  std::size_t kept_bytes() const {
    return stream(Side::client).kept_bytes() + stream(Side::server).kept_bytes();
  }

 private:
  TcpStream& stream(Side side) { return streams_[static_cast<std::size_t>(side)]; }
  const TcpStream& stream(Side side) const { return streams_[static_cast<std::size_t>(side)]; }

  void on_syn(Side from, const TcpSegment& segment);
  void on_reset(Side from, const TcpSegment& segment, Offset needs);
  Offset take_acknowledgment(Side from, const TcpSegment& segment);
  void take_chunk(Side from, const Chunk& chunk);
  void count_disorder(TcpStream& own, const Chunk& chunk);

  bool ready(Side from, const Chunk& chunk) const;
  void deliver(Side from, const Chunk& chunk);
  void tell_missing_beginning(Side from, Bytes first_bytes);
  bool deliver_kept(Side from);
  bool deliver_reset(Side from, bool lost_bytes_allowed);
  void deliver_all_ready();
  void establish(std::optional<std::chrono::microseconds> took);

  bool lacks_something(Side side) const;
  bool skip_hole(Side side);
  bool untangle();
  bool make_way(Side side);
  void lose_patience();

  TcpWatcher& watcher_;
  std::array<TcpStream, 2> streams_;
  Time now_;
  Time opened_;
  std::optional<Time> lacking_since_;
  Disorder disorder_;
  bool established_ = false;
  bool failed_ = false;
};

}  // namespace legible::capture
