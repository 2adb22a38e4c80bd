#include "parser/line_replies.hpp"

#include <algorithm>
#include <array>

#include "parser/ascii.hpp"
#include "parser/preamble.hpp"

namespace legible::parser {
namespace {

/// No longer line is kept: what is not read to its end grants nothing.
constexpr std::size_t longest_line = 2048;

/// RFC 4217, RFC 3207, RFC 9051, RFC 2595, and what comes with them.
constexpr std::array<std::string_view, 24> preliminaries{
    "EHLO", "HELO", "LHLO",       "STARTTLS", "XCLIENT", "NOOP", "RSET", "QUIT",
    "HELP", "ID",   "CAPABILITY", "ENABLE",   "LOGOUT",  "CAPA", "STLS", "FEAT",
    "SYST", "OPTS", "HOST",       "CLNT",     "PBSZ",    "PROT", "LANG", "CSID"};

bool has_code(std::string_view line) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return line.size() >= 3 && std::ranges::all_of(line.substr(0, 3), digit);
}

/// RFC 9051 section 7.1: a tag, or "*" in its place, and a status. Text that only looks like one
/// has a mark behind its first word, as a header of a mail.
bool has_condition(std::string_view line, std::string_view status) {
  constexpr std::string_view tag_characters =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz.-_";
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view tag = line.substr(0, end);
  const bool tagged = !tag.empty() && tag.find_first_not_of(tag_characters) == tag.npos;
  if (tag != "*" && !tagged) return false;
  const std::string_view rest = line.substr(std::min(end + 1, line.size()));
  return begins_in_any_case(rest, status) &&
         (rest.size() == status.size() || rest[status.size()] == ' ');
}

/// SASL's answers are no commands where its prompt is no reply.
bool is_command(const Dialogue& dialogue, const Dialogue::Line& line) {
  const bool prompts_are_replies =
      dialogue.protocol == Protocol::smtp || dialogue.protocol == Protocol::ftp;
  return line.from == Side::client && (prompts_are_replies || line.text != "***");
}

std::size_t replies_in(const Dialogue& dialogue) {
  return static_cast<std::size_t>(std::ranges::count_if(dialogue.lines, [&](const auto& line) {
    return line.from == Side::server && ends_reply(dialogue.protocol, line.text);
  }));
}

/// Of the replies, those that nobody asked for.
std::size_t greetings(Protocol protocol) { return protocol == Protocol::imap ? 0 : 1; }

}  // namespace

bool ends_reply(Protocol protocol, std::string_view line) {
  switch (protocol) {
    case Protocol::smtp:
    case Protocol::ftp:
      return has_code(line) && (line.size() == 3 || line[3] == ' ');
    case Protocol::pop3:
      return begins_in_any_case(line, "+OK") || begins_in_any_case(line, "-ERR");
    case Protocol::imap:
      return !line.empty() && line.front() != '*' && line.front() != '+';
    default:
      return false;
  }
}

bool is_preliminary_verb(std::string_view verb) {
  return std::ranges::any_of(preliminaries,
                             [verb](auto known) { return same_in_any_case(verb, known); });
}

bool asks_for_tls(Protocol protocol, std::string_view line) {
  if (protocol == Protocol::imap) line = line.substr(line.find(' ') + 1);
  for (const std::string_view command : {"STARTTLS", "STLS", "AUTH TLS", "AUTH SSL"}) {
    if (begins_in_any_case(line, command)) return true;
  }
  return false;
}

bool grants_tls(Protocol protocol, std::string_view line) {
  switch (protocol) {
    case Protocol::smtp:
    case Protocol::ftp:
      return line.starts_with('2');
    case Protocol::pop3:
      return begins_in_any_case(line, "+OK");
    case Protocol::imap:
      return begins_in_any_case(line.substr(line.find(' ') + 1), "OK");
    default:
      return false;
  }
}

bool refuses(Protocol protocol, std::string_view line) {
  switch (protocol) {
    case Protocol::smtp:
    case Protocol::ftp:
      return has_code(line) && (line.front() == '4' || line.front() == '5');
    case Protocol::pop3:
      return begins_in_any_case(line, "-ERR");
    case Protocol::imap:
      return has_condition(line, "NO") || has_condition(line, "BAD") ||
             (line.starts_with('*') && has_condition(line, "BYE"));
    default:
      return false;
  }
}

std::optional<std::string> reply_to(const Dialogue& dialogue, std::size_t command) {
  std::size_t before = greetings(dialogue.protocol);
  for (std::size_t i = 0; i < command; ++i) before += is_command(dialogue, dialogue.lines[i]);
  for (const Dialogue::Line& line : dialogue.lines) {
    if (line.from != Side::server || !ends_reply(dialogue.protocol, line.text)) continue;
    if (before == 0) return line.text;
    --before;
  }
  return std::nullopt;
}

AwaitedReplies::AwaitedReplies(const Dialogue& so_far) : protocol_(so_far.protocol) {
  const auto commands = static_cast<std::size_t>(std::ranges::count_if(
      so_far.lines, [&](const auto& line) { return is_command(so_far, line); }));
  const std::size_t wanted = commands + greetings(protocol_);
  missing_ = wanted - std::min(wanted, replies_in(so_far));
}

void AwaitedReplies::feed(std::span<const std::uint8_t> bytes) {
  for (const char c : as_text(bytes)) {
    if (c != '\n') {
      if (line_.size() < longest_line) line_ += c;
      continue;
    }
    if (line_.ends_with('\r')) line_.pop_back();
    if (missing_ == 0) return;  // more than was awaited: `line_` stays, and grants nothing
    if (ends_reply(protocol_, line_)) {
      --missing_;
      granted_ = grants_tls(protocol_, line_);
    }
    line_.clear();
  }
}

}  // namespace legible::parser
