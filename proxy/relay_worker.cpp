#include "proxy/relay_worker.hpp"

#include <fmt/format.h>

#include <cstring>
#include <system_error>
#include <utility>

namespace legible::proxy {
namespace {

constexpr std::uint64_t quiet_after_shortage = 10'000;  // milliseconds

}  // namespace

RelayWorker::RelayWorker(RelayShared& shared, std::unique_ptr<EventSink> sink)
    : shared_(shared),
      sink_(std::move(sink)),
      chains_(shared.server_trust, shared.client_trust),
      records_{*sink_, chains_, shared.limits},
      target_(loop_, shared.target, shared.listeners),
      context_{loop_, records_, target_, shared.history, shared.timeouts},
      grace_timer_(loop_, [this] { end_connections(); }),
      wakeup_(loop_, [this] { on_wakeup(); }),
      before_waiting_(loop_, [this] { before_waiting(); }) {}

RelayWorker::~RelayWorker() = default;

void RelayWorker::add_listener(FileDescriptor socket, const SocketAddress& address) {
  listeners_.emplace_back(loop_, std::move(socket), address.text(),
                          static_cast<TcpListener::Owner&>(*this));
}

void RelayWorker::run() {
  loop_.run();
  sink_->flush();
}

void RelayWorker::stop() {
  ++stop_requests_;
  wakeup_.wake();
}

bool RelayWorker::may_accept() {
  if (shared_.admission.enter(wakeup_)) return true;
  if (shared_.admission.should_say_full()) {
    notice(fmt::format("{} connections are open, as many as are allowed: new clients wait",
                       shared_.admission.limit()));
  }
  return false;
}

void RelayWorker::on_accept(TcpListener& listener, FileDescriptor client,
                            const SocketAddress& peer) {
  if (!client) return shared_.admission.leave();
  const ConnectionId id = ++shared_.last_id;
  std::unique_ptr<RelayConnection> connection;
  try {
    connection =
        std::make_unique<RelayConnection>(id, context_, static_cast<RelayConnection::Owner&>(*this),
                                          std::move(client), peer, listener.address());
  } catch (const std::system_error& error) {
    shared_.admission.leave();
    return notice(fmt::format("a client was turned away: {}", error.what()));
  }
  RelayConnection& fresh = *connection;
  connections_.emplace(id, std::move(connection));
  fresh.start();
}

void RelayWorker::on_accept_error(int error) {
  // Descriptors come and go: one notice for each stretch of time in which they are short.
  const std::uint64_t now = loop_.now();
  const std::optional<std::uint64_t> before = std::exchange(last_shortage_, now);
  if (before && now - *before < quiet_after_shortage) return;
  notice(fmt::format("accepting pauses: {}", std::strerror(error)));
}

void RelayWorker::on_finished(RelayConnection& connection) {
  auto node = connections_.extract(connection.id());
  finished_.push_back(std::move(node.mapped()));
  shared_.admission.leave();
}

void RelayWorker::on_wakeup() {
  for (int requests = stop_requests_; stops_seen_ < requests; ++stops_seen_) on_stop_request();
  for (TcpListener& listener : listeners_) listener.resume();
}

void RelayWorker::on_stop_request() {
  if (stops_seen_ > 0) return end_connections();
  listeners_.clear();
  grace_timer_.start(grace);
}

void RelayWorker::end_connections() {
  std::vector<RelayConnection*> open;
  for (const auto& [id, connection] : connections_) open.push_back(connection.get());
  for (RelayConnection* connection : open) connection->shut_down();
}

void RelayWorker::before_waiting() {
  finished_.clear();
  sink_->flush();
  if (stops_seen_ > 0 && connections_.empty()) loop_.stop();
}

void RelayWorker::notice(const std::string& what) { sink_->on_notice(wall_clock(), what); }

}  // namespace legible::proxy
