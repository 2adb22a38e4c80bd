#include "proxy/capture/pcapng_secrets.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace legible::capture {
namespace {

constexpr std::uint32_t section_header_block = 0x0a0d0d0a;  // the same in both byte orders
constexpr std::uint32_t decryption_secrets_block = 0x0000000a;
constexpr std::uint32_t byte_order_magic = 0x1a2b3c4d;
constexpr std::uint32_t tls_key_log = 0x544c534b;
constexpr std::uint32_t frame_bytes = 12;  ///< type, length, and the length again

class BlockReader {
 public:
  explicit BlockReader(std::istream& file) : file_(file) {}

  std::optional<std::uint32_t> u32() {
    const auto raw = four_bytes();
    if (!raw) return std::nullopt;
    return number(*raw);
  }

  /// The length of a section header block: the byte order that it is in is told only behind it.
  std::optional<std::uint32_t> section_length() {
    const auto length = four_bytes();
    const auto magic = four_bytes();
    if (!length || !magic) return std::nullopt;
    for (const bool big_endian : {false, true}) {
      big_endian_ = big_endian;
      if (number(*magic) == byte_order_magic) return number(*length);
    }
    return std::nullopt;
  }

  bool skip(std::uint32_t count) {
    return static_cast<bool>(file_.seekg(static_cast<std::streamoff>(count), std::ios::cur));
  }

  /// Appends `count` bytes to `text`, which grows by what is there and not by what was announced.
  bool append_to(std::string& text, std::size_t count) {
    std::array<char, 4096> piece{};
    while (count > 0) {
      const std::size_t wanted = std::min(count, piece.size());
      if (!file_.read(piece.data(), static_cast<std::streamsize>(wanted))) return false;
      text.append(piece.data(), wanted);
      count -= wanted;
    }
    return true;
  }

 private:
  using FourBytes = std::array<char, 4>;

  std::optional<FourBytes> four_bytes() {
    FourBytes raw{};
    if (!file_.read(raw.data(), raw.size())) return std::nullopt;
    return raw;
  }

  std::uint32_t number(FourBytes raw) const {
    if (!big_endian_) std::ranges::reverse(raw);
    std::uint32_t value = 0;
    for (const char byte : raw) value = value << 8 | static_cast<std::uint8_t>(byte);
    return value;
  }

  std::istream& file_;
  bool big_endian_ = false;
};

}  // namespace

std::string read_pcapng_secrets(std::istream& file) {
  BlockReader reader{file};
  std::string secrets;
  bool in_section = false;
  while (const auto type = reader.u32()) {
    if (*type == section_header_block) {
      const auto length = reader.section_length();
      if (!length || *length < frame_bytes + 16) break;
      in_section = true;
      if (!reader.skip(*length - 12)) break;
      continue;
    }
    const auto length = reader.u32();
    if (!in_section || !length || *length < frame_bytes || *length % 4 != 0) break;
    std::uint32_t rest = *length - 8;
    if (*type == decryption_secrets_block && rest >= 12) {
      const auto kind = reader.u32();
      const auto size = reader.u32();
      if (!kind || !size || *size > rest - 12) break;
      rest -= 8;
      if (*kind == tls_key_log) {
        if (secrets.size() + *size > max_embedded_secrets) break;
        if (!reader.append_to(secrets, *size)) break;
        secrets += '\n';
        rest -= *size;
      }
    }
    if (!reader.skip(rest)) break;
  }
  return secrets;
}

}  // namespace legible::capture
