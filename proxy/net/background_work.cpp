#include "proxy/net/background_work.hpp"

#include <exception>
#include <utility>

namespace legible::proxy {

/// Shared by the owner, who may go, and the pool, which calls back in any case.
struct BackgroundWork::Request {
  uv_work_t handle{};
  std::function<void()> work;
  std::function<void(std::exception_ptr)> done;
  std::exception_ptr thrown;
  std::shared_ptr<Request> pending;  ///< itself, until it has been called back
};

BackgroundWork::BackgroundWork(EventLoop& loop, std::function<void()> work,
                               std::function<void(std::exception_ptr)> done)
    : request_(std::make_shared<Request>()) {
  request_->work = std::move(work);
  request_->done = std::move(done);
  request_->handle.data = request_.get();
  const int status = uv_queue_work(
      loop.handle(), &request_->handle,
      [](uv_work_t* handle) {
        auto& request = *static_cast<Request*>(handle->data);
        try {
          request.work();
        } catch (...) {
          request.thrown = std::current_exception();
        }
      },
      [](uv_work_t* handle, int) {
        auto& request = *static_cast<Request*>(handle->data);
        const std::shared_ptr<Request> kept = std::move(request.pending);
        if (kept.use_count() > 1) kept->done(kept->thrown);
      });
  throw_if_error(status, "cannot start background work");
  request_->pending = request_;
}

}  // namespace legible::proxy
