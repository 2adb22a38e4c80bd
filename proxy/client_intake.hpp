#pragma once
// Holds a client until its first flight tells what is to be done with it. Used where that is not
// settled from the start: intercept and auto.

#include "proxy/capture/key_log_decryptor.hpp"
#include "proxy/connection.hpp"
#include "proxy/interception.hpp"
#include "proxy/tls/live_secrets.hpp"

namespace legible::proxy {

/// The secrets of one leg that is ended here, and what they open.
struct LegSecrets {
  explicit LegSecrets(tls::KeyLogSink* key_log) : live(key_log) {}
  LegSecrets(const LegSecrets&) = delete;
  LegSecrets& operator=(const LegSecrets&) = delete;

  tls::LiveSecrets live;
  capture::KeyLogDecryptor decryptor{live, capture::KeyLogDecryptor::Thoroughness::alerts};
};

class ClientIntake final : public Connection, private TcpStream::Owner {
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

  ClientIntake(ConnectionContext& context, const InterceptionSettings& settings,
               Connection::Owner& owner, Owner& chosen, std::unique_ptr<LegSecrets> secrets,
               AcceptedClient client);

  ConnectionId id() const override { return id_; }
  void start() override;
  void shut_down() override;

 private:
  void on_read(std::span<const std::uint8_t> bytes) override;
  void on_read_end(int status) override;
  void on_written(int) override {}

  void on_timer();
  void consider();
  void choose(const parser::ClientHello* hello, FirstFlight::Lack lack = {});
  void hand_over(ModeChoice choice);
  void give_up(ProxyReason reason, std::chrono::seconds limit);
  void finish();

  const std::string& target() const { return client_.target->target().host; }

  ConnectionContext& context_;
  const InterceptionSettings& settings_;
  Connection::Owner& owner_;
  Owner& chosen_;
  const ConnectionId id_;
  std::unique_ptr<LegSecrets> secrets_;
  AcceptedClient client_;
  Timer timer_;
  bool done_ = false;
};

}  // namespace legible::proxy
