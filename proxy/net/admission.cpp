#include "proxy/net/admission.hpp"

#include <utility>

namespace legible::proxy {

bool Admission::enter(Wakeup& waiter) {
  if (try_enter()) return true;
  {
    const std::lock_guard lock(mutex_);
    waiters_.push_back(&waiter);
    anyone_waits_ = true;
  }
  // The last place may have been given back before this waiter was known. If it is taken now, the
  // wake-up that may still come finds nothing to do.
  return try_enter();
}

bool Admission::try_enter() {
  std::size_t open = open_.load();
  while (open < limit_) {
    if (open_.compare_exchange_weak(open, open + 1)) return true;
  }
  return false;
}

void Admission::leave() {
  const std::size_t left = --open_;
  if (left < limit_ / 2 && said_full_.load(std::memory_order_relaxed)) said_full_ = false;
  if (!anyone_waits_) return;
  std::vector<Wakeup*> waiters;
  {
    const std::lock_guard lock(mutex_);
    waiters = std::exchange(waiters_, {});
    anyone_waits_ = false;
  }
  for (Wakeup* waiter : waiters) waiter->wake();
}

bool Admission::should_say_full() { return !said_full_.exchange(true); }

}  // namespace legible::proxy
