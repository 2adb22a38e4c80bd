#include "proxy/net/own_connections.hpp"

namespace legible::proxy {

bool OwnConnections::recognises(const SocketAddress& client, std::uint64_t now) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[client.port() % capacity];
  // The loops' clocks are read at different moments: `now` may lie before the entry.
  const bool known =
      entry.at != 0 && now <= entry.at + memory_milliseconds && entry.address == client.text();
  entry.back |= known;
  return known;
}

bool OwnConnections::has_come_back(Ticket ticket) {
  const std::lock_guard lock(mutex_);
  const Entry& entry = entries_[ticket % capacity];
  return ticket != 0 && entry.ticket == ticket && entry.back;
}

}  // namespace legible::proxy
