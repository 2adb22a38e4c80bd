#pragma once
// Where packets come from, one after the other.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "proxy/capture/packet.hpp"
#include "proxy/capture/tcp_stream.hpp"

namespace legible::capture {

struct CapturedPacket {
  Time time;
  LinkLayer link = LinkLayer::ethernet;
  Bytes bytes;  ///< valid until the next call
  std::size_t wire_length = 0;
};

class PacketSource {
 public:
  virtual ~PacketSource() = default;

  /// The next packet; nothing at the end, or where the file cannot be read on (see `error`).
  virtual std::optional<CapturedPacket> next() = 0;

  /// Why reading stopped before the end of the file; empty when it did not.
  virtual std::string error() const = 0;

  /// What was left out, in words: packets of a link type that is not known here. Empty: nothing.
  virtual std::string left_out() const { return {}; }
};

/// The framing that a number of the registry of link types stands for (www.tcpdump.org/linktypes),
/// as it is written in files; nothing when it is not known here.
std::optional<LinkLayer> link_layer_of(int link_type);

/// "220 (USB_LINUX_MMAPPED)".
std::string link_type_text(int link_type);
/// Says that packets of this link type cannot be read, and of which they can.
std::string unknown_link_type(int link_type);

/// A time since 1970, cut to what a calendar can show.
Time capture_time(std::int64_t seconds, std::int64_t microseconds);

}  // namespace legible::capture
