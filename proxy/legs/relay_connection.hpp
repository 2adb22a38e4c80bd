#pragma once
// One relayed connection: what arrives on one leg goes out on the other, byte for byte, FIN for FIN
// and RST for RST. Everything is relayed first and then shown to the connection's record.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parser/line_replies.hpp"
#include "proxy/legs/first_answer.hpp"
#include "proxy/legs/leg_secrets.hpp"
#include "proxy/legs/two_leg_connection.hpp"

namespace legible::proxy {

class RelayConnection final : public TwoLegConnection {
 public:
  /// Is told when a dialogue in clear has led to TLS.
  class Successor {
   public:
    /// `client` holds its first bytes of TLS, which the server has not been sent, and the server's
    /// open stream. The connection is to be destroyed, but not within this call.
    virtual void on_tls_begun(AcceptedClient client, std::unique_ptr<LegSecrets> secrets) = 0;

   protected:
    ~Successor() = default;
  };

  /// `reason`: why the connection is relayed.
  RelayConnection(ConnectionContext& context, Connection::Owner& owner, AcceptedClient client,
                  std::string reason);

  /// Once the client speaks TLS somebody else serves it. `secrets` belong to its record. To be
  /// called before `start`.
  void hand_over_tls(Successor& successor, std::unique_ptr<LegSecrets> secrets);

  /// The client speaks plain HTTP. If the server's first answer means that TLS is spoken there, the
  /// client gets a page of the proxy's that says so. To be called before `start`.
  void explain_tls();

  ConnectionId id() const override { return record_->id(); }
  /// Opens the server leg.
  void start() override;

 private:
  /// What the timer is for, and so what the connection waits for.
  enum class Phase : std::uint8_t {
    connecting,   ///< the server leg
    refusing,     ///< the server leg failed: the client's first bytes, to know whom it wanted
    handshaking,  ///< the end of the handshake, or data both ways where there is none
    lingering,    ///< the handshake has failed: the other leg's end
    explained,    ///< the client has the proxy's page, and nothing more to hear: its end
    open,         ///< either leg's end
    parting,      ///< one leg has ended after the handshake, before any request: the other's end
  };

  LegStream& leg(Leg side) override { return side == Leg::client ? client_ : server_; }
  LegStream& other(const LegStream& from) { return &from == &client_ ? server_ : client_; }
  ConnectionRecord& record(Leg) override { return *record_; }

  void on_server_connected() override;
  void on_no_server() override;
  void refuse_client();

  void on_bytes(LegStream& from, std::span<const std::uint8_t> bytes) override;
  void on_sent(LegStream& to, int status) override;
  void refuse_more(LegStream& from);
  void on_first_answer(std::span<const std::uint8_t> bytes);
  void end_first_answer();
  void pass_first_answer();
  void answer_for_server(std::string_view what_it_did);
  void on_dialogue(std::span<const std::uint8_t> bytes);
  void release_dialogue(std::size_t bytes);
  const parser::Dialogue* last_dialogue() const;
  bool leads_to_server() const;
  bool waits_for_replies();
  void end_dialogue();
  void stop_looking();
  void hand_over();
  bool send(LegStream& to, std::span<const std::uint8_t> bytes, bool last = false);
  void on_write_failed(LegStream& to);

  void on_end(LegStream& from, parser::StreamEnd how) override;
  void note_own_end(LegStream& leg, parser::StreamEnd how) override;
  void conclude() override;

  void enter(Phase phase, std::chrono::milliseconds limit);
  void observe_progress();
  void on_time_out() override;

  bool tls_seen() const;
  bool plain_data_only() const;
  bool nobody_waits() const;
  bool data_flowed_both_ways_without_tls() const;
  Leg waited_for() const override;

  /// Of a dialogue that may lead to TLS.
  struct Dialogue {
    Successor& successor;
    std::unique_ptr<LegSecrets> secrets;
    std::vector<std::uint8_t> held{};  ///< that the client sent, and that may be TLS
    std::size_t entries = 0;           ///< of the timeline, before `held` came
    bool unanswered = false;           ///< what the server was sent last
    /// Once the client, which did not wait for them, has begun with TLS.
    std::optional<parser::AwaitedReplies> replies{};
  };
  /// Null: whatever comes is relayed. Its secrets have to outlive the record, which decrypts by
  /// them.
  std::unique_ptr<Dialogue> dialogue_;
  std::unique_ptr<ConnectionRecord> record_;
  LegStream client_{*this, Leg::client};
  LegStream server_{*this, Leg::server};
  Phase phase_ = Phase::connecting;
  bool client_reset_ = false;              ///< while the server leg was being opened
  bool half_close_used_ = false;           ///< one side talked on after the other's FIN
  std::vector<std::uint8_t> early_bytes_;  ///< that the client sent before the server leg was open
  std::unique_ptr<SingleRequest> only_;
  std::unique_ptr<FirstAnswer> first_answer_;  ///< null: whatever the server says is relayed
  std::uint64_t asked_ = 0;                    ///< loop time: when the server was sent bytes last
};

}  // namespace legible::proxy
