#include "proxy/sinks/text_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "proxy/causes/cause.hpp"
#include "proxy/record/timeline_search.hpp"
#include "proxy/sinks/fact_text.hpp"
#include "proxy/sinks/http_text.hpp"
#include "proxy/sinks/wire_text.hpp"
#include "proxy/text/escape.hpp"
#include "proxy/text/wrap.hpp"

namespace legible::proxy {
namespace {

constexpr std::size_t fact_indent = 10;
constexpr std::size_t intercepted_indent = 19;
constexpr std::size_t verdict_indent = 11;

std::string in_colour(std::string_view colour, std::string_view text, const Palette& palette) {
  return fmt::format("{}{}{}", colour, text, palette.reset);
}

template <class Wanted>
const Wanted* first(const Timeline& timeline) {
  for (const Entry& entry : timeline.entries()) {
    if (const auto* wanted = std::get_if<Wanted>(&entry.fact)) return wanted;
  }
  return nullptr;
}

/// Appends text that begins in column `indent` of the line that stands in `out`, and ends the line.
void append_wrapped(std::string& out, std::string_view text, std::size_t indent,
                    std::size_t width) {
  out += wrap(text, width, indent, indent);
  out += '\n';
}

void append_header(std::string& out, ConnectionId connection, const Timeline& timeline,
                   const Palette& palette) {
  const auto* accepted = first<Accepted>(timeline);
  const auto* target = last_fact<Target>(timeline, Leg::server);
  const std::string client = accepted != nullptr ? escape_again(accepted->peer) : "(unknown)";
  const std::string server = target != nullptr ? target_text(*target) : "(no target)";
  std::string mode(target != nullptr ? target->mode : "");
  // A capture is diagnosed as a relayed connection is, but nothing was relayed.
  if (target != nullptr && target->found_by == FoundBy::capture) mode = target->reason;
  // What `auto` chose for a reason of this connection's.
  constexpr std::string_view automatic = "--mode auto: ";
  if (target != nullptr && target->reason.starts_with(automatic)) {
    mode += fmt::format(" (auto: {})", escape_again(target->reason.substr(automatic.size())));
  }
  out += fmt::format("{}#{}{}  {} → {}   {}", palette.bold, connection, palette.reset, client,
                     server, mode);
  out.erase(out.find_last_not_of(' ') + 1);
  out += '\n';
}

/// An alert of the side that did not end the connection: it came too late to mean anything.
bool is_echo(Scope scope, const Entry& entry, const Verdict& verdict) {
  const auto* observation = std::get_if<parser::Observation>(&entry.fact);
  return observation != nullptr && std::holds_alternative<parser::Alert>(*observation) &&
         verdict.leg && leg_of(scope, entry.leg) != *verdict.leg;
}

/// An entry by its place.
struct Told {
  const Timeline* timeline;
  std::size_t index;

