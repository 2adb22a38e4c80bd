#pragma once
// What an event loop knows of each connection it serves, whatever is done with it.

#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "proxy/net/event_loop.hpp"
#include "proxy/net/server_dial.hpp"
#include "proxy/net/target_directory.hpp"
#include "proxy/net/tcp_stream.hpp"
#include "proxy/record/connection_history.hpp"
#include "proxy/record/connection_record.hpp"
#include "proxy/ways/outbound.hpp"
#include "proxy/ways/single_request.hpp"

namespace legible::proxy {

struct Timeouts {
  std::chrono::seconds connect{10};
  std::chrono::seconds handshake{20};  ///< from accept to the end of the handshake
  std::chrono::seconds idle{300};
};

/// What all connections of one loop share.
struct ConnectionContext {
  EventLoop& loop;
  RecordContext& records;
  TargetDirectory& targets;
  ConnectionHistory& history;
  Timeouts timeouts;
  const Outbound& outbound;
  OwnConnections* own;  ///< where a firewall may lead the proxy back to itself; else null

  DialContext dialling() const { return {loop, targets, outbound.upstream(), own}; }
};

class Connection {
 public:
  class Owner {
   public:
    /// The verdict was given and both legs are closed: the connection may be destroyed, but not
    /// within this call.
    virtual void on_finished(Connection& connection) = 0;

   protected:
    ~Owner() = default;
  };

  virtual ~Connection() = default;

  virtual ConnectionId id() const = 0;
  virtual void start() = 0;
  /// Ends it now, with a verdict that says that the proxy did.
  virtual void shut_down() = 0;

 protected:
  /// Nothing may be thrown through libuv: what fails in `step` ends this connection, and no other.
  template <class Step>
  void guarded(Step step) {
    try {
      step();
    } catch (const std::exception& error) {
      abandon(error.what());
    }
  }

 private:
  /// Ends it, for what was thrown.
  virtual void abandon(const char* why) = 0;
};

/// A client that was accepted, with all that is known of it. It moves from the one who looks what
/// it wants to the one who serves it.
struct AcceptedClient {
  AcceptedClient() = default;
  /// `told` is the first fact of its record.
  AcceptedClient(ConnectionId id, ConnectionContext& context, FileDescriptor socket,
                 const SocketAddress& peer, Accepted told,
                 parser::RecordDecryptor* decryptor = nullptr);

  TcpStream stream;
  std::unique_ptr<ConnectionRecord> record;
  std::shared_ptr<TargetResolver> target;  ///< the server that it goes to; null: not known yet
  FoundBy found_by = FoundBy::option;      ///< how the target was
  std::unique_ptr<OpenedServer> server;    ///< null: not connected to yet
  std::unique_ptr<SingleRequest> only;     ///< all that it may send; null: whatever it says
  /// What the server is to hear first: a PROXY header.
  std::string announcement;
  SocketAddress address;
  std::string host;  ///< its address, without the port; that of the one it speaks for, if it does
  Time accepted{};
  std::uint64_t begun = 0;          ///< loop time, which no change of the clock moves
  std::vector<std::uint8_t> early;  ///< that it sent, and that nobody has used yet
  std::uint64_t received = 0;       ///< bytes, in all
  std::uint64_t sent = 0;
  bool ended = false;                    ///< its FIN came
  std::size_t entries_before_early = 0;  ///< of its record's timeline
};

/// How a stream ended, by what libuv says of a read. `write_failed`: a write to it did before.
parser::StreamEnd stream_end(int status, bool write_failed);

}  // namespace legible::proxy
