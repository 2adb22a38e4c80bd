#include "proxy/lab/blocking_socket.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace legible::proxy::lab {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// True when the descriptor is ready for `events` before the deadline.
bool ready(int descriptor, short events, Deadline deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline - std::chrono::steady_clock::now());
  pollfd waiting{descriptor, events, 0};
  return ::poll(&waiting, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0))) > 0;
}

}  // namespace

BlockingSocket::BlockingSocket(BlockingSocket&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), deadline_(other.deadline_) {}

BlockingSocket::~BlockingSocket() { close(); }

BlockingSocket BlockingSocket::connect(std::uint16_t port, Deadline deadline) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) fail("socket");
  BlockingSocket socket{descriptor, deadline};
  const sockaddr_in address = loopback(port);
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail("connect");
  }
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

bool BlockingSocket::send(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    if (!ready(descriptor_, POLLOUT, deadline_)) return false;
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(sent));
  }
  return true;
}

ReadEnd BlockingSocket::read(std::span<std::uint8_t> buffer, std::size_t& count) {
  count = std::min(buffer.size(), unread_.size());
  if (count > 0) {
    const auto end = unread_.begin() + static_cast<std::ptrdiff_t>(count);
    std::copy(unread_.begin(), end, buffer.begin());
    unread_.erase(unread_.begin(), end);
    return ReadEnd::data;
  }
  if (!ready(descriptor_, POLLIN, deadline_)) return ReadEnd::timeout;
  const ssize_t received = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
  if (received < 0) return ReadEnd::reset;
  if (received == 0) return ReadEnd::fin;
  count = static_cast<std::size_t>(received);
  return ReadEnd::data;
}

void BlockingSocket::unread(std::span<const std::uint8_t> bytes) {
  unread_.insert(unread_.begin(), bytes.begin(), bytes.end());
}

ReadEnd BlockingSocket::drain() {
  std::array<std::uint8_t, 4096> buffer{};
  std::size_t count = 0;
  ReadEnd end = ReadEnd::data;
  while (end == ReadEnd::data) end = read(buffer, count);
  return end;
}

void BlockingSocket::shutdown_write() const { ::shutdown(descriptor_, SHUT_WR); }

void BlockingSocket::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

void BlockingSocket::close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

LoopbackListener::LoopbackListener()
    : descriptor_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (descriptor_ < 0) fail("socket");
  sockaddr_in address = loopback(0);
  socklen_t length = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(descriptor_, generic, length) != 0 || ::listen(descriptor_, 16) != 0 ||
      ::getsockname(descriptor_, generic, &length) != 0) {
    const int error = errno;
    close();
    throw std::system_error(error, std::generic_category(), "listen");
  }
  port_ = ntohs(address.sin_port);
}

LoopbackListener::~LoopbackListener() { close(); }

std::optional<BlockingSocket> LoopbackListener::accept(Deadline until, Deadline deadline) const {
  if (!ready(descriptor_, POLLIN, until)) return std::nullopt;
  const int descriptor = ::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
  if (descriptor < 0) return std::nullopt;
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return BlockingSocket{descriptor, deadline};
}

void LoopbackListener::close() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

}  // namespace legible::proxy::lab
