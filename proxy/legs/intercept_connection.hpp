#pragma once
// One intercepted connection: TLS ends here on both legs, and what one peer says in one
// conversation is said to the other in the other one. The server's leg comes first: what it shows
// decides what the client is shown.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "certs/leaf_cache.hpp"
#include "proxy/legs/intercepted_leg.hpp"
#include "proxy/legs/interception.hpp"
#include "proxy/legs/two_leg_connection.hpp"
#include "proxy/net/background_work.hpp"
#include "proxy/ways/client_intake.hpp"

namespace legible::proxy {

class InterceptConnection final : public TwoLegConnection, private InterceptedLeg::Owner {
 public:
  /// `client` is held. `settings` must outlive the connection.
  InterceptConnection(ConnectionContext& context, const InterceptionSettings& settings,
                      Connection::Owner& owner, AcceptedClient client,
                      std::unique_ptr<LegSecrets> secrets, ModeChoice choice);

  ConnectionId id() const override { return client_.record->id(); }
  void start() override;

 private:
  /// What the timer is for, and so what the connection waits for.
  enum class Phase : std::uint8_t {
    connecting,        ///< the server leg
    server_handshake,  ///< its end
    minting,           ///< the certificate for the client
    client_handshake,  ///< its end
    open,              ///< either leg's end
    lingering,         ///< something has ended the connection: the peers' own ends
  };

  InterceptedLeg& leg(Leg side) override { return side == Leg::client ? client_ : server_; }
  InterceptedLeg& other(const LegStream& from) { return &from == &client_ ? server_ : client_; }
  ConnectionRecord& record(Leg side) override { return *leg(side).record; }

  void begin();
  bool open_session(InterceptedLeg& leg, tls::Settings settings);
  void on_server_connected() override;
  void on_no_server() override { mirror_reset(client_); }

  void judge_server();
  void on_server_ready();
  void keep_session();
  void mint();
  void begin_client_handshake(const std::shared_ptr<const certs::MintedLeaf>& leaf);
  void on_client_ready();

  /// What ended the server leg after it had shown its certificate.
  struct ServerRefusal {
    std::optional<parser::AlertDescription> alert;
    bool goodbye = false;  ///< it was a close_notify
    parser::StreamEnd end = parser::StreamEnd::fin;
    std::uint64_t at = 0;  ///< loop time
  };
  bool refuse_later(ServerRefusal refusal);
  std::chrono::milliseconds time_until_due(const ServerRefusal& refusal) const;
  bool server_flight_complete() const;
  void pass_refusal_on();

  void on_bytes(LegStream& stream, std::span<const std::uint8_t> bytes) override;
  void hold(std::span<const std::uint8_t> bytes);
  void respond(InterceptedLeg& from);
  void on_plaintext(InterceptedLeg& from, std::span<const std::uint8_t> bytes) override;
  void on_state(InterceptedLeg& from);
  void on_sent(LegStream& stream, int status) override;
  void flush(InterceptedLeg& to);
  void relieve(InterceptedLeg& from, InterceptedLeg& to);

  void on_fatal_alert(InterceptedLeg& from, parser::AlertDescription description);
  void on_tls_failure(InterceptedLeg& from);
  void on_goodbye(InterceptedLeg& from);
  void send_alert(InterceptedLeg& to, parser::AlertDescription description);
  void say_goodbye(InterceptedLeg& to);
  void refuse(InterceptedLeg& at, ProxyClosing closing, parser::AlertDescription description);

  void on_end(LegStream& from, parser::StreamEnd how) override;
  void deliver_waiting(InterceptedLeg& to);
  void end_leg(InterceptedLeg& leg);
  void linger();
  void take_leave(LegStream& stream) override;
  void note_own_end(LegStream& stream, parser::StreamEnd how) override;
  Leg waited_for() const override;
  void conclude() override;
  void remember_tickets();
  std::string host_and_port() const;

  void enter(Phase phase, std::chrono::milliseconds limit);
  void on_time_out() override;

  std::string session_key() const;

  const InterceptionSettings& settings_;
  const HostSettings& host_;  ///< of them
  InterceptedLeg client_{*this, *this, Leg::client};
  InterceptedLeg server_{*this, *this, Leg::server};
  Phase phase_ = Phase::connecting;
  bool automatic_ = false;          ///< chosen by `auto`
  const FoundBy found_by_;          ///< how the target was
  std::vector<std::uint8_t> held_;  ///< what the client sent before the server leg was ready
  tls::NarrowedOffer offer_;
  ServerNames names_;
  std::optional<tls::ResumableSession> resumable_;  ///< that the server leg was begun with
  bool server_ready_ = false;                       ///< the server leg's handshake was finished
  ParsedChain server_chain_;
  std::shared_ptr<const certs::Judgement> judgement_;  ///< of it
  std::optional<ServerRefusal> server_refusal_;        ///< not yet passed on
  std::optional<BackgroundWork> minting_;
};

}  // namespace legible::proxy
