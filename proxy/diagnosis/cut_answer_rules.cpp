// Whether an answer in HTTP was whole is known by its length, however the connection ended: an end
// without close_notify harms nobody when it was, and one in order does when it was not.

#include <fmt/format.h>

#include <algorithm>

#include "proxy/diagnosis/rules.hpp"
#include "proxy/diagnosis/text.hpp"

namespace legible::proxy::diagnosis {
namespace {

std::string how_much(const AnswerCut& cut) {
  return cut.announced
             ? fmt::format("of the answer's {}, {} had come", count(*cut.announced, "byte"),
                           cut.bytes)
             : fmt::format("{} of the answer had come, and not its end", count(cut.bytes, "byte"));
}

/// Events and long polls have no other end.
Finding left_an_endless_answer(const AnswerCut& cut) {
  Finding finding;
  finding.cause = Cause::client_satisfied;
  // Who watches for changes reads as long as it likes, whatever the type.
  finding.confidence = cut.endless ? Confidence::medium : Confidence::low;
  finding.with(how_much(cut) + ", whose length nobody had told");
  return finding.or_else(Cause::truncated_close,
                         "the client's log tells that it misses the rest of the answer");
}

}  // namespace

Answer http_answer_cut(const Situation& situation) {
  const AnswerCut* cut = situation.facts.answer_cut;
  const bool ended = situation.client_closed() || situation.server_closed();
  // An alert says more.
  if (!cut || !ended || situation.alert_sent_as_fatal()) return std::nullopt;
  if (!situation.facts.both_finished()) return std::nullopt;
  // Whose timer runs out closes after a silence, and not in order.
  const bool timer = situation.bare_close() && situation.after_silence();
  if (situation.client_closed() && !cut->announced && (cut->endless || !timer)) {
    return left_an_endless_answer(*cut);
  }
  Finding finding;
  finding.cause = Cause::truncated_close;
  finding.confidence = Confidence::high;
  finding.with(how_much(*cut));
  if (situation.server_closed()) {
    finding.title = "the server ended the connection in the middle of its answer";
    finding.to_do.server = "Read its log: it may have crashed, or another one behind it has.";
    finding.to_do.client = "Repeat the call: what it has is not whole.";
    // Events have no other end, in order.
    const bool endless = !cut->announced && !situation.bare_close();
    if (endless) finding.lower().or_else(Cause::none, "the answer has no end, as one of events");
    if (situation.other_side_silent()) {
      finding.confidence = std::min(finding.confidence, Confidence::medium);
      finding.or_else(Cause::idle_timeout, "the server's log tells of a time-out");
    }
    return finding;
  }
  finding.confidence = cut->announced ? Confidence::medium : Confidence::low;
  finding.title = "the client left before the answer was whole";
  finding.to_do.client = "Read its log: its own time-out may have run out, or somebody stopped it.";
  finding.to_do.server = "Nothing: it was still answering.";
  finding.or_else(Cause::client_satisfied, "it had read as much as it wanted");
  return finding.or_else(Cause::idle_timeout, "the client's log tells of a time-out of its own");
}

}  // namespace legible::proxy::diagnosis
