#include "proxy/net/listening_socket.hpp"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string_view>

namespace legible::proxy {
namespace {

// The kernel cuts it to net.core.somaxconn.
constexpr int backlog = 4096;

/// What the user can do about it. Empty: nothing that is known.
std::string_view way_out(int error) {
  if (error == EADDRINUSE) return " (another legible? --listen chooses another port)";
  if (error == EACCES) {
    return " (a port below 1024 needs root, or the capability CAP_NET_BIND_SERVICE)";
  }
  return "";
}

void check(int result, const SocketAddress& address) {
  if (result >= 0) return;
  const int error = errno;
  throw std::runtime_error(fmt::format("cannot listen on {}: {}{}", address.text(),
                                       std::strerror(error), way_out(error)));
}

void enable(int socket, int level, int option, const SocketAddress& address) {
  const int on = 1;
  check(setsockopt(socket, level, option, &on, sizeof on), address);
}

struct Option {
  int level;
  int name;
};

Option transparent(const SocketAddress& address) {
  return address.family() == AF_INET ? Option{IPPROTO_IP, IP_TRANSPARENT}
                                     : Option{IPPROTO_IPV6, IPV6_TRANSPARENT};
}

/// Without the right to it REDIRECT still works.
void accept_for_others(int socket, const SocketAddress& address) {
  const int on = 1;
  const auto [level, name] = transparent(address);
  setsockopt(socket, level, name, &on, sizeof on);
}

bool accepts_for_others(int socket, const SocketAddress& address) {
  int on = 0;
  socklen_t size = sizeof on;
  const auto [level, name] = transparent(address);
  return getsockopt(socket, level, name, &on, &size) == 0 && on != 0;
}

FileDescriptor make_socket(const SocketAddress& address, bool redirected) {
  FileDescriptor socket{
      ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP)};
  check(socket.get(), address);
  enable(socket.get(), SOL_SOCKET, SO_REUSEADDR, address);
  // Inherited by accepted sockets: one system call less for each connection.
  enable(socket.get(), IPPROTO_TCP, TCP_NODELAY, address);
  if (address.family() == AF_INET6) enable(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, address);
  if (redirected) accept_for_others(socket.get(), address);
  return socket;
}

SocketAddress bound_address(int socket, const SocketAddress& asked) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  check(getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &size), asked);
  return SocketAddress(reinterpret_cast<const sockaddr*>(&bound));
}

}  // namespace

ListeningSockets listen_on(const SocketAddress& address, std::size_t count, bool redirected) {
  ListeningSockets result;

  // The first one binds without SO_REUSEPORT, so that a port in use is refused whoever uses it,
  // and gets the option afterwards, so that the others may join it.
  FileDescriptor first = make_socket(address, redirected);
  check(bind(first.get(), address.data(), address.size()), address);
  enable(first.get(), SOL_SOCKET, SO_REUSEPORT, address);
  result.address = bound_address(first.get(), address);
  result.sockets.push_back(std::move(first));

  while (result.sockets.size() < count) {
    FileDescriptor socket = make_socket(address, redirected);
    enable(socket.get(), SOL_SOCKET, SO_REUSEPORT, address);
    check(bind(socket.get(), result.address.data(), result.address.size()), address);
    result.sockets.push_back(std::move(socket));
  }
  result.takes_tproxy = accepts_for_others(result.sockets.front().get(), address);
  for (const FileDescriptor& socket : result.sockets) {
    check(::listen(socket.get(), backlog), address);
  }
  return result;
}

}  // namespace legible::proxy
