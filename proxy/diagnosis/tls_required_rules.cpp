// A service that takes a command inside TLS only, and a client that gave it in clear. The service
// says so in words, which differ from one to the next (RFC 3207 section 4, RFC 5530, RFC 4511
// section 4.1.9, RFC 6120 section 6.5.4).

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

/// What a refusal says that is one for want of TLS.
constexpr std::array<std::string_view, 20> demands{
    "issue a STARTTLS",      // Postfix, Sendmail, Exchange
    "issue STARTTLS",        // the same, of others
    "STARTTLS is required",  // Exchange Online
    "STARTTLS required",
    "STARTTLS first",
    "PRIVACYREQUIRED",       // RFC 5530
    "non-secure (SSL/TLS)",  // Dovecot
    "without SSL/TLS",       // Dovecot
    "under a layer",         // Cyrus
    "TLS required",          // ProFTPD, Courier
    "SSL required",
    "TLS is required",
    "requires TLS",
    "requires SSL",                         // IIS
    "must use encryption",                  // vsftpd
    "cleartext sessions are not accepted",  // Pure-FTPd
    "use a secure connection",              // FileZilla
    "encryption required",
    "encryption is required",
    "<encryption-required",  // RFC 6120
};

/// Words that may stand in one.
constexpr std::array<std::string_view, 5> hints_at_tls{"STARTTLS", "TLS", "SSL", "encryption",
                                                       "encrypted"};

std::optional<Confidence> wants_tls_in_words(Protocol protocol, std::string_view line) {
  const auto in_line = [&](std::string_view words) { return contains(line, words); };
  const auto in_words = [&](std::string_view word) { return contains_as_word(line, word); };
  if (std::ranges::any_of(demands, in_line)) return Confidence::high;
  // FileZilla means AUTH TLS; elsewhere it is a log-in.
  if (protocol == Protocol::ftp && in_line("Use AUTH first")) return Confidence::high;
  if (std::ranges::any_of(hints_at_tls, in_words)) return Confidence::low;
  return std::nullopt;
}

/// How sure it is that the server's line wants TLS; nothing when it says no such thing.
std::optional<Confidence> wants_tls(Protocol protocol, std::string_view line) {
  const auto sure_if = [](bool condition, Confidence confidence) {
    return condition ? std::optional(confidence) : std::nullopt;
  };
  switch (protocol) {
    case Protocol::ldap:
      // confidentialityRequired, which SASL can satisfy too; strongerAuthRequired, by which Active
      // Directory wants TLS or signed messages.
      if (line.ends_with(" resultCode 13")) return Confidence::high;
      return sure_if(line.starts_with("bindResponse") && line.ends_with(" resultCode 8"),
                     Confidence::medium);
    case Protocol::mysql:
      return sure_if(line.starts_with("error 3159 "), Confidence::high);
    case Protocol::nats:
      return sure_if(contains(line, "\"tls_required\":true"), Confidence::high);
    case Protocol::postgresql:
      if (contains(line, "SSL required")) return Confidence::high;  // PgBouncer
      // It only describes what it has no entry for, and a client tries in clear what was refused
      // in TLS.
      return sure_if(contains(line, "no encryption") || contains(line, "SSL off"), Confidence::low);
    case Protocol::tds:
      return sure_if(line.ends_with(" required") || line.ends_with(" on"), Confidence::high);
    case Protocol::xmpp:
      return wants_tls_in_words(protocol, line);
    default:
      return parser::refuses(protocol, line) ? wants_tls_in_words(protocol, line) : std::nullopt;
  }
}

/// The server's words, and the command that they are about: none that leads to TLS.
struct Demand {
  const Dialogue::Line* command = nullptr;
  const Dialogue::Line* reply = nullptr;
  Confidence confidence = Confidence::low;
};

std::optional<Demand> demand_in(const Dialogue& dialogue) {
  // NATS tells it in its greeting.
  const bool told_before = dialogue.protocol == Protocol::nats;
  Demand found;
  const Dialogue::Line* command = nullptr;
  for (const Dialogue::Line& line : dialogue.lines) {
    if (line.from == Side::client) {
      command = is_preliminary(dialogue, line) ? nullptr : &line;
      if (command && found.reply && !found.command) found.command = command;
    } else if (command || told_before) {
      const auto confidence = wants_tls(dialogue.protocol, line.text);
      if (confidence && (!found.reply || *confidence > found.confidence)) {
        found = {command, &line, *confidence};
      }
    }
  }
  return found.command ? std::optional(found) : std::nullopt;
}

/// The server's word for it that nothing goes on in clear: IMAP's (RFC 9051 section 7.2.2), and
/// XMPP's in its features (RFC 6120 section 5.3.1). Empty: it has said none.
std::string_view demand_before(const Dialogue& dialogue) {
  const std::string_view word = dialogue.protocol == Protocol::imap   ? "LOGINDISABLED"
                                : dialogue.protocol == Protocol::xmpp ? "<required"
                                                                      : "";
  const bool told = !word.empty() && std::ranges::any_of(dialogue.lines, [word](const auto& line) {
    return line.from == Side::server && contains(line.text, word);
  });
  return told ? word : std::string_view();
}

}  // namespace

Answer tls_required(const Situation& situation) {
  const Dialogue* dialogue = situation.facts.with_server;
  const bool tls = situation.facts.hello || situation.facts.server_hello;
  if (!dialogue || tls || !refusal_of_tls(situation).empty()) return std::nullopt;

  Finding finding;
  finding.cause = Cause::tls_required;
  if (const auto demand = demand_in(*dialogue); demand) {
    finding.confidence = demand->confidence;
    finding.with(fmt::format("the client said {} in clear, and the server {} {}",
                             quoted(command(*dialogue, *demand->command)),
                             dialogue->protocol == Protocol::nats ? "had told it" : "answered",
                             quoted(demand->reply->text)));
    if (demand->confidence < Confidence::high) {
      finding.or_else(
          Cause::none,
          "the same inside TLS is refused as well: the refusal is about something else");
    }
    return finding;
  }
  const bool asked = std::ranges::any_of(
      dialogue->lines, [&](const auto& line) { return asks_for_tls(*dialogue, line); });
  const std::string_view word = demand_before(*dialogue);
  if (asked || word.empty() || !only_preliminaries(*dialogue) ||
      !client_left(situation, *dialogue) || situation.history.regular()) {
    return std::nullopt;
  }
  finding.confidence = Confidence::medium;
  return finding
      .with(fmt::format("the server told {}, and the client left without asking for TLS",
                        quoted(word)))
      .or_else(Cause::tcp_health_check,
               "a monitor that only greets comes back at regular intervals");
}

}  // namespace legible::proxy::diagnosis
