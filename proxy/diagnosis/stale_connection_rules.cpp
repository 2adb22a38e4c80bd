// A kept connection that the server's timer closes while the client uses it again: the most usual
// failure of a pool whose patience is longer than the server's.

#include <fmt/format.h>

#include "proxy/diagnosis/idle_timers.hpp"
#include "proxy/diagnosis/rules.hpp"
#include "proxy/diagnosis/text.hpp"

namespace legible::proxy::diagnosis {
namespace {

/// A goodbye, also JSSE's, which is two padded alerts; a request is longer.
constexpr std::uint64_t longest_goodbye = 100;

/// What `side` sent after the pause, with the bytes that ended it.
std::uint64_t said_since(const Timeline& timeline, Leg side) {
  return timeline.flow(side).bytes - timeline.pause().bytes_before[static_cast<std::size_t>(side)];
}

}  // namespace

Answer used_when_stale(const Situation& situation) {
  const Timeline& timeline = situation.timeline;
  const Pause& pause = timeline.pause();
  const bool open =
      situation.phase == Phase::established || situation.phase == Phase::post_handshake;
  if (!open || pause.length < shortest_idle_timer || !situation.server_closed() ||
      situation.alert_sent_as_fatal()) {
    return std::nullopt;
  }
  if (said_since(timeline, Leg::client) <= longest_goodbye ||
      said_since(timeline, Leg::server) > longest_goodbye) {
    return std::nullopt;
  }
  const auto after_use = situation.primary.time - pause.end;
  // Who takes longer has read the request.
  if (after_use >= shortest_timer) return std::nullopt;

  Finding finding;
  finding.cause = Cause::stale_connection;
  finding.with(fmt::format("nothing had been sent for {}", duration(pause.length)));
  const IdleTimer* const timer = typical_timer(pause.length, Leg::server);
  if (timer) finding.with(fmt::format("{} s is the limit of {}", timer->seconds, timer->whose));
  // A goodbye of the server's ends the pause itself.
  if (after_use.count() <= 0) {
    finding.confidence = Confidence::high;
    return finding.with("the client sent data after the server had closed");
  }
  finding.with(
      fmt::format("the server closed {} after the client had sent data, and answered "
                  "nothing",
                  duration(after_use)));
  const bool forgotten = situation.primary.mechanism == Mechanism::rst;
  finding.confidence = timer || forgotten ? Confidence::medium : Confidence::low;
  if (!situation.bare_close()) {
    finding.or_else(Cause::none, "what the client said wants no answer, as MQTT's DISCONNECT");
  }
  return finding.or_else(Cause::internal_error,
                         "the server's log shows the request: it failed over it");
}

}  // namespace legible::proxy::diagnosis
