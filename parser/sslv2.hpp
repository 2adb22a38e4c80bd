#pragma once
// SSL 2.0 as far as it is still met: its record header, and what a server answers to its hello
// (draft-hickman-netscape-ssl-00, section 2). The hello itself: parser/client_hello.hpp.

#include <cstdint>
#include <span>
#include <vector>

#include "parser/decode_result.hpp"

namespace legible::parser::sslv2 {

inline constexpr std::size_t header_size = 2;

enum class MessageType : std::uint8_t { error = 0, client_hello = 1, server_hello = 4 };

/// The two-byte header without padding, the only one that is sent in clear.
constexpr bool begins_record(std::uint8_t first) { return (first & 0x80) != 0; }

/// The record's length with its header. `bytes` holds at least the header.
constexpr std::size_t record_size(std::span<const std::uint8_t> bytes) {
  return header_size + static_cast<std::size_t>((bytes[0] & 0x7f) << 8 | bytes[1]);
}

struct ServerHello {
  std::uint16_t version = 0;
  bool session_id_hit = false;
  std::vector<std::uint8_t> certificate;  ///< DER; empty when a session is resumed
};

/// Decodes a whole SERVER-HELLO record, from its header on.
DecodeResult<ServerHello> decode_server_hello(std::span<const std::uint8_t> record);

}  // namespace legible::parser::sslv2
