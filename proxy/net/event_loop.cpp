#include "proxy/net/event_loop.hpp"

#include <chrono>
#include <csignal>
#include <system_error>
#include <utility>

namespace legible::proxy {
namespace {

// Only a handle that was initialised may be closed: until then a plain unique_ptr holds it.
template <class UvHandle, class Init>
OwnedHandle<UvHandle> make_handle(std::function<void()> callback, const char* doing, Init init) {
  auto fresh = std::make_unique<CallbackHandle<UvHandle>>();
  fresh->callback = std::move(callback);
  throw_if_error(init(&fresh->handle), doing);
  return OwnedHandle<UvHandle>(fresh.release());
}

template <class UvHandle>
void call(UvHandle* handle) {
  CallbackHandle<UvHandle>::from(handle)->callback();
}

}  // namespace

Time wall_clock() {
  return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
}

void throw_if_error(int status, const char* doing) {
  if (status < 0) throw std::system_error(-status, std::generic_category(), doing);
}

EventLoop::EventLoop() {
  // libuv writes without MSG_NOSIGNAL: a peer that is gone must show as EPIPE, in every thread.
  std::signal(SIGPIPE, SIG_IGN);
  throw_if_error(uv_loop_init(&loop_), "event loop");
  loop_.data = this;
}

EventLoop::~EventLoop() {
  while (uv_loop_close(&loop_) == UV_EBUSY) uv_run(&loop_, UV_RUN_DEFAULT);
}

void EventLoop::run() { uv_run(&loop_, UV_RUN_DEFAULT); }

Timer::Timer(EventLoop& loop, std::function<void()> callback)
    : timer_(make_handle<uv_timer_t>(std::move(callback), "timer", [&](uv_timer_t* timer) {
        return uv_timer_init(loop.handle(), timer);
      })) {}

void Timer::start(std::chrono::milliseconds time) {
  if (!timer_) return;
  uv_timer_start(&timer_->handle, call<uv_timer_t>, static_cast<std::uint64_t>(time.count()), 0);
}

Wakeup::Wakeup(EventLoop& loop, std::function<void()> callback)
    : async_(make_handle<uv_async_t>(std::move(callback), "wake-up", [&](uv_async_t* async) {
        return uv_async_init(loop.handle(), async, call<uv_async_t>);
      })) {}

BeforeWaiting::BeforeWaiting(EventLoop& loop, std::function<void()> callback)
    : prepare_(make_handle<uv_prepare_t>(
          std::move(callback), "prepare",
          [&](uv_prepare_t* prepare) { return uv_prepare_init(loop.handle(), prepare); })) {
  uv_prepare_start(&prepare_->handle, call<uv_prepare_t>);
}

SignalWatcher::SignalWatcher(EventLoop& loop, int number, std::function<void()> callback)
    : signal_(make_handle<uv_signal_t>(std::move(callback), "signal", [&](uv_signal_t* signal) {
        return uv_signal_init(loop.handle(), signal);
      })) {
  throw_if_error(uv_signal_start(
                     &signal_->handle, [](uv_signal_t* signal, int) { call(signal); }, number),
                 "signal");
}

ReadableWatcher::ReadableWatcher(EventLoop& loop, int descriptor, std::function<void()> callback)
    : poll_(make_handle<uv_poll_t>(std::move(callback), "poll", [&](uv_poll_t* poll) {
        return uv_poll_init(loop.handle(), poll, descriptor);
      })) {}

void ReadableWatcher::start() {
  uv_poll_start(&poll_->handle, UV_READABLE, [](uv_poll_t* poll, int, int) { call(poll); });
}

}  // namespace legible::proxy
