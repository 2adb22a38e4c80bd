#include "proxy/legs/interception_memory.hpp"

namespace legible::proxy {
namespace {

std::string key_of(const std::string& client, const std::string& host) {
  return client + ' ' + host;
}

}  // namespace

void InterceptionMemory::remember(const std::string& client, const std::string& host, Cause why) {
  const std::scoped_lock lock(lock_);
  broken_.put(key_of(client, host), why);
}

std::optional<Cause> InterceptionMemory::recall(const std::string& client,
                                                const std::string& host) {
  const std::scoped_lock lock(lock_);
  const Cause* why = broken_.find(key_of(client, host));
  return why ? std::optional(*why) : std::nullopt;
}

void InterceptionMemory::remember_tickets(const std::string& host, bool given) {
  const std::scoped_lock lock(lock_);
  gives_tickets_.put(host, given);
}

bool InterceptionMemory::gives_no_tickets(const std::string& host) {
  const std::scoped_lock lock(lock_);
  const bool* gives = gives_tickets_.find(host);
  return gives && !*gives;
}

}  // namespace legible::proxy
