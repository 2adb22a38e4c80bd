#include "proxy/interception_memory.hpp"

namespace legible::proxy {
namespace {

std::string key_of(const std::string& client, const std::string& host) {
  return client + ' ' + host;
}

}  // namespace

bool broken_by_interception(const Verdict& verdict, const certs::MirrorPlan* shown) {
  // What it thinks of such a defect a client tells of the server's own certificate alone.
  const bool refused = verdict.outcome == Outcome::failed && verdict.closer == Closer::client;
  if (refused && shown && !shown->not_carried.empty()) return true;
  if (verdict.confidence < Confidence::medium) return false;
  return verdict.cause == Cause::proxy_cert_untrusted ||
         verdict.cause == Cause::proxy_no_client_cert || verdict.cause == Cause::proxy_limit ||
         verdict.cause == Cause::server_cert_pinned;
}

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

}  // namespace legible::proxy
