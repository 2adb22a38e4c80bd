#pragma once

#include <functional>
#include <string>

#include "proxy/net/event_loop.hpp"
#include "proxy/net/file_descriptor.hpp"
#include "proxy/net/socket_address.hpp"

namespace legible::proxy {

/// Accepts clients on one listening socket.
///
/// It polls the socket and calls accept itself, for uv_listen answers a lack of descriptors by
/// accepting and closing the clients that wait; here they keep waiting.
class TcpListener {
 public:
  class Owner {
   public:
    /// May one more client be accepted? If not, the listener pauses until `resume`.
    virtual bool may_accept() = 0;
    /// A client that `may_accept` was asked for, or an empty descriptor if there was none after
    /// all.
    virtual void on_accept(FileDescriptor client, const SocketAddress& peer) = 0;
    /// The system refuses: out of descriptors or memory. The listener pauses and tries again soon.
    virtual void on_accept_error(int error) = 0;

   protected:
    ~Owner() = default;
  };

  TcpListener(EventLoop& loop, FileDescriptor socket, std::string address, Owner& owner);

  void resume();
  const std::string& address() const { return address_; }

 private:
  void accept_clients();

  FileDescriptor socket_;
  std::string address_;
  Owner& owner_;
  ReadableWatcher watcher_;
  Timer retry_;
};

}  // namespace legible::proxy