  const Entry& entry() const { return timeline->entries()[index]; }
};

/// The entries of both legs in their order.
std::vector<Told> in_order(const Timelines& timelines) {
  std::vector<Told> all;
  for (const Timeline* timeline : {&timelines.first, timelines.server_leg}) {
    if (timeline == nullptr) continue;
    for (std::size_t i = 0; i < timeline->entries().size(); ++i) all.push_back({timeline, i});
  }
  std::ranges::stable_sort(all, {}, [](const Told& told) { return told.entry().number; });
  return all;
}

/// Where the proxy speaks itself, each line tells who speaks with whom.
std::string speaker(const FactText& fact, Scope scope, Leg side) {
  const auto padded = [](std::string_view text) { return fmt::format("{:<15}", text); };
  if (scope == Scope::relayed) return fmt::format("{:<6}", fact.who);
  if (fact.who == "both") return padded(fmt::format("{} leg", id(leg_of(scope, side))));
  // What the proxy does for itself is said to nobody.
  if (fact.who != id(party(scope, side))) return padded(fact.who);
  return fmt::format("{:<6} → {:<6}", fact.who, id(party(scope, parser::other(side))));
}

/// Also a conversation in clear that nobody minded.
bool went_well(const Verdict& verdict) {
  return verdict.outcome == Outcome::ok ||
         (verdict.outcome == Outcome::not_tls && verdict.cause == Cause::none);
}

bool is_http(const Entry& entry) {
  const auto* observation = std::get_if<parser::Observation>(&entry.fact);
  return observation != nullptr &&
         std::holds_alternative<parser::Shared<parser::PlainHttp>>(*observation);
}

void append_facts(std::string& out, const Timelines& timelines, const Verdict& verdict,
                  const Palette& palette, std::size_t width) {
  const Detail detail = verdict.outcome == Outcome::ok ? Detail::brief : Detail::full;
  for (const Told& told : in_order(timelines)) {
    const Scope scope = told.timeline->scope();
    // Who reads of all exchanges needs not read of the first by itself.
    const bool told_below = timelines.http != nullptr && !timelines.http->empty() &&
                            (scope != Scope::relayed || went_well(verdict));
    if (told_below && is_http(told.entry())) continue;
    const std::optional<FactText> fact = fact_text(*told.timeline, told.index, detail);
    if (!fact) continue;
    out += fmt::format("  {}{}{}  ", palette.dim, speaker(*fact, scope, told.entry().leg),
                       palette.reset);
    // After a refusal inside the tunnel an alert is but the end, most likely close_notify.
    const bool bad = fact->bad && !is_echo(scope, told.entry(), verdict) &&
                     verdict.mechanism != Mechanism::app_refusal;
    const std::string mark = bad ? in_colour(palette.red, "✗ ", palette) : "";
    append_wrapped(out, mark + fact->text,
                   scope == Scope::relayed ? fact_indent : intercepted_indent, width);
  }
}

void append_exchanges(std::string& out, const Timelines& timelines, const Palette& palette,
                      std::size_t width) {
  if (timelines.http == nullptr) return;
  const bool relayed = timelines.first.scope() == Scope::relayed;
  for (const std::string& line : http_lines(*timelines.http)) {
    out += fmt::format("  {}{:<{}}{}  ", palette.dim, "http", relayed ? 6 : 15, palette.reset);
    append_wrapped(out, line, relayed ? fact_indent : intercepted_indent, width);
  }
}

/// "the CLIENT closed", "the SERVER reset the connection"; empty when nobody did.
std::string closing_clause(const Verdict& verdict, const Palette& palette) {
  const auto who = [&](std::string_view name) { return in_colour(palette.bold, name, palette); };
  const std::string_view deed =
      verdict.mechanism == Mechanism::rst ? "reset the connection" : "closed";
  // Nobody closes a connection that never was, and a port that refuses is told by the cause.
  if (verdict.mechanism == Mechanism::connect_failed) return {};
  switch (verdict.closer) {
    case Closer::client:
      return fmt::format("the {} {}", who("CLIENT"), deed);
    case Closer::server:
      return fmt::format("the {} {}", who("SERVER"), deed);
    case Closer::proxy:
      return fmt::format("the {} {}", who("PROXY"), deed);
    case Closer::ambiguous:
      return fmt::format("{} and {} closed at once", who("CLIENT"), who("SERVER"));
    case Closer::nobody:
      return {};
  }
  return {};
}

/// Ends the headline with the cause's id, on a line of its own when there is no room.
void append_cause(std::string& out, const Verdict& verdict, const Palette& palette,
                  std::size_t width) {
  const std::string cause = fmt::format("{}{}{} · {}", palette.bold, id(verdict.cause),
                                        palette.reset, id(verdict.confidence));
  const std::size_t used = columns(std::string_view(out).substr(out.rfind('\n') + 1));
  const bool fits = used + 3 + columns(cause) <= width;
  out += fmt::format("{}{}\n", fits ? "   " : "\n  ", cause);
}

/// The handshake's duration and version, what was carried, and who ended it.
std::string success_facts(const Timeline& timeline, const Verdict& verdict) {
  std::string text;
  if (const std::optional<Handshake> done = handshake(timeline)) {
    text += fmt::format("{}handshake in {:.1f} ms, ", done->resumed ? "resumed " : "",
                        std::chrono::duration<double, std::milli>(done->took).count());
  }
  text += fmt::format("{} up, {} down", bytes_text(timeline.flow(Leg::client).bytes),
                      bytes_text(timeline.flow(Leg::server).bytes));
  if (verdict.closer == Closer::client || verdict.closer == Closer::server) {
    text += fmt::format("; the {} closed", id(verdict.closer));
  }
  return text;
}

/// A success that is not sure: who looks for failures must find it.
bool may_have_failed(const Verdict& verdict) {
  return verdict.outcome == Outcome::ok && verdict.confidence == Confidence::low;
}

bool was_shut_down(const Timeline& timeline) {
  const auto* closing = first<ProxyClosing>(timeline);
  return closing != nullptr && closing->reason == ProxyReason::shutdown;
}

void append_headline(std::string& out, const Timeline& timeline, const Verdict& verdict,
                     const Palette& palette, std::size_t width) {
  const std::string title = escape_again(verdict.title);
  std::string text;
  if (may_have_failed(verdict)) {
    out += in_colour(palette.yellow, "? ", palette);
    text = fmt::format("{}   {}", title, success_facts(timeline, verdict));
  } else if (went_well(verdict)) {
    out += in_colour(palette.green, "✓ ", palette);
    text = verdict.cause == Cause::none ? "ok" : "ok: " + title;
    if (verdict.outcome == Outcome::not_tls) text = "ok, without TLS";
    text += "   " + success_facts(timeline, verdict);
  } else {
    const bool failed = verdict.outcome == Outcome::failed;
    const std::string_view mark = was_shut_down(timeline) ? "– " : "✗ ";
    out += in_colour(failed ? palette.red : palette.yellow, mark, palette);
    const std::string closing = closing_clause(verdict, palette);
    text = closing.empty() ? title : closing + ": " + title;
  }
  out += wrap(text, width, 2, 2);
  append_cause(out, verdict, palette, width);
}

/// A paragraph behind a label; the label stands once, in front of the first paragraph.
class Paragraphs {
 public:
  Paragraphs(std::string& out, std::string_view label, const Palette& palette, std::size_t width)
      : out_(out), label_(label), palette_(palette), width_(width) {}

