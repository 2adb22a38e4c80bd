#include "proxy/relay_proxy.hpp"

#include <algorithm>
#include <thread>

#include "proxy/descriptor_limit.hpp"

namespace legible::proxy {

RelayProxy::RelayProxy(const RelaySettings& settings, const MakeSink& make_sink)
    : shared_{settings.target,       settings.timeouts,     settings.limits,
              settings.server_trust, settings.client_trust, Admission(settings.max_connections)} {
  for (std::size_t i = 0; i < settings.threads; ++i) {
    workers_.push_back(std::make_unique<RelayWorker>(shared_, make_sink()));
  }
  for (const SocketAddress& address : settings.listen) {
    ListeningSockets listening = listen_on(address, workers_.size());
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      workers_[i]->add_listener(std::move(listening.sockets[i]), listening.address);
    }
    addresses_.push_back(listening.address);
  }
  shared_.admission.restrict_to(connections_for_free_descriptors());
}

void RelayProxy::run() {
  EventSink& sink = workers_.front()->sink();
  for (const SocketAddress& address : addresses_) sink.on_listening(wall_clock(), address.text());
  sink.flush();

  std::vector<std::jthread> threads;
  for (const auto& worker : std::span(workers_).subspan(1)) {
    threads.emplace_back([&worker] { worker->run(); });
  }
  workers_.front()->run();
}

void RelayProxy::stop() {
  for (const auto& worker : workers_) worker->stop();
}

bool RelayProxy::lookup_pending() const {
  return std::ranges::any_of(workers_, [](const auto& worker) { return worker->lookup_pending(); });
}

}  // namespace legible::proxy
