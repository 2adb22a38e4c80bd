#pragma once
// pcapng blocks in memory, in one byte order.

#include <algorithm>
#include <cstdint>
#include <string>

namespace legible::test {

class PcapngBuilder {
 public:
  explicit PcapngBuilder(bool big_endian) : big_endian_(big_endian) {}

  std::string u16(std::uint32_t value) const { return number(value, 2); }
  std::string u32(std::uint32_t value) const { return number(value, 4); }
  std::string u64(std::uint64_t value) const { return number(value, 8); }

  std::string block(std::uint32_t type, std::string body) const {
    pad(body);
    const std::string length = u32(static_cast<std::uint32_t>(body.size() + 12));
    return u32(type) + length + body + length;
  }
  std::string section() const {
    return block(0x0a0d0d0a, u32(0x1a2b3c4d) + u16(1) + u16(0) + u32(0xffffffff) + u32(0xffffffff));
  }
  std::string secrets(std::uint32_t kind, const std::string& text) const {
    return block(10, u32(kind) + u32(static_cast<std::uint32_t>(text.size())) + text);
  }
  std::string key_log(const std::string& text) const { return secrets(0x544c534b, text); }

  std::string option(std::uint16_t code, std::string value) const {
    const auto length = static_cast<std::uint32_t>(value.size());
    pad(value);
    return u16(code) + u16(length) + value;
  }
  std::string interface(std::uint16_t link_type, std::uint32_t snap_length = 0,
                        const std::string& options = {}) const {
    return block(1, u16(link_type) + u16(0) + u32(snap_length) + options);
  }
  /// An Enhanced Packet Block.
  std::string packet(std::uint32_t interface, std::uint64_t ticks, const std::string& frame) const {
    return block(6, u32(interface) + time(ticks) + lengths(frame) + frame);
  }
  /// The obsolete Packet Block.
  std::string old_packet(std::uint32_t interface, std::uint64_t ticks,
                         const std::string& frame) const {
    return block(2, u16(interface) + u16(0) + time(ticks) + lengths(frame) + frame);
  }
  std::string simple_packet(const std::string& frame, std::uint32_t wire_length) const {
    return block(3, u32(wire_length) + frame);
  }

 private:
  static void pad(std::string& text) { text.resize((text.size() + 3) / 4 * 4); }

  std::string number(std::uint64_t value, int size) const {
    std::string text;
    for (int i = 0; i < size; ++i) text += static_cast<char>(value >> 8 * i & 0xff);
    if (big_endian_) std::ranges::reverse(text);
    return text;
  }
  std::string time(std::uint64_t ticks) const {
    return u32(static_cast<std::uint32_t>(ticks >> 32)) + u32(static_cast<std::uint32_t>(ticks));
  }
  std::string lengths(const std::string& frame) const {
    const std::string length = u32(static_cast<std::uint32_t>(frame.size()));
    return length + length;
  }

  bool big_endian_;
};

}  // namespace legible::test
