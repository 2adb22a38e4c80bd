#include "proxy/record/timeline.hpp"

#include <algorithm>
#include <utility>

namespace legible::proxy {
namespace {

// A connection that succeeds has 19 to 22 entries, and keeps them as long as it is open: growth by
// doubling would leave a third of their memory unused, and in small steps would move them often.
constexpr std::size_t usual = 20;
constexpr std::size_t growth = 4;

}  // namespace

bool Timeline::add(Entry&& entry) {
  if (entries_.size() >= capacity && std::holds_alternative<parser::Observation>(entry.fact)) {
    ++dropped_;
    return false;
  }
  if (const auto* closed = std::get_if<LegClosed>(&entry.fact); closed && !closed->by_proxy) {
    ended_[static_cast<std::size_t>(entry.leg)] = true;
  }
  if (entries_.size() == entries_.capacity()) {
    entries_.reserve(std::max(usual, entries_.size() + growth));
  }
  entries_.push_back(std::move(entry));
  return true;
}

void Timeline::count_bytes(Leg leg, std::uint64_t bytes, Time time) {
  const Time last = std::max(flows_[0].last, flows_[1].last);
  if (last != Time{} && time - last >= shortest_pause) {
    pause_ = {time - last, time, leg, {flows_[0].bytes, flows_[1].bytes}, client_bytes_unanswered_};
  }
  if (leg == Leg::client) {
    client_bytes_unanswered_ += bytes;
  } else {
    if (client_bytes_unanswered_ > 0) {
      client_bytes_answered_ = std::exchange(client_bytes_unanswered_, 0);
      answer_bytes_ = 0;
    }
    answer_bytes_ += bytes;
  }
  Flow& flow = flows_[static_cast<std::size_t>(leg)];
  flow.bytes += bytes;
  flow.last = time;
  if (ended_[static_cast<std::size_t>(parser::other(leg))] && !flow.after_end) {
    flow.after_end = time;
  }
}

void Timeline::count_gap(Leg leg, std::uint64_t missing) {
  Flow& flow = flows_[static_cast<std::size_t>(leg)];
  flow.not_captured += missing;
  if (missing == 0) flow.begun_before = true;
}

}  // namespace legible::proxy
