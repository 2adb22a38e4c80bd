#pragma once
// How many connections may be open at once, over all event loops. Who finds no place stops
// accepting, so that further clients wait in the kernel's backlog, and is woken when one is free.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <mutex>
#include <vector>

#include "proxy/net/event_loop.hpp"

namespace legible::proxy {

class Admission {
 public:
  explicit Admission(std::size_t limit) : limit_(limit) {}

  /// Lowers the limit; before the first `enter`.
  void restrict_to(std::size_t limit) { limit_ = std::min(limit_, limit); }

  /// Takes a place. When there is none, `waiter` (which must outlive this object's use, and be
  /// safe to wake) is woken once when a place becomes free.
  bool enter(Wakeup& waiter);
  /// Gives a place back.
  void leave();

  std::size_t limit() const { return limit_; }
  /// True once for each time the limit is reached anew, after less than half were in use.
  bool should_say_full();

 private:
  bool try_enter();

  std::size_t limit_;
  std::atomic<std::size_t> open_{0};
  std::atomic<bool> anyone_waits_{false};
  std::atomic<bool> said_full_{false};
  std::mutex mutex_;
  std::vector<Wakeup*> waiters_;
};

}  // namespace legible::proxy
