// SQL Server's way to TLS: each side says in a PRELOGIN packet what it wants of encryption, and
// TLS's handshake then goes on in such packets (MS-TDS sections 2.2.6.5 and 3.2.5.1). From TDS 8.0
// on TLS begins at once, as anywhere.

#include <array>
#include <string>

#include "parser/preamble.hpp"
#include "parser/tds_packets.hpp"

namespace legible::parser {
namespace {

using Bytes = std::span<const std::uint8_t>;
using Next = PreambleStep::Next;

/// The option ENCRYPTION, without the bits of a client certificate.
std::string_view encryption_name(std::uint8_t value) {
  switch (value & 0x1f) {
    case 0:
      return "off";  // for the log-in alone, unless the other side wants more
    case 1:
      return "on";
    case 2:
      return "not supported";
    case 3:
      return "required";
    default:
      return "unknown";
  }
}

/// Options: token (1), offset from the first one (2), length (2); 0xff ends them.
std::string encryption_in(Bytes options) {
  constexpr std::size_t option_length = 5;
  constexpr std::uint8_t encryption = 1;
  constexpr std::uint8_t terminator = 0xff;
  for (std::size_t at = 0; at + option_length <= options.size() && options[at] != terminator;
       at += option_length) {
    if (options[at] != encryption) continue;
    const std::size_t value = read_u16(options, at + 1);
    if (value < options.size()) return std::string(encryption_name(options[value]));
  }
  return "not told";
}

class TdsPreamble final : public Preamble {
 public:
  explicit TdsPreamble(const Limits& limits) : Preamble(Protocol::tds, limits.dialogue_bytes) {}

  bool admits(Protocol other) const override { return other == Protocol::tds; }
  std::string_view unit() const override { return "TDS packet"; }
  std::uint64_t packet_rest(Side from) const override { return of(from).rest; }

  PreambleStep feed(Side from, Bytes bytes) override {
    constexpr std::uint64_t longest_pre_login = 4096;
    if (bytes.size() < tds::packet_header) return {Next::need_more};
    const std::uint8_t type = bytes[0];
    const std::uint64_t length = read_u16(bytes, 2);
    const bool may_hold = type == tds::pre_login ||
                          (from == Side::server && type == tds::tabular_result && !of(from).said);
    if (!may_hold || length <= tds::packet_header || length > longest_pre_login) {
      if (type == tds::login7) say(from, "LOGIN7");
      return {Next::leave};
    }
    if (of(from).said) return begin_tls_in(from, bytes, length);
    if (bytes.size() < length) return {Next::need_more};
    const Bytes options = bytes.first(static_cast<std::size_t>(length)).subspan(tds::packet_header);
    say(from, "PRELOGIN encryption " + encryption_in(options));
    of(from).said = true;
    return {Next::proceed, length};
  }

 private:
  struct Speaker {
    bool said = false;       ///< its PRELOGIN
    std::uint64_t rest = 0;  ///< of the packet in which its TLS begins
  };

  PreambleStep begin_tls_in(Side from, Bytes bytes, std::uint64_t length) {
    if (bytes.size() == tds::packet_header) return {Next::need_more};
    if (!begins_tls_record(bytes[tds::packet_header])) return {Next::leave};
    of(from).rest = length - tds::packet_header;
    return {Next::hand_over, tds::packet_header};
  }

  Speaker& of(Side side) { return speakers_[static_cast<std::size_t>(side)]; }
  const Speaker& of(Side side) const { return speakers_[static_cast<std::size_t>(side)]; }

  std::array<Speaker, 2> speakers_;
};

}  // namespace

std::unique_ptr<Preamble> make_tds_preamble(const Limits& limits) {
  return std::make_unique<TdsPreamble>(limits);
}

}  // namespace legible::parser
