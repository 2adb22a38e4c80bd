#include "certs/certificate.hpp"

namespace legible::certs {

std::string hex(std::span<const std::uint8_t> bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text += digits[byte >> 4];
    text += digits[byte & 0x0f];
  }
  return text;
}

bool Certificate::allows(KeyUsage usage) const {
  return !key_usage || (*key_usage & static_cast<std::uint16_t>(usage)) != 0;
}

}  // namespace legible::certs
