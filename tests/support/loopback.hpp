#pragma once
// Blocking TCP sockets on 127.0.0.1 for tests: every wait is bounded.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace legible::test {

inline constexpr std::chrono::milliseconds patience{10'000};

/// How reading came to its end.
enum class End { fin, reset, none };

class Socket {
 public:
  Socket() = default;
  explicit Socket(int descriptor) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~Socket() { close(); }

  static Socket connect(std::uint16_t port, int receive_buffer = 0) {
    Socket socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (receive_buffer > 0) socket.set(SOL_SOCKET, SO_RCVBUF, receive_buffer);
    const sockaddr_in address = loopback(port);
    if (::connect(socket.descriptor_, reinterpret_cast<const sockaddr*>(&address),
                  sizeof address) != 0) {
      throw std::runtime_error("connect");
    }
    socket.set(IPPROTO_TCP, TCP_NODELAY, 1);
    return socket;
  }

  static sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
  }

  explicit operator bool() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }

  /// False when the connection is gone.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  /// Sends what the kernel takes within a while; returns how much that was.
  std::size_t send_until_stuck(std::string_view bytes, std::chrono::milliseconds stuck) {
    std::size_t total = 0;
    while (!bytes.empty() && wait(POLLOUT, stuck)) {
      const ssize_t sent =
          ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent <= 0) break;
      total += static_cast<std::size_t>(sent);
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return total;
  }

  /// Reads until `size` bytes are there, or an end.
  std::string receive(std::size_t size) {
    std::string bytes;
    while (bytes.size() < size && read_some(bytes, size - bytes.size()) == End::none) {
    }
    return bytes;
  }

  struct Received {
    std::string bytes;
    End end;
  };
  Received receive_to_end() {
    Received received{{}, End::none};
    while (received.end == End::none) received.end = read_some(received.bytes, 65536);
    return received;
  }

  /// Is there nothing to read, not even an end, for this long?
  bool silent_for(std::chrono::milliseconds time) { return !wait(POLLIN, time); }

  void shutdown() { ::shutdown(descriptor_, SHUT_WR); }
  void close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }
  void reset() {
    const linger abort{1, 0};
    setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &abort, sizeof abort);
    close();
  }

 private:
  bool wait(short events, std::chrono::milliseconds time) {
    pollfd poll{descriptor_, events, 0};
    return ::poll(&poll, 1, static_cast<int>(time.count())) > 0;
  }

  End read_some(std::string& bytes, std::size_t most) {
    if (!wait(POLLIN, patience)) throw std::runtime_error("nothing came");
    char buffer[65536];
    const ssize_t size = ::recv(descriptor_, buffer, std::min(most, sizeof buffer), 0);
    if (size < 0) return End::reset;
    if (size == 0) return End::fin;
    bytes.append(buffer, static_cast<std::size_t>(size));
    return End::none;
  }

  void set(int level, int option, int value) {
    setsockopt(descriptor_, level, option, &value, sizeof value);
  }

  int descriptor_ = -1;
};

/// Listens on a port of the system's choice.
class Listener {
 public:
  explicit Listener(int receive_buffer = 0, int backlog = 128)
      : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0) {
      setsockopt(socket_.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in address = Socket::loopback(0);
    socklen_t size = sizeof address;
    if (bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        listen(socket_.get(), backlog) != 0 ||
        getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
      throw std::runtime_error("listen");
    }
    port_ = ntohs(address.sin_port);
  }

  std::uint16_t port() const { return port_; }

  Socket accept() {
    pollfd poll{socket_.get(), POLLIN, 0};
    if (::poll(&poll, 1, static_cast<int>(patience.count())) <= 0) {
      throw std::runtime_error("nobody came");
    }
    return Socket{::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
  }

 private:
  Socket socket_;
  std::uint16_t port_ = 0;
};

/// A port on which nobody listens.
inline std::uint16_t unused_port() { return Listener().port(); }

}  // namespace legible::test
