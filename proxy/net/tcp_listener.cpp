#include "proxy/net/tcp_listener.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "proxy/net/descriptor_limit.hpp"

namespace legible::proxy {
namespace {

// In one go, so that a rush of new clients cannot starve the open connections.
constexpr int accepts_at_once = 16;
constexpr std::chrono::milliseconds retry_delay{100};

}  // namespace

TcpListener::TcpListener(EventLoop& loop, FileDescriptor socket, std::string address, Owner& owner)
    : socket_(std::move(socket)),
      address_(std::move(address)),
      owner_(owner),
      watcher_(loop, socket_.get(), [this] { accept_clients(); }),
      retry_(loop, [this] { resume(); }) {
  resume();
}

void TcpListener::resume() { watcher_.start(); }

void TcpListener::accept_clients() {
  for (int i = 0; i < accepts_at_once; ++i) {
    if (!owner_.may_accept()) {
      watcher_.stop();
      return;
    }
    sockaddr_storage peer;
    socklen_t size = sizeof peer;
    FileDescriptor client{accept4(socket_.get(), reinterpret_cast<sockaddr*>(&peer), &size,
                                  SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (!client) {
      const int error = errno;
      owner_.on_accept({}, {});
      if (is_shortage(error)) {
        watcher_.stop();
        retry_.start(retry_delay);
        owner_.on_accept_error(error);
        return;
      }
      if (error == EAGAIN) return;
      // Anything else is of that client alone (accept(2): treat network errors like EAGAIN).
      continue;
    }
    owner_.on_accept(std::move(client), SocketAddress(reinterpret_cast<sockaddr*>(&peer)));
  }
}

}  // namespace legible::proxy
