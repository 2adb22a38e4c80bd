#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "proxy/net/socket_address.hpp"

namespace legible::proxy {

/// What is wrong where one comes back.
inline constexpr std::string_view redirected_back =
    "a connection of the proxy's own was redirected back to it: leave its packets out of the rule";

/// The proxy's own latest connections to servers, by their local addresses. A rule of the firewall
/// that redirects those too would bring them back as clients, each opening the next. From any
/// thread.
class OwnConnections {
 public:
  /// How long a connection may take to come back.
  static constexpr std::uint64_t memory_milliseconds = 5000;
  static constexpr std::size_t capacity = 4096;

  /// By which a connection is asked for again; 0: none. It tells the place of its entry.
  using Ticket = std::uint64_t;

  /// `connect` begins the connection and returns its local address. Whoever accepts it before it is
  /// known here has to wait with his question. `now` is a steady time in milliseconds, the same for
  /// all threads. Throws what `connect` does.
  template <class Connect>
  Ticket add(const Connect& connect, std::uint64_t now) {
    const std::lock_guard lock(mutex_);
    const SocketAddress local = connect();
    const std::size_t place = local.port() % capacity;
    const Ticket ticket = ++added_ * capacity + place;
    entries_[place] = {local.text(), now, ticket, false};
    return ticket;
  }
  /// Whether the client is one of them, which has come back then.
  bool recognises(const SocketAddress& client, std::uint64_t now);
  bool has_come_back(Ticket ticket);

 private:
  struct Entry {
    std::string address;
    std::uint64_t at = 0;
    Ticket ticket = 0;
    bool back = false;
  };

  std::mutex mutex_;
  std::uint64_t added_ = 0;
  std::array<Entry, capacity> entries_;  ///< by port: two of the same port are seldom alive
};

}  // namespace legible::proxy
