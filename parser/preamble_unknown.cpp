// A dialogue that is not known may lead to TLS, too: RDP, VNC, NBD, IRC and many others have their
// own way to it. None of it is understood but whose turn it is, and that suffices: a client waits
// for the answer to its request for TLS, and begins its next turn with a ClientHello.

#include <array>
#include <string>
#include <vector>

#include "parser/handshake_messages.hpp"
#include "parser/preamble.hpp"

namespace legible::parser {
namespace {

using Bytes = std::span<const std::uint8_t>;
using Next = PreambleStep::Next;

/// A record of the handshake with a ClientHello (RFC 8446 sections 4 and 5.1); not, where TLS is
/// carried in packets of another protocol (SQL Server's), one behind such a packet's header.
enum class Beginning : std::uint8_t { hello, undecided, other };

Beginning beginning_of(Bytes bytes) {
  constexpr std::size_t record_header = 5;
  constexpr std::uint8_t latest_minor = 4;
  constexpr std::uint16_t longest = 16384;
  if (bytes[0] != content_type::handshake.value) return Beginning::other;
  if (bytes.size() > 1 && bytes[1] != 3) return Beginning::other;
  if (bytes.size() > 2 && bytes[2] > latest_minor) return Beginning::other;
  if (bytes.size() <= record_header) return Beginning::undecided;
  const std::uint16_t length = read_u16(bytes, 3);
  const bool hello = bytes[record_header] == handshake_type::client_hello.value;
  return hello && length > 0 && length <= longest ? Beginning::hello : Beginning::other;
}

class UnknownPreamble final : public Preamble {
 public:
  explicit UnknownPreamble(const Limits& limits)
      : Preamble(Protocol::unknown, limits.dialogue_bytes) {}

  bool admits(Protocol other) const override { return other == Protocol::unknown; }
  std::string_view unit() const override { return "message"; }

  bool by_turns() const override { return true; }
  void begin_turn(Side from) override { edge(from) = Edge::begins; }
  void end_turn(Side from) override {
    if (edge(from) == Edge::begins) edge(from) = Edge::whole;
  }

  /// Only now was it a dialogue that led to something. What was said is nobody's to tell: there may
  /// be a password in it.
  void begin_tls() override {
    tls_begun_ = true;
    for (const Turn& turn : turns_) {
      say(turn.from, std::to_string(turn.bytes) + (turn.bytes == 1 ? " byte" : " bytes"));
    }
  }

  PreambleStep feed(Side from, Bytes bytes) override {
    const Edge turn = edge(from);
    if (turn != Edge::none) {
      if (tls_begun_) return {Next::hand_over};
      const Beginning begins = from == Side::client ? beginning_of(bytes) : Beginning::other;
      if (begins == Beginning::hello) {
        begin_tls();
        return {Next::hand_over};
      }
      if (begins == Beginning::undecided && turn == Edge::begins) return {Next::need_more};
    }
    edge(from) = Edge::none;
    if (turn != Edge::none || turns_.empty() || turns_.back().from != from) {
      constexpr std::size_t most_turns = 64;
      if (turns_.size() == most_turns) return {Next::leave};
      turns_.push_back({from, 0});
    }
    turns_.back().bytes += bytes.size();
    return {Next::proceed, bytes.size()};
  }

 private:
  /// Of a turn, in what is fed next.
  enum class Edge : std::uint8_t { none, begins, whole };
  Edge& edge(Side from) { return edges_[static_cast<std::size_t>(from)]; }

  struct Turn {
    Side from;
    std::uint64_t bytes;
  };

  std::vector<Turn> turns_;
  std::array<Edge, 2> edges_{};
  bool tls_begun_ = false;
};

}  // namespace

std::unique_ptr<Preamble> make_unknown_preamble(const Limits& limits) {
  return std::make_unique<UnknownPreamble>(limits);
}

}  // namespace legible::parser
