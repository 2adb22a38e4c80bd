#pragma once
// One relayed connection: two legs, what arrives on one goes out on the other, byte for byte, FIN
// for FIN and RST for RST. Everything is relayed first and then shown to the connection's record.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proxy/connection.hpp"
#include "proxy/connector.hpp"

namespace legible::proxy {

class RelayConnection final : public Connection,
                              private TargetResolver::Waiter,
                              private Connector::Owner {
 public:
  /// `reason`: why the connection is relayed.
  RelayConnection(ConnectionContext& context, Connection::Owner& owner, AcceptedClient client,
                  std::string reason);
  ~RelayConnection() override;
  RelayConnection(const RelayConnection&) = delete;
  RelayConnection& operator=(const RelayConnection&) = delete;

  ConnectionId id() const override { return record_.id(); }
  /// Opens the server leg.
  void start() override;
  void shut_down() override;

 private:
  /// What the timer is for, and so what the connection waits for.
  enum class Phase : std::uint8_t {
    connecting,   ///< the server leg
    refusing,     ///< the server leg failed: the client's first bytes, to know whom it wanted
    handshaking,  ///< the end of the handshake, or data both ways where there is none
    lingering,    ///< the handshake has failed: the other leg's end
    open,         ///< either leg's end
    parting,      ///< one leg has ended after the handshake, before any request: the other's end
    resetting,    ///< what is on its way to a leg that is to be reset
    finishing,    ///< both legs have ended: what is still to be sent
    finished,
  };

  struct RelayLeg final : TcpStream::Owner {
    RelayLeg(RelayConnection& owner, Leg which) : connection(owner), side(which) {}
    void on_read(std::span<const std::uint8_t> bytes) override { connection.on_read(*this, bytes); }
    void on_read_end(int status) override { connection.on_read_end(*this, status); }
    void on_written(int status) override { connection.on_written(*this, status); }

    RelayConnection& connection;
    const Leg side;
    TcpStream stream;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    bool ended = false;         ///< by its peer
    bool write_failed = false;  ///< its peer takes no more bytes
    bool paused = false;        ///< not read until the other leg's queue is shorter
    bool discarding = false;    ///< its peer has reset: what is still read goes nowhere
  };

  void on_resolved(Addresses addresses) override;
  void on_resolve_failed(const std::string& detail) override;
  void on_own_listener(const SocketAddress& address) override;
  void on_connected(TcpStream stream, const SocketAddress& address) override;
  void on_connect_failed(ConnectFailed failure) override;
  void on_connect_shortage() override;
  void refuse_client();

  void on_read(RelayLeg& from, std::span<const std::uint8_t> bytes);
  void on_read_end(RelayLeg& from, int status);
  void on_written(RelayLeg& to, int status);
  bool send(RelayLeg& to, std::span<const std::uint8_t> bytes);
  void on_write_failed(RelayLeg& to);
  void pause(RelayLeg& leg);
  void resume(RelayLeg& leg);
  void mirror_reset(RelayLeg& to);
  void watch_unread_legs();
  void look_for_resets();

  void enter(Phase phase, std::chrono::milliseconds limit);
  void enter_handshaking();
  void observe_progress();
  void on_timer();

  bool tls_seen() const;
  bool plain_data_only() const;
  bool data_flowed_both_ways_without_tls() const;
  Leg waited_for() const;

  void close_by_proxy(ProxyReason reason, std::chrono::seconds limit = {});
  void close_legs(parser::StreamEnd how);
  void note_end(RelayLeg& leg, parser::StreamEnd how, bool by_proxy);
  void conclude();
  void enter_finishing();
  void finish_when_sent();
  void finish();
  RelayLeg& other(const RelayLeg& leg) { return &leg == &client_ ? server_ : client_; }

  ConnectionContext& context_;
  Connection::Owner& owner_;
  std::unique_ptr<ConnectionRecord> owned_record_;
  ConnectionRecord& record_;
  RelayLeg client_{*this, Leg::client};
  RelayLeg server_{*this, Leg::server};
  Timer timer_;
  std::optional<Timer> unread_timer_;  ///< while a leg is not read
  Phase phase_ = Phase::connecting;
  Time accepted_{};
  std::uint64_t begun_ = 0;          ///< loop time, which no change of the clock moves
  std::uint64_t last_activity_ = 0;  ///< loop time
  std::string client_host_;
  bool client_reset_ = false;      ///< while the server leg was being opened
  bool half_close_used_ = false;   ///< one side talked on after the other's FIN
  RelayLeg* resetting_ = nullptr;  ///< in Phase::resetting
  int reset_polls_ = 0;
  std::size_t unsent_before_ = 0;  ///< in Phase::finishing: when it was looked at last
  std::optional<Connector> connector_;
  std::vector<std::uint8_t> early_bytes_;  ///< that the client sent before the server leg was open
};

}  // namespace legible::proxy
