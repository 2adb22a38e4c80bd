#pragma once
// One event loop with its own listening sockets, its connections and its way to the sinks.

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "proxy/legs/relay_connection.hpp"
#include "proxy/legs/service_settings.hpp"
#include "proxy/net/admission.hpp"
#include "proxy/net/event_loop.hpp"
#include "proxy/net/listening_socket.hpp"
#include "proxy/net/target_directory.hpp"
#include "proxy/net/tcp_listener.hpp"
#include "proxy/record/chain_cache.hpp"
#include "proxy/record/connection_record.hpp"
#include "proxy/record/event_sink.hpp"
#include "proxy/ways/client_intake.hpp"
#include "proxy/ways/way_in.hpp"

namespace legible::proxy {

/// What the loops of one proxy share; all of it may be used from any thread.
struct WorkerShared {
  const Reach reach;  ///< its listeners as bound
  SettingsInForce settings;
  const std::unique_ptr<OwnConnections> own;  ///< null where nothing is redirected here
  Admission admission;
  /// Not the places that `admission` gave: a worker takes one before it knows whether another was
  /// quicker to accept the client.
  std::atomic<std::size_t> open_connections{0};
  ConnectionHistory history{};
  std::atomic<ConnectionId> last_id{0};
};

class Worker final : private Connection::Owner,
                     private ClientIntake::Owner,
                     private RelayConnection::Successor {
 public:
  /// `shared` must outlive the worker, and the workers each other's threads: one may wake another.
  Worker(WorkerShared& shared, std::unique_ptr<EventSink> sink);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Before `run`. `settings` must outlive the worker.
  void add_listener(FileDescriptor socket, const SocketAddress& address,
                    const ListenerSettings& settings);
  EventSink& sink() { return *sink_; }

  /// Serves until `stop`, and then until the last connection has ended.
  void run();

  /// Accepts no more; connections that are open may go on for `grace`. A second call ends them at
  /// once. From any thread.
  void stop();

  /// A name lookup is under way that cannot be stopped, and would hold up the destructor.
  bool lookup_pending() const { return targets_.busy(); }

  static constexpr std::chrono::seconds grace{5};

 private:
  /// A listener, and where it leads.
  struct Entrance final : TcpListener::Owner {
    Entrance(Worker& owner, FileDescriptor socket, const SocketAddress& address,
             const ListenerSettings& leading);

    bool may_accept() override { return worker.may_accept(); }
    void on_accept(FileDescriptor client, const SocketAddress& peer) override {
      worker.on_accept(*this, std::move(client), peer);
    }
    void on_accept_error(int error) override { worker.on_accept_error(error); }

    Worker& worker;
    const ListenerSettings& settings;
    const std::shared_ptr<TargetResolver> target;  ///< where everything goes; null: it depends
    TcpListener listener;
  };

  /// What this loop serves a connection by: settings that were in force when it was accepted, and
  /// what is kept for all connections under them.
  struct Terms {
    Terms(Worker& worker, std::shared_ptr<const ServiceSettings> in_force);

    const std::shared_ptr<const ServiceSettings> settings;
    ChainCache chains;
    RecordContext records;
    ConnectionContext context;
    const IntakeSettings intake;
  };

  /// A connection, which its terms must outlive.
  struct Served {
    std::shared_ptr<Terms> terms;
    std::unique_ptr<Connection> connection;
  };

  bool may_accept();
  void on_accept(Entrance& entrance, FileDescriptor client, const SocketAddress& peer);
  void on_accept_error(int error);
  void on_finished(Connection& connection) override;
  void on_chosen(ClientIntake& intake, AcceptedClient client, std::unique_ptr<LegSecrets> secrets,
                 ModeChoice choice) override;
  void on_tls_begun(AcceptedClient client, std::unique_ptr<LegSecrets> secrets) override;
  const std::shared_ptr<Terms>& current_terms();
  static bool holds_clients(const Terms& terms, const Entrance& entrance);
  std::unique_ptr<Connection> serve(Terms& terms, ConnectionId id, Entrance& entrance,
                                    FileDescriptor client, const SocketAddress& peer,
                                    Accepted told);
  void succeed(Served& place, std::unique_ptr<Connection> next);

  void on_wakeup();
  void on_stop_request();
  void end_connections();
  void before_waiting();
  void notice(const std::string& what);

  WorkerShared& shared_;
  EventLoop loop_;
  std::unique_ptr<EventSink> sink_;
  TargetDirectory targets_;
  std::uint64_t terms_generation_;
  std::shared_ptr<Terms> terms_;        ///< for the next connection
  const ListenerSettings led_already_;  ///< of clients that come with their server
  std::unordered_map<ConnectionId, Served> connections_;
  /// Destroyed when no call of theirs can be under way.
  std::vector<Served> finished_;
  std::list<Entrance> entrances_;
  Timer grace_timer_;
  Wakeup wakeup_;
  BeforeWaiting before_waiting_;
  std::atomic<int> stop_requests_{0};
  int stops_seen_ = 0;
  std::optional<std::uint64_t> last_shortage_;  ///< loop time
  bool clients_wait_ = false;                   ///< there was no place for them so far
};

}  // namespace legible::proxy
