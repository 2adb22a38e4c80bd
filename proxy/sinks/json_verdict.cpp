#include "proxy/sinks/event_line.hpp"
#include "proxy/sinks/json_events.hpp"
#include "proxy/text/escape.hpp"

namespace legible::proxy {
namespace {

/// The verdict's texts hold escaped values; what was missed is escaped here.
void text_field(JsonWriter& line, std::string_view name, const std::string& text) {
  escaped_field(line, name, text, escape_again);
}

void text_field(JsonWriter& line, std::string_view name, const std::optional<std::string>& text) {
  line.key(name);
  text ? escaped_value(line, *text, escape_again) : line.value(nullptr);
}

void both_sides(JsonWriter& line, std::string_view name, const BothSides& texts) {
  line.key(name);
  line.begin_object();
  text_field(line, "client", texts.client);
  text_field(line, "server", texts.server);
  line.end_object();
}

void hint_field(JsonWriter& line, const Hints& hints) {
  line.key("hint");
  line.begin_object();
  text_field(line, "client", hints.client);
  text_field(line, "server", hints.server);
  text_field(line, "proxy", hints.proxy);
  line.end_object();
}

/// The id of an enumerator, or null.
template <class Enum>
void id_field(JsonWriter& line, std::string_view name, const std::optional<Enum>& value) {
  line.key(name);
  value ? line.plain_value(id(*value)) : line.value(nullptr);
}

void alert_field(JsonWriter& line, const std::optional<VerdictAlert>& alert) {
  line.key("alert");
  if (!alert) {
    line.value(nullptr);
    return;
  }
  line.begin_object();
  line.plain_field("leg", id(alert->leg));
  line.plain_field("from", id(alert->from));
  write_alert_fields(line, alert->level, alert->description);
  line.field("encrypted", alert->encrypted);
  line.end_object();
}

void leg_field(JsonWriter& line, std::string_view name, const LegSummary& leg) {
  line.key(name);
  line.begin_object();
  line.plain_field("reached", id(leg.reached));
  line.key("version");
  leg.version ? line.value(parser::to_text(*leg.version)) : line.value(nullptr);
  registry_field(line, "cipher", leg.cipher);
  id_field(line, "closed_by", leg.closed_by);
  id_field(line, "mechanism", leg.mechanism);
  alert_field(line, leg.alert);
  line.field("bytes_in", leg.bytes_in);
  line.field("bytes_out", leg.bytes_out);
  line.end_object();
}

}  // namespace

void append_verdict(std::string& out, ConnectionId connection, Time time, const Verdict& verdict) {
  EventLine line(out, time, "verdict", connection);
  line.plain_field("outcome", id(verdict.outcome));
  id_field(line, "leg", verdict.leg);
  line.plain_field("closer", id(verdict.closer));
  line.plain_field("phase", id(verdict.phase));
  line.plain_field("mechanism", id(verdict.mechanism));
  line.plain_field("cause", id(verdict.cause));
  line.plain_field("confidence", id(verdict.confidence));
  alert_field(line, verdict.alert);
  text_field(line, "summary", verdict.summary);
  line.array("evidence", verdict.evidence,
             [&](const std::string& sentence) { escaped_value(line, sentence, escape_again); });
  line.array("alternatives", verdict.alternatives, [&](const Alternative& other) {
    line.begin_object();
    line.plain_field("cause", id(other.cause));
    text_field(line, "distinguish", other.distinguish);
    line.end_object();
  });
  hint_field(line, verdict.hint);
  both_sides(line, "logs", verdict.logs);
  text_field(line, "masking", verdict.masking);
  text_field(line, "insertion", verdict.insertion);
  line.field("maybe_middlebox", verdict.maybe_middlebox);
  line.key("legs");
  line.begin_object();
  leg_field(line, "client", verdict.client);
  leg_field(line, "server", verdict.server);
  line.end_object();
}

}  // namespace legible::proxy
