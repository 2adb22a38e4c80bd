#include "proxy/capture/first_segment.hpp"

#include <algorithm>

namespace legible::capture {
namespace {

constexpr std::uint8_t client_hello = 1;
constexpr std::uint8_t server_hello = 2;

bool begins_tls_record(Bytes bytes, parser::ContentType type) {
  return bytes.size() >= 3 && bytes[0] == type.value && bytes[1] == 3 && bytes[2] <= 4;
}

/// RFC 5246 appendix E.2: a length with its top bit set, then the message type.
bool begins_sslv2_hello(Bytes bytes) {
  return bytes.size() >= 5 && (bytes[0] & 0x80u) != 0 && bytes[2] == client_hello &&
         (bytes[3] == 3 || (bytes[3] == 0 && bytes[4] == 2));
}

/// An alert in clear: its record holds two bytes. A longer one is encrypted, and ends something.
bool begins_clear_alert(Bytes bytes) {
  return bytes.size() >= 5 && begins_tls_record(bytes, parser::content_type::alert) &&
         bytes[3] == 0 && bytes[4] == 2;
}

bool is_text(std::uint8_t byte) {
  return (byte >= 0x20 && byte < 0x7f) || byte == '\r' || byte == '\n' || byte == '\t';
}

}  // namespace

std::optional<parser::Side> sender_of(Bytes first_bytes) {
  if (begins_sslv2_hello(first_bytes)) return parser::Side::client;
  if (first_bytes.size() < 6 || !begins_tls_record(first_bytes, parser::content_type::handshake)) {
    return std::nullopt;
  }
  if (first_bytes[5] == client_hello) return parser::Side::client;
  if (first_bytes[5] == server_hello) return parser::Side::server;
  return std::nullopt;
}

bool looks_like_a_beginning(parser::Side from, Bytes first_bytes) {
  constexpr std::size_t told_by = 6;  // bytes, the last of them the handshake message's type
  const bool handshake = begins_tls_record(first_bytes, parser::content_type::handshake);
  if (handshake) return first_bytes.size() < told_by || sender_of(first_bytes) == from;
  if (begins_sslv2_hello(first_bytes)) return from == parser::Side::client;
  if (begins_clear_alert(first_bytes)) return from == parser::Side::server;
  return !first_bytes.empty() &&
         std::ranges::all_of(first_bytes.first(std::min<std::size_t>(first_bytes.size(), 4)),
                             is_text);
}

bool answers_a_hello(Bytes first_bytes) {
  return begins_tls_record(first_bytes, parser::content_type::handshake) ||
         begins_clear_alert(first_bytes);
}

}  // namespace legible::capture
