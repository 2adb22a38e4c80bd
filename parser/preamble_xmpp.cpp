// XMPP's STARTTLS: RFC 6120 section 5. Its XML is read tag by tag.

#include <algorithm>
#include <array>

#include "parser/preamble.hpp"

namespace legible::parser {
namespace {

using Next = PreambleStep::Next;

/// A tag with the text before it. Longer ones end the dialogue.
constexpr std::size_t longest_tag = 2048;

/// What a client says before TLS. Any other stanza is the session's work, in the clear.
constexpr std::array<std::string_view, 4> negotiation{"<?xml", "<stream:stream", "<starttls",
                                                      "</stream:stream"};

constexpr bool is_blank(std::uint8_t byte) {
  return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

class XmppPreamble : public Preamble {
 public:
  explicit XmppPreamble(const Limits& limits) : Preamble(Protocol::xmpp, limits.dialogue_bytes) {}

  bool admits(Protocol other) const override { return other == Protocol::xmpp; }
  bool survives_gap() const override { return true; }
  std::string_view unit() const override { return "XML tag"; }

  PreambleStep feed(Side from, std::span<const std::uint8_t> bytes) override {
    if (begins_tls_record(bytes[0])) return {Next::hand_over};
    if (is_blank(bytes[0])) return {Next::proceed, 1};
    const std::string_view text = as_text(bytes).substr(0, longest_tag);
    const std::size_t end = text.find('>');
    if (end == std::string_view::npos) {
      return {text.size() < longest_tag ? Next::need_more : Next::leave};
    }
    const std::string_view tag = text.substr(0, end + 1);
    const bool negotiates =
        from == Side::server || std::ranges::any_of(negotiation, [tag](std::string_view start) {
          return tag.starts_with(start);
        });
    // Credentials may follow: of other stanzas the name is enough.
    say(from, negotiates ? tag : tag.substr(0, tag.find_first_of(" />")));
    return {negotiates && !overflowed() ? Next::proceed : Next::leave, end + 1};
  }
};

}  // namespace

std::unique_ptr<Preamble> make_xmpp_preamble(const Limits& limits) {
  return std::make_unique<XmppPreamble>(limits);
}

}  // namespace legible::parser
