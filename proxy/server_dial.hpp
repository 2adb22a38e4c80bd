#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "proxy/connector.hpp"
#include "proxy/target_resolver.hpp"

namespace legible::proxy {

/// Opens the server leg: looks the target up, then connects to the first address that answers.
class ServerDial final : private TargetResolver::Waiter, private Connector::Owner {
 public:
  /// The owner, which must outlive the dial, is told once, and may destroy it then.
  ServerDial(EventLoop& loop, std::shared_ptr<TargetResolver> target, Connector::Owner& owner)
      : loop_(loop), target_(std::move(target)), owner_(owner) {}
  ~ServerDial();
  ServerDial(const ServerDial&) = delete;
  ServerDial& operator=(const ServerDial&) = delete;

  /// May tell the owner within this call.
  void start() { target_->resolve(*this); }
  /// Waits no longer: tells the owner that it failed.
  void give_up();

 private:
  void on_resolved(Addresses addresses) override;
  void on_resolve_failed(const std::string& detail) override;
  void on_out_of_reach(OutOfReach reason, const SocketAddress& address) override;
  void on_connected(TcpStream stream, const SocketAddress& address) override;
  void on_connect_failed(ConnectFailed failure) override;
  void on_connect_shortage() override { owner_.on_connect_shortage(); }

  EventLoop& loop_;
  std::shared_ptr<TargetResolver> target_;
  Connector::Owner& owner_;
  std::optional<Connector> connector_;
};

}  // namespace legible::proxy
