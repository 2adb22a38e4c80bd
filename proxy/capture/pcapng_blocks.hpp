#pragma once
// The blocks of a pcapng file (draft-ietf-opsawg-pcapng, section 3.1).

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proxy/capture/packet.hpp"
#include "proxy/capture/stream.hpp"

namespace legible::capture {

namespace pcapng_block {
inline constexpr std::uint32_t section_header = 0x0a0d0d0a;  // the same in both byte orders
inline constexpr std::uint32_t interface_description = 1;
inline constexpr std::uint32_t old_packet = 2;
inline constexpr std::uint32_t simple_packet = 3;
inline constexpr std::uint32_t enhanced_packet = 6;
inline constexpr std::uint32_t decryption_secrets = 10;
}  // namespace pcapng_block

/// What a block holds, in the byte order of its section.
struct PcapngBody {
  Bytes bytes;  ///< valid until the next call to PcapngBlocks
  bool big_endian = false;

  bool has(std::size_t count) const { return bytes.size() >= count; }
  std::uint16_t u16(std::size_t at) const;
  std::uint32_t u32(std::size_t at) const;
};

/// Walks the blocks of every section, in either byte order.
class PcapngBlocks {
 public:
  /// Of a longer block no body is read.
  static constexpr std::uint32_t longest_body = 32 * 1024 * 1024;

  explicit PcapngBlocks(Stream file) : file_(std::move(file)) {}

  /// Moves to the next block and gives its type; nothing at the end of the file, or where a block
  /// breaks a rule (see `error`).
  std::optional<std::uint32_t> next();

  /// Reads the present block's body, once; nothing when it is not whole or too long. A section
  /// header's body is its options alone.
  std::optional<PcapngBody> body();

  /// Why the walk ended before the end of the file; empty when it did not.
  const std::string& error() const { return error_; }

 private:
  bool read(void* bytes, std::size_t count);
  bool skip(std::uint32_t count);
  bool finish_block();
  std::nullopt_t fail(std::string reason);

  Stream file_;
  bool big_endian_ = false;
  bool in_section_ = false;
  std::uint32_t length_ = 0;  ///< of the present block
  std::uint32_t rest_ = 0;    ///< of its body, not read yet
  bool inside_ = false;       ///< behind its first length, before its second
  std::vector<std::uint8_t> body_;
  std::string error_;
};

}  // namespace legible::capture
