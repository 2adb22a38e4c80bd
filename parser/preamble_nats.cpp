// NATS (client protocol): the server's INFO is in clear; where TLS is wanted, or both sides can do
// it, the client begins with it at once.

#include <algorithm>

#include "parser/preamble.hpp"

namespace legible::parser {
namespace {

using Next = PreambleStep::Next;

/// It lists the servers of a cluster: longer ones end the dialogue, and of long ones the start is
/// told.
constexpr std::size_t longest_info = 16384;
constexpr std::size_t longest_told = 1024;

class NatsPreamble : public Preamble {
 public:
  explicit NatsPreamble(const Limits& limits) : Preamble(Protocol::nats, limits.dialogue_bytes) {}

  bool admits(Protocol other) const override { return other == Protocol::nats; }
  std::string_view unit() const override { return "line of a cleartext dialogue"; }

  PreambleStep feed(Side from, std::span<const std::uint8_t> bytes) override {
    if (begins_tls_record(bytes[0])) return {Next::hand_over};
    const std::string_view text = as_text(bytes).substr(0, longest_info);
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) {
      return {text.size() < longest_info ? Next::need_more : Next::leave};
    }
    const std::string_view operation = text.substr(0, text.find_first_of(" \r\n"));
    // A client's CONNECT holds its credentials, and means that no TLS will follow.
    if (from == Side::client || operation != "INFO") {
      say(from, operation.substr(0, longest_operation));
      return {Next::leave, end + 1};
    }
    say(from, text.substr(0, std::min(text.find_first_of("\r\n"), longest_told)));
    return {overflowed() ? Next::leave : Next::proceed, end + 1};
  }

 private:
  static constexpr std::size_t longest_operation = 16;
};

}  // namespace

std::unique_ptr<Preamble> make_nats_preamble(const Limits& limits) {
  return std::make_unique<NatsPreamble>(limits);
}

}  // namespace legible::parser
