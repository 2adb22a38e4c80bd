// PostgreSQL's way to TLS: the client's SSLRequest, answered by one byte.
// (PostgreSQL documentation, "Frontend/Backend Protocol", message flow, SSL session encryption.)

#include <algorithm>
#include <string>

#include "parser/preamble.hpp"

namespace legible::parser {
namespace {

using Bytes = std::span<const std::uint8_t>;
using Next = PreambleStep::Next;

class PostgresqlPreamble : public Preamble {
 public:
  explicit PostgresqlPreamble(const Limits& limits)
      : Preamble(Protocol::postgresql, limits.dialogue_bytes) {}

  bool admits(Protocol other) const override { return other == Protocol::postgresql; }
  std::string_view unit() const override { return "PostgreSQL message"; }

  PreambleStep feed(Side from, Bytes bytes) override {
    return from == Side::client ? request(bytes) : answer(bytes);
  }

 private:
  PreambleStep request(Bytes bytes) {
    constexpr std::size_t fixed = 8;
    constexpr std::uint32_t ssl_request = 0x04d2162f;
    constexpr std::uint32_t gssenc_request = 0x04d21630;
    if (begins_tls_record(bytes[0])) return {Next::hand_over};
    if (bytes[0] != 0) return {Next::leave};
    if (bytes.size() < fixed) return {Next::need_more};
    const std::uint32_t code =
        std::uint32_t{read_u16(bytes, 4)} << 16 | std::uint32_t{read_u16(bytes, 6)};
    if (code == ssl_request || code == gssenc_request) {
      say(Side::client, code == ssl_request ? "SSLRequest" : "GSSENCRequest");
      asked_ = true;
      return {Next::proceed, fixed};
    }
    asked_ = false;
    const bool session = code >> 16 == 3;
    say(Side::client, session ? "StartupMessage" : "CancelRequest");
    const std::uint64_t length =
        std::uint64_t{read_u16(bytes, 0)} << 16 | std::uint64_t{read_u16(bytes, 2)};
    return {session ? Next::proceed : Next::leave, std::max<std::uint64_t>(length, fixed)};
  }

  PreambleStep answer(Bytes bytes) {
    if (bytes[0] == 'E') return error(bytes);
    if (!asked_) return {Next::leave};
    switch (bytes[0]) {
      case 'S':
        say(Side::server, "S");
        return {Next::hand_over, 1};
      case 'N':
        say(Side::server, "N");
        return {Next::proceed, 1};
      default:
        return {Next::leave};
    }
  }

  /// Length (4, its own included), then fields: a letter, and text that NUL ends; of these the code
  /// (SQLSTATE) and the message are told. A server that knows no SSLRequest sends text without a
  /// length (documentation, "SSL Session Encryption").
  PreambleStep error(Bytes bytes) {
    constexpr std::size_t head = 5;
    constexpr std::size_t longest_error = 1024;
    if (bytes.size() < head) return {Next::need_more};
    const std::size_t size = 1 + (std::size_t{read_u16(bytes, 1)} << 16 | read_u16(bytes, 3));
    const bool readable = size > head && size <= longest_error;
    if (readable && bytes.size() < size) return {Next::need_more};
    std::string line = "ErrorResponse";
    std::string_view fields = readable ? as_text(bytes.subspan(head, size - head)) : "";
    while (!fields.empty() && fields.front() != '\0') {
      const char type = fields.front();
      const std::string_view text = fields.substr(1, fields.find('\0', 1) - 1);
      if (type == 'C' || type == 'M') line.append(" ").append(text);
      fields.remove_prefix(std::min(text.size() + 2, fields.size()));
    }
    say(Side::server, line);
    return {Next::leave, readable ? size : 1};
  }

  bool asked_ = false;  ///< for encryption, last: that alone is answered by a single byte
};

}  // namespace

std::unique_ptr<Preamble> make_postgresql_preamble(const Limits& limits) {
  return std::make_unique<PostgresqlPreamble>(limits);
}

}  // namespace legible::parser
