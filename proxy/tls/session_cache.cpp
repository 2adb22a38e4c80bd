#include "proxy/tls/session_cache.hpp"

#include <utility>

namespace legible::proxy::tls {

std::optional<ResumableSession> SessionCache::find(const std::string& server) {
  const std::scoped_lock lock(lock_);
  const auto* known = sessions_.find(server);
  return known ? *known : std::nullopt;
}

void SessionCache::put(const std::string& server, ResumableSession session) {
  const std::scoped_lock lock(lock_);
  sessions_.put(server, std::move(session));
}

void SessionCache::forget(const std::string& server) {
  const std::scoped_lock lock(lock_);
  if (sessions_.find(server)) sessions_.put(server, std::nullopt);
}

}  // namespace legible::proxy::tls
