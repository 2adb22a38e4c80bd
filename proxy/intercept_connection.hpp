#pragma once
// One intercepted connection: TLS ends here on both legs, and what one peer says in one
// conversation is said to the other in the other one. The server's leg comes first: what it shows
// decides what the client is shown.

#include <optional>
#include <string>
#include <vector>

#include "certs/leaf_cache.hpp"
#include "proxy/background_work.hpp"
#include "proxy/client_intake.hpp"
#include "proxy/connection.hpp"
#include "proxy/connector.hpp"
#include "proxy/interception.hpp"
#include "proxy/tls/session.hpp"

namespace legible::proxy {

class InterceptConnection final : public Connection,
                                  private TargetResolver::Waiter,
                                  private Connector::Owner {
 public:
  /// `client` is held. `settings` must outlive the connection.
  InterceptConnection(ConnectionContext& context, const InterceptionSettings& settings,
                      Connection::Owner& owner, AcceptedClient client,
                      std::unique_ptr<LegSecrets> secrets, ModeChoice choice);
  ~InterceptConnection() override;
  InterceptConnection(const InterceptConnection&) = delete;
  InterceptConnection& operator=(const InterceptConnection&) = delete;

  ConnectionId id() const override { return client_.record->id(); }
  void start() override;
  void shut_down() override;

 private:
  /// What the timer is for, and so what the connection waits for.
  enum class Phase : std::uint8_t {
    connecting,        ///< the server leg
    server_handshake,  ///< its end
    minting,           ///< the certificate for the client
    client_handshake,  ///< its end
    open,              ///< either leg's end
    lingering,         ///< something has ended the connection: the peers' own ends
    resetting,         ///< what is on its way to a leg that is to be reset
    finishing,         ///< both legs have ended: what is still to be sent
    finished,
  };

  struct PeerLeg final : TcpStream::Owner, tls::Session::PlaintextSink {
    PeerLeg(InterceptConnection& owner, Leg which) : connection(owner), side(which) {}
    void on_read(std::span<const std::uint8_t> bytes) override { connection.on_read(*this, bytes); }
    void on_read_end(int status) override { connection.on_read_end(*this, status); }
    void on_written(int status) override { connection.on_written(*this, status); }
    void on_plaintext(std::span<const std::uint8_t> bytes) override {
      connection.on_plaintext(*this, bytes);
    }

    /// The role that the proxy plays on this leg.
    Leg proxy_role() const { return parser::other(side); }
    std::size_t queued() const { return stream ? stream.queued() : 0; }
    bool open() const {
      return session && (session->state() == tls::Session::State::open ||
                         session->state() == tls::Session::State::peer_closed);
    }

    InterceptConnection& connection;
    const Leg side;
    TcpStream stream;
    std::unique_ptr<LegSecrets> secrets;
    std::unique_ptr<ConnectionRecord> record;
    std::optional<tls::Session> session;
    std::vector<std::uint8_t>
        undelivered;               ///< plaintext for this leg, before its handshake is done
    std::size_t entries_seen = 0;  ///< of the record's timeline, for alerts
    int warnings = 0;              ///< alerts that the peer has sent
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    bool ended = false;         ///< by its peer
    bool own_end_told = false;  ///< the proxy's end of this leg is on record
    bool write_failed = false;
    bool paused = false;
    bool notified = false;  ///< the peer's close_notify was passed on
  };

  void on_resolved(Addresses addresses) override;
  void on_resolve_failed(const std::string& detail) override;
  void on_own_listener(const SocketAddress& address) override;
  void on_connected(TcpStream stream, const SocketAddress& address) override;
  void on_connect_failed(ConnectFailed failure) override;
  void on_connect_shortage() override;

  void begin_server_handshake();
  void judge_server();
  void on_server_ready();
  void keep_session();
  void mint();
  void begin_client_handshake(const std::shared_ptr<const certs::MintedLeaf>& leaf);
  void on_client_ready();

  /// What ended the server leg after it had shown its certificate.
  struct ServerRefusal {
    std::optional<parser::AlertDescription> alert;
    parser::StreamEnd end = parser::StreamEnd::fin;
  };
  bool refuse_later(const ServerRefusal& refusal);
  bool server_flight_complete() const;
  void pass_refusal_on();

  void on_read(PeerLeg& from, std::span<const std::uint8_t> bytes);
  void feed(PeerLeg& from, std::span<const std::uint8_t> bytes);
  void on_plaintext(PeerLeg& from, std::span<const std::uint8_t> bytes);
  void on_state(PeerLeg& from);
  void on_read_end(PeerLeg& from, int status);
  void on_written(PeerLeg& to, int status);
  void flush(PeerLeg& to);
  void relieve(PeerLeg& from, PeerLeg& to);

  std::optional<parser::AlertDescription> new_fatal_alert(PeerLeg& from);
  void on_fatal_alert(PeerLeg& from, parser::AlertDescription description);
  void on_tls_failure(PeerLeg& from);
  void send_alert(PeerLeg& to, parser::AlertDescription description);
  void refuse(PeerLeg& at, ProxyClosing closing, parser::AlertDescription description);

  void end_leg(PeerLeg& leg);
  void linger();
  void mirror_reset(PeerLeg& to);
  void close_by_proxy(ProxyReason reason, std::chrono::seconds limit = {});
  void close_legs(parser::StreamEnd how);
  void tell_own_end(PeerLeg& leg, parser::StreamEnd how);
  void enter_finishing();
  void finish_when_sent();
  void conclude();
  void finish();

  void enter(Phase phase, std::chrono::milliseconds limit);
  std::chrono::milliseconds handshake_time_left() const;
  void on_timer();

  std::string session_key() const;

  PeerLeg& other(const PeerLeg& leg) { return &leg == &client_ ? server_ : client_; }

  ConnectionContext& context_;
  const InterceptionSettings& settings_;
  Connection::Owner& owner_;
  PeerLeg client_{*this, Leg::client};
  PeerLeg server_{*this, Leg::server};
  Timer timer_;
  Phase phase_ = Phase::connecting;
  Time accepted_{};
  std::uint64_t begun_ = 0;
  std::uint64_t last_activity_ = 0;
  std::string client_host_;
  bool automatic_ = false;          ///< chosen by `auto`
  std::vector<std::uint8_t> held_;  ///< what the client sent before the server leg was ready
  tls::NarrowedOffer offer_;
  ServerNames names_;
  std::optional<tls::ResumableSession> resumable_;  ///< that the server leg was begun with
  ParsedChain server_chain_;
  std::shared_ptr<const certs::Judgement> judgement_;  ///< of it
  std::optional<ServerRefusal> server_refusal_;        ///< not yet passed on
  std::optional<BackgroundWork> minting_;
  std::optional<Connector> connector_;
  PeerLeg* resetting_ = nullptr;
  int reset_polls_ = 0;
};

}  // namespace legible::proxy
