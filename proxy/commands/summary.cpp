#include "proxy/commands/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "proxy/causes/cause.hpp"
#include "proxy/diagnosis/verdict.hpp"
#include "proxy/sinks/dropped_lines.hpp"
#include "proxy/text/escape.hpp"

namespace legible::proxy {
namespace {

/// Harmless and short, also when another program wrote the log.
std::string kept(std::string_view text) {
  return escape_again(text.substr(0, SummaryBuilder::max_name));
}

/// "10.1.2.3:51544" or "[2001:db8::1]:51544" without the port.
std::string_view without_port(std::string_view address) {
  return address.substr(0, address.rfind(':'));
}

std::string host_and_port(const LogLine& target) {
  const bool is_ipv6 = target.host.find(':') != std::string::npos;
  return is_ipv6 ? fmt::format("[{}]:{}", kept(target.host), target.port)
                 : fmt::format("{}:{}", kept(target.host), target.port);
}

void widen(std::string& first, std::string& last, const std::string& time) {
  if (first.empty() || time < first) first = time;
  if (time > last) last = time;
}

bool failures_first(const CauseCount& a, const CauseCount& b) {
  return std::tuple(a.failed, a.unsure, a.count) > std::tuple(b.failed, b.unsure, b.count);
}

bool worst_first(const PartnerSummary& a, const PartnerSummary& b) {
  return std::tuple(a.failed, a.unsure, a.connections) >
         std::tuple(b.failed, b.unsure, b.connections);
}

}  // namespace

void SummaryBuilder::add(std::string_view text) {
  if (text.find_first_not_of(" \t\r") == std::string_view::npos) return;
  const std::optional<LogLine> line = read_log_line(text);
  if (!line) {
    add_foreign();
    return;
  }
  ++so_far_.lines;
  if (line->event == "notice") so_far_.dropped_lines += lines_dropped(line->what);
  if (line->connection == 0) return;
  if (line->event == "accepted") {
    open(line->connection, without_port(line->peer));
    return;
  }
  const auto found = open_.find(line->connection);
  if (line->event == "verdict") {
    // A log that begins in the middle has verdicts of connections whose beginning it lacks.
    judge(found != open_.end() ? found->second : Partner{}, *line);
    if (found != open_.end()) open_.erase(found);
  } else if (found == open_.end()) {
    return;
  } else if (line->event == "represented") {
    found->second.peer = kept(without_port(line->peer));
  } else if (line->event == "target") {
    found->second.target = host_and_port(*line);
  } else if (line->event == "client-hello" && found->second.sni.empty()) {
    found->second.sni = kept(line->sni);
  }
}

void SummaryBuilder::add_foreign() {
  ++so_far_.lines;
  ++so_far_.foreign_lines;
}

void SummaryBuilder::open(std::uint64_t connection, std::string_view peer) {
  // The numbers begin again with each run of the proxy: an old one has no verdict any more.
  if (open_.erase(connection) != 0) ++so_far_.unfinished;
  if (open_.size() >= max_open) {
    open_.erase(open_.begin());
    ++so_far_.unfinished;
  }
  open_[connection].peer = kept(peer);
}

SummaryBuilder::Totals& SummaryBuilder::totals_of(const Partner& partner) {
  static const Partner others{"(others)", "", ""};
  const bool known = partners_.contains(partner) || partners_.size() < max_partners;
  return partners_[known ? partner : others];
}

void SummaryBuilder::judge(const Partner& partner, const LogLine& verdict) {
  note_credentials(partner, verdict);
  Totals& totals = totals_of(partner);

  // A conversation without TLS that nothing went wrong in is no failure.
  const std::optional<Cause> cause_known = cause_from_id(verdict.cause);
  const bool benign = cause_known && describe(*cause_known).benign;
  const bool failed = verdict.outcome == "failed" || (verdict.outcome != "ok" && !benign);
  const bool unsure = !failed && verdict.confidence == id(Confidence::low);
  const std::string time = kept(verdict.time);
  ++so_far_.connections;
  ++totals.connections;
  so_far_.failed += failed ? 1 : 0;
  totals.failed += failed ? 1 : 0;
  so_far_.unsure += unsure ? 1 : 0;
  totals.unsure += unsure ? 1 : 0;
  widen(so_far_.first_seen, so_far_.last_seen, time);
  widen(totals.first_seen, totals.last_seen, time);

  std::tuple key(kept(verdict.cause), kept(verdict.closer), failed, unsure);
  if (!totals.causes.contains(key) && totals.causes.size() >= max_causes) {
    key = {"(others)", "", failed, false};
  }
  CauseCount& cause = totals.causes[key];
  std::tie(cause.cause, cause.closer, cause.failed, cause.unsure) = key;
  ++cause.count;
  widen(cause.first_seen, cause.last_seen, time);
}

/// Many clients give their password only when they are asked for it, and some on another
/// connection: once one is served, having been asked was no failure (RFC 9110 section 11.1).
void SummaryBuilder::note_credentials(const Partner& partner, const LogLine& verdict) {
  const bool asked = verdict.cause == id(Cause::proxy_auth_required);
  const bool refused = verdict.cause == id(Cause::proxy_policy);
  const auto found = asked_.find(partner.peer);
  if (asked && (found != asked_.end() || asked_.size() < max_partners)) {
    Asked& times = asked_[partner.peer];
    if (times.contains(partner) || times.size() < max_causes) ++times[partner];
  } else if (!asked && !refused && found != asked_.end()) {
    for (const auto& [as, times] : found->second) forgive(as, times);
    asked_.erase(found);
  }
}

void SummaryBuilder::forgive(const Partner& partner, std::uint64_t times) {
  Totals& totals = totals_of(partner);
  const std::string cause(id(Cause::proxy_auth_required));
  const auto failure = totals.causes.find({cause, std::string(id(Closer::proxy)), true, false});
  if (failure == totals.causes.end() || failure->second.count < times) return;
  CauseCount& none = totals.causes[{cause, failure->second.closer, false, false}];
  const std::uint64_t before = none.count;
  none = failure->second;
  none.failed = false;
  none.count = before + times;
  so_far_.failed -= times;
  totals.failed -= times;
  failure->second.count -= times;
  if (failure->second.count == 0) totals.causes.erase(failure);
}

Summary SummaryBuilder::finish() const {
  Summary summary = so_far_;
  summary.unfinished += open_.size();
  for (const auto& [partner, totals] : partners_) {
    PartnerSummary each{partner,
                        totals.connections,
                        totals.failed,
                        totals.unsure,
                        totals.first_seen,
                        totals.last_seen,
                        {}};
    for (const auto& [key, cause] : totals.causes) each.causes.push_back(cause);
    std::ranges::stable_sort(each.causes, failures_first);
    summary.partners.push_back(std::move(each));
  }
  std::ranges::stable_sort(summary.partners, worst_first);
  return summary;
}

}  // namespace legible::proxy
