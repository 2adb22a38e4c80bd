#pragma once
// One captured frame to what TCP needs of it: link layer, IPv4 (RFC 791) or IPv6 (RFC 8200), TCP
// (RFC 9293). Pure: bytes in, values that point into them out.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>

namespace legible::capture {

using Bytes = std::span<const std::uint8_t>;

/// The framing of a capture's packets, as far as it is understood here.
enum class LinkLayer : std::uint8_t {
  ethernet,  ///< with any VLAN tags, MPLS labels or PPPoE header
  loopback,  ///< BSD NULL and LOOP: four bytes of address family
  raw_ip,
  linux_cooked_v1,  ///< SLL, 16 bytes
  linux_cooked_v2,  ///< SLL2, 20 bytes
};

struct IpAddress {
  bool v6 = false;
  std::array<std::uint8_t, 16> bytes{};  ///< IPv4: the first four
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
};

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;
  friend auto operator<=>(const Endpoint&, const Endpoint&) = default;
};

/// "192.0.2.1", "2001:db8::1" (RFC 5952).
std::string to_text(const IpAddress& address);
/// "192.0.2.1:443", "[2001:db8::1]:443".
std::string to_text(const Endpoint& endpoint);

struct TcpSegment {
  Endpoint source;
  Endpoint destination;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledgment = 0;
  bool syn = false;
  bool ack = false;
  bool fin = false;
  bool rst = false;
  Bytes payload;                   ///< what was captured of it
  std::size_t payload_length = 0;  ///< what crossed the wire: more, when the snap length cut it
};

/// A fragment of an IP datagram that carries TCP.
struct IpFragment {
  IpAddress source;
  IpAddress destination;
  std::uint32_t identification = 0;
  std::size_t offset = 0;  ///< in bytes
  bool more = false;       ///< more fragments follow
  Bytes payload;
  bool cut = false;  ///< by the snap length
};

/// A frame that holds no TCP, or none that can be read.
struct NotTcp {};

using Dissected = std::variant<NotTcp, TcpSegment, IpFragment>;

/// Dissects one frame. `frame` is what was captured, `wire_length` what crossed the wire.
Dissected dissect(LinkLayer link, Bytes frame, std::size_t wire_length);

/// Dissects a TCP segment with its header, the payload of an IP datagram of `wire_length` bytes.
Dissected dissect_tcp(const IpAddress& source, const IpAddress& destination, Bytes segment,
                      std::size_t wire_length);

}  // namespace legible::capture