  void add(std::string_view text) {
    if (text.empty()) return;
    out_ += fmt::format("  {}{:<9}{}", palette_.dim, label_, palette_.reset);
    label_ = {};
    out_ += wrap(escape_again(text), width_, verdict_indent + 2, verdict_indent) + '\n';
  }

  void add(std::string_view intro, std::string_view text) {
    if (!text.empty()) add(fmt::format("{}: {}", intro, text));
  }

 private:
  std::string& out_;
  std::string_view label_;
  const Palette& palette_;
  std::size_t width_;
};

/// First what the reader can mend alone, then the side that can.
void append_hints(std::string& out, const Verdict& verdict, const Palette& palette,
                  std::size_t width) {
  Paragraphs paragraphs(out, "to do", palette, width);
  const Hints& texts = verdict.hint;
  const bool server_first = describe(verdict.cause).fix_at == FixAt::server;
  paragraphs.add("proxy", texts.proxy);
  if (server_first) paragraphs.add("server side", texts.server);
  paragraphs.add("client side", texts.client);
  if (!server_first) paragraphs.add("server side", texts.server);
}

/// What else it could be, and what would tell.
void append_alternatives(std::string& out, const Verdict& verdict, const Palette& palette,
                         std::size_t width) {
  Paragraphs alternatively(out, "or", palette, width);
  for (const Alternative& other : verdict.alternatives) {
    alternatively.add(id(other.cause), other.distinguish);
  }
  if (verdict.maybe_middlebox) {
    alternatively.add(
        "a firewall, an allow-list of addresses or a balancer in front of the server may have done "
        "it in the server's place: ask those who run it whether this address may come");
  }
}

void append_reasons(std::string& out, const Verdict& verdict, const Palette& palette,
                    std::size_t width) {
  const auto paragraphs = [&](std::string_view label) {
    return Paragraphs(out, label, palette, width);
  };

  if (verdict.insertion) paragraphs("inserted").add(*verdict.insertion);
  Paragraphs because = paragraphs("because");
  for (const std::string& sentence : verdict.evidence) because.add(sentence);
  append_alternatives(out, verdict, palette, width);
  if (verdict.masking) paragraphs("masked").add(*verdict.masking);
  append_hints(out, verdict, palette, width);
  // What each stack calls its settings and writes into its own log would fill the screen.
  paragraphs("more").add(fmt::format("legible explain {}", id(verdict.cause)));
}

}  // namespace

void append_report(std::string& out, ConnectionId connection, const Timelines& timelines,
                   const Verdict& verdict, const Palette& palette, std::size_t width) {
  append_header(out, connection, timelines.first, palette);
  append_facts(out, timelines, verdict, palette, width);
  append_exchanges(out, timelines, palette, width);
  append_headline(out, timelines.first, verdict, palette, width);
  // What went well needs no reasons, unless it went well in an odd way, or only seems to have.
  if (!went_well(verdict) || verdict.insertion) {
    append_reasons(out, verdict, palette, width);
  } else {
    if (verdict.confidence < Confidence::high) append_alternatives(out, verdict, palette, width);
    if (verdict.masking) Paragraphs(out, "masked", palette, width).add(*verdict.masking);
    if (may_have_failed(verdict)) append_hints(out, verdict, palette, width);
  }
  out += '\n';
}

}  // namespace legible::proxy
