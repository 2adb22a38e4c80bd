#pragma once

#include <exception>
#include <functional>
#include <memory>

#include "proxy/net/event_loop.hpp"

namespace legible::proxy {

/// Work that takes too long for an event loop, done by libuv's thread pool.
class BackgroundWork {
 public:
  /// Runs `work` on another thread, and then `done` in the loop's, unless the object is destroyed
  /// before. What `work` uses must live on its own: it may still run when the object is gone.
  /// `done` gets what `work` threw, or null. Throws std::system_error.
  BackgroundWork(EventLoop& loop, std::function<void()> work,
                 std::function<void(std::exception_ptr)> done);

 private:
  struct Request;
  std::shared_ptr<Request> request_;
};

}  // namespace legible::proxy
