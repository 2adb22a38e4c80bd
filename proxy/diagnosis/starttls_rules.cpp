// A service that begins in clear, a client that wants TLS there (RFC 3207, 2595, 4217, 9051, 4511,
// 6120, PostgreSQL, TDS), and no TLS. What the service says of itself, and what the client does
// then, stands in clear.

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "parser/ascii.hpp"
#include "parser/line_replies.hpp"
#include "parser/protocol_detector.hpp"
#include "proxy/diagnosis/broken_hello.hpp"
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
  const bool tds = text.starts_with("PRELOGIN") && text.ends_with("not supported");
  return ldap || tds || text == "N" || text.starts_with("ErrorResponse") ||
         parser::begins_in_any_case(text, "<failure");
}

bool is_grant(const Dialogue::Line& line) {
  const std::string_view text = line.text;
  const bool ldap = text.starts_with("extendedResponse resultCode") && text.ends_with(" 0");
  const bool tds = text == "PRELOGIN encryption off" || text == "PRELOGIN encryption on" ||
                   text == "PRELOGIN encryption required";
  return ldap || tds || text == "S" || parser::begins_in_any_case(text, "<proceed");
}

/// The server's own words when TLS is asked for.
struct Reply {
  std::string words;
  bool granted = false;
};

/// Absent: it was not asked, or has not answered.
std::optional<Reply> reply_to_request(const Dialogue& dialogue) {
  const auto asked = std::ranges::find_if(
      dialogue.lines, [&](const auto& line) { return asks_for_tls(dialogue, line); });
  if (asked == dialogue.lines.end()) return std::nullopt;
  if (parser::is_line_protocol(dialogue.protocol)) {
    const auto reply =
        parser::reply_to(dialogue, static_cast<std::size_t>(asked - dialogue.lines.begin()));
    if (!reply) return std::nullopt;
    return Reply{*reply, parser::grants_tls(dialogue.protocol, *reply)};
  }
  const auto answer = std::find_if(asked, dialogue.lines.end(), [](const auto& line) {
    return line.from == Side::server && (is_refusal(line) || is_grant(line));
  });
  if (answer == dialogue.lines.end()) return std::nullopt;
  return Reply{answer->text, is_grant(*answer)};
}

/// Empty: it did not refuse, or was not asked.
std::string refusal(const Dialogue& dialogue) {
  const auto reply = reply_to_request(dialogue);
  return reply && !reply->granted ? reply->words : std::string();
}

/// The client said nothing in clear after it had asked for TLS.
bool ends_with_request(const Dialogue& dialogue) {
  const auto last = std::find_if(dialogue.lines.rbegin(), dialogue.lines.rend(),
                                 [](const auto& line) { return line.from == Side::client; });
  return last != dialogue.lines.rend() && asks_for_tls(dialogue, *last);
}

/// A client that was granted TLS, and did not begin it.
void client_began_nothing(const Situation& situation, Finding& finding) {
  finding.cause = Cause::client_silent;
  finding.title = "TLS was granted, and the client did not begin it";
  finding.to_do.client =
      "Look in its log for what came before the connection ended: a trust store, a key or a "
      "setting that it cannot use keeps it from beginning TLS at all.";
  if (situation.after_silence()) {
    finding.confidence = Confidence::high;
    if (situation.bare_close()) finding.mechanism = Mechanism::timeout;
    finding.with(fmt::format("no ClientHello came for {}", duration(situation.primary.silence)));
  } else {
    finding.confidence = Confidence::medium;
    finding.or_else(Cause::tcp_health_check,
                    "a monitor that only asks for TLS comes back at regular intervals");
  }
}

/// The server does not wait for the hello.
void server_took_grant_back(Finding& finding) {
  finding.cause = Cause::server_drops_hello;
  finding.title = "it granted TLS, and did not wait for a ClientHello";
  finding.to_do.server =
      "Look in its log: a certificate or a key that it cannot use keeps it from beginning TLS.";
  finding.or_else(Cause::internal_error, "the server's log speaks of its own certificate or key")
      .or_else(Cause::client_silent, "the server's timer may be very short");
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
    {Protocol::smtp, "HLO", "250", "STARTTLS"},  // EHLO, and LMTP's LHLO (RFC 2033)
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

Answer starttls_unused(const Situation& situation) {
  const Dialogue* dialogue = situation.facts.with_server;
  const bool tls = situation.facts.hello || situation.facts.server_hello;
  if (!dialogue || tls || situation.phase != Phase::pre_hello) return std::nullopt;
  const auto reply = reply_to_request(*dialogue);
  if (!reply || !reply->granted || !ends_with_request(*dialogue)) return std::nullopt;
  if (situation.history.regular()) return std::nullopt;
  if (Answer answer = begins_without_hello(situation)) return answer;
  Finding finding;
  finding.with(told(reply->words));
  if (situation.client_closed() || (situation.server_closed() && situation.after_silence())) {
    client_began_nothing(situation, finding);
  } else if (situation.server_closed()) {
    server_took_grant_back(finding);
  } else {
    return std::nullopt;
  }
  return finding;
}

bool greeting_offers_no_tls(const Situation& situation) {
  const Dialogue* dialogue = situation.facts.with_server;
  if (!dialogue || dialogue->lines.empty()) return false;
  const std::string_view greeting = dialogue->lines.front().text;
  if (dialogue->protocol == Protocol::mysql) {
    return dialogue->lines.size() > 1 && dialogue->lines[1].text == "no TLS";
  }
  return dialogue->protocol == Protocol::imap && contains(greeting, "[CAPABILITY") &&
         !contains(greeting, "STARTTLS");
}

std::string refusal_of_tls(const Situation& situation) {
  const Dialogue* dialogue = situation.facts.with_server;
  const std::string words = dialogue ? refusal(*dialogue) : std::string();
  return words.empty() ? words : told(words);
}

}  // namespace legible::proxy::diagnosis
