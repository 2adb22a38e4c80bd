#pragma once
// Holds a client until it is known where it wants to go and what is to be done with it. Used where
// that is not settled from the start.

#include <cstdint>
#include <optional>
#include <string>

#include "parser/proxy_header.hpp"
#include "proxy/legs/connection.hpp"
#include "proxy/legs/interception.hpp"
#include "proxy/legs/leg_secrets.hpp"
#include "proxy/net/server_dial.hpp"
#include "proxy/ways/client_rules.hpp"
#include "proxy/ways/forward_dialogue.hpp"
#include "proxy/ways/way_in.hpp"

namespace legible::proxy {

/// What is the same for all clients of one loop.
struct IntakeSettings {
  const InterceptionSettings& interception;
  const ClientRules& rules;
  const NamedAddresses& addresses;
};

class ClientIntake final : public Connection, private TcpStream::Owner, private ServerDial::Owner {
 public:
  class Owner {
   public:
    /// What is to be done with the client is known. `secrets` belong to its record. The intake is
    /// to be destroyed, but not within this call.
    virtual void on_chosen(ClientIntake& intake, AcceptedClient client,
                           std::unique_ptr<LegSecrets> secrets, ModeChoice choice) = 0;

   protected:
    ~Owner() = default;
  };

  /// `settings` and `listener` must outlive the intake. `secrets` may be null where nothing is
  /// intercepted.
  ClientIntake(ConnectionContext& context, const IntakeSettings& settings,
               const ListenerSettings& listener, Connection::Owner& owner, Owner& chosen,
               std::unique_ptr<LegSecrets> secrets, AcceptedClient client);

  /// The client has come to TLS by way of a dialogue with its server: what it sends next, its first
  /// bytes of which it holds, is its first flight. To be called before `start`.
  void resume_at_hello();

  ConnectionId id() const override { return id_; }
  void start() override;
  void shut_down() override;

 private:
  /// What comes next from the client, or what it waits for.
  enum class Stage : std::uint8_t {
    header,   ///< a PROXY header
    request,  ///< where it wants to go, said to a forward proxy
    dialing,  ///< the server leg, which it waits for
    hello,    ///< its first flight
    parting,  ///< it was refused: its end
    leaving,  ///< it is being handed over
    done,
  };

  void on_read(std::span<const std::uint8_t> bytes) override;
  void on_read_end(int status) override;
  void on_written(int) override {}
  void on_opened(OpenedServer server) override;
  void on_not_opened(ConnectFailed failure) override;
  void on_shortage() override;
  void abandon(const char* why) override;

  void advance();
  void observe(std::size_t bytes);
  void consume(std::size_t bytes);
  bool read_header();
  void announce(const parser::ProxyHeader& header);
  bool pass_header();

  bool converse();
  void dial(ForwardRequest request);
  void end_dialogue();
  void answer_with(std::string_view bytes);
  void say(std::string_view bytes);

  bool go_to(const HostPort& target);
  bool settle();
  void consider();
  void choose(const parser::ClientHello* hello, FirstFlight::Lack lack);
  ModeChoice mode_without(FirstFlight::Lack lack) const;
  bool find_by_name(const parser::ClientHello* hello, FirstFlight::Lack lack);
  void hand_over(ModeChoice choice);

  void refuse(ProxyClosing closing, std::string_view last_words);
  void part(std::string_view last_words);
  void on_timer();
  std::chrono::milliseconds time_left() const;
  void give_up(ProxyReason reason, std::chrono::seconds limit);
  void close(parser::StreamEnd how);
  void finish();
  void note_target();

  std::string target_host() const { return client_.target ? client_.target->target().host : ""; }

  ConnectionContext& context_;
  const IntakeSettings& settings_;
  const ListenerSettings& listener_;
  Connection::Owner& owner_;
  Owner& chosen_;
  const ConnectionId id_;
  std::unique_ptr<LegSecrets> secrets_;
  AcceptedClient client_;
  std::size_t observed_ = 0;  ///< of client_.early: it is on record
  Timer timer_;
  Stage stage_ = Stage::header;
  ForwardDialogue dialogue_;
  std::optional<ProxyClosing> objection_;  ///< to what it said to a forward proxy last
  ForwardRequest request_;
  std::unique_ptr<ServerDial> dial_;
};

}  // namespace legible::proxy
