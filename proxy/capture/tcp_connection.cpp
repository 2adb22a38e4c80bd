#include "proxy/capture/tcp_connection.hpp"

#include <algorithm>
#include <utility>

#include "proxy/capture/first_segment.hpp"

namespace legible::capture {
namespace {

constexpr std::array sides{Side::client, Side::server};

/// RFC 7323 section 2.3: no window is larger, so what lies beyond is no position of this stream.
constexpr Offset largest_window = Offset{1} << 30;

/// A client that got no answer for this long has met a time-out in the making.
constexpr std::chrono::seconds connect_patience{3};

}  // namespace

void TcpConnection::on_segment(Time time, Side from, const TcpSegment& segment) {
  now_ = std::max(now_, time);
  TcpStream& own = stream(from);
  if (segment.syn) on_syn(from, segment);
  own.seen = true;
  const std::uint32_t sequence = segment.sequence + (segment.syn ? 1u : 0u);
  if (!own.anchored()) own.anchor(sequence);
  const Offset needs = take_acknowledgment(from, segment);

  const Offset begin = own.offset_of(sequence);
  const Chunk payload{begin, static_cast<Offset>(segment.payload_length), segment.payload, needs};
  if (payload.length > 0 && !segment.rst) take_chunk(from, payload);
  if (segment.fin) take_chunk(from, {payload.end(), 1, {}, needs, true});
  if (segment.rst) on_reset(from, segment, needs);

  deliver_all_ready();
  lose_patience();
}

bool TcpConnection::is_reused_by(Side from, const TcpSegment& syn) const {
  if (from == Side::server) return true;
  const TcpStream& client = stream(Side::client);
  if (client.anchored() && client.first_sequence() == syn.sequence + 1) return false;
  // A SYN that the capture shows after the SYN-ACK: nothing has come from the client yet.
  return client.seen;
}

void TcpConnection::on_syn(Side from, const TcpSegment& segment) {
  TcpStream& own = stream(from);
  const bool first = !own.syn_seen;
  own.syn_seen = true;
  if (from == Side::client) {
    ++disorder_.connection_attempts;
    if (first && !established_) opened_ = now_;
  } else if (first && segment.ack) {
    std::optional<std::chrono::microseconds> took;
    if (stream(Side::client).syn_seen) took = now_ - opened_;
    establish(took);
  }
}

Offset TcpConnection::take_acknowledgment(Side from, const TcpSegment& segment) {
  if (!segment.ack || segment.rst) return 0;
  TcpStream& peer = stream(parser::other(from));
  if (!peer.anchored()) peer.anchor(segment.acknowledgment);
  const Offset acknowledged = peer.offset_of(segment.acknowledgment);
  if (acknowledged > peer.next() + largest_window) return 0;
  peer.acknowledge(acknowledged);
  return acknowledged;
}

void TcpConnection::on_reset(Side from, const TcpSegment& segment, Offset needs) {
  const bool answers_syn = from == Side::server && !established_ && stream(Side::client).syn_seen &&
                           !stream(Side::server).syn_seen;
  if (answers_syn) {
    if (!failed_) watcher_.on_connect_failed(now_, ConnectFailure::refused, disorder_);
    failed_ = true;
    return;
  }
  TcpStream& own = stream(from);
  if (own.was_reset || own.reset) return;
  const Offset at = own.offset_of(segment.sequence);
  own.reset = Reset{at > own.next() + largest_window ? own.next() : at, needs};
}

void TcpConnection::take_chunk(Side from, const Chunk& chunk) {
  TcpStream& own = stream(from);
  count_disorder(own, chunk);
  if (own.ended || chunk.end() <= own.next()) return;
  if (own.kept_chunks() == 0 && ready(from, chunk)) {
    deliver(from, chunk);
  } else {
    own.keep(chunk);
  }
}

void TcpConnection::count_disorder(TcpStream& own, const Chunk& chunk) {
  const bool keep_alive = chunk.length == 1 && chunk.begin == own.next() - 1;
  if (chunk.end() <= own.next()) {
    if (!keep_alive) ++disorder_.retransmitted;
  } else if (chunk.begin < own.highest) {
    ++disorder_.late;
  }
  own.highest = std::max(own.highest, chunk.end());
}

bool TcpConnection::ready(Side from, const Chunk& chunk) const {
  return chunk.begin <= stream(from).next() && chunk.needs <= stream(parser::other(from)).next();
}

void TcpConnection::deliver(Side from, const Chunk& chunk) {
  TcpStream& own = stream(from);
  const Offset done = std::max<Offset>(own.next() - chunk.begin, 0);
  if (done >= chunk.length) return;
  if (chunk.fin) {
    own.advance_to(chunk.end());
    own.ended = true;
    watcher_.on_end(now_, from, parser::StreamEnd::fin);
    return;
  }

  if (!established_) establish(std::nullopt);
  if (own.next() == 0) tell_missing_beginning(from, chunk.bytes);
  own.advance_to(chunk.end());
  const auto captured = static_cast<Offset>(chunk.bytes.size());
  if (done < captured) {
    watcher_.on_bytes(now_, from, chunk.bytes.subspan(static_cast<std::size_t>(done)));
  }
  if (captured < chunk.length) {
    const Offset missing = chunk.length - std::max(done, captured);
    watcher_.on_gap(now_, from, static_cast<std::uint64_t>(missing));
  }
}

/// Without a SYN the first bytes themselves must tell whether something came before them.
void TcpConnection::tell_missing_beginning(Side from, Bytes first_bytes) {
  if (stream(Side::client).syn_seen || stream(Side::server).syn_seen) return;
  TcpStream& own = stream(from);
  TcpStream& client = stream(Side::client);
  const bool unasked = from == Side::server && client.next() == 0 && answers_a_hello(first_bytes);
  if (unasked && !std::exchange(client.beginning_missed, true)) {
    watcher_.on_gap(now_, Side::client, 0);
  }
  if (!looks_like_a_beginning(from, first_bytes) && !std::exchange(own.beginning_missed, true)) {
    watcher_.on_gap(now_, from, 0);
  }
}

bool TcpConnection::deliver_kept(Side from) {
  TcpStream& own = stream(from);
  bool delivered = false;
  while (const auto chunk = own.front()) {
    if (own.ended) {
      own.drop_all();
    } else if (ready(from, *chunk)) {
      deliver(from, *chunk);
      own.drop_front();
      delivered = true;
    } else {
      break;
    }
  }
  return delivered;
}

bool TcpConnection::deliver_reset(Side from, bool lost_bytes_allowed) {
  TcpStream& own = stream(from);
  if (!own.reset) return false;
  const bool all_before_it = own.reset->at <= own.next() && own.kept_chunks() == 0 &&
                             own.reset->needs <= stream(parser::other(from)).next();
  if (!all_before_it && !lost_bytes_allowed) return false;
  own.reset.reset();
  own.ended = true;
  own.was_reset = true;
  own.drop_all();
  watcher_.on_end(now_, from, parser::StreamEnd::rst);
  return true;
}

void TcpConnection::deliver_all_ready() {
  bool moved = true;
  while (moved) {
    moved = false;
    for (const Side side : sides) {
      moved |= deliver_kept(side);
      moved |= deliver_reset(side, false);
    }
  }
}

void TcpConnection::establish(std::optional<std::chrono::microseconds> took) {
  if (established_) return;
  established_ = true;
  watcher_.on_established(now_, took);
}

bool TcpConnection::lacks_something(Side side) const {
  const TcpStream& own = stream(side);
  return !own.ended && (own.lacks_acknowledged() || own.reset);
}

bool TcpConnection::skip_hole(Side side) {
  TcpStream& own = stream(side);
  Offset target = own.lacks_acknowledged() ? own.acknowledged() : own.next();
  const auto consider = [&](Offset position) {
    if (position > own.next() && (target == own.next() || position < target)) target = position;
  };
  const auto kept = own.front();
  // What comes next is there: it waits for the other direction.
  if (kept && kept->begin <= own.next()) return false;
  if (kept) consider(kept->begin);
  if (const auto waiting = stream(parser::other(side)).front()) consider(waiting->needs);
  const Offset missing = target - own.next();
  if (missing == 0) return false;

  own.advance_to(target);
  // One lacking position with nothing behind it is a FIN that was not captured, not a byte.
  const bool perhaps_fin = missing == 1 && !kept;
  if (!own.ended && !perhaps_fin) {
    watcher_.on_gap(now_, side, static_cast<std::uint64_t>(missing));
  }
  return true;
}

/// Kept segments of both sides that each acknowledge the other, though neither was sent before: the
/// capture contradicts itself, and one of them goes first.
bool TcpConnection::untangle() {
  for (const Side side : sides) {
    if (const auto kept = stream(side).front(); kept && kept->begin <= stream(side).next()) {
      deliver(side, *kept);
      stream(side).drop_front();
      return true;
    }
  }
  return false;
}

/// Gives up what is missing, this side's first. False: nothing waits any more.
bool TcpConnection::make_way(Side side) {
  return skip_hole(side) || skip_hole(parser::other(side)) || untangle();
}

void TcpConnection::lose_patience() {
  for (const Side side : sides) {
    const TcpStream& own = stream(side);
    // Only the other direction was captured: nothing is on its way.
    if (!own.seen && own.lacks_acknowledged() && skip_hole(side)) deliver_all_ready();
    const auto too_much = [&] {
      return own.kept_bytes() > max_kept_bytes || own.kept_chunks() > max_kept_chunks;
    };
    while (too_much() && make_way(side)) deliver_all_ready();
  }

  if (!lacks_something(Side::client) && !lacks_something(Side::server)) {
    lacking_since_.reset();
    return;
  }
  if (!lacking_since_) lacking_since_ = now_;
  if (now_ - *lacking_since_ < patience) return;
  lacking_since_.reset();
  for (const Side side : sides) {
    while (stream(side).lacks_acknowledged() && skip_hole(side)) deliver_all_ready();
  }
}

void TcpConnection::release() {
  deliver_all_ready();
  while (make_way(Side::client)) deliver_all_ready();
  for (const Side side : sides) {
    if (deliver_reset(side, true)) deliver_all_ready();
  }
}

bool TcpConnection::ended() const {
  const TcpStream& client = stream(Side::client);
  const TcpStream& server = stream(Side::server);
  return failed_ || client.was_reset || server.was_reset || (client.ended && server.ended);
}

void TcpConnection::finish(Time time) {
  release();
  if (ended()) {
    watcher_.on_finished(now_, false, disorder_);
    return;
  }
  now_ = std::max(now_, time);
  const bool unanswered = disorder_.connection_attempts > 0 && !stream(Side::server).anchored();
  if (unanswered && (disorder_.connection_attempts > 1 || now_ - opened_ >= connect_patience)) {
    watcher_.on_connect_failed(now_, ConnectFailure::timeout, disorder_);
    watcher_.on_finished(now_, false, disorder_);
    return;
  }
  watcher_.on_finished(now_, true, disorder_);
}

}  // namespace legible::capture
