#include "proxy/legs/two_leg_connection.hpp"

#include <algorithm>
#include <utility>

#include "proxy/record/timeline_search.hpp"

namespace legible::proxy {
namespace {

using namespace std::chrono_literals;

// How long a reset waits for bytes that came before it and are still on their way: a second.
constexpr auto reset_poll_interval = 20ms;
constexpr int max_reset_polls = 50;
constexpr auto unread_poll_interval = 1000ms;

}  // namespace

void LegStream::on_read(std::span<const std::uint8_t> bytes) {
  bytes_in += bytes.size();
  connection.last_activity_ = connection.context_.loop.now();
  connection.guarded([&] { connection.on_bytes(*this, bytes); });
}

void LegStream::on_read_end(int status) {
  connection.guarded([&] { connection.on_leg_end(*this, status); });
}

void LegStream::on_written(int status) {
  connection.guarded([&] { connection.on_leg_written(*this, status); });
}

TwoLegConnection::TwoLegConnection(ConnectionContext& context, Connection::Owner& owner,
                                   AcceptedClient& client)
    : context_(context),
      accepted_(client.accepted),
      client_host_(client.host),
      owner_(owner),
      target_(std::move(client.target)),
      opened_(std::move(client.server)),
      announcement_(std::move(client.announcement)),
      timer_(context.loop, [this] { guarded([this] { on_timer(); }); }),
      begun_(client.begun),
      last_activity_(client.begun) {}

// --- the server leg ---

void TwoLegConnection::dial() {
  if (const auto opened = std::move(opened_)) return adopt(std::move(*opened));
  dial_ = std::make_unique<ServerDial>(context_.dialling(), target_,
                                       static_cast<ServerDial::Owner&>(*this));
  dial_->start();
}

void TwoLegConnection::on_opened(OpenedServer server) {
  guarded([&] {
    dial_.reset();
    adopt(std::move(server));
  });
}

void TwoLegConnection::adopt(OpenedServer&& opened) {
  const Connected connected{opened.address, opened.took, !announcement_.empty(),
                            opened.stream.local().text()};
  if (opened.used) {
    record(Leg::server).inform(wall_clock(), Leg::server, connected);
  } else {
    record(Leg::server).note(wall_clock(), Leg::server, connected);
  }
  ticket_ = opened.ticket;
  LegStream& server = leg(Leg::server);
  server.stream = std::move(opened.stream);
  server.stream.set_owner(&server);
  server.stream.start_reading();
  server.bytes_in = opened.received;
  server.bytes_out = opened.sent;
  const std::string announcement = std::exchange(announcement_, {});
  if (!announcement.empty()) {
    server.stream.write(
        {reinterpret_cast<const std::uint8_t*>(announcement.data()), announcement.size()});
  }
  on_server_connected();
  if (!opened.early.empty() && server.stream) server.on_read(opened.early);
}

void TwoLegConnection::on_not_opened(ConnectFailed failure) {
  guarded([&] {
    record(Leg::server).note(wall_clock(), Leg::server, std::move(failure));
    dial_.reset();
    on_no_server();
  });
}

void TwoLegConnection::on_shortage() {
  guarded([&] {
    record(Leg::server).note(wall_clock(), Leg::server, ProxyClosing{ProxyReason::resources});
    dial_.reset();
    on_no_server();
  });
}

// --- reading and writing ---

void TwoLegConnection::pause(LegStream& leg) {
  leg.paused = true;
  leg.stream.stop_reading();
  watch_unread_legs();
}

void TwoLegConnection::resume(LegStream& leg) {
  leg.paused = false;
  leg.stream.start_reading();
}

void TwoLegConnection::on_leg_written(LegStream& to, int status) {
  if (status == 0) last_activity_ = context_.loop.now();
  if (resetting(to)) return mirror_reset(to);
  if (ending_ == Ending::finishing) return finish_when_sent();
  on_sent(to, status);
}

// Nothing tells of an RST on a leg that is paused, or whose FIN was read while the other direction
// goes on: looked for now and then, it does not have to wait for the next write or a time-out.
void TwoLegConnection::watch_unread_legs() {
  if (!unread_timer_) {
    unread_timer_.emplace(context_.loop, [this] { guarded([this] { look_for_resets(); }); });
  }
  unread_timer_->start(unread_poll_interval);
}

void TwoLegConnection::look_for_resets() {
  if (ending()) return;
  bool unread = false;
  for (LegStream* each : {&leg(Leg::client), &leg(Leg::server)}) {
    unread |= each->paused || each->ended;
    if (!each->stream || !each->stream.broken()) continue;
    if (each->ended && opposite(*each).stream) return mirror_reset(opposite(*each));
    if (each->paused) {
      each->discarding = true;
      resume(*each);
    }
  }
  if (unread) watch_unread_legs();
}

// --- ends ---

void TwoLegConnection::on_leg_end(LegStream& leg, int status) {
  const parser::StreamEnd how = stream_end(status, leg.write_failed);
  leg.ended = true;
  const bool own = leg.side == Leg::server && leg.bytes_in == 0 && context_.own != nullptr;
  if (own && context_.own->has_come_back(ticket_)) {
    record(leg.side).note(
        wall_clock(), leg.side,
        ConnectFailed{ConnectError::own_listener, {}, std::string(redirected_back)});
  }
  record(leg.side).closed(wall_clock(), leg.side, how, false, leg.bytes_in, leg.bytes_out);
  on_end(leg, how);
}

void TwoLegConnection::mirror_reset(LegStream& to) {
  if (!to.write_failed && to.unsent() > 0 && reset_polls_ < max_reset_polls) {
    // What came before the reset, an alert perhaps, is delivered before it.
    ending_ = Ending::resetting;
    resetting_ = &to;
    ++reset_polls_;
    return wait_for(reset_poll_interval);
  }
  note_own_end(to, parser::StreamEnd::rst);
  to.stream.reset();
  finish();
}

void TwoLegConnection::finish_when_sent() {
  conclude();
  LegStream& client = leg(Leg::client);
  LegStream& server = leg(Leg::server);
  if (client.queued() + server.queued() == 0) return finish();
  ending_ = Ending::finishing;
  resetting_ = nullptr;
  unsent_before_ = client.unsent() + server.unsent();
  wait_for(context_.timeouts.idle);
}

void TwoLegConnection::shut_down() {
  if (ending_ == Ending::finishing) return finish();
  if (ending_ != Ending::finished) close_by_proxy(ProxyReason::shutdown, {});
}

void TwoLegConnection::close_by_proxy(ProxyReason reason, std::chrono::seconds limit) {
  const Leg silent = waited_for();
  record(silent).note(wall_clock(), silent, ProxyClosing{reason, limit});
  for (LegStream* each : {&leg(Leg::client), &leg(Leg::server)}) {
    if (each->stream) take_leave(*each);
  }
  close_legs(reason == ProxyReason::shutdown ? parser::StreamEnd::fin : parser::StreamEnd::timeout);
}

void TwoLegConnection::abandon(const char* why) {
  if (ending_ == Ending::finished) return;
  if (ending_ == Ending::leaving) {
    // What had both is gone, and the record has given its verdict.
    left();
    return owner_.on_finished(*this);
  }
  const Leg silent = waited_for();
  record(silent).note(wall_clock(), silent, ProxyClosing{ProxyReason::resources, {}, why});
  close_legs(parser::StreamEnd::error);
}

void TwoLegConnection::close_legs(parser::StreamEnd how) {
  for (LegStream* each : {&leg(Leg::client), &leg(Leg::server)}) {
    if (each->stream && !each->ended) note_own_end(*each, how);
  }
  finish();
}

void TwoLegConnection::finish() {
  conclude();
  ending_ = Ending::finished;
  resetting_ = nullptr;
  // With the streams: closed later, in the destructor, it would cost the loop another turn.
  timer_.close();
  unread_timer_.reset();
  dial_.reset();
  leg(Leg::client).stream.close();
  leg(Leg::server).stream.close();
  owner_.on_finished(*this);
}

AcceptedClient TwoLegConnection::leave() {
  ending_ = Ending::leaving;
  timer_.stop();
  unread_timer_.reset();
  LegStream& client = leg(Leg::client);
  LegStream& server = leg(Leg::server);
  for (LegStream* each : {&client, &server}) {
    each->stream.stop_reading();
    each->stream.set_owner(nullptr);  // what is queued is sent on
  }
  const Timeline& timeline = record(Leg::client).timeline();
  const auto* target = last_fact<Target>(timeline, Leg::server);
  const auto* connected = last_fact<Connected>(timeline, Leg::server);

  AcceptedClient left;
  left.stream = std::move(client.stream);
  left.target = target_;
  left.found_by = target ? target->found_by : FoundBy::option;
  left.server = std::make_unique<OpenedServer>(
      OpenedServer{.stream = std::move(server.stream),
                   .address = connected ? connected->address : std::string(),
                   .took = connected ? connected->took.value_or(std::chrono::microseconds{})
                                     : std::chrono::microseconds{},
                   .used = true,
                   .received = server.bytes_in,
                   .sent = server.bytes_out});
  left.host = client_host_;
  left.accepted = accepted_;
  left.begun = context_.loop.now();
  left.received = client.bytes_in;
  left.sent = client.bytes_out;
  return left;
}

History TwoLegConnection::recall_and_add(const PastConnection& connection) {
  return context_.history.recall_and_add(client_host_, target().host, connection);
}

// --- time ---

std::chrono::milliseconds TwoLegConnection::handshake_time_left() const {
  const std::chrono::milliseconds spent{context_.loop.now() - begun_};
  return std::max<std::chrono::milliseconds>(context_.timeouts.handshake - spent, 1ms);
}

void TwoLegConnection::on_idle() {
  const std::chrono::seconds limit = context_.timeouts.idle;
  const std::chrono::milliseconds idle{context_.loop.now() - last_activity_};
  if (idle < limit) return wait_for(limit - idle);
  // The kernel still hands on what it was given: a reader may be slow, but not stop.
  const std::size_t unsent = leg(Leg::client).unsent() + leg(Leg::server).unsent();
  if (unsent > 0 && std::exchange(unsent_before_, unsent) != unsent) return wait_for(limit);
  close_by_proxy(ProxyReason::idle_timeout, limit);
}

void TwoLegConnection::on_timer() {
  switch (ending_) {
    case Ending::no:
      return on_time_out();
    case Ending::resetting:
      return mirror_reset(*resetting_);
    case Ending::finishing:
      // Neither may a reader stop here: see on_idle.
      if (leg(Leg::client).unsent() + leg(Leg::server).unsent() >= unsent_before_) return finish();
      return finish_when_sent();
    case Ending::leaving:
    case Ending::finished:
      return;
  }
}

}  // namespace legible::proxy
