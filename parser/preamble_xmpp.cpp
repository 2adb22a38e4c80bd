// XMPP's STARTTLS: RFC 6120 section 5. Its XML is read tag by tag.

#include <algorithm>
#include <array>

#include "parser/preamble.hpp"

namespace legible::parser {
namespace {

using Next = PreambleStep::Next;

/// A tag with the text before it. Longer ones end the dialogue.
constexpr std::size_t longest_tag = 2048;

/// What a client says before TLS. Any other stanza is the session's work, in the clear: unless the
/// server refuses it, no upgrade is to be expected.
constexpr std::array<std::string_view, 4> negotiation{"<?xml", "<stream:stream", "<starttls",
                                                      "</stream:stream"};

constexpr std::array<std::string_view, 2> refusals{"<failure", "<stream:error"};
constexpr std::array<std::string_view, 2> refusal_ends{"</failure>", "</stream:error>"};

template <std::size_t n>
bool begins_with_one_of(std::string_view tag, const std::array<std::string_view, n>& starts) {
  return std::ranges::any_of(starts, [tag](auto start) { return tag.starts_with(start); });
}

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
    const bool proceeds = from == Side::client ? request(tag) : answer(tag);
    return {proceeds && !overflowed() ? Next::proceed : Next::leave, end + 1};
  }

 private:
  bool request(std::string_view tag) {
    if (works_in_clear_) return true;
    // Text between tags is the session's.
    if (!tag.starts_with('<')) return false;
    works_in_clear_ = !begins_with_one_of(tag, negotiation);
    // Credentials may follow: of other stanzas the name is enough.
    say(Side::client, works_in_clear_ ? tag.substr(0, tag.find_first_of(" />")) : tag);
    return true;
  }

  bool answer(std::string_view tag) {
    refuses_ |= works_in_clear_ && begins_with_one_of(tag, refusals);
    if (works_in_clear_ && !refuses_) return false;
    say(Side::server, tag);
    const bool whole = begins_with_one_of(tag, refusals) && tag.ends_with("/>");
    const bool over = whole || std::ranges::any_of(refusal_ends, [tag](std::string_view end) {
                        return tag.ends_with(end);
                      });
    if (refuses_ && over) works_in_clear_ = refuses_ = false;
    return true;
  }

  bool works_in_clear_ = false;  ///< a stanza that does not lead to TLS is not answered yet
  bool refuses_ = false;         ///< the server has begun to refuse it
};

}  // namespace

std::unique_ptr<Preamble> make_xmpp_preamble(const Limits& limits) {
  return std::make_unique<XmppPreamble>(limits);
}

}  // namespace legible::parser
