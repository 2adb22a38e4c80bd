#include "proxy/capture/tcp_tracker.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/capture/first_segment.hpp"

namespace legible::capture {
namespace {

Side guess_sender(const TcpSegment& segment) {
  if (segment.syn) return segment.ack ? Side::server : Side::client;
  if (const auto side = sender_of(segment.payload)) return *side;
  return segment.source.port < segment.destination.port ? Side::server : Side::client;
}

}  // namespace

std::size_t TcpTracker::KeyHash::operator()(const Key& key) const {
  return std::hash<std::string_view>{}({reinterpret_cast<const char*>(key.data()), key.size()});
}

TcpTracker::Key TcpTracker::key_of(const TcpSegment& segment) {
  const auto& [low, high] = std::minmax(segment.source, segment.destination);
  Key key{};
  auto at = key.begin();
  for (const Endpoint& endpoint : {low, high}) {
    *at++ = endpoint.address.v6 ? 1 : 0;
    at = std::ranges::copy(endpoint.address.bytes, at).out;
    *at++ = static_cast<std::uint8_t>(endpoint.port >> 8);
    *at++ = static_cast<std::uint8_t>(endpoint.port & 0xff);
  }
  return key;
}

void TcpTracker::on_segment(Time time, const TcpSegment& segment) {
  now_ = std::max(now_, time);
  finish_ended();

  const Key key = key_of(segment);
  Tracked* tracked = find(segment, key);
  if (!tracked) tracked = open(time, segment, key);
  if (!tracked || !tracked->watcher) return;

  TcpConnection& connection = *tracked->connection;
  const Side from = segment.source == tracked->client ? Side::client : Side::server;
  kept_bytes_ -= connection.kept_bytes();
  connection.on_segment(time, from, segment);
  kept_bytes_ += connection.kept_bytes();
  if (kept_bytes_ > max_kept_bytes) {
    kept_bytes_ -= connection.kept_bytes();
    connection.release();
    kept_bytes_ += connection.kept_bytes();
  }
  if (connection.ended() && !tracked->ending) {
    tracked->ending = true;
    endings_.push_back({now_, key, tracked->number});
  }
}

TcpTracker::Tracked* TcpTracker::find(const TcpSegment& segment, const Key& key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  const Position position = found->second;
  tracked_.splice(tracked_.end(), tracked_, position);
  if (segment.syn && !segment.ack) {
    const Side from = segment.source == position->client ? Side::client : Side::server;
    if (position->connection->is_reused_by(from, segment)) {
      forget(position);
      return nullptr;
    }
  }
  return &*position;
}

TcpTracker::Tracked* TcpTracker::open(Time time, const TcpSegment& segment, const Key& key) {
  if (segment.payload_length == 0 && (!segment.syn || segment.rst)) return nullptr;
  if (tracked_.size() == capacity) forget(tracked_.begin());

  const bool from_client = guess_sender(segment) == Side::client;
  const Endpoint& client = from_client ? segment.source : segment.destination;
  const Endpoint& server = from_client ? segment.destination : segment.source;
  Tracked& tracked = tracked_.emplace_back();
  tracked.key = key;
  tracked.client = client;
  tracked.number = ++opened_;
  tracked.watcher = open_(time, client, server);
  tracked.connection.emplace(*tracked.watcher, time);
  by_key_.emplace(key, std::prev(tracked_.end()));
  return &tracked;
}

void TcpTracker::finish(Tracked& tracked) {
  if (!tracked.watcher) return;
  kept_bytes_ -= tracked.connection->kept_bytes();
  tracked.connection->finish(now_);
  kept_bytes_ += tracked.connection->kept_bytes();
  tracked.watcher.reset();
}

void TcpTracker::forget(Position position) {
  finish(*position);
  by_key_.erase(position->key);
  tracked_.erase(position);
}

void TcpTracker::finish_ended() {
  while (!endings_.empty() && now_ - endings_.front().since >= linger) {
    const Ending ending = endings_.front();
    endings_.pop_front();
    const auto found = by_key_.find(ending.key);
    // Its ports may belong to another connection by now.
    if (found != by_key_.end() && found->second->number == ending.number) {
      finish(*found->second);
    }
  }
}

void TcpTracker::finish() {
  std::vector<Tracked*> open;
  for (Tracked& tracked : tracked_) {
    if (tracked.watcher) open.push_back(&tracked);
  }
  std::ranges::sort(open, {}, &Tracked::number);
  for (Tracked* tracked : open) finish(*tracked);
}

}  // namespace legible::capture
