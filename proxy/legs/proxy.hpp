#pragma once
// The proxy as a whole: listeners, and an event loop for each thread.

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "proxy/legs/worker.hpp"
#include "proxy/net/socket_address.hpp"
#include "proxy/record/event_sink.hpp"
#include "proxy/ways/way_in.hpp"

namespace legible::proxy {

struct ProxySettings {
  std::vector<ListenerSettings> listeners;
  std::size_t max_connections = 10000;  ///< fewer where the limit of open files demands it
  std::size_t threads = 1;
  ServiceSettings service;  ///< until others replace it
};

class Proxy {
 public:
  using MakeSink = std::function<std::unique_ptr<EventSink>()>;

  /// Binds and listens; `make_sink` is called once for each thread. Throws std::runtime_error with
  /// one line when an address or enough descriptors are not to be had.
  Proxy(const ProxySettings& settings, const MakeSink& make_sink);

  /// Where it listens, in the order of the settings; port 0 has become the system's choice.
  const std::vector<SocketAddress>& addresses() const { return shared_.reach.listeners; }
  /// A listener that packets are redirected to does not take those that TPROXY leads there.
  bool lacks_tproxy() const { return lacks_tproxy_; }
  /// The loop that `run` runs in the calling thread, until all others have ended. It serves no
  /// client: what is asked of the proxy as a whole is heard as long as any connection is open.
  EventLoop& main_loop() { return main_loop_; }

  /// Reports `listening`, then serves until it is stopped and the last connection has ended.
  void run();

  /// Serves new connections by these settings. From any thread.
  void replace(std::shared_ptr<const ServiceSettings> settings) {
    shared_.settings.replace(std::move(settings));
  }

  /// Accepts no more, and lets open connections go on for 5 s. A second call ends them at once.
  /// From any thread.
  void stop();

  /// How many connections are open. From any thread.
  std::size_t open_connections() const { return shared_.open_connections; }

  /// A name lookup is under way: the destructor would wait for it, however slow.
  bool lookup_pending() const;

 private:
  Proxy(const ProxySettings& settings, std::vector<ListeningSockets> listening,
        const MakeSink& make_sink);

  const std::vector<ListenerSettings> listeners_;
  const bool lacks_tproxy_;
  EventLoop main_loop_;
  Wakeup all_ended_;
  WorkerShared shared_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace legible::proxy
