#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>

#include "proxy/socket_address.hpp"

namespace legible::proxy {

/// The proxy's own latest connections to servers, by their local addresses. A rule of the firewall
/// that redirects those too would bring them back as clients, each opening the next. From any
/// thread.
class OwnConnections {
 public:
  /// How long a connection may take to come back.
  static constexpr std::uint64_t memory_milliseconds = 5000;
  static constexpr std::size_t capacity = 4096;

  /// `now` is a steady time in milliseconds, the same for all threads.
  void add(const SocketAddress& local, std::uint64_t now);
  bool contains(const SocketAddress& client, std::uint64_t now);

 private:
  struct Entry {
    std::string address;
    std::uint64_t at = 0;
  };

  std::mutex mutex_;
  std::array<Entry, capacity> entries_;  ///< by port: two of the same port are seldom alive
};

}  // namespace legible::proxy
