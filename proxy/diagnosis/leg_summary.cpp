#include "proxy/diagnosis/leg_summary.hpp"

#include "parser/alert.hpp"
#include "proxy/diagnosis/observations.hpp"
#include "proxy/diagnosis/wire_names.hpp"

namespace legible::proxy::diagnosis {
namespace {

Mechanism mechanism_of(const LegClosed& closed) {
  if (closed.by_proxy) return Mechanism::proxy_abort;
  switch (closed.how) {
    case parser::StreamEnd::fin:
      return Mechanism::fin;
    case parser::StreamEnd::timeout:
      return Mechanism::timeout;
    case parser::StreamEnd::rst:
    case parser::StreamEnd::error:
      break;
  }
  return Mechanism::rst;
}

Closer closer_of(Leg leg) { return leg == Leg::client ? Closer::client : Closer::server; }

}  // namespace

LegSummary summarise_leg(const Situation& situation, Leg leg) {
  LegSummary summary;
  const Facts& facts = situation.facts;
  summary.reached = situation.phase;
  if (situation.phase == Phase::server_connect && leg == Leg::client) {
    summary.reached = facts.hello ? Phase::client_hello : Phase::pre_hello;
  }
  if (facts.server_hello) {
    summary.version = facts.server_hello->version;
    summary.cipher = facts.server_hello->cipher;
  }
  summary.bytes_in = situation.timeline.flow(leg).bytes;
  summary.bytes_out = situation.timeline.flow(parser::other(leg)).bytes;
  if (facts.connect_failed) summary.bytes_out = 0;

  for (const Entry& entry : situation.timeline.entries()) {
    if (entry.leg != leg) continue;
    const auto* alert = observed<parser::Alert>(entry);
    if (alert && !summary.alert) {
      const bool warning = alert->description &&
                           alert->description->value != alert_number::close_notify &&
                           !parser::is_error(alert->level.value_or(parser::alert_level::fatal),
                                             *alert->description, summary.version);
      if (!warning) {
        summary.alert = VerdictAlert{leg, party(Scope::relayed, leg), alert->level,
                                     alert->description, alert->encrypted};
      }
    }
    if (const auto* closed = std::get_if<LegClosed>(&entry.fact)) {
      if (!summary.closed_by) {
        summary.closed_by = closed->by_proxy ? Closer::proxy : closer_of(leg);
        summary.mechanism = mechanism_of(*closed);
      }
      summary.bytes_in = closed->bytes_in;
      summary.bytes_out = closed->bytes_out;
    }
  }
  return summary;
}

}  // namespace legible::proxy::diagnosis
