#pragma once
// The headers of the records that a peer sends, told as their bytes pass.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "parser/record_reader.hpp"

namespace legible::proxy::tls {

/// RFC 8446 section 5.1, RFC 5246 section 6.2.1: the longest content of a record.
inline constexpr std::size_t longest_content = 16384;

/// The most that a record's header may announce: RFC 8446 section 5.2 for TLS 1.3; for TLS 1.2,
/// which is not compressed here, a vector, a MAC and padding (RFC 5246 section 6.2.3.2); in clear
/// nothing is added to the content.
constexpr std::size_t longest_record(bool is_protected, bool tls13) {
  if (!is_protected) return longest_content;
  constexpr std::size_t vector_mac_and_padding = 16 + 48 + 256;
  return longest_content + (tls13 ? 256 : vector_mac_and_padding);
}

class RecordHeaders {
 public:
  /// Bytes of the stream, in order.
  void pass(std::span<const std::uint8_t> bytes);

  /// The bytes end with a header: its record's payload comes next.
  bool at_payload() const { return at_payload_; }
  /// Of the last header.
  parser::ContentType type() const { return {header_[0]}; }
  std::size_t length() const { return length_; }

 private:
  std::array<std::uint8_t, parser::RecordHeader::size> header_{};
  std::size_t header_bytes_ = 0;
  std::size_t length_ = 0;
  std::size_t remaining_ = 0;
  bool at_payload_ = false;
};

}  // namespace legible::proxy::tls
