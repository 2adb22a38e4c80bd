#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "proxy/causes/cause.hpp"
#include "proxy/commands/summary.hpp"
#include "proxy/diagnosis/text.hpp"
#include "proxy/sinks/json_writer.hpp"
#include "proxy/text/text_layout.hpp"
#include "proxy/text/wrap.hpp"

namespace legible::proxy {
namespace {

/// "2026-03-01 12:00:00": a log's times are UTC, and nobody reads microseconds.
std::string short_time(const std::string& time) {
  std::string text = time.substr(0, 19);
  if (text.size() > 10 && text[10] == 'T') text[10] = ' ';
  return text;
}

using Row = std::array<std::string, 8>;

Row row_of(const PartnerSummary& each) {
  const auto name_or = [](const std::string& name, const char* absent) {
    return name.empty() ? std::string(absent) : elided(name, 40);
  };
  return {std::to_string(each.failed),      std::to_string(each.unsure),
          std::to_string(each.connections), name_or(each.partner.peer, "(unknown)"),
          name_or(each.partner.sni, "-"),   name_or(each.partner.target, "-"),
          short_time(each.first_seen),      short_time(each.last_seen)};
}

/// Numbers stand on the right of their column, texts on the left; columns count characters.
std::string aligned(const Row& row, const std::array<std::size_t, 8>& widths) {
  std::string line;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const std::string gap(widths.at(i) - columns(row.at(i)), ' ');
    const bool is_number = i < 3;
    line += is_number ? gap + row.at(i) : row.at(i) + gap;
    line += "  ";
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + '\n';
}

/// A line with the times in their columns, and one that says what the cause's id means. `indent`:
/// where the count ends; `times_at`: where the first time stands.
std::string cause_lines(const CauseCount& cause, std::size_t indent, std::size_t times_at) {
  std::string line = fmt::format("{:>{}}  {}", cause.count, indent, cause.cause);
  if (cause.closer == "client" || cause.closer == "server" || cause.closer == "proxy") {
    line += fmt::format(", closed by the {}", cause.closer);
  }
  if (!cause.failed) line += cause.unsure ? "  (unsure: it may have failed)" : "  (no failure)";
  line.append(times_at - std::min(times_at - 2, columns(line)), ' ');
  line += fmt::format("{}  {}\n", short_time(cause.first_seen), short_time(cause.last_seen));
  const std::optional<Cause> known = cause_from_id(cause.cause);
  // Of what is not sure the cause's own title says too much.
  if (!known || *known == Cause::none || cause.unsure) return line;
  return line + fmt::format("{:{}}{}\n", "", indent + 4, describe(*known).title);
}

std::string head(const Summary& summary) {
  using diagnosis::count;
  std::string text =
      fmt::format("{}, {} failed, ", count(summary.connections, "connection"), summary.failed);
  if (summary.unsure != 0) text += fmt::format("{} unsure, ", summary.unsure);
  text += count(summary.partners.size(), "partner");
  if (summary.connections != 0) {
    text += fmt::format("; {} to {} UTC", short_time(summary.first_seen),
                        short_time(summary.last_seen));
  }
  text += '\n';
  if (summary.unfinished != 0) {
    text += fmt::format("{} more without a verdict in this log\n", summary.unfinished);
  }
  if (summary.foreign_lines != 0) {
    text += fmt::format("no event in {} of {}: cut short, or of another program\n",
                        summary.foreign_lines, count(summary.lines, "line"));
  }
  if (summary.dropped_lines != 0) {
    text += fmt::format("missing: {}, dropped when they could not be written in time\n",
                        count(summary.dropped_lines, "line"));
  }
  return text;
}

}  // namespace

std::string summary_text(const Summary& summary) {
  std::string text = head(summary);
  if (summary.partners.empty()) return text;

  const Row titles = {"FAILED", "UNSURE", "ALL",        "CLIENT",
                      "SNI",    "TARGET", "FIRST SEEN", "LAST SEEN"};
  std::vector<Row> rows = {titles};
  std::ranges::transform(summary.partners, std::back_inserter(rows), row_of);
  std::array<std::size_t, 8> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      widths.at(i) = std::max(widths.at(i), columns(row.at(i)));
    }
  }

  text += '\n' + aligned(titles, widths);
  const std::size_t cause_indent = widths[0] + 2 + widths[1] + 2 + widths[2];
  const std::size_t times_at = cause_indent + 2 + widths[3] + 2 + widths[4] + 2 + widths[5] + 2;
  for (std::size_t i = 0; i < summary.partners.size(); ++i) {
    text += aligned(rows.at(i + 1), widths);
    for (const CauseCount& cause : summary.partners[i].causes) {
      text += cause_lines(cause, cause_indent, times_at);
    }
  }
  return text;
}

std::string summary_json(const Summary& summary) {
  std::string text;
  JsonWriter json(text);
  const auto text_or_null = [&](std::string_view name, const std::string& content) {
    json.key(name);
    content.empty() ? json.value(nullptr) : json.value(content);
  };
  json.begin_object();
  json.field("v", 1);
  json.field("connections", summary.connections);
  json.field("failed", summary.failed);
  json.field("unsure", summary.unsure);
  json.field("unfinished", summary.unfinished);
  json.field("lines", summary.lines);
  json.field("foreign_lines", summary.foreign_lines);
  json.field("dropped_lines", summary.dropped_lines);
  text_or_null("first_seen", summary.first_seen);
  text_or_null("last_seen", summary.last_seen);
  json.array("partners", summary.partners, [&](const PartnerSummary& each) {
    json.begin_object();
    text_or_null("peer", each.partner.peer);
    text_or_null("sni", each.partner.sni);
    text_or_null("target", each.partner.target);
    json.field("connections", each.connections);
    json.field("failed", each.failed);
    json.field("unsure", each.unsure);
    json.field("first_seen", each.first_seen);
    json.field("last_seen", each.last_seen);
    json.array("causes", each.causes, [&](const CauseCount& cause) {
      json.begin_object();
      json.field("cause", cause.cause);
      json.field("closer", cause.closer);
      json.field("failed", cause.failed);
      json.field("unsure", cause.unsure);
      json.field("count", cause.count);
      json.field("first_seen", cause.first_seen);
      json.field("last_seen", cause.last_seen);
      json.end_object();
    });
    json.end_object();
  });
  json.end_object();
  json.end_line();
  return text;
}

}  // namespace legible::proxy
