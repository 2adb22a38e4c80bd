#include "parser/line_replies.hpp"

#include <algorithm>

#include "parser/ascii.hpp"
#include "parser/preamble.hpp"

namespace legible::parser {
namespace {

/// No longer line is kept: what is not read to its end grants nothing.
constexpr std::size_t longest_line = 2048;

bool begins_with(std::string_view line, std::string_view word) {
  return same_in_any_case(line.substr(0, word.size()), word);
}

bool has_code(std::string_view line) {
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  return line.size() >= 3 && std::ranges::all_of(line.substr(0, 3), digit);
}

std::size_t replies_in(const Dialogue& dialogue) {
  return static_cast<std::size_t>(std::ranges::count_if(dialogue.lines, [&](const auto& line) {
    return line.from == Side::server && ends_reply(dialogue.protocol, line.text);
  }));
}

/// Of the replies, those that nobody asked for.
std::size_t greetings(Protocol protocol) { return protocol == Protocol::imap ? 0 : 1; }

}  // namespace

bool is_line_dialogue(Protocol protocol) {
  return protocol == Protocol::smtp || protocol == Protocol::ftp || protocol == Protocol::pop3 ||
         protocol == Protocol::imap;
}

bool ends_reply(Protocol protocol, std::string_view line) {
  switch (protocol) {
    case Protocol::smtp:
    case Protocol::ftp:
      return has_code(line) && (line.size() == 3 || line[3] == ' ');
    case Protocol::pop3:
      return begins_with(line, "+OK") || begins_with(line, "-ERR");
    case Protocol::imap:
      return !line.empty() && line.front() != '*' && line.front() != '+';
    default:
      return false;
  }
}

bool asks_for_tls(Protocol protocol, std::string_view line) {
  if (protocol == Protocol::imap) line = line.substr(line.find(' ') + 1);
  for (const std::string_view command : {"STARTTLS", "STLS", "AUTH TLS", "AUTH SSL"}) {
    if (begins_with(line, command)) return true;
  }
  return false;
}

bool grants_tls(Protocol protocol, std::string_view line) {
  switch (protocol) {
    case Protocol::smtp:
    case Protocol::ftp:
      return line.starts_with('2');
    case Protocol::pop3:
      return begins_with(line, "+OK");
    case Protocol::imap:
      return begins_with(line.substr(line.find(' ') + 1), "OK");
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
      return begins_with(line, "-ERR");
    case Protocol::imap: {
      const std::string_view condition = line.substr(line.find(' ') + 1);
      return begins_with(condition, "NO ") || begins_with(condition, "BAD ") ||
             begins_with(condition, "BYE ");
    }
    default:
      return false;
  }
}

std::optional<std::string> reply_to(const Dialogue& dialogue, std::size_t command) {
  std::size_t before = greetings(dialogue.protocol);
  for (std::size_t i = 0; i < command; ++i) before += dialogue.lines[i].from == Side::client;
  for (const Dialogue::Line& line : dialogue.lines) {
    if (line.from != Side::server || !ends_reply(dialogue.protocol, line.text)) continue;
    if (before == 0) return line.text;
    --before;
  }
  return std::nullopt;
}

AwaitedReplies::AwaitedReplies(const Dialogue& so_far) : protocol_(so_far.protocol) {
  const auto from_client = [](const auto& line) { return line.from == Side::client; };
  const auto commands = static_cast<std::size_t>(std::ranges::count_if(so_far.lines, from_client));
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
