#include "proxy/capture/pcapng_packets.hpp"

#include <algorithm>

namespace legible::capture {
namespace {

/// More in one section are not believed: each costs memory.
constexpr std::size_t most_interfaces = 65536;

constexpr int largest_decimal_exponent = 19;  // 10^19 < 2^64
constexpr int largest_binary_exponent = 63;

}  // namespace

std::optional<CapturedPacket> PcapngPackets::next() {
  while (error_.empty()) {
    const auto type = blocks_.next();
    if (!type) break;
    const bool carries_packet = *type == pcapng_block::enhanced_packet ||
                                *type == pcapng_block::simple_packet ||
                                *type == pcapng_block::old_packet;
    if (*type == pcapng_block::section_header) interfaces_.clear();
    if (!carries_packet && *type != pcapng_block::interface_description) continue;
    const auto body = blocks_.body();
    if (!body) break;
    if (!carries_packet) {
      if (!add_interface(*body)) break;
    } else if (const auto read = packet(*type, *body)) {
      return read;
    }
  }
  const bool none_readable = given_ == 0 && !unreadable_.empty();
  if (error_.empty() && none_readable) error_ = unknown_link_type(unreadable_.begin()->first);
  return std::nullopt;
}

/// LinkType (2), reserved (2), SnapLen (4), options: code (2), length (2), value, padded to 4.
bool PcapngPackets::add_interface(const PcapngBody& body) {
  constexpr std::size_t head = 8;
  constexpr std::uint16_t end_of_options = 0;
  constexpr std::uint16_t time_resolution = 9;
  constexpr std::uint16_t time_offset = 14;
  if (!body.has(head) || interfaces_.size() == most_interfaces) {
    error_ = "an interface description that cannot be read";
    return false;
  }
  Interface interface{.link_type = body.u16(0), .snap_length = body.u32(4)};
  for (std::size_t at = head; body.has(at + 4);) {
    const std::uint16_t code = body.u16(at);
    const std::uint16_t length = body.u16(at + 2);
    const std::size_t value = at + 4;
    if (code == end_of_options || !body.has(value + length)) break;
    if (code == time_resolution && length == 1) {
      interface.binary_ticks = (body.bytes[value] & 0x80u) != 0;
      interface.exponent = body.bytes[value] & 0x7f;
    } else if (code == time_offset && length == 8) {
      const std::uint64_t first = body.u32(value);
      const std::uint64_t second = body.u32(value + 4);
      interface.offset_seconds =
          static_cast<std::int64_t>(body.big_endian ? first << 32 | second : second << 32 | first);
    }
    at = value + (std::size_t{length} + 3) / 4 * 4;
  }
  const int largest = interface.binary_ticks ? largest_binary_exponent : largest_decimal_exponent;
  if (interface.exponent > largest) {
    error_ = "an interface whose clock ticks too fast to be counted";
    return false;
  }
  interfaces_.push_back(interface);
  return true;
}

/// Interface (4), time (8), captured length (4), original length (4), packet.
std::optional<PcapngPackets::Raw> PcapngPackets::enhanced(const PcapngBody& body) {
  constexpr std::size_t head = 20;
  if (!body.has(head)) return std::nullopt;
  return Raw{.interface = body.u32(0),
             .ticks = std::uint64_t{body.u32(4)} << 32 | body.u32(8),
             .head = head,
             .captured = body.u32(12),
             .wire_length = body.u32(16)};
}

/// Interface (2), drops (2), then as the enhanced one.
std::optional<PcapngPackets::Raw> PcapngPackets::old(const PcapngBody& body) {
  auto raw = enhanced(body);
  if (raw) raw->interface = body.u16(0);
  return raw;
}

/// Original length (4), packet: of the first interface, which has a snap length of its own.
std::optional<PcapngPackets::Raw> PcapngPackets::simple(const PcapngBody& body) const {
  constexpr std::size_t head = 4;
  if (!body.has(head) || interfaces_.empty()) return std::nullopt;
  const std::uint32_t length = body.u32(0);
  const std::uint32_t snap_length = interfaces_.front().snap_length;
  return Raw{.head = head,
             .captured = snap_length == 0 ? length : std::min(length, snap_length),
             .wire_length = length};
}

std::optional<CapturedPacket> PcapngPackets::packet(std::uint32_t block_type,
                                                    const PcapngBody& body) {
  const bool timed = block_type != pcapng_block::simple_packet;
  const auto raw = !timed                                   ? simple(body)
                   : block_type == pcapng_block::old_packet ? old(body)
                                                            : enhanced(body);
  if (!raw || raw->interface >= interfaces_.size() || !body.has(raw->head + raw->captured)) {
    error_ = "a packet block that cannot be read";
    return std::nullopt;
  }
  const Interface& interface = interfaces_[raw->interface];
  if (timed) now_ = time_of(raw->ticks, interface);
  const auto link = link_layer_of(interface.link_type);
  if (!link) {
    ++unreadable_[interface.link_type];
    return std::nullopt;
  }
  ++given_;
  return CapturedPacket{now_, *link, body.bytes.subspan(raw->head, raw->captured),
                        raw->wire_length};
}

Time PcapngPackets::time_of(std::uint64_t ticks, const Interface& interface) {
  constexpr int micro = 6;
  constexpr std::uint64_t microseconds = 1'000'000;
  std::uint64_t seconds = 0;
  std::uint64_t fraction = 0;
  if (interface.binary_ticks) {
    // 40 bits of the fraction are finer than a microsecond, and leave room to multiply.
    constexpr int kept_bits = 40;
    const int surplus = std::max(interface.exponent - kept_bits, 0);
    seconds = ticks >> interface.exponent;
    fraction = (ticks - (seconds << interface.exponent)) >> surplus;
    fraction = fraction * microseconds >> (interface.exponent - surplus);
  } else {
    std::uint64_t per_second = 1;
    for (int i = 0; i < interface.exponent; ++i) per_second *= 10;
    seconds = ticks / per_second;
    fraction = ticks % per_second;
    for (int i = interface.exponent; i < micro; ++i) fraction *= 10;
    for (int i = interface.exponent; i > micro; --i) fraction /= 10;
  }
  // Both are far from the ends of their type, or cut, and so is their sum.
  constexpr std::uint64_t most = 1ull << 61;
  const auto since = static_cast<std::int64_t>(std::min(seconds, most));
  const std::int64_t offset = std::clamp(interface.offset_seconds, -static_cast<std::int64_t>(most),
                                         static_cast<std::int64_t>(most));
  return capture_time(since + offset, static_cast<std::int64_t>(fraction));
}

std::string PcapngPackets::left_out() const {
  std::string text;
  for (const auto& [link_type, count] : unreadable_) {
    text += (text.empty() ? "" : ", ") + std::to_string(count) +
            (count == 1 ? " packet" : " packets") + " of link type " + link_type_text(link_type);
  }
  return text;
}

}  // namespace legible::capture
