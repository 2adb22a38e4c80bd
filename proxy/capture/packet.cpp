#include "proxy/capture/packet.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <optional>

namespace legible::capture {
namespace {

/// A packet at one layer: what is left of it as captured, and how long that was on the wire.
struct Layer {
  Bytes bytes;
  std::size_t wire_length;

  bool has(std::size_t count) const { return bytes.size() >= count; }
  std::uint8_t u8(std::size_t at) const { return bytes[at]; }
  std::uint16_t u16(std::size_t at) const {
    return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
  }
  std::uint32_t u32(std::size_t at) const {
    return static_cast<std::uint32_t>(u16(at)) << 16 | u16(at + 2);
  }
  /// The layer above, behind a header of `count` bytes that has been checked to be there.
  Layer skip(std::size_t count) const { return {bytes.subspan(count), wire_length - count}; }
  /// Without what stands behind `length` bytes: the padding of short Ethernet frames.
  Layer first(std::size_t length) const {
    return {bytes.first(std::min(length, bytes.size())), std::min(length, wire_length)};
  }
};

namespace ether_type {
constexpr std::uint16_t ipv4 = 0x0800;
constexpr std::uint16_t ipv6 = 0x86dd;
constexpr std::uint16_t vlan = 0x8100;
constexpr std::uint16_t provider_vlan = 0x88a8;
constexpr std::uint16_t old_provider_vlan = 0x9100;
constexpr std::uint16_t mpls = 0x8847;
constexpr std::uint16_t pppoe_session = 0x8864;
}  // namespace ether_type

namespace ip_protocol {
constexpr std::uint8_t hop_by_hop = 0;
constexpr std::uint8_t tcp = 6;
constexpr std::uint8_t routing = 43;
constexpr std::uint8_t fragment = 44;
constexpr std::uint8_t authentication = 51;
constexpr std::uint8_t destination_options = 60;
}  // namespace ip_protocol

IpAddress address_at(const Layer& layer, std::size_t at, std::size_t length) {
  IpAddress address{.v6 = length == 16};
  std::ranges::copy(layer.bytes.subspan(at, length), address.bytes.begin());
  return address;
}

Dissected ipv4(const Layer& packet) {
  if (!packet.has(20)) return NotTcp{};
  const std::size_t header = std::size_t{packet.u8(0) & 0x0fu} * 4;
  // A length of 0 is what a host sees of a packet that its network card will cut (TSO).
  const std::size_t total = packet.u16(2) != 0 ? packet.u16(2) : packet.wire_length;
  if (header < 20 || total < header || !packet.has(header)) return NotTcp{};
  if (packet.u8(9) != ip_protocol::tcp) return NotTcp{};

  const IpAddress source = address_at(packet, 12, 4);
  const IpAddress destination = address_at(packet, 16, 4);
  const Layer payload = packet.first(total).skip(header);
  const std::size_t offset = std::size_t{packet.u16(6) & 0x1fffu} * 8;
  const bool more = (packet.u16(6) & 0x2000u) != 0;
  if (offset != 0 || more) {
    return IpFragment{source,
                      destination,
                      packet.u16(4),
                      offset,
                      more,
                      payload.bytes,
                      payload.bytes.size() < payload.wire_length};
  }
  return dissect_tcp(source, destination, payload.bytes, payload.wire_length);
}

Dissected ipv6(const Layer& packet) {
  constexpr std::size_t fixed_header = 40;
  if (!packet.has(fixed_header)) return NotTcp{};
  const IpAddress source = address_at(packet, 8, 16);
  const IpAddress destination = address_at(packet, 24, 16);
  std::uint8_t next = packet.u8(6);
  // A length of 0 is a jumbogram, or a packet that the network card will cut.
  const std::size_t length = packet.u16(4);
  Layer layer = length != 0 ? packet.first(fixed_header + length).skip(fixed_header)
                            : packet.skip(fixed_header);

  // Each turn consumes at least eight bytes.
  while (next != ip_protocol::tcp) {
    if (!layer.has(8)) return NotTcp{};
    const std::uint8_t following = layer.u8(0);
    if (next == ip_protocol::fragment) {
      if (following != ip_protocol::tcp) return NotTcp{};
      const std::size_t offset = layer.u16(2) & 0xfff8u;
      const bool more = (layer.u16(2) & 1u) != 0;
      const std::uint32_t identification = layer.u32(4);
      const Layer payload = layer.skip(8);
      if (offset != 0 || more) {
        return IpFragment{source,
                          destination,
                          identification,
                          offset,
                          more,
                          payload.bytes,
                          payload.bytes.size() < payload.wire_length};
      }
      return dissect_tcp(source, destination, payload.bytes, payload.wire_length);
    }
    std::size_t header = 0;
    if (next == ip_protocol::hop_by_hop || next == ip_protocol::routing ||
        next == ip_protocol::destination_options) {
      header = (std::size_t{layer.u8(1)} + 1) * 8;
    } else if (next == ip_protocol::authentication) {
      header = (std::size_t{layer.u8(1)} + 2) * 4;
    } else {
      return NotTcp{};
    }
    if (header < 8 || !layer.has(header)) return NotTcp{};
    layer = layer.skip(header);
    next = following;
  }
  return dissect_tcp(source, destination, layer.bytes, layer.wire_length);
}

/// Loopback headers differ in byte order and in the number for IPv6; the packet tells its version.
Dissected ip(const Layer& packet) {
  if (!packet.has(1)) return NotTcp{};
  switch (packet.u8(0) >> 4) {
    case 4:
      return ipv4(packet);
    case 6:
      return ipv6(packet);
    default:
      return NotTcp{};
  }
}

Dissected by_ether_type(std::uint16_t type, Layer layer) {
  while (true) {
    switch (type) {
      case ether_type::ipv4:
        return ipv4(layer);
      case ether_type::ipv6:
        return ipv6(layer);
      case ether_type::vlan:
      case ether_type::provider_vlan:
      case ether_type::old_provider_vlan:
        if (!layer.has(4)) return NotTcp{};
        type = layer.u16(2);
        layer = layer.skip(4);
        break;
      case ether_type::mpls: {
        if (!layer.has(4)) return NotTcp{};
        const bool bottom_of_stack = (layer.u8(2) & 1u) != 0;
        layer = layer.skip(4);
        if (bottom_of_stack) return ip(layer);
        break;
      }
      case ether_type::pppoe_session:
        return layer.has(8) ? ip(layer.skip(8)) : NotTcp{};
      default:
        return NotTcp{};
    }
  }
}

}  // namespace

std::string to_text(const IpAddress& address) {
  char text[INET6_ADDRSTRLEN];
  inet_ntop(address.v6 ? AF_INET6 : AF_INET, address.bytes.data(), text, sizeof text);
  return text;
}

std::string to_text(const Endpoint& endpoint) {
  const std::string address = to_text(endpoint.address);
  const std::string port = std::to_string(endpoint.port);
  return endpoint.address.v6 ? "[" + address + "]:" + port : address + ":" + port;
}

Dissected dissect(LinkLayer link, Bytes frame, std::size_t wire_length) {
  const Layer layer{frame, std::max(wire_length, frame.size())};
  switch (link) {
    case LinkLayer::ethernet:
      return layer.has(14) ? by_ether_type(layer.u16(12), layer.skip(14)) : NotTcp{};
    case LinkLayer::loopback:
      return layer.has(4) ? ip(layer.skip(4)) : NotTcp{};
    case LinkLayer::raw_ip:
      return ip(layer);
    case LinkLayer::linux_cooked_v1:
      return layer.has(16) ? by_ether_type(layer.u16(14), layer.skip(16)) : NotTcp{};
    case LinkLayer::linux_cooked_v2:
      return layer.has(20) ? by_ether_type(layer.u16(0), layer.skip(20)) : NotTcp{};
  }
  return NotTcp{};
}

Dissected dissect_tcp(const IpAddress& source, const IpAddress& destination, Bytes segment,
                      std::size_t wire_length) {
  const Layer layer{segment, std::max(wire_length, segment.size())};
  if (!layer.has(20)) return NotTcp{};
  const std::size_t header = std::size_t{layer.u8(12)} / 16 * 4;
  if (header < 20 || header > layer.wire_length) return NotTcp{};
  // Options may be cut by the snap length; the payload then is missing as a whole.
  const Bytes payload = segment.subspan(std::min(header, segment.size()));
  const std::uint8_t flags = layer.u8(13);
  return TcpSegment{.source = {source, layer.u16(0)},
                    .destination = {destination, layer.u16(2)},
                    .sequence = layer.u32(4),
                    .acknowledgment = layer.u32(8),
                    .syn = (flags & 0x02u) != 0,
                    .ack = (flags & 0x10u) != 0,
                    .fin = (flags & 0x01u) != 0,
                    .rst = (flags & 0x04u) != 0,
                    .payload = payload,
                    .payload_length = layer.wire_length - header};
}

}  // namespace legible::capture
