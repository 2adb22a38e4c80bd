#include "proxy/record/connection_history.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <set>
#include <span>

namespace legible::proxy {
namespace {

using namespace std::chrono_literals;

constexpr auto recent = 10s;
// A monitor's interval varies by its own scheduling: one part in ten, or half a second.
constexpr double regular_share = 0.1;
constexpr double regular_seconds = 0.5;

double seconds_between(Time from, Time to) {
  return std::chrono::duration<double>(to - from).count();
}

// SplitMix64's last step: every bit of the value changes about half of the result's.
constexpr std::uint64_t mixed(std::uint64_t value) {
  value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9;
  value = (value ^ value >> 27) * 0x94d049bb133111eb;
  return value ^ value >> 31;
}

// What a client's settings decide, and not what it draws anew for each connection: GREASE and the
// order of the extensions.
std::uint64_t fingerprint(const parser::ClientHello& hello) {
  constexpr std::uint64_t end_of_list = 0x10000;
  std::uint64_t print = mixed(hello.legacy_version.value);
  const auto append = [&](const auto& list) {
    for (const auto number : list) {
      if (!parser::is_grease(number.value)) print = mixed(print + number.value);
    }
    print = mixed(print + end_of_list);
  };
  append(hello.supported_versions);
  append(hello.ciphers);
  append(hello.groups);
  std::uint64_t extensions = 0;
  for (const auto number : hello.extensions) {
    if (!parser::is_grease(number.value)) extensions += mixed(end_of_list + number.value);
  }
  return mixed(print ^ extensions);
}

}  // namespace

History ConnectionHistory::recall_and_add(const std::string& client, const std::string& server,
                                          const PastConnection& connection) {
  const std::string sni = connection.hello ? connection.hello->sni : std::string();
  const std::string key = client + '\n' + server + '\n' + sni;
  const Hello seen{connection.accepted, connection.hello ? fingerprint(*connection.hello) : 0};
  const std::lock_guard lock(mutex_);
  Partner* partner = partners_.find(key);
  if (partner == nullptr) partner = &partners_.put(key, {});
  History before = recall(*partner, connection, seen);
  before.accepted_proxy_authority = trusting_clients_.find(client) != nullptr;
  add(*partner, connection, seen);
  if (connection.accepted_proxy_authority) trusting_clients_.put(client, {});
  return before;
}

History ConnectionHistory::recall(const Partner& partner, const PastConnection& connection,
                                  Hello seen) {
  History history = partner.totals;
  if (history.connections >= partner.intervals.size()) {
    const double latest = seconds_between(partner.last, connection.accepted);
    const double tolerance = std::max(regular_seconds, latest * regular_share);
    const bool regular = std::ranges::all_of(partner.intervals, [&](double interval) {
      return interval > 0 && std::abs(interval - latest) <= tolerance;
    });
    // Faster repetitions are retries or a burst.
    if (regular && latest >= 1) history.interval_seconds = latest;
  }
  std::set<std::uint64_t> distinct;
  const std::size_t kept = std::min<std::size_t>(partner.hellos_seen, partner.hellos.size());
  for (const Hello& hello : std::span(partner.hellos).first(kept)) {
    if (connection.accepted - hello.time > recent) continue;
    ++history.recent_hellos;
    distinct.insert(hello.fingerprint);
  }
  history.recent_distinct_hellos = static_cast<std::uint32_t>(distinct.size());
  const bool same_succeeded = connection.hello && partner.successful.time != Time{} &&
                              partner.successful.fingerprint == seen.fingerprint;
  if (same_succeeded) history.since_success = connection.accepted - partner.successful.time;
  return history;
}

void ConnectionHistory::add(Partner& partner, const PastConnection& connection, Hello seen) {
  History& totals = partner.totals;
  if (totals.connections > 0) {
    std::ranges::rotate(partner.intervals, partner.intervals.begin() + 1);
    partner.intervals.back() = seconds_between(partner.last, connection.accepted);
  }
  partner.last = connection.accepted;
  ++totals.connections;
  if (connection.empty) ++totals.empty_closes;
  totals.accepted_proxy_authority_here |= connection.accepted_proxy_authority;
  if (connection.hello == nullptr) return;

  const parser::ClientHello& hello = *connection.hello;
  partner.hellos[partner.hellos_seen++ % partner.hellos.size()] = seen;
  if (connection.agreed) {
    partner.successful = seen;
    totals.largest_successful_hello = std::max(totals.largest_successful_hello, hello.bytes);
    totals.successful_offer = hello.highest_version();
    totals.agreed_version = connection.agreed;
  } else {
    totals.failed_offer = hello.highest_version();
  }
}

}  // namespace legible::proxy
