#include "proxy/legs/relay_connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "parser/preamble.hpp"
#include "parser/protocol_detector.hpp"
#include "proxy/text/escape.hpp"
#include "proxy/ways/http_page.hpp"

namespace legible::proxy {
namespace {

using namespace std::chrono_literals;

// As much as the record layer of one flight; the rest waits in the kernel.
constexpr std::size_t max_early_bytes = 64 * 1024;
// In milliseconds: a server that cannot read what it is sent ends by then.
constexpr std::uint64_t longest_reflex = 1000;
// Who the client wanted is worth a moment, when there is no server to send it to.
constexpr auto refusal_limit = 200ms;

}  // namespace

RelayConnection::RelayConnection(ConnectionContext& context, Connection::Owner& owner,
                                 AcceptedClient client, std::string reason)
    : TwoLegConnection(context, owner, client),
      record_(std::move(client.record)),
      early_bytes_(std::move(client.early)),
      only_(std::move(client.only)) {
  client_.stream = std::move(client.stream);
  client_.stream.set_owner(&client_);
  client_.bytes_in = client.received;
  client_.bytes_out = client.sent;
  client_.ended = client.ended;
  record_->note(wall_clock(), Leg::server,
                Target{target().host, target().port, "relay", std::move(reason),
                       client.found_by != FoundBy::redirect, client.found_by});
}

void RelayConnection::hand_over_tls(Successor& successor, std::unique_ptr<LegSecrets> secrets) {
  dialogue_ = std::make_unique<Dialogue>(successor, std::move(secrets));
}

void RelayConnection::explain_tls() {
  const bool asks_for_head = parser::as_text(early_bytes_).starts_with("HEAD ");
  first_answer_ = std::make_unique<FirstAnswer>(!asks_for_head);
}

void RelayConnection::start() {
  guarded([this] {
    enter(Phase::connecting, std::min(context_.timeouts.connect, context_.timeouts.handshake));
    if (!client_.ended) client_.stream.start_reading();
    dial();
  });
}

// --- the server leg ---

void RelayConnection::on_server_connected() {
  enter(Phase::handshaking, handshake_time_left());

  const bool sent = send(server_, std::exchange(early_bytes_, {}));
  if (client_reset_) return mirror_reset(server_);
  if (client_.ended) server_.stream.shutdown();
  if (client_.paused && server_.stream.queued() <= low_water) resume(client_);
  if (!sent) on_write_failed(server_);
  observe_progress();
  if (dialogue_) end_dialogue();
}

void RelayConnection::on_no_server() {
  enter(Phase::refusing, refusal_limit);
  if (client_.bytes_in > 0 || client_.ended) refuse_client();
}

void RelayConnection::refuse_client() {
  if (client_reset_) return finish();
  mirror_reset(client_);
}

// --- relaying ---

void RelayConnection::on_bytes(LegStream& from, std::span<const std::uint8_t> bytes) {
  const bool may_hold = phase_ != Phase::refusing && !from.discarding;
  if (dialogue_ && &from == &client_ && may_hold) return on_dialogue(bytes);
  LegStream& to = other(from);
  if (only_ && &from == &server_) only_->on_answer(bytes);
  if (first_answer_ && &from == &server_) return on_first_answer(bytes);
  const std::size_t wanted = only_ && &from == &client_ ? only_->admit(bytes) : bytes.size();
  bool sent = true;
  if (from.discarding) {
    // Nobody waits for it any more.
  } else if (to.stream) {
    sent = send(to, bytes.first(wanted), from.stream.end_follows());
  } else if (phase_ == Phase::connecting) {
    early_bytes_.insert(early_bytes_.end(), bytes.begin(), bytes.end());
  }
  const bool to_is_slow = to.queued() > high_water || early_bytes_.size() >= max_early_bytes;
  if (to_is_slow && !from.discarding) pause(from);
  record_->bytes(wall_clock(), from.side, bytes);
  if (wanted < bytes.size()) refuse_more(from);

  if (phase_ == Phase::refusing) return refuse_client();
  if (!sent) on_write_failed(to);
  observe_progress();
  if (dialogue_ && &from == &server_) {
    dialogue_->unanswered = false;
    if (dialogue_->replies) dialogue_->replies->feed(bytes);
    end_dialogue();
  }
}

/// Whether the server speaks TLS where the client speaks plain HTTP, only the server knows.
void RelayConnection::on_first_answer(std::span<const std::uint8_t> bytes) {
  record_->bytes(wall_clock(), Leg::server, bytes);
  if (!client_.stream || ending()) return;
  switch (first_answer_->feed(bytes)) {
    case FirstAnswer::Means::unknown:
      return observe_progress();
    case FirstAnswer::Means::plain:
      pass_first_answer();
      return observe_progress();
    case FirstAnswer::Means::tls:
      break;
  }
  const std::string_view words = first_answer_->words();
  answer_for_server(words.empty() ? std::string("answered in TLS")
                                  : fmt::format("answered \"{}\"", words));
}

/// A server that ends at once and without a word reads a TLS record where HTTP stands. One that
/// took its time ran into a timer.
void RelayConnection::end_first_answer() {
  if (!client_.stream || ending()) return;
  const bool at_once = context_.loop.now() - asked_ < longest_reflex;
  if (!at_once || !first_answer_->held().empty()) return pass_first_answer();
  answer_for_server("ended the connection at once without an answer, as servers of TLS do");
}

void RelayConnection::pass_first_answer() {
  const auto answer = std::move(first_answer_);
  if (!send(client_, answer->held())) on_write_failed(client_);
  if (!dialogue_ || answer->held().empty()) return;
  dialogue_->unanswered = false;
  end_dialogue();
}

void RelayConnection::answer_for_server(std::string_view what_it_did) {
  first_answer_.reset();
  if (dialogue_) stop_looking();
  const std::string server = parser::host_and_port(target().host, target().port);
  const std::string why = fmt::format("{} was sent it, and {}", escape_utf8(server), what_it_did);
  record_->note(wall_clock(), Leg::client, ProxyClosing{ProxyReason::plain_http, {}, why});
  const std::string page = page_for_plain_http(why).answer();
  const bool sent =
      send(client_, {reinterpret_cast<const std::uint8_t*>(page.data()), page.size()});
  client_.stream.shutdown();
  note_own_end(client_, parser::StreamEnd::fin);
  client_.discarding = server_.discarding = true;
  if (client_.paused && !client_.ended) resume(client_);
  enter(Phase::explained, linger_limit);
  if (!sent) on_write_failed(client_);
}

/// Its request is all that this server hears: the answer to it, and the connection, end there.
void RelayConnection::refuse_more(LegStream& from) {
  if (std::exchange(from.discarding, true) || !other(from).stream) return;
  other(from).stream.shutdown();
}

/// What may lead to TLS is looked at first: the server is sent what comes before it, and no more.
void RelayConnection::on_dialogue(std::span<const std::uint8_t> bytes) {
  std::vector<std::uint8_t>& held = dialogue_->held;
  if (held.empty()) dialogue_->entries = record_->timeline().entries().size();
  held.insert(held.end(), bytes.begin(), bytes.end());
  record_->bytes(wall_clock(), Leg::client, bytes);
  const std::uint64_t behind =
      record_->timeline().flow(Leg::client).bytes - record_->before_tls(Leg::client);
  release_dialogue(held.size() - std::min<std::size_t>(held.size(), behind));
  observe_progress();
  end_dialogue();
}

/// The client speaks TLS.
void RelayConnection::end_dialogue() {
  if (ending() || !server_.stream || !record_->speaks_tls(Leg::client)) return;
  if (!server_.ended) {
    if (waits_for_replies()) return;
    if (leads_to_server()) return hand_over();
  }
  stop_looking();
  observe_progress();
}

/// What comes is relayed from now on, whatever it is.
void RelayConnection::stop_looking() {
  release_dialogue(dialogue_->held.size());
  record_->stop_decrypting();
  dialogue_.reset();
}

/// Against RFC 3207 a client may have said everything at once: where the server's TLS begins, if it
/// does, is known once it has answered.
bool RelayConnection::waits_for_replies() {
  auto& replies = dialogue_->replies;
  if (!replies) {
    const parser::Dialogue* dialogue = last_dialogue();
    const bool at_once = dialogue_->unanswered && dialogue != nullptr && !dialogue->with_proxy &&
                         parser::is_line_protocol(dialogue->protocol);
    if (at_once) replies.emplace(*dialogue);
  }
  return replies && !replies->complete();
}

const parser::Dialogue* RelayConnection::last_dialogue() const {
  const parser::Dialogue* dialogue = nullptr;
  for (const Entry& entry : record_->timeline().entries()) {
    const auto* observation = std::get_if<parser::Observation>(&entry.fact);
    const auto* told =
        observation ? std::get_if<parser::Shared<parser::Dialogue>>(observation) : nullptr;
    if (told) dialogue = told->get();
  }
  return dialogue;
}

/// TLS with this server is what was asked for, and no tunnel to another one; and the server has
/// answered: where it has not, nobody knows where its own TLS begins. MySQL's request for TLS is
/// answered by TLS. A server that has sent an alert already takes no hello any more.
bool RelayConnection::leads_to_server() const {
  if (record_->speaks_tls(Leg::server)) return false;
  if (dialogue_->replies) return dialogue_->replies->granted();
  const parser::Dialogue* dialogue = last_dialogue();
  if (dialogue == nullptr || dialogue->with_proxy) return !dialogue_->unanswered;
  if (dialogue->protocol == parser::Protocol::mysql) return true;
  // What an unknown protocol does with the certificate (RDP's CredSSP) is unknown, too.
  if (dialogue->protocol == parser::Protocol::unknown) return false;
  if (dialogue->protocol == parser::Protocol::tds) return false;  // its TLS is in packets
  const bool tunnel =
      !dialogue->target.empty() && dialogue->protocol != parser::Protocol::proxy_protocol;
  return !tunnel && !dialogue_->unanswered;
}

/// The first `bytes` of what is held are no TLS.
void RelayConnection::release_dialogue(std::size_t bytes) {
  std::vector<std::uint8_t>& held = dialogue_->held;
  const std::span<const std::uint8_t> clear = std::span(held).first(bytes);
  bool sent = true;
  dialogue_->unanswered |= !clear.empty();
  if (server_.stream) {
    sent = send(server_, clear);
  } else {
    early_bytes_.insert(early_bytes_.end(), clear.begin(), clear.end());
  }
  held.erase(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(bytes));
  const std::size_t waiting = early_bytes_.size() + held.size();
  if (server_.queued() > high_water || waiting >= max_early_bytes) pause(client_);
  if (!sent) on_write_failed(server_);
}

void RelayConnection::hand_over() {
  const auto dialogue = std::move(dialogue_);
  AcceptedClient client = leave();
  client.record = std::move(record_);
  client.early = std::move(dialogue->held);
  client.entries_before_early = dialogue->entries;
  dialogue->successor.on_tls_begun(std::move(client), std::move(dialogue->secrets));
  left();
}

bool RelayConnection::send(LegStream& to, std::span<const std::uint8_t> bytes, bool last) {
  if (to.write_failed || bytes.empty()) return true;
  if (&to == &server_) asked_ = context_.loop.now();
  if ((last ? to.stream.write_last(bytes) : to.stream.write(bytes)) < 0) return false;
  to.bytes_out += bytes.size();
  return true;
}

void RelayConnection::on_write_failed(LegStream& to) {
  to.write_failed = true;
  if (to.ended) {
    // It had sent its FIN and now refuses bytes: the sender would see an RST without the proxy too.
    mirror_reset(other(to));
  } else {
    // What it sent before it went away is still to be read, an alert perhaps, and then its end.
    resume(to);
  }
}

void RelayConnection::on_sent(LegStream& to, int status) {
  if (status < 0 && !to.write_failed) return on_write_failed(to);
  LegStream& from = other(to);
  if (from.paused && from.stream && to.stream.queued() <= low_water) resume(from);
}

// --- ends ---

void RelayConnection::on_end(LegStream& from, parser::StreamEnd how) {
  LegStream& to = other(from);
  if (dialogue_ && &from == &client_) stop_looking();
  if (first_answer_ && &from == &server_) end_first_answer();
  if (how != parser::StreamEnd::fin) {
    from.stream.close();
    if (phase_ == Phase::explained && &from == &server_) {
      // The page is on its way, to a client that may still be sending.
      if (client_.ended) finish_when_sent();
      return;
    }
    if (to.stream) return mirror_reset(to);
    if (phase_ != Phase::connecting) return finish();
    client_reset_ = true;
    return;
  }
  if (phase_ == Phase::refusing) return refuse_client();
  if (resetting(from)) return;
  if (to.ended) {
    // Closing sends the last FIN when nothing waits to be sent before it.
    if (client_.queued() + server_.queued() > 0) to.stream.shutdown();
    return finish_when_sent();
  }
  if (to.stream) to.stream.shutdown();
  watch_unread_legs();
  observe_progress();
}

void RelayConnection::note_own_end(LegStream& leg, parser::StreamEnd how) {
  record_->closed(wall_clock(), leg.side, how, true, leg.bytes_in, leg.bytes_out);
}

void RelayConnection::conclude() {
  if (record_->concluded()) return;
  const PastConnection facts{accepted_, client_.bytes_in == 0, record_->client_hello(),
                             record_->agreed_version()};
  record_->conclude(wall_clock(), recall_and_add(facts));
}

// --- time ---

void RelayConnection::enter(Phase phase, std::chrono::milliseconds limit) {
  phase_ = phase;
  wait_for(limit);
}

/// One side has ended, and there is nothing that the other could still be sent, or be sending: the
/// client asked for nothing, or the server ended with an alert in place of any answer.
bool RelayConnection::nobody_waits() const {
  if (server_.ended && record_->server_said_alert_only()) return true;
  return (client_.ended || server_.ended) && !record_->client_spoke();
}

void RelayConnection::observe_progress() {
  if (ending()) return;
  if (phase_ == Phase::parting) {
    half_close_used_ = true;
    return enter(Phase::open, context_.timeouts.idle);
  }
  if (phase_ != Phase::handshaking && phase_ != Phase::open) return;
  const bool done = record_->handshake_done();
  if (record_->terminal_seen() && !done && !plain_data_only()) {
    enter(Phase::lingering, linger_limit);
  } else if (done && nobody_waits() && !half_close_used_) {
    enter(Phase::parting, linger_limit);
  } else if (phase_ == Phase::handshaking && (done || data_flowed_both_ways_without_tls())) {
    enter(Phase::open, context_.timeouts.idle);
  } else if (phase_ == Phase::open && !done && record_->client_hello() != nullptr) {
    // A cleartext dialogue has turned into a handshake (STARTTLS).
    enter(Phase::handshaking, context_.timeouts.handshake);
  }
}

void RelayConnection::on_time_out() {
  switch (phase_) {
    case Phase::connecting:
      return give_up_dialling();
    case Phase::refusing:
      return refuse_client();
    case Phase::handshaking:
      return close_by_proxy(ProxyReason::handshake_timeout, context_.timeouts.handshake);
    case Phase::parting:
      // Nothing in flight is lost to a reader that is only slow; the idle time-out bounds it.
      if (client_.unsent() + server_.unsent() > 0) return observe_progress();
      [[fallthrough]];
    case Phase::lingering:
      return close_legs(parser::StreamEnd::fin);
    case Phase::explained:
      if (!server_.ended) note_own_end(server_, parser::StreamEnd::fin);
      return finish();
    case Phase::open:
      return on_idle();
  }
}

// --- what was seen ---

bool RelayConnection::tls_seen() const {
  if (record_->client_hello() != nullptr) return true;
  return std::ranges::any_of(record_->timeline().entries(), [](const Entry& entry) {
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
  if (tls_seen() && record_->client_hello() == nullptr) return Leg::client;
  const Flow& client = record_->timeline().flow(Leg::client);
  const Flow& server = record_->timeline().flow(Leg::server);
  return client.bytes > 0 && client.last >= server.last ? Leg::server : Leg::client;
}

}  // namespace legible::proxy
