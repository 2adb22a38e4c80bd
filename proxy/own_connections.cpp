#include "proxy/own_connections.hpp"

namespace legible::proxy {

void OwnConnections::add(const SocketAddress& local, std::uint64_t now) {
  const std::lock_guard lock(mutex_);
  entries_[local.port() % capacity] = {local.text(), now};
}

bool OwnConnections::contains(const SocketAddress& client, std::uint64_t now) {
  const std::lock_guard lock(mutex_);
  const Entry& entry = entries_[client.port() % capacity];
  // The loops' clocks are read at different moments: `now` may lie before the entry.
  return entry.at != 0 && now <= entry.at + memory_milliseconds && entry.address == client.text();
}

}  // namespace legible::proxy
