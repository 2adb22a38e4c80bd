#include "proxy/diagnosis/cleartext_dialogue.hpp"

#include <algorithm>
#include <array>

#include "parser/ascii.hpp"
#include "parser/line_replies.hpp"
#include "parser/protocol_detector.hpp"

namespace legible::proxy::diagnosis {

using parser::Dialogue;
using parser::Protocol;
using parser::Side;

namespace {

/// What a client says before TLS in the protocols that are told in words or tags.
constexpr std::array<std::string_view, 4> preliminaries{"GSSENCRequest", "<?xml",
                                                        "<stream:", "PRELOGIN encryption off"};
constexpr std::array<std::string_view, 4> leave_takings{"QUIT", "LOGOUT", "unbindRequest",
                                                        "</stream"};

}  // namespace

bool contains(std::string_view line, std::string_view word) {
  const auto lower = [](char c) { return parser::ascii_lower(c); };
  return !std::ranges::search(line, word, {}, lower, lower).empty();
}

bool contains_as_word(std::string_view line, std::string_view word) {
  constexpr std::string_view of_names =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz._-@/:'\"";
  const auto is_of_name = [&](char c) { return of_names.find(c) != of_names.npos; };
  for (std::size_t at = 0; at + word.size() <= line.size(); ++at) {
    if (!parser::begins_in_any_case(line.substr(at), word)) continue;
    const std::size_t end = at + word.size();
    const bool begins = at == 0 || !is_of_name(line[at - 1]);
    const bool sentence_ends = end + 1 == line.size() && line[end] == '.';
    if (begins && (end == line.size() || sentence_ends || !is_of_name(line[end]))) return true;
  }
  return false;
}

std::string_view command(const Dialogue& dialogue, const Dialogue::Line& line) {
  const std::string_view text = line.text;
  return dialogue.protocol == Protocol::imap ? text.substr(text.find(' ') + 1) : text;
}

bool asks_for_tls(const Dialogue& dialogue, const Dialogue::Line& line) {
  if (line.from != Side::client) return false;
  if (parser::is_line_protocol(dialogue.protocol)) {
    return parser::asks_for_tls(dialogue.protocol, line.text);
  }
  // TDS: "off" is for all but the log-in.
  if (dialogue.protocol == Protocol::tds) {
    return line.text == "PRELOGIN encryption on" || line.text == "PRELOGIN encryption required";
  }
  return contains(line.text, "(StartTLS)") || line.text == "SSLRequest" ||
         parser::begins_in_any_case(line.text, "<starttls");
}

bool takes_leave(const Dialogue& dialogue, const Dialogue::Line& line) {
  const std::string_view text = command(dialogue, line);
  return line.from == Side::client && std::ranges::any_of(leave_takings, [&](auto word) {
           return parser::begins_in_any_case(text, word);
         });
}

bool is_preliminary(const Dialogue& dialogue, const Dialogue::Line& line) {
  const std::string_view text = command(dialogue, line);
  if (text.empty() || asks_for_tls(dialogue, line) || takes_leave(dialogue, line)) return true;
  if (parser::is_line_protocol(dialogue.protocol)) {
    return parser::is_preliminary_verb(text.substr(0, text.find(' ')));
  }
  return std::ranges::any_of(preliminaries,
                             [&](auto word) { return parser::begins_in_any_case(text, word); });
}

bool only_preliminaries(const Dialogue& dialogue) {
  return std::ranges::all_of(dialogue.lines, [&](const auto& line) {
    return line.from == Side::server || is_preliminary(dialogue, line);
  });
}

bool client_left(const Situation& situation, const Dialogue& dialogue) {
  if (situation.client_closed()) return true;
  return std::ranges::any_of(dialogue.lines,
                             [&](const auto& line) { return takes_leave(dialogue, line); });
}

}  // namespace legible::proxy::diagnosis
