#pragma once
// IP datagrams put together from their fragments: RFC 791 section 3.2, RFC 8200 section 4.5.

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <vector>

#include "proxy/capture/packet.hpp"

namespace legible::capture {

/// Bounded: at most `capacity` datagrams are unfinished at a time, the oldest goes first.
class IpFragments {
 public:
  static constexpr std::size_t capacity = 64;
  static constexpr std::size_t longest_datagram = 65535;

  /// Adds a fragment. Returns the TCP segment when its datagram is whole; the segment's payload is
  /// valid until the next call. A datagram whose fragments overlap or contradict each other is
  /// dropped: nothing is guessed (RFC 5722).
  std::optional<TcpSegment> add(const IpFragment& fragment);

 private:
  struct Key {
    IpAddress source;
    IpAddress destination;
    std::uint32_t identification = 0;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Datagram {
    Key key;
    std::map<std::size_t, std::vector<std::uint8_t>> parts;  ///< by offset
    std::optional<std::size_t> length;                       ///< known with the last fragment
    std::size_t received = 0;
  };

  std::list<Datagram> unfinished_;  ///< oldest first
  std::vector<std::uint8_t> whole_;
};

}  // namespace legible::capture
