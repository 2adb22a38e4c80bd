// MySQL's way to TLS: the server's greeting, then the client's SSLRequest, which is not answered.
// (MySQL Internals, "Connection Phase".)

#include <algorithm>
#include <string>

#include "parser/preamble.hpp"

namespace legible::parser {
namespace {

using Bytes = std::span<const std::uint8_t>;
using Next = PreambleStep::Next;

/// payload_length (3, little-endian), sequence_id (1).
constexpr std::size_t packet_header = 4;

constexpr std::uint64_t payload_length(Bytes packet) {
  return packet[0] | std::uint64_t{packet[1]} << 8 | std::uint64_t{packet[2]} << 16;
}

class MysqlPreamble : public Preamble {
 public:
  explicit MysqlPreamble(const Limits& limits) : Preamble(Protocol::mysql, limits.dialogue_bytes) {}

  bool admits(Protocol other) const override { return other == Protocol::mysql; }
  std::string_view unit() const override { return "MySQL packet"; }

  PreambleStep feed(Side from, Bytes bytes) override {
    if (from == Side::client) return answer(bytes);
    return greeted_ ? outcome(bytes) : greeting(bytes);
  }

 private:
  /// Protocol version (1), server version (text, NUL), and what needs no look. Or an error.
  PreambleStep greeting(Bytes bytes) {
    constexpr std::size_t longest_version = 60;
    constexpr std::uint8_t protocol_version = 10;
    if (bytes.size() <= packet_header) return {Next::need_more};
    const std::uint64_t size = packet_header + payload_length(bytes);
    if (bytes[packet_header] != protocol_version) return error(bytes);
    const std::string_view text =
        as_text(bytes.subspan(packet_header + 1)).substr(0, longest_version);
    const std::size_t end = text.find('\0');
    if (end == std::string_view::npos && text.size() < longest_version) return {Next::need_more};
    // Behind the version: thread (4), the challenge's first part (8), a filler (1), capabilities.
    constexpr std::uint16_t client_ssl = 0x0800;
    constexpr std::size_t to_capabilities = 4 + 8 + 1;
    const std::size_t at = packet_header + 1 + std::min(end, text.size()) + 1 + to_capabilities;
    const bool told = end != std::string_view::npos && at + 2 <= size;
    if (told && bytes.size() < at + 2) return {Next::need_more};
    const bool no_tls = told && ((bytes[at] | bytes[at + 1] << 8) & client_ssl) == 0;
    say(Side::server, std::string("greeting ").append(text.substr(0, end)));
    if (no_tls) say(Side::server, "no TLS");
    greeted_ = true;
    return {Next::proceed, size};
  }

  /// Of a log-in in clear; else TLS begins.
  PreambleStep outcome(Bytes bytes) {
    constexpr std::uint8_t error_packet = 0xff;
    if (!logs_in_) return {Next::hand_over};
    if (bytes.size() <= packet_header) return {Next::need_more};
    return bytes[packet_header] == error_packet ? error(bytes) : PreambleStep{Next::leave};
  }

  /// ERR_Packet: 0xff, a number (2, little-endian), "#" and SQLSTATE (5) unless it is the first
  /// packet, and a text.
  PreambleStep error(Bytes bytes) {
    constexpr std::size_t longest_error = 512;
    constexpr std::size_t number_at = packet_header + 1;
    constexpr std::size_t text_at = number_at + 2;
    constexpr std::size_t state_length = 6;
    const std::uint64_t size = packet_header + payload_length(bytes);
    const bool readable = size >= text_at && size <= longest_error;
    if (readable && bytes.size() < size) return {Next::need_more};
    std::string line = "error";
    if (readable) {
      std::string_view text = as_text(bytes.first(static_cast<std::size_t>(size)).subspan(text_at));
      if (text.starts_with('#')) text.remove_prefix(std::min(state_length, text.size()));
      const int number = bytes[number_at] | bytes[number_at + 1] << 8;
      line.append(" ").append(std::to_string(number)).append(" ").append(text);
    }
    say(Side::server, line);
    return {Next::leave, size};
  }

  /// An SSLRequest is the beginning of the client's answer, cut before the user's name.
  PreambleStep answer(Bytes bytes) {
    constexpr std::size_t request_length = 32;
    constexpr std::uint8_t client_ssl = 0x08;  // of the second byte of the capabilities
    if (bytes.size() < packet_header + 2) return {Next::need_more};
    const std::uint64_t length = payload_length(bytes);
    if (length == request_length && (bytes[packet_header + 1] & client_ssl) != 0) {
      say(Side::client, "SSLRequest");
      return {Next::hand_over, packet_header + length};
    }
    if (logs_in_) return {Next::leave};
    logs_in_ = true;
    say(Side::client, "HandshakeResponse");
    return {Next::proceed, packet_header + length};
  }

  bool greeted_ = false;
  bool logs_in_ = false;  ///< the client, in clear
};

}  // namespace

std::unique_ptr<Preamble> make_mysql_preamble(const Limits& limits) {
  return std::make_unique<MysqlPreamble>(limits);
}

}  // namespace legible::parser
