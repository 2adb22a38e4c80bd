#pragma once
// What earlier connections have taught: for whom interception breaks one that works without it,
// which `auto` then relays, and which servers give no tickets.

#include <mutex>
#include <optional>
#include <string>

#include "certs/least_recently_used.hpp"
#include "proxy/diagnosis/diagnosis.hpp"

namespace legible::proxy {

/// Bounded, least recently used goes first. For the process; thread-safe.
class InterceptionMemory {
 public:
  static constexpr std::size_t capacity = 4096;

  /// `client`: its address without the port; `host`: whom it asked for.
  void remember(const std::string& client, const std::string& host, Cause why);
  /// Why the last intercepted connection of this client to this host failed, if that is to be
  /// spared to further ones.
  std::optional<Cause> recall(const std::string& client, const std::string& host);

  /// Did the server of that name and port give a ticket (RFC 8446 section 4.6.1) in a connection
  /// that was used?
  void remember_tickets(const std::string& host, bool given);
  /// It did not, the last time. Clients that never get one from it may be at a loss with one:
  /// programs on GnuTLS take it for data that does not come.
  bool gives_no_tickets(const std::string& host);

 private:
  std::mutex lock_;
  certs::LeastRecentlyUsed<std::string, Cause> broken_{capacity};
  certs::LeastRecentlyUsed<std::string, bool> gives_tickets_{capacity};
};

}  // namespace legible::proxy
