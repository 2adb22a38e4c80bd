// A service that takes a command inside TLS only, and a client that gave it in clear. The service
// says so in words, which differ from one to the next (RFC 3207 section 4, RFC 5530, RFC 4511
// section 4.1.9, RFC 6120 section 6.5.4).

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

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
constexpr std::array<std::string_view, 22> demands{
    "issue a STARTTLS",                     // Postfix, Sendmail, Exchange
    "issue STARTTLS",                       // the same, of others
    "STARTTLS is required",                 // Exchange Online
    "STARTTLS required",                    //
    "STARTTLS first",                       //
    "PRIVACYREQUIRED",                      // RFC 5530
    "non-secure (SSL/TLS)",                 // Dovecot
    "without SSL/TLS",                      // Dovecot
    "under a layer",                        // Cyrus
    "TLS required",                         // ProFTPD, Courier
    "SSL required",                         //
    "TLS is required",                      //
    "requires TLS",                         //
    "requires SSL",                         // IIS
    "must use encryption",                  // vsftpd
    "cleartext sessions are not accepted",  // Pure-FTPd
    "use a secure connection",              // FileZilla
    "Use AUTH first",                       // FileZilla
    "encryption required",                  //
    "encryption is required",               //
    "<encryption-required",                 // RFC 6120
    "insecure transport",                   // MySQL, MariaDB
};

/// Words that may stand in one.
constexpr std::array<std::string_view, 5> hints_at_tls{"STARTTLS", "TLS", "SSL", "encryption",
                                                       "encrypted"};

bool is_part_of_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-' || c == '_';
}

/// A host's name that contains the word is none.
bool contains_as_word(std::string_view line, std::string_view word) {
  for (std::size_t at = 0; at + word.size() <= line.size(); ++at) {
    if (!begins_with(line.substr(at), word)) continue;
    const std::size_t end = at + word.size();
    const bool begins = at == 0 || !is_part_of_word(line[at - 1]);
    const bool sentence_ends = end + 1 == line.size() && line[end] == '.';
    if (begins && (end == line.size() || sentence_ends || !is_part_of_word(line[end]))) return true;
  }
  return false;
}

/// How sure it is that the server's line wants TLS; nothing when it says no such thing.
std::optional<Confidence> wants_tls(Protocol protocol, std::string_view line) {
  // LDAP: confidentialityRequired.
  if (protocol == Protocol::ldap) {
    return line.ends_with(" resultCode 13") ? std::optional(Confidence::certain) : std::nullopt;
  }
  if (protocol == Protocol::nats && contains(line, "\"tls_required\":true")) {
    return Confidence::high;
  }
  if (parser::is_line_dialogue(protocol) && !parser::refuses(protocol, line)) return std::nullopt;
  // PostgreSQL only describes what it has no entry for.
  if (protocol == Protocol::postgresql) {
    const bool in_clear = contains(line, "no encryption") || contains(line, "SSL off");
    return in_clear ? std::optional(Confidence::medium) : std::nullopt;
  }
  const auto in_line = [&](std::string_view words) { return contains(line, words); };
  if (std::ranges::any_of(demands, in_line)) return Confidence::high;
  const auto in_words = [&](std::string_view word) { return contains_as_word(line, word); };
  if (std::ranges::any_of(hints_at_tls, in_words)) return Confidence::medium;
  return std::nullopt;
}

/// The server's words, and what they answer: not what leads to TLS.
struct Demand {
  const Dialogue::Line* command = nullptr;  ///< null: nothing was said before
  const Dialogue::Line* reply = nullptr;
  Confidence confidence = Confidence::low;
};

std::optional<Demand> demand_in(const Dialogue& dialogue) {
  const Dialogue::Line* command = nullptr;
  std::optional<Demand> found;
  for (const Dialogue::Line& line : dialogue.lines) {
    if (line.from == Side::client) {
      command = &line;
      // NATS asks in its greeting.
      if (found && !found->command) found->command = command;
    } else if (command == nullptr || !is_preliminary(dialogue, *command)) {
      const auto confidence = wants_tls(dialogue.protocol, line.text);
      if (confidence && (!found || *confidence > found->confidence)) {
        found = Demand{command, &line, *confidence};
      }
    }
  }
  return found;
}

/// IMAP (RFC 9051 section 7.2.2): the server has told that no log-in is taken in clear.
bool login_is_disabled(const Dialogue& dialogue) {
  return dialogue.protocol == Protocol::imap &&
         std::ranges::any_of(dialogue.lines, [](const auto& line) {
           return line.from == Side::server && contains_as_word(line.text, "LOGINDISABLED");
         });
}

}  // namespace

Answer tls_required(const Situation& situation) {
  const Dialogue* dialogue = situation.facts.with_server;
  const bool tls = situation.facts.hello || situation.facts.server_hello;
  if (!dialogue || tls || !refusal_of_tls(situation).empty()) return std::nullopt;

  Finding finding;
  finding.cause = Cause::tls_required;
  if (const auto demand = demand_in(*dialogue); demand && demand->command) {
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
  if (!login_is_disabled(*dialogue) || !only_preliminaries(*dialogue) ||
      situation.history.regular()) {
    return std::nullopt;
  }
  finding.confidence = Confidence::medium;
  return finding.with("the server told LOGINDISABLED, and the client left without asking for TLS")
      .or_else(Cause::tcp_health_check,
               "a monitor that only greets comes back at regular intervals");
}

}  // namespace legible::proxy::diagnosis
