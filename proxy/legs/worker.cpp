#include "proxy/legs/worker.hpp"

#include <fmt/format.h>

#include <cstring>
#include <system_error>
#include <utility>

#include "proxy/diagnosis/text.hpp"
#include "proxy/legs/intercept_connection.hpp"
#include "proxy/net/original_destination.hpp"

namespace legible::proxy {
namespace {

constexpr std::uint64_t quiet_after_shortage = 10'000;  // milliseconds

}  // namespace

Worker::Worker(WorkerShared& shared, std::unique_ptr<EventSink> sink)
    : shared_(shared),
      sink_(std::move(sink)),
      targets_(loop_, shared.reach),
      terms_generation_(shared.settings.generation()),
      terms_(std::make_shared<Terms>(*this, shared.settings.get())),
      grace_timer_(loop_, [this] { end_connections(); }),
      wakeup_(loop_, [this] { on_wakeup(); }),
      before_waiting_(loop_, [this] { before_waiting(); }) {}

Worker::~Worker() = default;

Worker::Terms::Terms(Worker& worker, std::shared_ptr<const ServiceSettings> in_force)
    : settings(std::move(in_force)),
      chains(settings->trust),
      records{*worker.sink_, chains, settings->limits},
      context{worker.loop_,
              records,
              worker.targets_,
              worker.shared_.history,
              settings->timeouts,
              settings->outbound,
              worker.shared_.own.get()},
      intake{settings->interception, settings->rules, settings->addresses} {}

const std::shared_ptr<Worker::Terms>& Worker::current_terms() {
  // Read first: settings that come in between are taken again, not missed.
  const std::uint64_t generation = shared_.settings.generation();
  if (std::exchange(terms_generation_, generation) != generation) {
    terms_ = std::make_shared<Terms>(*this, shared_.settings.get());
  }
  return terms_;
}

Worker::Entrance::Entrance(Worker& owner, FileDescriptor socket, const SocketAddress& address,
                           const ListenerSettings& leading)
    : worker(owner),
      settings(leading),
      target(leading.way == WayIn::fixed ? owner.targets_.find(leading.target) : nullptr),
      listener(owner.loop_, std::move(socket), address.text(), *this) {}

void Worker::add_listener(FileDescriptor socket, const SocketAddress& address,
                          const ListenerSettings& settings) {
  entrances_.emplace_back(*this, std::move(socket), address, settings);
}

void Worker::run() {
  loop_.run();
  sink_->flush();
}

void Worker::stop() {
  ++stop_requests_;
  wakeup_.wake();
}

bool Worker::may_accept() {
  if (shared_.admission.enter(wakeup_)) return true;
  clients_wait_ = true;
  if (shared_.admission.should_say_full()) {
    notice(fmt::format("{} open, as many as are allowed: new clients wait",
                       diagnosis::count(shared_.admission.limit(), "connection")));
  }
  return false;
}

void Worker::on_accept(Entrance& entrance, FileDescriptor client, const SocketAddress& peer) {
  if (!client) {
    clients_wait_ = false;
    return shared_.admission.leave();
  }
  const ConnectionId id = ++shared_.last_id;
  Served served{current_terms(), nullptr};
  try {
    served.connection = serve(*served.terms, id, entrance, std::move(client), peer,
                              {peer.text(), entrance.listener.address(), clients_wait_});
  } catch (const std::exception& error) {
    shared_.admission.leave();
    return notice(fmt::format("a client was turned away: {}", error.what()));
  }
  Connection& fresh = *served.connection;
  connections_.emplace(id, std::move(served));
  ++shared_.open_connections;
  fresh.start();
}

/// Where clients go, and what is done with them, is not settled before they speak.
bool Worker::holds_clients(const Terms& terms, const Entrance& entrance) {
  const ServiceSettings& settings = *terms.settings;
  return settings.interception.active() || entrance.settings.way != WayIn::fixed ||
         !settings.rules.clients.empty() || !settings.rules.header_senders.empty();
}

std::unique_ptr<Connection> Worker::serve(Terms& terms, ConnectionId id, Entrance& entrance,
                                          FileDescriptor client, const SocketAddress& peer,
                                          Accepted told) {
  Connection::Owner& owner = *this;
  const ServiceSettings& settings = *terms.settings;
  std::unique_ptr<LegSecrets> secrets;
  if (settings.interception.active()) {
    secrets = std::make_unique<LegSecrets>(settings.interception.key_log);
  }
  std::optional<SocketAddress> meant;
  if (entrance.settings.way == WayIn::transparent) meant = original_destination(client.get());
  std::string announcement;
  if (settings.outbound.announce != Outbound::Announce::nothing) {
    announcement = proxy_header(settings.outbound.announce, peer,
                                meant ? *meant : local_address(client.get()));
  }
  AcceptedClient accepted(id, terms.context, std::move(client), peer, std::move(told),
                          secrets ? &secrets->decryptor : nullptr);
  accepted.announcement = std::move(announcement);
  accepted.target = entrance.target;
  if (meant) {
    accepted.found_by = FoundBy::redirect;
    accepted.target = targets_.find({meant->host(), meant->port()});
  }
  if (!holds_clients(terms, entrance)) {
    return std::make_unique<RelayConnection>(terms.context, owner, std::move(accepted),
                                             "fixed target");
  }
  return std::make_unique<ClientIntake>(terms.context, terms.intake, entrance.settings, owner,
                                        static_cast<ClientIntake::Owner&>(*this),
                                        std::move(secrets), std::move(accepted));
}

void Worker::on_chosen(ClientIntake& intake, AcceptedClient client,
                       std::unique_ptr<LegSecrets> secrets, ModeChoice choice) {
  Served& place = connections_.at(intake.id());
  ConnectionContext& context = place.terms->context;
  Connection::Owner& owner = *this;
  if (choice.mode == Mode::intercept) {
    return succeed(place, std::make_unique<InterceptConnection>(
                              context, place.terms->settings->interception, owner,
                              std::move(client), std::move(secrets), std::move(choice)));
  }
  if (!choice.until_tls) client.record->stop_decrypting();
  auto relay = std::make_unique<RelayConnection>(context, owner, std::move(client),
                                                 std::move(choice.reason));
  if (choice.until_tls) {
    relay->hand_over_tls(static_cast<RelayConnection::Successor&>(*this), std::move(secrets));
  }
  if (choice.explains_tls) relay->explain_tls();
  succeed(place, std::move(relay));
}

void Worker::on_tls_begun(AcceptedClient client, std::unique_ptr<LegSecrets> secrets) {
  Served& place = connections_.at(client.record->id());
  Connection::Owner& owner = *this;
  auto intake = std::make_unique<ClientIntake>(
      place.terms->context, place.terms->intake, led_already_, owner,
      static_cast<ClientIntake::Owner&>(*this), std::move(secrets), std::move(client));
  intake->resume_at_hello();
  succeed(place, std::move(intake));
}

/// A connection whose call is under way is destroyed later.
void Worker::succeed(Served& place, std::unique_ptr<Connection> next) {
  finished_.push_back({place.terms, std::move(next)});
  std::swap(place.connection, finished_.back().connection);
  place.connection->start();
}

void Worker::on_accept_error(int error) {
  // Descriptors come and go: one notice for each stretch of time in which they are short.
  const std::uint64_t now = loop_.now();
  const std::optional<std::uint64_t> before = std::exchange(last_shortage_, now);
  if (before && now - *before < quiet_after_shortage) return;
  notice(fmt::format("accepting pauses: {}", std::strerror(error)));
}

void Worker::on_finished(Connection& connection) {
  auto node = connections_.extract(connection.id());
  finished_.push_back(std::move(node.mapped()));
  --shared_.open_connections;
  shared_.admission.leave();
}

void Worker::on_wakeup() {
  for (int requests = stop_requests_; stops_seen_ < requests; ++stops_seen_) on_stop_request();
  for (Entrance& entrance : entrances_) entrance.listener.resume();
}

void Worker::on_stop_request() {
  if (stops_seen_ > 0) return end_connections();
  entrances_.clear();
  grace_timer_.start(grace);
}

void Worker::end_connections() {
  std::vector<Connection*> open;
  open.reserve(connections_.size());
  for (const auto& [id, served] : connections_) open.push_back(served.connection.get());
  for (Connection* connection : open) connection->shut_down();
}

void Worker::before_waiting() {
  finished_.clear();
  sink_->flush();
  if (stops_seen_ > 0 && connections_.empty()) loop_.stop();
}

void Worker::notice(const std::string& what) { sink_->on_notice(wall_clock(), what); }

}  // namespace legible::proxy
