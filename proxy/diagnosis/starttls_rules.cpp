// A service that begins in clear, a client that wants TLS there (RFC 3207, 2595, 4217, 9051, 4511,
// 6120, PostgreSQL), and no TLS. What the service says of itself, and what the client does
// then, stands in clear.

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "parser/line_replies.hpp"
#include "proxy/diagnosis/cleartext_dialogue.hpp"
#include "proxy/diagnosis/rules.hpp"
#include "proxy/diagnosis/text.hpp"

namespace legible::proxy::diagnosis {
namespace {

using parser::Dialogue;
using parser::Protocol;
using parser::Side;

/// The answer of a protocol whose messages are told in words.
bool is_refusal(const Dialogue::Line& line) {
  const std::string_view text = line.text;
  const bool ldap = text.starts_with("extendedResponse resultCode") && !text.ends_with(" 0");
  return ldap || text == "N" || text.starts_with("ErrorResponse") || begins_with(text, "<failure");
}

/// The server's own words when it refuses; empty: it did not, or was not asked.
std::string refusal(const Dialogue& dialogue) {
  const auto asked = std::ranges::find_if(
      dialogue.lines, [&](const auto& line) { return asks_for_tls(dialogue, line); });
  if (asked == dialogue.lines.end()) return {};
  if (parser::is_line_dialogue(dialogue.protocol)) {
    const auto reply =
        parser::reply_to(dialogue, static_cast<std::size_t>(asked - dialogue.lines.begin()));
    return reply && !parser::grants_tls(dialogue.protocol, *reply) ? *reply : std::string();
  }
  const auto answer = std::find_if(asked, dialogue.lines.end(), [](const auto& line) {
    return line.from == Side::server && is_refusal(line);
  });
  return answer == dialogue.lines.end() ? std::string() : answer->text;
}

/// How the service lists what it can do: the client's question, a word of the answer, and the offer
/// of TLS in it.
struct Listing {
  Protocol protocol;
  std::string_view question;
  std::string_view list;
  std::string_view offer;
};
constexpr Listing listings[] = {
    {Protocol::smtp, "EHLO", "250", "STARTTLS"},
    {Protocol::imap, "CAPABILITY", "* CAPABILITY", "STARTTLS"},
    {Protocol::pop3, "CAPA", "UIDL", "STLS"},
    {Protocol::ftp, "FEAT", "211", "AUTH TLS"},
    {Protocol::xmpp, "<stream:", "<stream:features", "<starttls"},
};

/// The service has said what it can do, and that is no TLS.
bool lists_no_tls(const Dialogue& dialogue) {
  const auto* listing = std::ranges::find(listings, dialogue.protocol, &Listing::protocol);
  if (listing == std::end(listings)) return false;
  const auto says = [&](Side side, std::string_view word) {
    return std::ranges::any_of(dialogue.lines, [&](const auto& line) {
      return line.from == side && contains(line.text, word);
    });
  };
  return says(Side::client, listing->question) && says(Side::server, listing->list) &&
         !says(Side::server, listing->offer);
}

/// A device that takes words out of an SMTP server's list writes as many X in their place.
bool is_masked(const Dialogue& dialogue) {
  return std::ranges::any_of(dialogue.lines, [](const auto& line) {
    return line.from == Side::server && line.text.starts_with("250") &&
           contains(line.text, "XXXXXX");
  });
}

std::string told(const std::string& words) {
  return fmt::format("the client asked for TLS, and the server answered {}", quoted(words));
}

}  // namespace

Answer starttls_missed(const Situation& situation) {
  const Dialogue* dialogue = situation.facts.with_server;
  const bool tls = situation.facts.hello || situation.facts.server_hello;
  if (!dialogue || tls || !only_preliminaries(*dialogue) || !client_left(situation, *dialogue)) {
    return std::nullopt;
  }
  Finding finding;
  if (const std::string words = refusal(*dialogue); !words.empty()) {
    finding.cause = Cause::starttls_refused;
    finding.confidence = Confidence::high;
    return finding.with(told(words));
  }
  if (!lists_no_tls(*dialogue) || situation.history.regular()) return std::nullopt;
  finding.cause = Cause::starttls_not_offered;
  finding.confidence = Confidence::medium;
  finding.with(
      "the server's list of what it can do holds no offer of TLS, and the client left then");
  if (is_masked(*dialogue)) {
    finding.with(
        "a word of that list is written over with X, as a firewall does that inspects SMTP");
  }
  return finding.or_else(Cause::tcp_health_check,
                         "a monitor that only greets comes back at regular intervals");
}

std::string refusal_of_tls(const Situation& situation) {
  const Dialogue* dialogue = situation.facts.with_server;
  const std::string words = dialogue ? refusal(*dialogue) : std::string();
  return words.empty() ? words : told(words);
}

}  // namespace legible::proxy::diagnosis
