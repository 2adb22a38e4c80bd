#pragma once
// The packets of a pcapng file (draft-ietf-opsawg-pcapng, sections 4.2 to 4.5 and appendix A).
//
// libpcap reads no file whose interfaces differ in link type or snap length, as those of an
// "any" capture on some systems, and of files that were merged, do.

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "proxy/capture/packet_source.hpp"
#include "proxy/capture/pcapng_blocks.hpp"

namespace legible::capture {

class PcapngPackets final : public PacketSource {
 public:
  explicit PcapngPackets(Stream file) : blocks_(std::move(file)) {}

  std::optional<CapturedPacket> next() override;
  std::string error() const override { return error_.empty() ? blocks_.error() : error_; }
  std::string left_out() const override;

 private:
  /// What an interface description says of the packets that name it.
  struct Interface {
    int link_type = 0;
    std::uint32_t snap_length = 0;  ///< 0: none
    bool binary_ticks = false;      ///< 2^exponent ticks in a second, else 10^exponent
    int exponent = 6;
    std::int64_t offset_seconds = 0;
  };

  /// A packet as its block gives it.
  struct Raw {
    std::uint32_t interface = 0;
    std::uint64_t ticks = 0;
    std::size_t head = 0;  ///< bytes of the block before the packet's
    std::uint32_t captured = 0;
    std::uint32_t wire_length = 0;
  };

  bool add_interface(const PcapngBody& body);
  static std::optional<Raw> enhanced(const PcapngBody& body);
  static std::optional<Raw> old(const PcapngBody& body);
  std::optional<Raw> simple(const PcapngBody& body) const;
  std::optional<CapturedPacket> packet(std::uint32_t block_type, const PcapngBody& body);
  static Time time_of(std::uint64_t ticks, const Interface& interface);

  PcapngBlocks blocks_;
  std::vector<Interface> interfaces_;  ///< of the present section
  Time now_{};                         ///< of the packet that came last: a simple packet has none
  std::uint64_t given_ = 0;
  std::map<int, std::uint64_t> unreadable_;  ///< packets of unknown link types
  std::string error_;
};

}  // namespace legible::capture
