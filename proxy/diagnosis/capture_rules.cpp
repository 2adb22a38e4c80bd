// What a capture lacks: a verdict on messages that nobody saw would be invented.

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "proxy/diagnosis/rules.hpp"
#include "proxy/diagnosis/wire_names.hpp"

namespace legible::proxy::diagnosis {
namespace {

std::string lack(const Situation& situation, Leg leg) {
  const char* name = leg == Leg::client ? "client" : "server";
  const Flow& flow = situation.timeline.flow(leg);
  if (flow.begun_before) return fmt::format("the capture begins after the {}'s first bytes", name);
  return fmt::format("{} bytes that the {} sent were not captured", flow.not_captured, name);
}

/// Somebody refused, or broke off: which a capture of the end alone does show.
bool ended_badly(const Situation& situation) {
  const PrimaryEvent& primary = situation.primary;
  return primary.mechanism == Mechanism::alert_fatal || primary.mechanism == Mechanism::rst;
}

/// Some bytes of this side are missing, and none was understood after them.
bool lost_in_gap(const Timeline& timeline, Leg leg) {
  if (timeline.flow(leg).whole()) return false;
  const auto entries = timeline.entries();
  const auto last = std::find_if(entries.rbegin(), entries.rend(), [leg](const Entry& entry) {
    return entry.leg == leg && std::holds_alternative<parser::Observation>(entry.fact);
  });
  return last != entries.rend() &&
         std::holds_alternative<parser::Incomplete>(std::get<parser::Observation>(last->fact));
}

/// A bare close, and what its sender said before is not there: an alert or a Finished may be among
/// it, and after the handshake either side's close_notify. A certificate that is bad speaks for
/// itself.
Answer end_not_captured(const Situation& situation) {
  const Facts& facts = situation.facts;
  if (!situation.primary.leg || !situation.bare_close()) return std::nullopt;
  const bool done = facts.both_finished();
  Leg leg = *situation.primary.leg;
  if (done && !lost_in_gap(situation.timeline, leg)) leg = parser::other(leg);
  if (!lost_in_gap(situation.timeline, leg)) return std::nullopt;
  const ChainJudged* judged = facts.server().judged;
  if (!done && judged && !judged->judgement->ok) return std::nullopt;
  Finding finding;
  if (done) finding.cause = Cause::none;
  return finding.with(lack(situation, leg))
      .with(fmt::format("nothing that {} sent after them can be read: it may tell why", who(leg)));
}

}  // namespace

Answer not_captured(const Situation& situation) {
  const Facts& facts = situation.facts;
  const Flow& client = situation.timeline.flow(Leg::client);
  const Flow& server = situation.timeline.flow(Leg::server);
  const bool hello_lacks = !facts.hello && !client.whole();
  const bool answer_lacks = facts.hello && !facts.server_hello && !server.whole();
  if (!hello_lacks && !answer_lacks) return end_not_captured(situation);

  Finding finding;
  if (hello_lacks && client.begun_before && !ended_badly(situation)) finding.cause = Cause::none;
  finding.with(lack(situation, hello_lacks ? Leg::client : Leg::server));
  return finding.with(hello_lacks ? "what the client offered cannot be told"
                                  : "what the server answered cannot be told");
}

}  // namespace legible::proxy::diagnosis
