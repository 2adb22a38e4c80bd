#pragma once

#include <memory>
#include <string>
#include <vector>

#include "proxy/net/event_loop.hpp"
#include "proxy/net/own_connections.hpp"
#include "proxy/net/target_resolver.hpp"
#include "proxy/net/tcp_stream.hpp"
#include "proxy/record/timeline.hpp"

namespace legible::proxy {

/// Connects to the first address that answers (RFC 8305 section 5): the next one is tried when an
/// attempt fails, or beside it when it has not answered for 250 ms.
class Connector {
 public:
  class Owner {
   public:
    /// `ticket`: of the connection among the proxy's own, if those are kept.
    virtual void on_connected(TcpStream stream, const SocketAddress& address,
                              OwnConnections::Ticket ticket) = 0;
    /// Every address failed. The reason that says most is given: a refusal, else a time-out.
    virtual void on_connect_failed(ConnectFailed failure) = 0;
    /// Not every address could be tried: this machine is out of descriptors or memory.
    virtual void on_connect_shortage() = 0;

   protected:
    ~Owner() = default;
  };

  /// The owner, which must outlive the connector, is told once, and may destroy it then. `own`,
  /// if not null, is told of each attempt.
  Connector(EventLoop& loop, Addresses addresses, OwnConnections* own, Owner& owner);

  /// May tell the owner within this call.
  void start() { try_next(); }
  /// What to report when the owner gives up waiting.
  ConnectFailed timed_out() const;

 private:
  void try_next();
  void on_attempt(std::size_t attempt, int status);
  void note_failure(const SocketAddress& address, int status, bool here);

  EventLoop& loop_;
  Addresses addresses_;
  OwnConnections* own_;
  Owner& owner_;
  struct Attempt {
    TcpStream stream{};
    OwnConnections::Ticket ticket = 0;
  };
  std::vector<Attempt> attempts_;  ///< by index of address
  std::size_t failed_ = 0;
  bool shortage_ = false;
  ConnectFailed failure_{ConnectError::unreachable, {}, {}, true};
  std::unique_ptr<Timer> stagger_;  ///< only where there is a second address
};

}  // namespace legible::proxy
