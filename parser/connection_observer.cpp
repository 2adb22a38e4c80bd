#include "parser/connection_observer.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parser/first_bytes_secrets.hpp"
#include "parser/http_observer.hpp"
#include "parser/preamble.hpp"
#include "parser/protocol_detector.hpp"
#include "parser/tds_packets.hpp"
#include "parser/tls_observer.hpp"

namespace legible::parser {
namespace {

using Bytes = std::span<const std::uint8_t>;

/// A tunnel in a tunnel, and then STARTTLS: nobody goes deeper.
constexpr std::size_t deepest_preamble = 3;

/// Where one direction of the connection stands.
enum class Stage : std::uint8_t {
  detecting,  ///< what begins here is not known yet
  preamble,   ///< a cleartext dialogue that may lead to TLS
  http,       ///< plain-text HTTP
  tls,
  passing,  ///< nothing that is understood; bytes are only counted
};

constexpr const char* http_head = "head of an HTTP message";

struct Direction {
  Stage stage = Stage::detecting;
  bool ended = false;
  bool first_bytes_settled = false;  ///< reported, or lost in a gap
  std::size_t depth = 0;             ///< exchanges that this direction has passed through
  Preamble* preamble = nullptr;      ///< in Stage::preamble
  bool awaits_head = false;          ///< in Stage::http: the first one
  std::uint64_t offset = 0;          ///< in the stream, of the next byte to be looked at; until TLS
  std::uint64_t turn_at = 0;         ///< in the stream: what it says since the other side spoke
  std::uint64_t tls_at = 0;          ///< in the stream, once TLS has begun
  std::uint64_t to_skip = 0;         ///< rest of a message that needs no look
  std::vector<std::uint8_t> held;    ///< unfinished line or message, from `offset` on
  std::unique_ptr<TdsPackets> packets;  ///< that TLS comes in

  /// What is being read, as Incomplete names it.
  std::string_view unit() const {
    if (preamble) return preamble->unit();
    return awaits_head ? http_head : "first bytes";
  }

  bool unfinished(Side from) const {
    return !held.empty() || to_skip > 0 || awaits_head ||
           (preamble && preamble->inside_message(from));
  }
};

}  // namespace

struct ConnectionObserver::State final : HttpSink {
  State(ObservationSink& sink_, const Limits& limits_, RecordDecryptor* decryptor,
        HttpSink* http_sink_)
      : sink(sink_), limits(limits_), http_sink(http_sink_), tls(sink, limits, decryptor) {}

  void feed(Side from, Bytes bytes, Instant when);
  void feed_own_answer(Bytes bytes);
  void begin_anew();
  void gap(Side from, std::uint64_t missing);
  void end(Side from, StreamEnd how);
  void end_cleartext(Side from, StreamEnd how);

  Bytes advance(Side from, Bytes bytes);
  void feed_tls(Side from, Bytes bytes);

  /// One step at the start of `bytes`, which is not empty: how many bytes it took (more than there
  /// are: the rest needs no look), or nothing when it needs more to take any.
  std::optional<std::uint64_t> step(Side from, Bytes bytes);
  std::optional<std::uint64_t> detect(Side from, Bytes bytes);
  std::optional<std::uint64_t> converse(Side from, Bytes bytes);

  void on_first_head(Side from, PlainHttp&& head) override;
  void on_http(Side from, const HttpEvent& event) override;

  void begin(Side from, Protocol protocol, Bytes first);
  void begin_tls(Side from, std::uint64_t at);
  void begin_http(Side from, Bytes first);
  Preamble* preamble_for(Side from, Protocol protocol);
  Protocol peer_protocol(Side from);
  void abandon(Preamble& preamble);
  void pass(Side from);

  void report_first_bytes(Side from, Protocol protocol, Bytes first);
  void report_dialogue(Preamble& preamble);
  void report_dialogues();

  Direction& of(Side side) { return directions[static_cast<std::size_t>(side)]; }

