#pragma once
// SQL Server's TDS carries the messages of TLS's handshake in packets of its own; then the
// records stand by themselves (MS-TDS sections 2.2.3.1 and 2.2.6.5). Where only the log-in is
// encrypted, packets in clear follow behind it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace legible::parser {

namespace tds {

/// type (1), status (1), length of the whole packet (2), SPID (2), number (1), window (1).
inline constexpr std::size_t packet_header = 8;
inline constexpr std::uint8_t pre_login = 0x12;
inline constexpr std::uint8_t tabular_result = 0x04;
inline constexpr std::uint8_t login7 = 0x10;

}  // namespace tds

/// One direction's bytes, from its first TLS byte on, without the packets round them. Keeps no
/// bytes but those of a header.
class TdsPackets {
 public:
  /// `rest`: bytes that are left of the packet in which TLS begins.
  explicit TdsPackets(std::uint64_t rest) : left_(rest) {}

  struct Piece {
    std::span<const std::uint8_t> tls;  ///< may be empty
    std::size_t taken = 0;              ///< headers included
  };
  /// What stands at the start of `bytes`, which is not empty. Not once clear() is true.
  Piece next(std::span<const std::uint8_t> bytes);

  /// TLS is over in this direction: packets in clear follow.
  bool clear() const { return clear_; }

 private:
  std::uint64_t left_;   ///< of the packet or the record
  bool wrapped_ = true;  ///< TLS still comes in packets
  bool clear_ = false;
  std::uint8_t known_ = 0;  ///< bytes of `header_`
  std::array<std::uint8_t, tds::packet_header> header_{};
};

}  // namespace legible::parser
