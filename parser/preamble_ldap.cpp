// LDAP's StartTLS: RFC 4511 section 4.14. Messages are BER (section 5.1); of each the head is read,
// the rest is stepped over.

#include <algorithm>
#include <optional>

#include "parser/preamble.hpp"

namespace legible::parser {
namespace {

using Bytes = std::span<const std::uint8_t>;
using Next = PreambleStep::Next;

/// Enough for every field that is looked at: the operation, and an object identifier or result.
constexpr std::size_t looked_at = 64;

constexpr std::string_view start_tls_oid = "1.3.6.1.4.1.1466.20037";

/// A BER element: tag, definite length, where its content begins.
struct Element {
  std::uint8_t tag = 0;
  std::uint64_t length = 0;
  std::size_t content_at = 0;
};

/// The element at `at`; nothing when its head is not there, or has no definite length of at most
/// four bytes.
std::optional<Element> element_at(Bytes bytes, std::size_t at) {
  if (at + 2 > bytes.size()) return std::nullopt;
  const std::uint8_t first = bytes[at + 1];
  if (first < 0x80) return Element{bytes[at], first, at + 2};
  const std::size_t count = first & 0x7fu;
  if (count < 1 || count > 4 || at + 2 + count > bytes.size()) return std::nullopt;
  std::uint64_t length = 0;
  for (const std::uint8_t byte : bytes.subspan(at + 2, count)) length = length << 8 | byte;
  return Element{bytes[at], length, at + 2 + count};
}

class LdapPreamble : public Preamble {
 public:
  explicit LdapPreamble(const Limits& limits) : Preamble(Protocol::ldap, limits.dialogue_bytes) {}

  bool admits(Protocol other) const override { return other == Protocol::ldap; }
  std::string_view unit() const override { return "LDAP message"; }

  PreambleStep feed(Side from, Bytes bytes) override {
    constexpr std::uint8_t sequence = 0x30;
    constexpr std::size_t longest_head = 6;
    if (begins_tls_record(bytes[0])) return {Next::hand_over};
    if (bytes[0] != sequence) return {Next::leave};
    const std::optional<Element> message = element_at(bytes, 0);
    if (!message) return {bytes.size() < longest_head ? Next::need_more : Next::leave};
    const std::uint64_t size = message->content_at + message->length;
    const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(size, looked_at));
    if (bytes.size() < wanted) return {Next::need_more};
    say(from, describe(bytes.first(wanted), message->content_at));
    return {overflowed() ? Next::leave : Next::proceed, size};
  }

 private:
  static std::string describe(Bytes message, std::size_t content_at) {
    const std::optional<Element> id = element_at(message, content_at);
    if (!id || id->length > 4) return "malformed message";
    const std::size_t operation_at = id->content_at + static_cast<std::size_t>(id->length);
    const std::optional<Element> operation = element_at(message, operation_at);
    if (!operation) return "malformed message";
    switch (operation->tag) {
      case 0x60:
        return "bindRequest ***";
      case 0x61:
        return "bindResponse" + result(message, operation->content_at);
      case 0x42:
        return "unbindRequest";
      case 0x63:
        return "searchRequest";
      case 0x64:
        return "searchResultEntry";
      case 0x65:
        return "searchResultDone" + result(message, operation->content_at);
      case 0x77:
        return "extendedRequest" + name(message, operation->content_at);
      case 0x78:
        return "extendedResponse" + result(message, operation->content_at);
      default:
        return "operation " + std::to_string(operation->tag & 0x1f);
    }
  }

  /// LDAPResult begins with resultCode ENUMERATED; 0 is success.
  static std::string result(Bytes message, std::size_t at) {
    const std::optional<Element> code = element_at(message, at);
    if (!code || code->length != 1 || code->content_at >= message.size()) return {};
    return " resultCode " + std::to_string(message[code->content_at]);
  }

  /// ExtendedRequest begins with requestName [0] LDAPOID.
  static std::string name(Bytes message, std::size_t at) {
    const std::optional<Element> oid = element_at(message, at);
    if (!oid || oid->length > message.size() - oid->content_at) return {};
    const std::string_view text =
        as_text(message.subspan(oid->content_at, static_cast<std::size_t>(oid->length)));
    return " " + std::string(text) + (text == start_tls_oid ? " (StartTLS)" : "");
  }
};

}  // namespace

std::unique_ptr<Preamble> make_ldap_preamble(const Limits& limits) {
  return std::make_unique<LdapPreamble>(limits);
}

}  // namespace legible::parser
