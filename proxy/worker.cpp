#include "proxy/worker.hpp"

#include <fmt/format.h>

#include <cstring>
#include <system_error>
#include <utility>

#include "proxy/diagnosis/text.hpp"
#include "proxy/intercept_connection.hpp"
#include "proxy/relay_connection.hpp"

namespace legible::proxy {
namespace {

constexpr std::uint64_t quiet_after_shortage = 10'000;  // milliseconds

}  // namespace

Worker::Worker(WorkerShared& shared, std::unique_ptr<EventSink> sink)
    : shared_(shared),
      sink_(std::move(sink)),
      targets_(loop_, shared.reach),
      terms_(std::make_shared<Terms>(*this, shared.settings.get())),
      grace_timer_(loop_, [this] { end_connections(); }),
      wakeup_(loop_, [this] { on_wakeup(); }),
      before_waiting_(loop_, [this] { before_waiting(); }) {}

Worker::~Worker() = default;

Worker::Terms::Terms(Worker& worker, std::shared_ptr<const ServiceSettings> in_force)
    : settings(std::move(in_force)),
      chains(settings->trust),
      records{*worker.sink_, chains, settings->limits},
      context{worker.loop_, records, worker.targets_, worker.shared_.history, settings->timeouts} {}

const std::shared_ptr<Worker::Terms>& Worker::current_terms() {
  auto settings = shared_.settings.get();
  if (settings != terms_->settings) terms_ = std::make_shared<Terms>(*this, std::move(settings));
  return terms_;
}

Worker::Entrance::Entrance(Worker& owner, FileDescriptor socket, const SocketAddress& address,
                           const ListenerSettings& settings)
    : worker(owner),
      way(settings.way),
      target(way == WayIn::fixed ? owner.targets_.find(settings.target) : nullptr),
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
  } catch (const std::system_error& error) {
    shared_.admission.leave();
    return notice(fmt::format("a client was turned away: {}", error.what()));
  }
  Connection& fresh = *served.connection;
  connections_.emplace(id, std::move(served));
  fresh.start();
}

std::unique_ptr<Connection> Worker::serve(Terms& terms, ConnectionId id, Entrance& entrance,
                                          FileDescriptor client, const SocketAddress& peer,
                                          Accepted told) {
  Connection::Owner& owner = *this;
  ConnectionContext& context = terms.context;
  const InterceptionSettings& interception = terms.settings->interception;
  if (!interception.active()) {
    AcceptedClient accepted(id, context, std::move(client), peer, std::move(told));
    accepted.target = entrance.target;
    return std::make_unique<RelayConnection>(context, owner, std::move(accepted), "fixed target");
  }
  auto secrets = std::make_unique<LegSecrets>(interception.key_log);
  AcceptedClient accepted(id, context, std::move(client), peer, std::move(told),
                          &secrets->decryptor);
  accepted.target = entrance.target;
  return std::make_unique<ClientIntake>(context, interception, owner,
                                        static_cast<ClientIntake::Owner&>(*this),
                                        std::move(secrets), std::move(accepted));
}

void Worker::on_chosen(ClientIntake& intake, AcceptedClient client,
                       std::unique_ptr<LegSecrets> secrets, ModeChoice choice) {
  Served& place = connections_.at(intake.id());
  ConnectionContext& context = place.terms->context;
  Connection::Owner& owner = *this;
  std::unique_ptr<Connection> next;
  if (choice.mode == Mode::intercept) {
    next = std::make_unique<InterceptConnection>(context, place.terms->settings->interception,
                                                 owner, std::move(client), std::move(secrets),
                                                 std::move(choice));
  } else {
    client.record->stop_decrypting();
    next = std::make_unique<RelayConnection>(context, owner, std::move(client),
                                             std::move(choice.reason));
  }
  finished_.push_back({place.terms, std::exchange(place.connection, std::move(next))});
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
