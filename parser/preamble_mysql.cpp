// MySQL's way to TLS: the server's greeting, then the client's SSLRequest, which is not answered.
// (MySQL Internals, "Connection Phase".)

#include <algorithm>

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
    return from == Side::server ? greeting(bytes) : answer(bytes);
  }

 private:
  /// Protocol version (1), server version (text, NUL), and what needs no look. Or an error.
  PreambleStep greeting(Bytes bytes) {
    constexpr std::size_t longest_version = 60;
    constexpr std::uint8_t protocol_version = 10;
    if (bytes.size() <= packet_header) return {Next::need_more};
    const std::uint64_t size = packet_header + payload_length(bytes);
    if (bytes[packet_header] != protocol_version) {
      say(Side::server, "error");
      return {Next::leave, size};
    }
    const std::string_view text =
        as_text(bytes.subspan(packet_header + 1)).substr(0, longest_version);
    const std::size_t end = text.find('\0');
    if (end == std::string_view::npos && text.size() < longest_version) return {Next::need_more};
    say(Side::server, std::string("greeting ").append(text.substr(0, end)));
    return {Next::hand_over, size};
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
    say(Side::client, "HandshakeResponse");
    return {Next::leave, packet_header + length};
  }
};

}  // namespace

std::unique_ptr<Preamble> make_mysql_preamble(const Limits& limits) {
  return std::make_unique<MysqlPreamble>(limits);
}

}  // namespace legible::parser
