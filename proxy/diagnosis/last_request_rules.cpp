// Where what is inside TLS cannot be read: was the last thing that the client asked answered? That
// earlier ones were is seen, and records tell by their lengths what is no goodbye.

#include <fmt/format.h>

#include <algorithm>

#include "proxy/diagnosis/observations.hpp"
#include "proxy/diagnosis/record_sizes.hpp"
#include "proxy/diagnosis/rules.hpp"
#include "proxy/diagnosis/text.hpp"

namespace legible::proxy::diagnosis {
namespace {

Finding failed_over_it(std::string why) {
  Finding finding;
  finding.cause = Cause::internal_error;
  finding.confidence = Confidence::medium;
  finding.title = "it closed without an answer to the last request";
  finding.to_do.server =
      "Read the server's log: it may hand on to another one, which is down or refuses.";
  finding.with(std::move(why)).with("the server said nothing behind it, and closed");
  return finding.or_else(Cause::truncated_close,
                         "what the client said last wants no answer: its log tells of no failure");
}

/// At once: what comes after a silence may as well be the timer of an idle connection.
Answer left_by_server(const Situation& situation, std::uint64_t unanswered) {
  if (situation.other_side_silent()) return std::nullopt;
  if (repeats_request(situation.facts, unanswered)) {
    return failed_over_it(
        fmt::format("the client's last {} are as long as what it had sent before, which was "
                    "answered",
                    count(unanswered, "byte")));
  }
  const bool reset = situation.primary.mechanism == Mechanism::rst;
  if (!reset || holds_request(situation.facts, unanswered) != Confidence::high) return std::nullopt;
  Finding finding =
      failed_over_it(fmt::format("the last word was the client's: {}", count(unanswered, "byte")));
  finding.title = "it reset the connection without an answer to what it had been sent";
  return finding.lower().or_else(Cause::reset_after_close,
                                 "the server had answered before it had read all (HTTP 401, 413)");
}

Finding given_up_by_client(const Situation& situation, std::uint64_t unanswered) {
  Finding finding;
  finding.cause = Cause::idle_timeout;
  finding.confidence = Confidence::low;
  if (situation.bare_close()) finding.mechanism = Mechanism::timeout;
  finding.title = "what it had sent was not answered, and it waited no longer";
  finding.with(fmt::format("the last word was the client's: {}; then nothing was sent for {}",
                           count(unanswered, "byte"), duration(situation.primary.silence)));
  finding.to_do.client = "Let it wait longer, if the server is only slow.";
  finding.to_do.server =
      "Find out why there was no answer: its log, or that of the application behind it.";
  return finding.or_else(Cause::client_satisfied, "what it said wants no answer");
}

/// Both sides have used the connection, and what they said cannot be read.
bool is_used_unread(const Situation& situation) {
  const Facts& facts = situation.facts;
  const bool read = situation.scope() != Scope::relayed || facts.server().answer_read() ||
                    facts.request_unanswered;
  const bool used = facts.client().application_data && facts.server().application_data;
  return used && !read && !situation.alert_sent_as_fatal();
}

}  // namespace

bool sends_without_waiting(const Situation& situation) {
  int pauses = 0;
  std::optional<Time> last;
  for (const Entry& entry : situation.timeline.entries()) {
    if (!observed<parser::EncryptedRecord>(entry)) continue;
    if (entry.leg == Leg::server) {
      pauses = 0;
      last.reset();
      continue;
    }
    if (last && entry.time - *last >= shortest_timer) ++pauses;
    last = entry.time;
  }
  // A request whose body waits for an answer (Expect: 100-continue) goes on once.
  return pauses >= 2;
}

bool left_its_request(const Situation& situation) {
  if (!is_used_unread(situation) || !situation.client_closed()) return false;
  if (sends_without_waiting(situation)) return false;
  const std::uint64_t unanswered = situation.timeline.unanswered_but_for(0);
  return situation.after_silence() &&
         holds_request(situation.facts, unanswered) == Confidence::high;
}

Answer last_request_unanswered(const Situation& situation) {
  if (left_its_request(situation)) {
    return given_up_by_client(situation, situation.timeline.unanswered_but_for(0));
  }
  if (!is_used_unread(situation) || !situation.server_closed()) return std::nullopt;
  const std::uint64_t goodbye = closing_alert_bytes(situation.facts, Leg::server);
  return left_by_server(situation, situation.timeline.unanswered_but_for(goodbye));
}

}  // namespace legible::proxy::diagnosis
