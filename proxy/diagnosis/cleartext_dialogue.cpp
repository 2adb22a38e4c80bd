#include "proxy/diagnosis/cleartext_dialogue.hpp"

#include <algorithm>
#include <array>

#include "parser/ascii.hpp"
#include "parser/line_replies.hpp"

namespace legible::proxy::diagnosis {

using parser::Dialogue;
using parser::Protocol;
using parser::Side;

namespace {

/// What a client says that does nothing but look, ask for TLS, or take leave.
constexpr std::array<std::string_view, 19> preliminaries{
    "EHLO",          "HELO",   "LHLO", "CAPA",  "FEAT",    "SYST", "OPTS",
    "HOST",          "CLNT",   "NOOP", "RSET",  "QUIT",    "ID ",  "unbindRequest",
    "GSSENCRequest", "LOGOUT", "HELP", "<?xml", "<stream:"};
constexpr std::array<std::string_view, 4> leave_takings{"QUIT", "LOGOUT", "unbindRequest",
                                                        "</stream"};

}  // namespace

bool begins_with(std::string_view line, std::string_view word) {
  return parser::same_in_any_case(line.substr(0, word.size()), word);
}

bool contains(std::string_view line, std::string_view word) {
  const auto lower = [](char c) { return parser::ascii_lower(c); };
  return !std::ranges::search(line, word, {}, lower, lower).empty();
}

std::string_view command(const Dialogue& dialogue, const Dialogue::Line& line) {
  const std::string_view text = line.text;
  return dialogue.protocol == Protocol::imap ? text.substr(text.find(' ') + 1) : text;
}

bool asks_for_tls(const Dialogue& dialogue, const Dialogue::Line& line) {
  if (line.from != Side::client) return false;
  if (parser::is_line_dialogue(dialogue.protocol)) {
    return parser::asks_for_tls(dialogue.protocol, line.text);
  }
  return contains(line.text, "(StartTLS)") || line.text == "SSLRequest" ||
         begins_with(line.text, "<starttls");
}

bool takes_leave(const Dialogue& dialogue, const Dialogue::Line& line) {
  const std::string_view text = command(dialogue, line);
  return line.from == Side::client &&
         std::ranges::any_of(leave_takings, [&](auto word) { return begins_with(text, word); });
}

bool is_preliminary(const Dialogue& dialogue, const Dialogue::Line& line) {
  const std::string_view text = command(dialogue, line);
  return text.empty() || asks_for_tls(dialogue, line) || takes_leave(dialogue, line) ||
         std::ranges::any_of(preliminaries, [&](auto word) { return begins_with(text, word); });
}

bool only_preliminaries(const Dialogue& dialogue) {
  return std::ranges::all_of(dialogue.lines, [&](const auto& line) {
    return line.from == Side::server || is_preliminary(dialogue, line);
  });
}

}  // namespace legible::proxy::diagnosis
