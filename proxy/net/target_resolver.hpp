#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "proxy/net/event_loop.hpp"
#include "proxy/net/reach.hpp"
#include "proxy/net/socket_address.hpp"

namespace legible::proxy {

/// Why a name has no address.
struct LookupFailure {
  std::string detail;
  bool here = false;  ///< this machine could not ask; that there is none is not known
};

using Addresses = std::shared_ptr<const std::vector<SocketAddress>>;

/// The addresses of one target, in the order to try them. A numeric one is never looked up; the
/// answer for a name is used at once while it is younger than `fresh`, and renewed in the
/// background when it is older, so that a slow name server delays the first connection only.
class TargetResolver : public std::enable_shared_from_this<TargetResolver> {
 public:
  class Waiter {
   public:
    virtual void on_resolved(Addresses addresses) = 0;
    virtual void on_resolve_failed(const LookupFailure& failure) = 0;
    /// The proxy connects to none of the target's addresses, of which this is the first.
    virtual void on_out_of_reach(OutOfReach reason, const SocketAddress& address) = 0;

   protected:
    ~Waiter() = default;
  };

  /// Addresses out of `reach`, which must outlive it, are never given out. To be owned by a shared
  /// pointer: a lookup that is under way keeps it alive.
  TargetResolver(EventLoop& loop, HostPort target, const Reach& reach);
  TargetResolver(const TargetResolver&) = delete;
  TargetResolver& operator=(const TargetResolver&) = delete;

  const HostPort& target() const { return target_; }

  /// Where clients choose, and none of them may go to this address, by whatever way. Absent: it may
  /// go there, or the target is a name.
  std::optional<SocketAddress> forbidden() const;

  /// Answers the waiter once: within this call when an answer is known.
  void resolve(Waiter& waiter);
  /// The waiter wants no answer any more.
  void forget(Waiter& waiter);
  /// The addresses did not work: look them up anew when they are asked for next.
  void doubt() { looked_up_at_ = 0; }
  /// A lookup is under way, which cannot be stopped.
  bool busy() const { return lookup_ != nullptr; }
  /// Nobody wants its answer: one that has not begun will not.
  void cancel_lookup();

 private:
  struct Lookup;

  int start_lookup();
  void on_lookup(int status, const addrinfo* found);
  void take(std::vector<SocketAddress> addresses);
  void answer(Waiter& waiter);

  EventLoop& loop_;
  HostPort target_;
  const Reach& reach_;
  bool numeric_ = false;
  Addresses addresses_;                                         ///< null when none can be used
  std::optional<std::pair<OutOfReach, SocketAddress>> no_way_;  ///< instead of addresses
  std::uint64_t looked_up_at_ = 0;                              ///< loop time; 0: never
  Lookup* lookup_ = nullptr;                                    ///< owns itself until its callback
  std::unordered_set<Waiter*> waiters_;
};

/// Families take turns, beginning with that of the first address (RFC 8305 section 4).
std::vector<SocketAddress> interleave_families(const std::vector<SocketAddress>& sorted);

}  // namespace legible::proxy
