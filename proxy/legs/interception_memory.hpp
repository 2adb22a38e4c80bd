#pragma once
// What `auto` has learnt: for whom interception breaks a connection that works without it.

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

 private:
  std::mutex lock_;
  certs::LeastRecentlyUsed<std::string, Cause> broken_{capacity};
};

}  // namespace legible::proxy
