#pragma once
// One direction of a TCP connection as it was captured: segments in any order go in, the stream's
// bytes come out in order (RFC 9293 section 3.10.7.4). Where segments overlap, the first one wins.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "proxy/capture/packet.hpp"

namespace legible::capture {

using Time = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

/// Position in a direction's stream: 0 is the first byte after the SYN, or the first one seen.
/// A FIN takes one position, as in TCP.
using Offset = std::int64_t;

/// Something that occupies positions of the stream: bytes, or a FIN.
struct Chunk {
  Offset begin = 0;
  Offset length = 0;  ///< as on the wire
  Bytes bytes;        ///< fewer than `length` when the snap length cut them
  Offset needs = 0;   ///< what its sender had received of the other direction by then
  bool fin = false;

  Offset end() const { return begin + length; }
};

/// A RST: it ends the direction once everything before it is there.
struct Reset {
  Offset at = 0;
  Offset needs = 0;
};

class TcpStream {
 public:
  bool anchored() const { return anchored_; }
  /// Fixes the sequence number of position 0.
  void anchor(std::uint32_t sequence);
  std::uint32_t first_sequence() const { return first_sequence_; }

  /// The position of a sequence number: the one nearest to `next()`, since sequence numbers wrap.
  Offset offset_of(std::uint32_t sequence) const;

  /// The first position that was not delivered.
  Offset next() const { return next_; }
  /// Everything before `position` is done with.
  void advance_to(Offset position);

  /// The peer has received everything before `position`.
  void acknowledge(Offset position);
  /// Positions that the peer has received and the capture has not shown.
  bool lacks_acknowledged() const { return acknowledged_ > next_; }
  Offset acknowledged() const { return acknowledged_; }

  /// Keeps a chunk until its turn; parts already delivered or already kept are dropped.
  void keep(const Chunk& chunk);
  /// The kept chunk with the lowest position, its bytes valid until it is dropped.
  std::optional<Chunk> front() const;
  void drop_front();
  void drop_all();
  std::size_t kept_bytes() const { return kept_bytes_; }
  std::size_t kept_chunks() const { return kept_.size(); }

  Offset highest = 0;          ///< behind the last position that any segment occupied
  std::optional<Reset> reset;  ///< seen, not yet delivered
  bool seen = false;           ///< any segment of this direction was captured
  bool syn_seen = false;
  bool beginning_missed = false;  ///< told: bytes came before the first that was captured
  bool ended = false;             ///< a FIN or RST was delivered
  bool was_reset = false;

 private:
  struct Kept {
    std::vector<std::uint8_t> bytes;
    Offset length = 0;
    Offset needs = 0;
    bool fin = false;
  };
  void keep_piece(const Chunk& chunk, Offset begin, Offset end);

  bool anchored_ = false;
  std::uint32_t first_sequence_ = 0;
  Offset next_ = 0;
  Offset acknowledged_ = 0;
  std::map<Offset, Kept> kept_;  ///< by position; they do not overlap
  std::size_t kept_bytes_ = 0;
};

}  // namespace legible::capture
