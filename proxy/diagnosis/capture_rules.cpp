// What a capture lacks: a verdict on messages that nobody saw would be invented.

#include <fmt/format.h>

#include "proxy/diagnosis/rules.hpp"

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

}  // namespace

Answer not_captured(const Situation& situation) {
  const Facts& facts = situation.facts;
  const Flow& client = situation.timeline.flow(Leg::client);
  const Flow& server = situation.timeline.flow(Leg::server);
  const bool hello_lacks = !facts.hello && !client.whole();
  const bool answer_lacks = facts.hello && !facts.server_hello && !server.whole();
  if (!hello_lacks && !answer_lacks) return std::nullopt;

  Finding finding;
  if (hello_lacks && client.begun_before && !ended_badly(situation)) finding.cause = Cause::none;
  finding.with(lack(situation, hello_lacks ? Leg::client : Leg::server));
  return finding.with(hello_lacks ? "what the client offered cannot be told"
                                  : "what the server answered cannot be told");
}

}  // namespace legible::proxy::diagnosis
