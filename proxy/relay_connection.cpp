#include "proxy/relay_connection.hpp"

#include <algorithm>
#include <utility>

namespace legible::proxy {
namespace {

using namespace std::chrono_literals;

// A leg whose queue is longer is no longer fed: its peer reads slower than the other one sends.
constexpr std::size_t high_water = 128 * 1024;
constexpr std::size_t low_water = high_water / 2;
// As much as the record layer of one flight; the rest waits in the kernel.
constexpr std::size_t max_early_bytes = 64 * 1024;

// A failed handshake has its verdict at the latest 3 s after its first terminal event.
constexpr auto linger_limit = 2500ms;
// How long a reset waits for bytes that came before it and are still on their way: a second.
constexpr auto reset_poll_interval = 20ms;
constexpr int max_reset_polls = 50;
constexpr auto unread_poll_interval = 1000ms;
// Who the client wanted is worth a moment, when there is no server to send it to.
constexpr auto refusal_limit = 200ms;

}  // namespace

RelayConnection::RelayConnection(ConnectionContext& context, Connection::Owner& owner,
                                 AcceptedClient client, std::string reason)
    : context_(context),
      owner_(owner),
      owned_record_(std::move(client.record)),
      record_(*owned_record_),
      timer_(context.loop, [this] { on_timer(); }),
      accepted_(client.accepted),
      begun_(client.begun),
      last_activity_(client.begun),
      client_host_(std::move(client.host)),
      early_bytes_(std::move(client.early)) {
  client_.stream = std::move(client.stream);
  client_.stream.set_owner(&client_);
  client_.bytes_in = early_bytes_.size();
  client_.ended = client.ended;
  const HostPort& target = context.target.target();
  record_.note(wall_clock(), Leg::server,
               Target{target.host, target.port, "relay", std::move(reason)});
}

RelayConnection::~RelayConnection() { context_.target.forget(*this); }

void RelayConnection::start() {
  enter(Phase::connecting, std::min(context_.timeouts.connect, context_.timeouts.handshake));
  if (!client_.ended) client_.stream.start_reading();
  context_.target.resolve(*this);
}

// --- the server leg ---

void RelayConnection::on_resolved(Addresses addresses) {
  connector_.emplace(context_.loop, std::move(addresses), static_cast<Connector::Owner&>(*this));
  connector_->start();
}

void RelayConnection::on_resolve_failed(const std::string& detail) {
  on_connect_failed({ConnectError::dns, {}, detail});
}

void RelayConnection::on_own_listener(const SocketAddress& address) {
  on_connect_failed({ConnectError::own_listener, address.text(), {}});
}

void RelayConnection::on_connected(TcpStream stream, const SocketAddress& address) {
  const Time now = wall_clock();
  record_.note(now, Leg::server, Connected{address.text(), now - accepted_});
  server_.stream = std::move(stream);
  server_.stream.set_owner(&server_);
  connector_.reset();
  enter_handshaking();

  const bool sent = send(server_, std::exchange(early_bytes_, {}));
  if (client_reset_) return mirror_reset(server_);
  if (client_.ended) server_.stream.shutdown();
  if (client_.paused && server_.stream.queued() <= low_water) resume(client_);
  if (!sent) on_write_failed(server_);
  observe_progress();
}

void RelayConnection::on_connect_failed(ConnectFailed failure) {
  context_.target.doubt();
  record_.note(wall_clock(), Leg::server, std::move(failure));
  connector_.reset();
  if (client_.bytes_in > 0 || client_.ended) return refuse_client();
  enter(Phase::refusing, refusal_limit);
}

void RelayConnection::on_connect_shortage() {
  record_.note(wall_clock(), Leg::server, ProxyClosing{ProxyReason::resources, {}});
  connector_.reset();
  refuse_client();
}

void RelayConnection::refuse_client() {
  if (client_reset_) return finish();
  mirror_reset(client_);
}

// --- relaying ---

void RelayConnection::on_read(RelayLeg& from, std::span<const std::uint8_t> bytes) {
  from.bytes_in += bytes.size();
  last_activity_ = context_.loop.now();
  RelayLeg& to = other(from);
  bool sent = true;
  if (to.stream && !from.discarding) {
    sent = send(to, bytes);
  } else if (phase_ == Phase::connecting) {
    early_bytes_.insert(early_bytes_.end(), bytes.begin(), bytes.end());
  }
  const bool to_is_slow = to.stream && to.stream.queued() > high_water && !from.discarding;
  if (to_is_slow || early_bytes_.size() >= max_early_bytes) pause(from);
  record_.bytes(wall_clock(), from.side, bytes);

  if (phase_ == Phase::refusing) return refuse_client();
  if (!sent) on_write_failed(to);
  observe_progress();
}

bool RelayConnection::send(RelayLeg& to, std::span<const std::uint8_t> bytes) {
  if (to.write_failed || bytes.empty()) return true;
  if (to.stream.write(bytes) < 0) return false;
  to.bytes_out += bytes.size();
  return true;
}

void RelayConnection::on_write_failed(RelayLeg& to) {
  to.write_failed = true;
  if (to.ended) {
    // It had sent its FIN and now refuses bytes: the sender would see an RST without the proxy too.
    mirror_reset(other(to));
  } else {
    // What it sent before it went away is still to be read, an alert perhaps, and then its end.
    resume(to);
  }
}

void RelayConnection::on_written(RelayLeg& to, int status) {
  if (status == 0) last_activity_ = context_.loop.now();
  if (&to == resetting_) return mirror_reset(to);
  if (phase_ == Phase::finishing) return finish_when_sent();
  if (status < 0 && !to.write_failed) return on_write_failed(to);
  RelayLeg& from = other(to);
  if (from.paused && from.stream && to.stream.queued() <= low_water) resume(from);
}

void RelayConnection::pause(RelayLeg& leg) {
  leg.paused = true;
  leg.stream.stop_reading();
  watch_unread_legs();
}

void RelayConnection::resume(RelayLeg& leg) {
  leg.paused = false;
  leg.stream.start_reading();
}

// --- ends ---

void RelayConnection::on_read_end(RelayLeg& from, int status) {
  const parser::StreamEnd how = stream_end(status, from.write_failed);
  from.ended = true;
  note_end(from, how, false);
  RelayLeg& to = other(from);

  if (how != parser::StreamEnd::fin) {
    from.stream.close();
    if (to.stream) return mirror_reset(to);
    if (phase_ != Phase::connecting) return finish();
    client_reset_ = true;
    return;
  }
  if (phase_ == Phase::refusing) return refuse_client();
  if (&from == resetting_) return;
  if (to.ended) {
    conclude();
    // Closing sends the last FIN when nothing waits to be sent before it.
    if (client_.stream.queued() + server_.stream.queued() == 0) return finish();
    to.stream.shutdown();
    return enter_finishing();
  }
  if (to.stream) to.stream.shutdown();
  watch_unread_legs();
  observe_progress();
}

void RelayConnection::mirror_reset(RelayLeg& to) {
  if (!to.write_failed && to.stream.unsent() > 0 && reset_polls_ < max_reset_polls) {
    // What came before the reset, an alert perhaps, is delivered before it.
    resetting_ = &to;
    ++reset_polls_;
    return enter(Phase::resetting, reset_poll_interval);
  }
  note_end(to, parser::StreamEnd::rst, true);
  to.stream.reset();
  finish();
}

// Nothing tells of an RST on a leg that is paused, or whose FIN was read while the other direction
// goes on: looked for now and then, it does not have to wait for the next write or a time-out.
void RelayConnection::watch_unread_legs() {
  if (!unread_timer_) unread_timer_.emplace(context_.loop, [this] { look_for_resets(); });
  unread_timer_->start(unread_poll_interval);
}

void RelayConnection::look_for_resets() {
  const bool relaying = phase_ == Phase::handshaking || phase_ == Phase::lingering ||
                        phase_ == Phase::open || phase_ == Phase::parting;
  if (!relaying) return;
  for (RelayLeg* leg : {&client_, &server_}) {
    if (!leg->stream || !leg->stream.broken()) continue;
    if (leg->ended) return mirror_reset(other(*leg));
    if (leg->paused) {
      leg->discarding = true;
      resume(*leg);
    }
  }
  if (client_.paused || server_.paused || client_.ended || server_.ended) watch_unread_legs();
}

void RelayConnection::enter_finishing() {
  unsent_before_ = client_.stream.unsent() + server_.stream.unsent();
  enter(Phase::finishing, context_.timeouts.idle);
}

void RelayConnection::finish_when_sent() {
  if (client_.stream.queued() + server_.stream.queued() == 0) finish();
}

void RelayConnection::shut_down() {
  if (phase_ == Phase::finishing) return finish();
  if (phase_ != Phase::finished) close_by_proxy(ProxyReason::shutdown);
}

void RelayConnection::close_by_proxy(ProxyReason reason, std::chrono::seconds limit) {
  record_.note(wall_clock(), waited_for(), ProxyClosing{reason, limit});
  close_legs(reason == ProxyReason::shutdown ? parser::StreamEnd::fin : parser::StreamEnd::timeout);
}

void RelayConnection::close_legs(parser::StreamEnd how) {
  for (RelayLeg* leg : {&client_, &server_}) {
    if (leg->stream && !leg->ended) note_end(*leg, how, true);
  }
  finish();
}

void RelayConnection::note_end(RelayLeg& leg, parser::StreamEnd how, bool by_proxy) {
  record_.closed(wall_clock(), leg.side, how, by_proxy, leg.bytes_in, leg.bytes_out);
}

void RelayConnection::conclude() {
  if (record_.concluded()) return;
  const PastConnection facts{accepted_, client_.bytes_in == 0, record_.client_hello(),
                             record_.agreed_version()};
  record_.conclude(wall_clock(), context_.history.recall_and_add(
                                     client_host_, context_.target.target().host, facts));
}

void RelayConnection::finish() {
  conclude();
  phase_ = Phase::finished;
  resetting_ = nullptr;
  timer_.stop();
  unread_timer_.reset();
  context_.target.forget(*this);
  client_.stream.close();
  server_.stream.close();
  connector_.reset();
  owner_.on_finished(*this);
}

// --- time ---

void RelayConnection::enter(Phase phase, std::chrono::milliseconds limit) {
  phase_ = phase;
  timer_.start(limit);
}

void RelayConnection::enter_handshaking() {
  const std::chrono::milliseconds spent{context_.loop.now() - begun_};
  enter(Phase::handshaking,
        std::max<std::chrono::milliseconds>(context_.timeouts.handshake - spent, 1ms));
}

void RelayConnection::observe_progress() {
  if (phase_ == Phase::parting) {
    half_close_used_ = true;
    return enter(Phase::open, context_.timeouts.idle);
  }
  if (phase_ != Phase::handshaking && phase_ != Phase::open) return;
  const bool done = record_.handshake_done();
  if (record_.terminal_seen() && !done && !plain_data_only()) {
    enter(Phase::lingering, linger_limit);
  } else if (done && (client_.ended || server_.ended) && !record_.client_spoke() &&
             !half_close_used_) {
    enter(Phase::parting, linger_limit);
  } else if (phase_ == Phase::handshaking && (done || data_flowed_both_ways_without_tls())) {
    enter(Phase::open, context_.timeouts.idle);
  } else if (phase_ == Phase::open && !done && record_.client_hello() != nullptr) {
    // A cleartext dialogue has turned into a handshake (STARTTLS).
    enter(Phase::handshaking, context_.timeouts.handshake);
  }
}

void RelayConnection::on_timer() {
  const Timeouts& timeouts = context_.timeouts;
  switch (phase_) {
    case Phase::connecting:
      return on_connect_failed(connector_ ? connector_->timed_out()
                                          : ConnectFailed{ConnectError::dns, {}, "no answer"});
    case Phase::refusing:
      return refuse_client();
    case Phase::handshaking:
      return close_by_proxy(ProxyReason::handshake_timeout, timeouts.handshake);
    case Phase::parting:
      // Nothing in flight is lost to a reader that is only slow; the idle time-out bounds it.
      if (client_.stream.unsent() + server_.stream.unsent() > 0) return observe_progress();
      [[fallthrough]];
    case Phase::lingering:
      return close_legs(parser::StreamEnd::fin);
    case Phase::open: {
      const std::chrono::milliseconds idle{context_.loop.now() - last_activity_};
      if (idle < timeouts.idle) return timer_.start(timeouts.idle - idle);
      return close_by_proxy(ProxyReason::idle_timeout, timeouts.idle);
    }
    case Phase::resetting:
      return mirror_reset(*resetting_);
    case Phase::finishing:
      // A reader may be slow, but not stop.
      if (client_.stream.unsent() + server_.stream.unsent() >= unsent_before_) return finish();
      return enter_finishing();
    case Phase::finished:
      return;
  }
}

// --- what was seen ---

bool RelayConnection::tls_seen() const {
  if (record_.client_hello() != nullptr) return true;
  return std::ranges::any_of(record_.timeline().entries(), [](const Entry& entry) {
    const auto* observation = std::get_if<parser::Observation>(&entry.fact);
    const auto* first = observation ? std::get_if<parser::FirstBytes>(observation) : nullptr;
    return first && (first->protocol == parser::Protocol::tls ||
                     first->protocol == parser::Protocol::sslv2_hello);
  });
}

bool RelayConnection::plain_data_only() const { return client_.bytes_in > 0 && !tls_seen(); }

bool RelayConnection::data_flowed_both_ways_without_tls() const {
  return server_.bytes_in > 0 && plain_data_only();
}

Leg RelayConnection::waited_for() const {
  // A hello that is not whole leaves nothing to answer.
  if (tls_seen() && record_.client_hello() == nullptr) return Leg::client;
  const Flow& client = record_.timeline().flow(Leg::client);
  const Flow& server = record_.timeline().flow(Leg::server);
  return client.bytes > 0 && client.last >= server.last ? Leg::server : Leg::client;
}

}  // namespace legible::proxy
