#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proxy/net/connector.hpp"
#include "proxy/net/target_directory.hpp"
#include "proxy/ways/upstream_dialogue.hpp"

namespace legible::proxy {

/// A connection to a server, whose bytes are to come.
struct OpenedServer {
  TcpStream stream;
  std::string address;                ///< that it was made to: the server's, or an upstream proxy's
  std::vector<std::uint8_t> early{};  ///< what the server said already
  std::chrono::microseconds took{};
  bool used = false;                  ///< it is on record, and its server has been spoken to:
  std::uint64_t received = 0;         ///< bytes that the server sent
  std::uint64_t sent = 0;             ///< and that it was sent
  OwnConnections::Ticket ticket = 0;  ///< among the proxy's own connections, if those are kept
};

/// What all connections to servers of one loop have in common.
struct DialContext {
  EventLoop& loop;
  TargetDirectory& targets;
  const Upstream* via;  ///< null: servers are connected to directly
  OwnConnections* own;  ///< is told of the connections made; may be null
};

/// Opens the server leg: looks the target up, then connects to the first address that answers; or
/// asks an upstream proxy to do so.
class ServerDial final : private TargetResolver::Waiter,
                         private Connector::Owner,
                         private TcpStream::Owner {
 public:
  class Owner {
   public:
    virtual void on_opened(OpenedServer server) = 0;
    virtual void on_not_opened(ConnectFailed failure) = 0;
    /// This machine is out of descriptors or memory.
    virtual void on_shortage() = 0;

   protected:
    ~Owner() = default;
  };

  /// What `context` names, and the owner, must outlive the dial. The owner is told once, and may
  /// destroy the dial then.
  ServerDial(const DialContext& context, const std::shared_ptr<TargetResolver>& target,
             Owner& owner);
  ~ServerDial();
  ServerDial(const ServerDial&) = delete;
  ServerDial& operator=(const ServerDial&) = delete;

  /// May tell the owner within this call.
  void start();
  /// Waits no longer: tells the owner that it failed.
  void give_up();

 private:
  void on_resolved(Addresses addresses) override;
  void on_resolve_failed(const LookupFailure& failure) override;
  void on_out_of_reach(OutOfReach reason, const SocketAddress& address) override;
  void on_connected(TcpStream stream, const SocketAddress& address,
                    OwnConnections::Ticket ticket) override;
  void on_connect_failed(ConnectFailed failure) override;
  void on_connect_shortage() override { owner_.on_shortage(); }
  void on_read(std::span<const std::uint8_t> bytes) override;
  void on_read_end(int status) override;
  void on_written(int) override {}

  std::chrono::microseconds took() const;
  void say(std::string_view words);
  void fail(ConnectFailed failure);

  const DialContext context_;
  const std::shared_ptr<TargetResolver> target_;
  const std::shared_ptr<TargetResolver> next_hop_;  ///< the server, or the upstream proxy
  Owner& owner_;
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
  std::optional<Connector> connector_;
  std::optional<UpstreamDialogue> dialogue_;  ///< with an upstream proxy
  TcpStream stream_;                          ///< while it goes on
  std::string address_;
  OwnConnections::Ticket ticket_ = 0;
  std::vector<std::uint8_t> unread_;
};

}  // namespace legible::proxy
