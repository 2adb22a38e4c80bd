// PostgreSQL's way to TLS: the client's SSLRequest, answered by one byte.
// (PostgreSQL documentation, "Frontend/Backend Protocol", message flow, SSL session encryption.)

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
      return {Next::proceed, fixed};
    }
    say(Side::client, code >> 16 == 3 ? "StartupMessage" : "CancelRequest");
    return {Next::leave, fixed};
  }

  PreambleStep answer(Bytes bytes) {
    switch (bytes[0]) {
      case 'S':
        say(Side::server, "S");
        return {Next::hand_over, 1};
      case 'N':
        say(Side::server, "N");
        return {Next::proceed, 1};
      case 'E':
        say(Side::server, "ErrorResponse");
        return {Next::leave, 1};
      default:
        return {Next::leave};
    }
  }
};

}  // namespace

std::unique_ptr<Preamble> make_postgresql_preamble(const Limits& limits) {
  return std::make_unique<PostgresqlPreamble>(limits);
}

}  // namespace legible::parser
