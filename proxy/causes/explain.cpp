#include "proxy/causes/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "parser/iana_tables.hpp"
#include "proxy/text/terms.hpp"
#include "proxy/text/wrap.hpp"

namespace legible::proxy {
namespace {

constexpr std::size_t width = 100;
constexpr std::size_t label_width = 15;

std::string_view who(FixAt fix_at) {
  switch (fix_at) {
    case FixAt::client:
      return "the client's side";
    case FixAt::server:
      return "the server's side";
    case FixAt::both:
      return "either side: both must agree";
    case FixAt::network:
      return "the network between";
    case FixAt::proxy:
      return "the proxy";
    case FixAt::nobody:
      break;
  }
  return "nobody";
}

void append_paragraph(std::string& out, std::string_view label, std::string_view text) {
  if (text.empty()) return;
  fmt::format_to(std::back_inserter(out), "{:<{}}{}\n", label, label_width,
                 wrap(text, width, label_width, label_width));
}

void append_notes(std::string& out, std::string_view label, std::span<const StackNote> notes) {
  for (const StackNote& note : notes) {
    append_paragraph(out, label, fmt::format("{}: {}", note.stack, note.text));
    label = "";
  }
}

void append_section(std::string& out, std::string_view title, std::string_view hint,
                    std::span<const StackNote> notes) {
  if (hint.empty() && notes.empty()) return;
  fmt::format_to(std::back_inserter(out), "\n**{}** {}\n", title, hint);
  if (!notes.empty()) out += '\n';
  for (const StackNote& note : notes) {
    fmt::format_to(std::back_inserter(out), "- {}: {}\n", note.stack, note.text);
  }
}

std::string index_line(const CauseInfo& cause) {
  return fmt::format("{:<34}{}\n", cause.id, cause.title);
}

std::optional<parser::AlertDescription> alert_called(std::string_view number_or_name) {
  for (unsigned number = 0; number <= 255; ++number) {
    const parser::AlertDescription alert{static_cast<std::uint8_t>(number)};
    const std::string_view name = parser::name(alert);
    const bool meant = number_or_name == name || number_or_name == std::to_string(number);
    if (!name.empty() && meant) return alert;
  }
  return {};
}

/// Is it in the text, and no part of a longer word or number?
bool has_token(std::string_view text, std::string_view token) {
  const auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  for (std::size_t at = 0; (at = text.find(token, at)) != std::string_view::npos; ++at) {
    const std::size_t end = at + token.size();
    const bool begins = at == 0 || !is_part(text[at - 1]);
    if (begins && (end == text.size() || !is_part(text[end]))) return true;
  }
  return false;
}

/// Does a text speak of the alert: by its name, or as "Alert 48, 46 (JSSE: 42) from the client",
/// with its number in such a list?
bool names_alert(std::string_view text, parser::AlertDescription alert) {
  if (has_token(text, parser::name(alert))) return true;
  const std::string number = std::to_string(alert.value);
  for (const std::string_view word : {"lert ", "arning "}) {
    for (std::size_t at = 0; (at = text.find(word, at)) != std::string_view::npos;) {
      at += word.size();
      const std::string_view rest = text.substr(at);
      const std::size_t end = std::min(rest.find(" from "), rest.find_first_of(".;"));
      if (has_token(rest.substr(0, end), number)) return true;
    }
  }
  return false;
}

bool has_word(std::string_view id, std::string_view word) {
  return fmt::format("-{}-", id).find(fmt::format("-{}-", word)) != std::string::npos;
}

}  // namespace

std::string explain_text(const CauseInfo& cause) {
  std::string out = fmt::format("{}\n", cause.id);
  append_paragraph(out, "  in short", cause.title);
  append_paragraph(out, "  means", cause.meaning);
  append_paragraph(out, "  looks like", cause.looks_like);
  append_paragraph(out, "  to mend by", who(cause.fix_at));
  append_paragraph(out, "  client side", cause.client_hint);
  append_notes(out, cause.client_hint.empty() ? "  client side" : "", cause.client_settings);
  append_paragraph(out, "  server side", cause.server_hint);
  append_notes(out, cause.server_hint.empty() ? "  server side" : "", cause.server_settings);
  append_paragraph(out, "  proxy", cause.proxy_hint);
  append_notes(out, "  client log", cause.client_logs);
  append_notes(out, "  server log", cause.server_logs);
  return out;
}

std::string explain_index() {
  std::string out;
  for (const CauseInfo& cause : all_causes()) {
    out += index_line(cause);
  }
  return out;
}

std::string explain_term(std::string_view id) {
  std::string out;
  for (const Term& term : all_terms()) {
    if (term.id != id) continue;
    fmt::format_to(std::back_inserter(out), "{} ({})\n  {}\n", term.id, term.kind,
                   wrap(term.meaning, width - 2, 2));
  }
  return out;
}

std::string explain_alert(std::string_view number_or_name) {
  const auto alert = alert_called(number_or_name);
  if (!alert) return {};
  std::string out;
  for (const CauseInfo& cause : all_causes()) {
    if (names_alert(cause.looks_like, *alert)) out += index_line(cause);
  }
  return fmt::format("alert {} ({}){}\n{}", parser::name(*alert), alert->value,
                     out.empty() ? " is in no cause's signature" : ", among other signs, may mean",
                     out);
}

std::string similar_causes(std::string_view wrong_id) {
  std::vector<std::string_view> words;
  for (std::size_t begin = 0; begin <= wrong_id.size();) {
    const std::size_t end = std::min(wrong_id.find('-', begin), wrong_id.size());
    words.push_back(wrong_id.substr(begin, end - begin));
    begin = end + 1;
  }
  std::string out;
  std::ptrdiff_t most = static_cast<std::ptrdiff_t>(words.size()) / 2 + 1;
  for (const CauseInfo& cause : all_causes()) {
    const auto shared = std::ranges::count_if(
        words, [&](std::string_view word) { return has_word(cause.id, word); });
    if (shared > most) out.clear();
    most = std::max(most, shared);
    if (shared == most) out += "  " + index_line(cause);
  }
  return out;
}

std::string verdicts_markdown() {
  std::string out =
      "# Verdicts\n\n"
      "Every connection ends in one verdict: which side closed, on which leg, in which phase, "
      "how,\n"
      "why, and how sure that is. The first terminal event decides; what the other side sends "
      "after\nit is an echo. This page is made by `legible explain --markdown`.\n";
  std::string_view kind;
  for (const Term& term : all_terms()) {
    if (term.kind != kind) {
      kind = term.kind;
      fmt::format_to(std::back_inserter(out), "\n## `{}`\n\n| id | meaning |\n| --- | --- |\n",
                     kind);
    }
    fmt::format_to(std::back_inserter(out), "| `{}` | {} |\n", term.id, term.meaning);
  }
  out += "\n## `cause`\n";
  for (const CauseInfo& cause : all_causes()) {
    fmt::format_to(std::back_inserter(out), "\n### `{}`\n\n{}.\n\n{}\n", cause.id, cause.title,
                   cause.meaning);
    if (!cause.looks_like.empty()) {
      fmt::format_to(std::back_inserter(out), "\n**Looks like:** {}\n", cause.looks_like);
    }
    fmt::format_to(std::back_inserter(out), "\n**To mend by:** {}\n", who(cause.fix_at));
    append_section(out, "On the client's side:", cause.client_hint, cause.client_settings);
    append_section(out, "On the server's side:", cause.server_hint, cause.server_settings);
    append_section(out, "At the proxy:", cause.proxy_hint, {});
    append_section(out, "The client's log may say:", "", cause.client_logs);
    append_section(out, "The server's log may say:", "", cause.server_logs);
  }
  return out;
}

}  // namespace legible::proxy
