#pragma once
// Classic pcap files in memory: packets of a real one, or IPv4 packets made here.

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace legible::test {

/// The bytes of a pcap file in the byte order of this machine, packet by packet.
struct PcapFile {
  std::string header;                ///< 24 bytes
  std::vector<std::string> packets;  ///< 16 bytes of header and the frame

  static PcapFile raw_ip() {
    const std::uint32_t fields[] = {0xa1b2c3d4, 4u << 16 | 2u, 0, 0, 262144, 101};
    return {.header = std::string(reinterpret_cast<const char*>(fields), sizeof fields),
            .packets = {}};
  }

  /// Splits a file; a packet that is cut is left out.
  static PcapFile parse(std::string_view bytes) {
    PcapFile file{.header = std::string{bytes.substr(0, 24)}, .packets = {}};
    bytes.remove_prefix(24);
    while (bytes.size() >= 16) {
      std::uint32_t captured = 0;
      std::memcpy(&captured, bytes.data() + 8, sizeof captured);
      if (bytes.size() < 16 + std::size_t{captured}) break;
      file.packets.emplace_back(bytes.substr(0, 16 + captured));
      bytes.remove_prefix(16 + captured);
    }
    return file;
  }

  void add(std::uint32_t seconds, std::string_view frame) {
    const auto length = static_cast<std::uint32_t>(frame.size());
    const std::uint32_t fields[] = {seconds, 0, length, length};
    packets.push_back(std::string(reinterpret_cast<const char*>(fields), sizeof fields) +
                      std::string{frame});
  }

  std::string bytes() const {
    std::string all = header;
    for (const std::string& packet : packets) all += packet;
    return all;
  }
};

/// TCP flags as they stand in the header.
enum TcpFlags : std::uint8_t { fin = 1, syn = 2, rst = 4, ack = 16 };

/// A TCP segment between 192.0.2.1:50000 (the client) and 192.0.2.2:443, in IPv4.
inline std::string ipv4_segment(bool from_client, std::uint32_t sequence,
                                std::uint32_t acknowledgment, int flags,
                                std::string_view payload = {}) {
  std::string packet;
  const auto u8 = [&](std::uint32_t value) { packet += static_cast<char>(value & 0xff); };
  const auto u16 = [&](std::uint32_t value) { u8(value >> 8), u8(value); };
  const auto u32 = [&](std::uint32_t value) { u16(value >> 16), u16(value); };
  u16(0x4500);
  u16(static_cast<std::uint32_t>(40 + payload.size()));
  u32(0);
  u32(64u << 24 | 6u << 16);
  u32(from_client ? 0xc0000201 : 0xc0000202);
  u32(from_client ? 0xc0000202 : 0xc0000201);
  u16(from_client ? 50000 : 443);
  u16(from_client ? 443 : 50000);
  u32(sequence);
  u32(acknowledgment);
  u16(0x5000u | static_cast<std::uint32_t>(flags));
  u16(65535);
  u32(0);
  packet += payload;
  return packet;
}

}  // namespace legible::test
