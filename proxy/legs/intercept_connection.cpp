#include "proxy/legs/intercept_connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "parser/handshake_messages.hpp"
#include "proxy/legs/leg_settings.hpp"
#include "proxy/record/timeline_search.hpp"

namespace legible::proxy {
namespace {

using State = tls::Session::State;

constexpr std::size_t max_held = 64 * 1024;
// For a peer to take a refusal and leave, however late it is.
constexpr std::chrono::milliseconds last_words_limit{300};

constexpr std::uint64_t most_idle_messages = 100;

constexpr parser::AlertDescription close_notify{0};
constexpr parser::AlertDescription unexpected_message{10};
constexpr parser::AlertDescription handshake_failure{40};
constexpr parser::AlertDescription bad_certificate{42};
constexpr parser::AlertDescription illegal_parameter{47};
constexpr parser::AlertDescription protocol_version{70};
constexpr parser::AlertDescription internal_error{80};
constexpr parser::AlertDescription unrecognized_name{112};

std::string problems_text(const certs::Judgement& judgement) {
  std::string text;
  for (const certs::Problem& problem : judgement.problems) {
    if (!text.empty()) text += ", ";
    text += certs::id(problem.id);
  }
  return text;
}

std::string asked_host(const ConnectionRecord& client, const std::string& target) {
  const parser::ClientHello* hello = client.client_hello();
  return hello && !hello->sni.empty() ? hello->sni : target;
}

/// By a pre-shared key, or by a ticket or session id of TLS 1.2 and older. A session id alone may
/// stand there for middleboxes (RFC 8446 appendix D.4).
bool asks_to_resume(const parser::ClientHello& hello) {
  return hello.psk_identities > 0 || hello.session_ticket_length > 0;
}

}  // namespace

InterceptConnection::InterceptConnection(ConnectionContext& context,
                                         const InterceptionSettings& settings,
                                         Connection::Owner& owner, AcceptedClient client,
                                         std::unique_ptr<LegSecrets> secrets, ModeChoice choice)
    : TwoLegConnection(context, owner, client),
      settings_(settings),
      host_(settings.settings_for(asked_host(*client.record, target().host))),
      automatic_(choice.automatic),
      found_by_(client.found_by),
      held_(std::move(client.early)) {
  client_.record = std::move(client.record);
  client_.record->begin_interception();
  client_.secrets = std::move(secrets);
  client_.stream = std::move(client.stream);
  client_.stream.set_owner(&client_);
  client_.bytes_in = client.received;
  client_.bytes_out = client.sent;
  client_.ended = client.ended;

  server_.secrets = std::make_unique<LegSecrets>(settings.key_log);
  server_.record = std::make_unique<ConnectionRecord>(
      id(), context.records, &server_.secrets->decryptor, Scope::server_leg);
  const Target told{target().host,
                    target().port,
                    "intercept",
                    std::move(choice.reason),
                    client.found_by != FoundBy::redirect,
                    client.found_by};
  for (const Entry& entry : client_.record->timeline().entries()) {
    if (std::holds_alternative<Accepted>(entry.fact)) {
      server_.record->inform(entry.time, Leg::client, entry.fact);
    }
  }
  client_.record->note(wall_clock(), Leg::server, told);
  server_.record->inform(wall_clock(), Leg::server, told);
}

void InterceptConnection::start() {
  guarded([this] { begin(); });
}

void InterceptConnection::begin() {
  if (!client_.ended) client_.stream.start_reading();
  const parser::ClientHello* hello = client_.record->client_hello();
  if (hello == nullptr) {
    return refuse(client_,
                  {ProxyReason::not_terminable, {}, "its hello is longer than --max-hello"},
                  handshake_failure);
  }
  if (std::string why = obstacle(host_, *hello); !why.empty()) {
    const bool old = hello->highest_version() < parser::tls12;
    return refuse(client_, {ProxyReason::not_terminable, {}, std::move(why)},
                  old ? protocol_version : handshake_failure);
  }
  offer_ = tls::narrow(*hello, host_.server_limits);
  names_ = server_names(host_, *hello, target().host, found_by_);
  server_.record->verify_name(names_.verified, asked_host(*client_.record, target().host));
  enter(Phase::connecting,
        std::min<std::chrono::milliseconds>(context_.timeouts.connect, handshake_time_left()));
  dial();
}

// --- the server leg ---

void InterceptConnection::on_server_connected() {
  enter(Phase::server_handshake, handshake_time_left());
  tls::Settings settings = server_leg_settings(host_, offer_, names_);
  // Only for a client that resumes too: another one is owed what a full handshake shows.
  if (asks_to_resume(*client_.record->client_hello())) {
    resumable_ = host_.sessions->find(session_key());
    if (resumable_) settings.resumed = resumable_->state;
  }
  if (!open_session(server_, std::move(settings))) return;
  server_.session->start();
  if (server_.session->failure()) {
    // To a server that was told nothing an alert says nothing.
    server_.session->output().clear();
    return on_tls_failure(server_);
  }
  flush(server_);
  if (client_.ended) linger();
}

/// Refuses, and says false, when mbedTLS does not take the settings.
bool InterceptConnection::open_session(InterceptedLeg& leg, tls::Settings settings) {
  try {
    leg.session.emplace(std::move(settings), leg.secrets->live);
    return true;
  } catch (const std::exception& error) {
    refuse(leg, {ProxyReason::tls_failure, {}, error.what()}, internal_error);
    return false;
  }
}

std::string InterceptConnection::session_key() const {
  // No name holds a zero byte: see narrow().
  return fmt::format("{}{:c}{}{:c}{}{:c}{}", target().host, '\0', target().port, '\0', names_.sni,
                     '\0', names_.verified);
}

void InterceptConnection::judge_server() {
  const auto* seen = last_fact<ChainSeen>(server_.record->timeline(), Leg::server);
  if (seen) {
    server_chain_ = seen->chain;
    // It made a full handshake of what was offered.
    if (resumable_) host_.sessions->forget(session_key());
  } else if (resumable_) {
    server_chain_ = resumable_->chain;
  }
  const Time now = wall_clock();
  if (server_chain_ && !server_chain_->empty()) {
    judgement_ = context_.records.chains.judge_server(
        server_chain_, {asked_host(*client_.record, target().host), names_.verified},
        std::chrono::floor<std::chrono::seconds>(now));
  }
}

void InterceptConnection::on_server_ready() {
  server_ready_ = true;
  judge_server();
  if (!judgement_) {
    return refuse(server_, {ProxyReason::tls_failure, {}, "the server showed no certificate"},
                  handshake_failure);
  }
  keep_session();
  if (!judgement_->ok && host_.bad_server_certificate == BadServerCertificate::refuse) {
    return refuse(server_, {ProxyReason::server_certificate, {}, problems_text(*judgement_)},
                  bad_certificate);
  }
  mint();
}

void InterceptConnection::keep_session() {
  if (auto state = server_.session->new_session()) {
    host_.sessions->put(session_key(), {std::move(*state), server_chain_});
  }
}

void InterceptConnection::mint() {
  certs::MintRequest request;
  request.original = &server_chain_->front();
  request.family = leaf_family(*request.original, offer_);
  request.plan = host_.bad_server_certificate == BadServerCertificate::accept
                     ? certs::accept_plan()
                     : certs::mirror_plan(*judgement_);
  if (!names_.verified.empty()) request.judged_name = names_.verified;
  const std::string& asked = client_.record->client_hello()->sni;
  if (!asked.empty()) {
    request.names = {asked};
  } else if (found_by_ == FoundBy::option && client_.stream) {
    // Pointed at the listener's address, it compares the certificate with that.
    request.names = {client_.stream.local().host()};
  }
  request.now = std::chrono::floor<std::chrono::seconds>(wall_clock());
  if (auto known = settings_.leaves->find(request)) return begin_client_handshake(known);

  enter(Phase::minting, handshake_time_left());
  // The work may outlive the connection, and needs the chain as long.
  struct Job {
    ParsedChain chain;
    certs::MintRequest request;
    std::shared_ptr<const certs::MintedLeaf> leaf;
  };
  const auto job = std::make_shared<Job>(server_chain_, std::move(request), nullptr);
  minting_.emplace(
      context_.loop, [job, leaves = settings_.leaves] { job->leaf = leaves->get(job->request); },
      [this, job](const std::exception_ptr& thrown) {
        minting_.reset();
        if (ending() || phase_ != Phase::minting) return;
        if (!thrown) return guarded([&] { begin_client_handshake(job->leaf); });
        refuse(client_, {ProxyReason::tls_failure, {}, "no certificate could be made"},
               internal_error);
      });
}

// --- the client leg ---

void InterceptConnection::begin_client_handshake(
    const std::shared_ptr<const certs::MintedLeaf>& leaf) {
  const Time now = wall_clock();
  // What the client thinks of the certificate is judged by what is wrong with the server's own.
  const Timeline& server = server_.record->timeline();
  client_.record->inform(now, Leg::server, ChainJudged{names_.verified, judgement_});
  client_.record->note(now, Leg::server,
                       LeafMinted{{leaf, &leaf->plan},
                                  added_names(leaf->leaf(), server_chain_->front()),
                                  server_chain_,
                                  !names_.sni.empty()});

  enter(Phase::client_handshake,
        server_refusal_ ? time_until_due(*server_refusal_) : handshake_time_left());
  const parser::ClientHello& hello = *client_.record->client_hello();
  const auto* request =
      last_observed<parser::Shared<parser::CertificateRequest>>(server, Leg::server);
  const ServerChoice choice{*server_.record->server_hello(), server_.session->alpn(),
                            request ? request->get() : nullptr};
  tls::Settings settings = client_leg_settings(host_, hello, choice, leaf);
  if (server_refusal_ && !server_ready_ && choice.hello.version == parser::tls12) {
    settings.withhold_finished = true;
    settings.tickets = nullptr;
  }
  const bool tls13 = choice.hello.version == parser::tls13;
  if (tls13 && settings_.memory->gives_no_tickets(host_and_port())) {
    settings.tickets = nullptr;
  }
  // The server went on with a name that it does not know. Some clients end by that (Java), others
  // pass over it (RFC 6066 section 3).
  if (choice.hello.version == parser::tls12 && has_warned(server, Leg::server, unrecognized_name)) {
    client_.write_in_clear(parser::alert_level::warning, unrecognized_name);
  }
  const auto held = with_whole_records(std::exchange(held_, {}), hello.records);
  if (const auto group = broken_key_share(hello, settings, held)) {
    return refuse(client_,
                  {ProxyReason::tls_failure,
                   {},
                   fmt::format("the client's key share for group {} is no value of that group",
                               group->value)},
                  illegal_parameter);
  }
  if (!open_session(client_, std::move(settings))) return;
  client_.replay(held);
  on_state(client_);
  relieve(client_, server_);
}

void InterceptConnection::on_client_ready() {
  if (server_refusal_) return pass_refusal_on();
  enter(Phase::open, context_.timeouts.idle);
  deliver_waiting(client_);
  if (ending()) return;
  relieve(server_, client_);
  if (server_.session->state() == State::peer_closed) on_state(server_);
  if (!server_.ended) return;
  end_leg(client_);
  watch_unread_legs();
}

void InterceptConnection::deliver_waiting(InterceptedLeg& to) {
  if (!to.undelivered.empty()) to.session->write(std::exchange(to.undelivered, {}));
  flush(to);
}

/// The server has said no after it had shown its certificate. The client learns of it where it
/// would without the proxy: after its own flight, in TLS 1.3 after a handshake that seemed to
/// succeed.
bool InterceptConnection::refuse_later(ServerRefusal refusal) {
  if (ending()) return false;
  refusal.at = context_.loop.now();
  const bool under_way = phase_ == Phase::minting || phase_ == Phase::client_handshake;
  if (under_way) {
    if (!server_refusal_) server_refusal_ = refusal;
    wait_for(time_until_due(*server_refusal_));
    return true;
  }
  if (phase_ != Phase::server_handshake || !server_flight_complete()) return false;
  judge_server();
  if (!judgement_) return false;
  server_refusal_ = refusal;
  mint();
  if (phase_ == Phase::minting) wait_for(time_until_due(refusal));
  return true;
}

/// Its verdict is.
std::chrono::milliseconds InterceptConnection::time_until_due(const ServerRefusal& refusal) const {
  const std::chrono::milliseconds spent{context_.loop.now() - refusal.at};
  return std::max(linger_limit - spent, std::chrono::milliseconds(1));
}

/// TLS 1.2: ServerHelloDone.
bool InterceptConnection::server_flight_complete() const {
  const auto* message =
      last_observed<parser::HandshakeMessage>(server_.record->timeline(), Leg::server);
  return message && message->type == parser::handshake_type::server_hello_done;
}

void InterceptConnection::pass_refusal_on() {
  const ServerRefusal refusal = *std::exchange(server_refusal_, std::nullopt);
  // What it said before it is no less said.
  if (client_.open()) deliver_waiting(client_);
  if (refusal.alert) send_alert(client_, *refusal.alert);
  if (refusal.goodbye) say_goodbye(client_);
  if (refusal.end == parser::StreamEnd::rst && client_.stream) return mirror_reset(client_);
  linger();
  if (!ending()) wait_for(std::max(time_until_due(refusal), last_words_limit));
}

// --- what the peers say ---

void InterceptConnection::on_bytes(LegStream& stream, std::span<const std::uint8_t> bytes) {
  InterceptedLeg& from = leg(stream.side);
  if (!from.session) {
    hold(bytes);
    return respond(from);
  }
  const auto behind = from.feed(bytes);
  if (&from == &server_ && server_chain_) keep_session();
  respond(from);
  if (!behind.empty() && !ending()) from.record->bytes(wall_clock(), from.side, behind);
}

void InterceptConnection::respond(InterceptedLeg& from) {
  if (ending()) return;
  if (const auto alert = from.new_fatal_alert()) return on_fatal_alert(from, *alert);
  if (from.idle_messages() > most_idle_messages) {
    return refuse(from,
                  {ProxyReason::flood,
                   {},
                   fmt::format("more than {} warning alerts, empty records, session tickets or "
                               "ChangeCipherSpecs came from one side",
                               most_idle_messages)},
                  unexpected_message);
  }
  if (from.session) on_state(from);
}

/// The server leg is not ready for what the client says.
void InterceptConnection::hold(std::span<const std::uint8_t> bytes) {
  held_.insert(held_.end(), bytes.begin(), bytes.end());
  client_.record->bytes(wall_clock(), client_.side, bytes);
  if (held_.size() > max_held) pause(client_);
}

void InterceptConnection::on_plaintext(InterceptedLeg& from, std::span<const std::uint8_t> bytes) {
  InterceptedLeg& to = other(from);
  if (from.discarding || phase_ == Phase::lingering) return;
  if (to.open()) {
    to.session->write(bytes);
  } else {
    to.undelivered.insert(to.undelivered.end(), bytes.begin(), bytes.end());
  }
  server_.record->plaintext(wall_clock(), from.side, bytes);
}

void InterceptConnection::on_state(InterceptedLeg& from) {
  InterceptedLeg& to = other(from);
  flush(from);
  if (to.session) flush(to);
  if (phase_ == Phase::lingering || ending()) return;
  switch (from.session->state()) {
    case State::handshaking:
      return;
    case State::failed:
      return on_tls_failure(from);
    case State::withheld:
      return pass_refusal_on();
    case State::abandoned:
      return on_goodbye(from);
    case State::open:
      break;
    case State::peer_closed:
      server_.record->plaintext_end(wall_clock(), from.side);
      if (to.open() && !std::exchange(from.notified, true)) {
        to.session->close_notify();
        flush(to);
      }
      break;
  }
  // What was written to it could not be.
  if (phase_ == Phase::open && to.session && to.session->failure()) return on_tls_failure(to);
  if (&from == &server_ && phase_ == Phase::server_handshake) return on_server_ready();
  if (&from == &client_ && phase_ == Phase::client_handshake) return on_client_ready();
  if (to.backlog() > high_water && !from.paused && !from.discarding) pause(from);
  // What waited for the end of a renegotiation may have gone.
  relieve(to, from);
}

void InterceptConnection::flush(InterceptedLeg& to) {
  if (to.flush()) return;
  // What the peer sent before it went away is still to be read, an alert perhaps.
  if (!to.ended) return resume(to);
  // It had sent its FIN and now refuses bytes: the sender would see an RST without the proxy.
  if (phase_ == Phase::open) mirror_reset(other(to));
}

void InterceptConnection::on_sent(LegStream& stream, int status) {
  InterceptedLeg& to = leg(stream.side);
  if (status < 0) to.write_failed = true;
  relieve(other(to), to);
}

/// Reads `from` again, when `to` has room for what comes.
void InterceptConnection::relieve(InterceptedLeg& from, InterceptedLeg& to) {
  const bool room = to.undelivered.empty() && to.backlog() <= low_water;
  if (from.paused && !from.ended && room && !ending()) resume(from);
}

// --- failures ---

void InterceptConnection::on_fatal_alert(InterceptedLeg& from,
                                         parser::AlertDescription description) {
  // mbedTLS may have answered what it took for a broken record: nothing answers an alert.
  if (from.session) from.session->output().clear();
  if (&from == &server_ && refuse_later({.alert = description})) return;
  send_alert(other(from), description);
  linger();
}

void InterceptConnection::on_tls_failure(InterceptedLeg& from) {
  if (ending()) return;
  if (const auto alert = from.session->peer_alert()) return on_fatal_alert(from, *alert);
  const std::string detail = from.session->failure()->text;
  const bool established = phase_ == Phase::open;
  refuse(from, {ProxyReason::tls_failure, {}, detail},
         established ? internal_error : handshake_failure);
}

/// The proxy ends the connection because of what was said on `at`, where an alert of its own may
/// have been sent already: what TLS could not go on with is told by that, and then why.
void InterceptConnection::refuse(InterceptedLeg& at, ProxyClosing closing,
                                 parser::AlertDescription description) {
  const bool alert_first = closing.reason == ProxyReason::tls_failure;
  if (alert_first) send_alert(at, description);
  at.record->note(wall_clock(), at.side, std::move(closing));
  if (!alert_first) send_alert(at, description);
  send_alert(other(at), description);
  linger();
}

/// A close_notify in the middle of the handshake: nothing that its side showed is proven.
void InterceptConnection::on_goodbye(InterceptedLeg& from) {
  if (&from == &server_ && refuse_later({.alert = std::nullopt, .goodbye = true})) return;
  say_goodbye(other(from));
  linger();
}

/// A client may be told before it has a session. To a server nothing was said then.
void InterceptConnection::send_alert(InterceptedLeg& to, parser::AlertDescription description) {
  if (!to.hears()) return;
  if (to.session) {
    to.session->send_alert(description);
    flush(to);
  } else if (&to == &client_) {
    to.write_in_clear(parser::alert_level::fatal, description);
  }
}

void InterceptConnection::say_goodbye(InterceptedLeg& to) {
  if (!to.hears()) return;
  if (to.session) {
    to.session->close_notify();
    flush(to);
  } else if (&to == &client_) {
    to.write_in_clear(parser::alert_level::warning, close_notify);
  }
}

// --- ends ---

void InterceptConnection::on_end(LegStream& from, parser::StreamEnd how) {
  InterceptedLeg& to = other(from);
  // A server that spoke, or said goodbye, has not refused: the client is to have it all.
  const bool spoke = server_.open() && (server_.session->state() == State::peer_closed ||
                                        !client_.undelivered.empty());
  const bool client_is_made = phase_ == Phase::minting || phase_ == Phase::client_handshake;
  if (&from == &server_ && client_is_made && spoke && how == parser::StreamEnd::fin) return;
  if (&from == &server_ && client_.stream && !client_.ended &&
      refuse_later({.alert = std::nullopt, .end = how})) {
    return;
  }
  if (how != parser::StreamEnd::fin) {
    from.stream.close();
    if (to.stream) return mirror_reset(to);
    return finish();
  }
  if (resetting(from)) return;
  // As a FIN that came with the hello: the server leg is being opened, and goes first.
  if (&from == &client_ && phase_ == Phase::connecting) return;
  if (to.ended || !to.stream) {
    for (InterceptedLeg* each : {&client_, &server_}) end_leg(*each);
    return finish_when_sent();
  }
  end_leg(to);
  if (phase_ != Phase::open && phase_ != Phase::lingering) return linger();
  watch_unread_legs();
}

/// Says that nothing more will be sent on this leg.
void InterceptConnection::end_leg(InterceptedLeg& leg) {
  if (!leg.stream || leg.own_end_told) return;
  leg.stream.shutdown();
  note_own_end(leg, parser::StreamEnd::fin);
}

/// RFC 8446 section 6.1: an end without a word would look like a truncation.
void InterceptConnection::take_leave(LegStream& stream) {
  InterceptedLeg& to = leg(stream.side);
  if (!to.open() || to.own_end_told) return;
  to.session->close_notify();
  flush(to);
}

void InterceptConnection::note_own_end(LegStream& stream, parser::StreamEnd how) {
  InterceptedLeg& ended = leg(stream.side);
  if (std::exchange(ended.own_end_told, true)) return;
  ended.record->closed(wall_clock(), ended.proxy_role(), how, false, ended.bytes_out,
                       ended.bytes_in);
}

void InterceptConnection::linger() {
  if (ending()) return;
  for (InterceptedLeg* leg : {&client_, &server_}) end_leg(*leg);
  if (client_.ended && (server_.ended || !server_.stream)) return finish_when_sent();
  enter(Phase::lingering, linger_limit);
}

Leg InterceptConnection::waited_for() const {
  return phase_ == Phase::client_handshake || phase_ == Phase::open ? Leg::client : Leg::server;
}

void InterceptConnection::conclude() {
  if (client_.record->concluded()) return;
  const auto* minted = last_fact<LeafMinted>(client_.record->timeline(), Leg::server);
  const bool accepted = minted != nullptr && client_.record->client_spoke() &&
                        minted->plan->issuer == certs::MintIssuer::interception_ca;
  const PastConnection facts{accepted_, client_.bytes_in == 0, client_.record->client_hello(),
                             client_.record->agreed_version(), accepted};
  remember_tickets();
  const Verdict verdict =
      client_.record->conclude_with(*server_.record, wall_clock(), recall_and_add(facts));
  if (automatic_ && broken_by_interception(verdict, minted ? minted->plan.get() : nullptr)) {
    settings_.memory->remember(client_host_, asked_host(*client_.record, target().host),
                               verdict.cause);
  }
}

std::string InterceptConnection::host_and_port() const {
  return fmt::format("{}:{}", asked_host(*client_.record, target().host), target().port);
}

/// Of a full handshake of TLS 1.3 that was used: a ticket would have come by then.
void InterceptConnection::remember_tickets() {
  const bool tls13 = server_.record->agreed_version() == parser::tls13;
  if (!tls13 || resumable_ || !client_.record->client_spoke()) return;
  const bool given =
      std::ranges::any_of(server_.record->timeline().entries(), [](const Entry& entry) {
        const auto* observation = std::get_if<parser::Observation>(&entry.fact);
        const auto* message =
            observation ? std::get_if<parser::HandshakeMessage>(observation) : nullptr;
        return entry.leg == Leg::server && message &&
               message->type == parser::handshake_type::new_session_ticket;
      });
  settings_.memory->remember_tickets(host_and_port(), given);
}

// --- time ---

void InterceptConnection::enter(Phase phase, std::chrono::milliseconds limit) {
  phase_ = phase;
  wait_for(limit);
}

void InterceptConnection::on_time_out() {
  switch (phase_) {
    case Phase::connecting:
      return give_up_dialling();
    case Phase::minting:
      if (server_refusal_) return pass_refusal_on();
      return refuse(client_, {ProxyReason::resources, {}, "no certificate was made in time"},
                    internal_error);
    case Phase::server_handshake:
    case Phase::client_handshake:
      // The client is too slow to be told at its own end of the handshake.
      if (server_refusal_) return pass_refusal_on();
      return close_by_proxy(ProxyReason::handshake_timeout, context_.timeouts.handshake);
    case Phase::open:
      return on_idle();
    case Phase::lingering:
      return close_legs(parser::StreamEnd::fin);
  }
}

}  // namespace legible::proxy