  ObservationSink& sink;
  Limits limits;
  HttpSink* http_sink;
  TlsObserver tls;
  std::unique_ptr<HttpObserver> http;  ///< once a side has begun with it
  Instant now{};                       ///< of the call in progress
  std::optional<Side> last_speaker;    ///< until TLS
  std::array<Direction, 2> directions;
  std::unique_ptr<Preamble> header;                  ///< PROXY: the client's alone
  std::vector<std::unique_ptr<Preamble>> exchanges;  ///< those of both sides, by depth
};

ConnectionObserver::ConnectionObserver(ObservationSink& sink, const Limits& limits,
                                       RecordDecryptor* decryptor, HttpSink* http)
    : state_(std::make_unique<State>(sink, limits, decryptor, http)) {}
ConnectionObserver::~ConnectionObserver() = default;
ConnectionObserver::ConnectionObserver(ConnectionObserver&&) noexcept = default;
ConnectionObserver& ConnectionObserver::operator=(ConnectionObserver&&) noexcept = default;

void ConnectionObserver::feed(Side from, std::span<const std::uint8_t> bytes, Instant now) {
  state_->feed(from, bytes, now);
}

void ConnectionObserver::feed_own_answer(std::span<const std::uint8_t> bytes) {
  state_->feed_own_answer(bytes);
}

void ConnectionObserver::begin_anew() { state_->begin_anew(); }

void ConnectionObserver::gap(Side from, std::uint64_t missing) { state_->gap(from, missing); }

void ConnectionObserver::end(Side from, StreamEnd how) { state_->end(from, how); }

void ConnectionObserver::finish_http() {
  if (!state_->http) return;
  for (const Side side : {Side::client, Side::server}) state_->http->stop(side);
}

void ConnectionObserver::stop_decrypting() { state_->tls.stop_decrypting(); }

std::uint64_t ConnectionObserver::before_tls(Side from) const {
  const Direction& direction = state_->of(from);
  if (direction.stage == Stage::tls) return direction.tls_at;
  // Part of a line is no part of TLS, which begins where a line could; nor is what begins
  // otherwise.
  const bool undecided = direction.stage == Stage::detecting && !direction.held.empty() &&
                         may_begin_tls(direction.held.front());
  return direction.offset + (undecided ? 0 : direction.held.size());
}

bool ConnectionObserver::speaks_tls(Side from) const {
  return state_->of(from).stage == Stage::tls;
}

const RecordTail& ConnectionObserver::tail(Side from) const { return state_->tls.tail(from); }

void ConnectionObserver::State::feed(Side from, Bytes bytes, Instant when) {
  Direction& direction = of(from);
  now = when;
  if (direction.stage == Stage::tls) return feed_tls(from, bytes);
  if (std::exchange(last_speaker, from) != from) {
    direction.turn_at = direction.offset + direction.held.size();
  }
  std::vector<std::uint8_t> joined = std::exchange(direction.held, {});
  if (!joined.empty()) {
    joined.insert(joined.end(), bytes.begin(), bytes.end());
    bytes = joined;
  }
  const Bytes rest = advance(from, bytes);
  direction.held.assign(rest.begin(), rest.end());
}

void ConnectionObserver::State::feed_own_answer(Bytes bytes) {
  Direction& server = of(Side::server);
  // They are not the server's first bytes, nor do they count in its stream.
  server.first_bytes_settled = true;
  feed(Side::server, bytes, {});
  server.first_bytes_settled = false;
  server.offset = 0;
}

void ConnectionObserver::State::begin_anew() {
  if (header) header->is_with_proxy();
  for (const std::unique_ptr<Preamble>& exchange : exchanges) exchange->is_with_proxy();
  report_dialogues();
  of(Side::client).first_bytes_settled = false;
}

/// Returns what has to be held until more comes: part of a line or of a short message.
Bytes ConnectionObserver::State::advance(Side from, Bytes bytes) {
  Direction& direction = of(from);
  while (!bytes.empty()) {
    const std::optional<std::uint64_t> taken = step(from, bytes);
    if (!taken) break;
    const std::uint64_t here = std::min<std::uint64_t>(*taken, bytes.size());
    direction.to_skip = *taken - here;
    direction.offset += here;
    bytes = bytes.subspan(static_cast<std::size_t>(here));
  }
  return bytes;
}

std::optional<std::uint64_t> ConnectionObserver::State::step(Side from, Bytes bytes) {
  Direction& direction = of(from);
  if (direction.to_skip > 0) return direction.to_skip;
  switch (direction.stage) {
    case Stage::detecting:
      return detect(from, bytes);
    case Stage::preamble:
      return converse(from, bytes);
    case Stage::http:
      http->feed(from, bytes, now);
      break;
    case Stage::tls:
      feed_tls(from, bytes);
      break;
    case Stage::passing:
      break;
  }
  return bytes.size();
}

void ConnectionObserver::State::feed_tls(Side from, Bytes bytes) {
  const std::unique_ptr<TdsPackets>& packets = of(from).packets;
  if (!packets) return tls.feed(from, bytes);
  while (!bytes.empty()) {
    const TdsPackets::Piece piece = packets->next(bytes);
    if (packets->clear()) {
      of(from).first_bytes_settled = false;
      report_first_bytes(from, Protocol::tds, bytes);
      return pass(from);
    }
    if (!piece.tls.empty()) tls.feed(from, piece.tls);
    bytes = bytes.subspan(piece.taken);
  }
}

std::optional<std::uint64_t> ConnectionObserver::State::detect(Side from, Bytes bytes) {
  const std::optional<Protocol> protocol = detect_protocol(from, bytes, peer_protocol(from));
  if (!protocol) return std::nullopt;
  report_first_bytes(from, *protocol, bytes);
  begin(from, *protocol, bytes);
  return 0;
}

std::optional<std::uint64_t> ConnectionObserver::State::converse(Side from, Bytes bytes) {
  Direction& direction = of(from);
  Preamble& preamble = *direction.preamble;
  if (direction.offset == direction.turn_at) preamble.begin_turn(from);
  if (preamble.by_turns() && direction.offset < direction.turn_at) {
    bytes = bytes.first(static_cast<std::size_t>(direction.turn_at - direction.offset));
    preamble.end_turn(from);
  }
  const bool was_full = preamble.overflowed();
  const PreambleStep step = preamble.feed(from, bytes);
  if (!was_full && preamble.overflowed()) {
    sink.on_observation(from, LimitReached{"cleartext dialogue", limits.dialogue_bytes});
  }
  switch (step.next) {
    case PreambleStep::Next::need_more:
      return std::nullopt;
    case PreambleStep::Next::proceed:
      break;
    case PreambleStep::Next::hand_over:
      direction.preamble = nullptr;
      direction.stage = Stage::detecting;
      if (!preamble.one_sided()) ++direction.depth;
      // The next bytes may be another packet's header.
      if (preamble.packet_rest(from) > 0) begin_tls(from, direction.offset + step.consumed);
      break;
    case PreambleStep::Next::leave:
      abandon(preamble);
      break;
  }
  return step.consumed;
}

void ConnectionObserver::State::on_first_head(Side from, PlainHttp&& head) {
  of(from).awaits_head = false;
  sink.on_observation(from, std::make_shared<const PlainHttp>(std::move(head)));
  if (!http_sink) pass(from);
}

void ConnectionObserver::State::on_http(Side from, const HttpEvent& event) {
  // A fault in the first head says what the connection is not, as other first bytes do.
  if (of(from).awaits_head) {
    if (const auto* malformed = std::get_if<Ref<Malformed>>(&event)) {
      of(from).awaits_head = false;
      return sink.on_observation(from, malformed->get());
    }
    if (const auto* reached = std::get_if<Ref<LimitReached>>(&event)) {
      of(from).awaits_head = false;
      return sink.on_observation(from, reached->get());
    }
  }
  if (http_sink) http_sink->on_http(from, event);
}

void ConnectionObserver::State::begin(Side from, Protocol protocol, Bytes first) {
  if (protocol == Protocol::tls || protocol == Protocol::sslv2_hello) {
    begin_tls(from, of(from).offset);
  } else if (Preamble* const preamble = preamble_for(from, protocol)) {
    of(from).preamble = preamble;
    of(from).stage = Stage::preamble;
  } else if (protocol == Protocol::http) {
    begin_http(from, first);
  } else {
    pass(from);
  }
}

void ConnectionObserver::State::begin_tls(Side from, std::uint64_t at) {
  const std::size_t depth = of(from).depth;
  if (from == Side::client && depth < exchanges.size()) exchanges[depth]->begin_tls();
  if (depth > 0 && depth <= exchanges.size()) {
    const std::uint64_t rest = exchanges[depth - 1]->packet_rest(from);
    if (rest > 0) of(from).packets = std::make_unique<TdsPackets>(rest);
  }
  of(from).tls_at = at;
  tls.start_at(from, at);
  of(from).stage = Stage::tls;
  report_dialogues();
  if (of(other(from)).stage != Stage::tls) return;
  header.reset();
  exchanges.clear();
}

void ConnectionObserver::State::begin_http(Side from, Bytes first) {
  // A page without a head has nothing to read.
  const bool http1 = from == Side::client || as_text(first).starts_with("HTTP/");
  if (!http1 && as_text(first).starts_with('<')) return pass(from);
  if (!http) http = std::make_unique<HttpObserver>(*this, limits);
  if (http->stopped(from)) return pass(from);
  http->start_at(from, of(from).offset);
  of(from).awaits_head = http1;
  of(from).stage = Stage::http;
}

/// The dialogue that `from` takes part in by beginning with `protocol`: the one that its peer has
/// begun at this depth, or a new one.
Preamble* ConnectionObserver::State::preamble_for(Side from, Protocol protocol) {
  const std::size_t depth = of(from).depth;
  if (protocol == Protocol::proxy_protocol) {
    if (from == Side::server || depth > 0 || header) return nullptr;
    header = make_preamble(protocol, limits, sink);
    return header.get();
  }
  const bool begun = depth < exchanges.size();
  // One side's beginning may tell nothing, and the other's what they speak.
  const bool known_now =
      begun && exchanges[depth]->protocol() == Protocol::unknown && protocol != Protocol::unknown;
  if (begun && !known_now) {
    Preamble& other = *exchanges[depth];
    return other.admits(protocol) && !other.abandoned() ? &other : nullptr;
  }
  if (depth >= deepest_preamble) return nullptr;
  std::unique_ptr<Preamble> preamble = make_preamble(protocol, limits, sink);
  if (!preamble) return nullptr;
  if (!known_now) return exchanges.emplace_back(std::move(preamble)).get();
  abandon(*exchanges[depth]);
  exchanges[depth] = std::move(preamble);
  return exchanges[depth].get();
}

Protocol ConnectionObserver::State::peer_protocol(Side from) {
  const std::size_t depth = of(from).depth;
  return depth < exchanges.size() ? exchanges[depth]->protocol() : Protocol::unknown;
}

void ConnectionObserver::State::abandon(Preamble& preamble) {
  preamble.abandon();
  report_dialogue(preamble);
  for (const Side side : {Side::client, Side::server}) {
    if (of(side).preamble == &preamble) pass(side);
  }
}

void ConnectionObserver::State::pass(Side from) {
  Direction& direction = of(from);
  direction.offset += direction.held.size();
  direction.held = {};
  direction.to_skip = 0;
  direction.awaits_head = false;
  direction.preamble = nullptr;
  direction.stage = Stage::passing;
}

void ConnectionObserver::State::gap(Side from, std::uint64_t missing) {
  Direction& direction = of(from);
  if (direction.stage == Stage::tls) {
    // Where the next packet begins is not known any more.
    tls.gap(from, missing);
    if (direction.packets) pass(from);
    return;
  }
  if (direction.stage == Stage::detecting && !direction.held.empty()) {
    report_first_bytes(from, Protocol::unknown, direction.held);
  }
  direction.first_bytes_settled = true;
  if (direction.stage == Stage::http) {
    http->gap(from);
    // Its message is told as unfinished; a head that was never whole is told below.
    if (!direction.awaits_head) pass(from);
  }
  // Whose turn it was is not known any more.
  if (direction.preamble && direction.preamble->by_turns()) abandon(*direction.preamble);
  direction.offset += direction.held.size();
  direction.held = {};
  const bool skipped_whole = missing > 0 && missing <= direction.to_skip;
  if (direction.stage != Stage::passing && !skipped_whole) {
    sink.on_observation(from, Incomplete{std::string(direction.unit()), direction.offset, missing});
    if (!direction.preamble || !direction.preamble->survives_gap()) {
      direction.preamble = nullptr;
      direction.awaits_head = false;
      direction.stage = Stage::detecting;
    }
  }
  direction.to_skip -= std::min(direction.to_skip, missing);
  direction.offset += missing;
}

void ConnectionObserver::State::end(Side from, StreamEnd how) {
  Direction& direction = of(from);
  if (std::exchange(direction.ended, true)) return;
  if (direction.stage == Stage::tls) {
    tls.end(from, how);
  } else {
    end_cleartext(from, how);
  }
  // After one side's FIN the other may go on talking.
  if (how != StreamEnd::fin || of(other(from)).ended) report_dialogues();
}

void ConnectionObserver::State::end_cleartext(Side from, StreamEnd how) {
  Direction& direction = of(from);
  const std::uint64_t end_offset = direction.offset + direction.held.size();
  if (direction.stage == Stage::detecting && !direction.held.empty()) {
    const std::optional<Protocol> protocol =
        detect_protocol(from, direction.held, peer_protocol(from), true);
    report_first_bytes(from, protocol.value_or(Protocol::unknown), direction.held);
  }
  if (direction.stage == Stage::http) how == StreamEnd::fin ? http->end(from) : http->stop(from);
  if (direction.unfinished(from)) {
    sink.on_observation(from,
                        Incomplete{std::string(direction.unit()), end_offset, direction.to_skip});
  }
  pass(from);
}

void ConnectionObserver::State::report_first_bytes(Side from, Protocol protocol, Bytes first) {
  if (std::exchange(of(from).first_bytes_settled, true)) return;
  FirstBytes observation{protocol, 0, {}};
  const Bytes kept = first.first(std::min(first.size(), observation.bytes.size()));
  observation.count = static_cast<std::uint8_t>(kept.size());
  std::ranges::copy(kept, observation.bytes.begin());
  mask_secrets(observation, first);
  sink.on_observation(from, observation);
}

void ConnectionObserver::State::report_dialogue(Preamble& preamble) {
  const auto read = [this](Side side) {
    const Direction& direction = of(side);
    return direction.stage == Stage::tls ? direction.tls_at
                                         : direction.offset + direction.held.size();
  };
  const std::array<std::uint64_t, 2> bytes{read(Side::client), read(Side::server)};
  if (std::shared_ptr<const Dialogue> dialogue = preamble.take(bytes)) {
    const Side opener = dialogue->lines.front().from;
    sink.on_observation(opener, std::move(dialogue));
  }
}

void ConnectionObserver::State::report_dialogues() {
  if (header) report_dialogue(*header);
  for (const std::unique_ptr<Preamble>& exchange : exchanges) report_dialogue(*exchange);
}

}  // namespace legible::parser
