#include "proxy/legs/proxy.hpp"

#include <algorithm>
#include <atomic>
#include <thread>

#include "proxy/net/descriptor_limit.hpp"

namespace legible::proxy {

namespace {

std::vector<ListeningSockets> listen_on_all(const ProxySettings& settings) {
  std::vector<ListeningSockets> listening;
  listening.reserve(settings.listeners.size());
  for (const ListenerSettings& listener : settings.listeners) {
    listening.push_back(
        listen_on(listener.address, settings.threads, listener.way == WayIn::transparent));
  }
  return listening;
}

bool without_tproxy(const ProxySettings& settings, const std::vector<ListeningSockets>& listening) {
  for (std::size_t i = 0; i < listening.size(); ++i) {
    const bool redirected = settings.listeners[i].way == WayIn::transparent;
    if (redirected && !listening[i].takes_tproxy) return true;
  }
  return false;
}

Reach reach_of(const ProxySettings& settings, const std::vector<ListeningSockets>& listening) {
  Reach reach;
  reach.listeners.reserve(listening.size());
  for (const ListeningSockets& each : listening) reach.listeners.push_back(each.address);
  reach.clients_choose = std::ranges::any_of(
      settings.listeners, [](const auto& listener) { return listener.way != WayIn::fixed; });
  reach.allowed_targets = settings.service.rules.targets;
  return reach;
}

std::unique_ptr<OwnConnections> own_connections(const ProxySettings& settings) {
  const bool redirected = std::ranges::any_of(
      settings.listeners, [](const auto& each) { return each.way == WayIn::transparent; });
  return redirected ? std::make_unique<OwnConnections>() : nullptr;
}

}  // namespace

Proxy::Proxy(const ProxySettings& settings, const MakeSink& make_sink)
    : Proxy(settings, listen_on_all(settings), make_sink) {}

Proxy::Proxy(const ProxySettings& settings, std::vector<ListeningSockets> listening,
             const MakeSink& make_sink)
    : listeners_(settings.listeners),
      lacks_tproxy_(without_tproxy(settings, listening)),
      all_ended_(main_loop_, [this] { main_loop_.stop(); }),
      shared_{reach_of(settings, listening),
              SettingsInForce(std::make_shared<const ServiceSettings>(settings.service)),
              own_connections(settings), Admission(settings.max_connections)} {
  for (std::size_t i = 0; i < settings.threads; ++i) {
    workers_.push_back(std::make_unique<Worker>(shared_, make_sink()));
    for (std::size_t j = 0; j < listening.size(); ++j) {
      workers_.back()->add_listener(std::move(listening[j].sockets[i]), listening[j].address,
                                    listeners_[j]);
    }
  }
  shared_.admission.restrict_to(connections_for_free_descriptors());
}

void Proxy::run() {
  EventSink& sink = workers_.front()->sink();
  for (const SocketAddress& address : addresses()) sink.on_listening(wall_clock(), address.text());
  sink.flush();

  std::atomic<std::size_t> serving = workers_.size();
  std::vector<std::jthread> threads;
  threads.reserve(workers_.size());
  for (const auto& worker : workers_) {
    threads.emplace_back([&] {
      worker->run();
      if (--serving == 0) all_ended_.wake();
    });
  }
  main_loop_.run();
}

void Proxy::stop() {
  for (const auto& worker : workers_) worker->stop();
}

bool Proxy::lookup_pending() const {
  return std::ranges::any_of(workers_, [](const auto& worker) { return worker->lookup_pending(); });
}

}  // namespace legible::proxy
