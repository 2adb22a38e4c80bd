#pragma once
// What it takes to resume a session with a server.

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "certs/certificate.hpp"
#include "certs/least_recently_used.hpp"
#include "proxy/tls/session.hpp"

namespace legible::proxy::tls {

struct ResumableSession {
  SessionState state;
  /// The server's certificates in the handshake that made the session: a resumed one shows none.
  std::shared_ptr<const std::vector<certs::Certificate>> chain;
};

/// Bounded, least recently used goes first. For one process and its settings; thread-safe.
class SessionCache {
 public:
  static constexpr std::size_t capacity = 1024;

  std::optional<ResumableSession> find(const std::string& server);
  void put(const std::string& server, ResumableSession session);
  /// The server did not take it.
  void forget(const std::string& server);

 private:
  std::mutex lock_;
  certs::LeastRecentlyUsed<std::string, std::optional<ResumableSession>> sessions_{capacity};
};

}  // namespace legible::proxy::tls
