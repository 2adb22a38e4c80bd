// A kept connection that the server's timer closes while the client uses it again: the most usual
// failure of a pool whose patience is longer than the server's.

#include <fmt/format.h>

#include <algorithm>

#include "proxy/diagnosis/idle_timers.hpp"
#include "proxy/diagnosis/record_sizes.hpp"
#include "proxy/diagnosis/rules.hpp"
#include "proxy/diagnosis/text.hpp"

namespace legible::proxy::diagnosis {
namespace {

bool may_be_kept(const Situation& situation) {
  const bool open =
      situation.phase == Phase::established || situation.phase == Phase::post_handshake;
  return open && situation.server_closed() && !situation.alert_sent_as_fatal() &&
         !situation.proxy_plays(Leg::server);
}

/// What the client sent when the server had ended its direction.
std::uint64_t sent_after_end(const Situation& situation) {
  for (const Entry& entry : situation.timeline.entries()) {
    const auto* closed = std::get_if<LegClosed>(&entry.fact);
    if (!closed || closed->by_proxy || entry.leg != Leg::server) continue;
    const std::uint64_t sent = situation.timeline.flow(Leg::client).bytes;
    return sent - std::min(sent, closed->bytes_out);
  }
  return 0;
}

/// All that the server sent since the pause is the alert with which it closed.
bool said_only_goodbye(const Situation& situation) {
  const std::uint64_t since =
      situation.timeline.flow(Leg::server).bytes -
      situation.timeline.pause().bytes_before[static_cast<std::size_t>(Leg::server)];
  if (situation.bare_close()) return since == 0;
  const parser::RecordTail* tail = situation.facts.server().tail;
  return tail && since == tail->last.front().length + record_header;
}

void tell_timer(const IdleTimer* timer, Finding& finding) {
  if (timer) finding.with(fmt::format("{} s is the limit of {}", timer->seconds, timer->whose));
}

/// The server had closed before: no byte of its could answer.
Answer used_after_end(const Situation& situation) {
  const auto& used = situation.timeline.flow(Leg::client).after_end;
  // What crossed the end on its way is told by the pause before it.
  const bool late = used && *used - situation.primary.time >= shortest_timer;
  const auto* request = situation.facts.request_unanswered;
  const bool read = request && request->begun > situation.primary.time;
  const bool idle = situation.primary.silence >= shortest_idle_timer;
  // A server that ends as soon as it has begun has given up no idle connection: the client, or the
  // proxy's handshake with it, was only slower.
  const bool was_kept = situation.primary.silence >= shortest_timer ||
                        situation.facts.server().application_data || (request && request->later);
  if (!was_kept || (!read && !late && !idle)) return std::nullopt;
  const auto sure =
      read ? Confidence::high : holds_request(situation.facts, sent_after_end(situation));
  if (!sure) return std::nullopt;
  Finding finding;
  finding.cause = Cause::stale_connection;
  finding.confidence = *sure;
  finding.with("the client sent data after the server had closed");
  tell_timer(typical_timer(situation.primary.silence, Leg::server, true), finding);
  return finding;
}

/// The end was on its way when the client spoke: it came within a round trip, and in place of an
/// answer.
Answer crossed_end(const Situation& situation) {
  constexpr std::chrono::milliseconds margin{20};
  constexpr std::chrono::seconds forgotten{60};
  const Pause& pause = situation.timeline.pause();
  const auto after_use = situation.primary.time - pause.end;
  const bool used = pause.length.count() > 0 && pause.ended_by == Leg::client &&
                    pause.client_bytes_unanswered <= longest_leave && after_use.count() >= 0 &&
                    after_use < shortest_timer;
  if (!used || !said_only_goodbye(situation)) return std::nullopt;

  const Connected* connected = situation.facts.connected;
  const bool at_once = connected && connected->took && after_use <= 2 * *connected->took + margin;
  const IdleTimer* const timer = typical_timer(pause.length, Leg::server, true);
  const bool reset = situation.primary.mechanism == Mechanism::rst && pause.length >= forgotten;
  // Some last words want no answer, as MQTT's DISCONNECT.
  if (!situation.bare_close() && !(at_once && timer)) return std::nullopt;

  Finding finding;
  finding.cause = Cause::stale_connection;
  finding.confidence = at_once && (timer || reset) ? Confidence::medium : Confidence::low;
  finding.with(
      fmt::format("nothing had been sent for {}; the client sent data, and {} later the "
                  "server closed without an answer",
                  duration(pause.length), duration(after_use)));
  tell_timer(timer, finding);
  return finding
      .or_else(Cause::internal_error, "the server's log shows the request: it failed over it")
      .or_else(Cause::none, "what the client said wants no answer");
}

}  // namespace

Answer used_when_stale(const Situation& situation) {
  if (!may_be_kept(situation)) return std::nullopt;
  if (Answer after = used_after_end(situation)) return after;
  return crossed_end(situation);
}

}  // namespace legible::proxy::diagnosis
