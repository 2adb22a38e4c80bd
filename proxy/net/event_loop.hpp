#pragma once
// libuv's loop and its small handles in RAII. libuv's rule behind all of this: a handle's memory
// must live until its close callback has run, so a handle is on the heap and frees itself there.

#include <uv.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "proxy/record/timeline.hpp"

namespace legible::proxy {

/// The time that events carry.
Time wall_clock();

/// Throws std::system_error when libuv's `status` is an error.
void throw_if_error(int status, const char* doing);

/// One event loop; belongs to the thread that runs it. The first one makes the process ignore
/// SIGPIPE.
class EventLoop {
 public:
  EventLoop();
  /// All handles must be closed or closing: waits for their close callbacks.
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// Runs until `stop`.
  void run();
  void stop() { uv_stop(&loop_); }

  /// Milliseconds of a steady clock, as of this iteration.
  std::uint64_t now() const { return uv_now(&loop_); }
  uv_loop_t* handle() { return &loop_; }

  /// Where all streams of this loop read to: libuv hands out the buffer and takes it back within
  /// one read.
  std::span<std::byte> read_buffer() { return {read_buffer_.get(), read_buffer_size}; }
  static EventLoop& of(const uv_handle_t* handle) {
    return *static_cast<EventLoop*>(handle->loop->data);
  }

 private:
  static constexpr std::size_t read_buffer_size = 65536;

  uv_loop_t loop_{};
  std::unique_ptr<std::byte[]> read_buffer_ = std::make_unique<std::byte[]>(read_buffer_size);
};

/// A libuv handle with the function it calls. `handle` comes first, so that libuv's pointer is
/// ours.
template <class UvHandle>
struct CallbackHandle {
  UvHandle handle{};
  std::function<void()> callback;

  uv_handle_t* base() { return reinterpret_cast<uv_handle_t*>(&handle); }
  static CallbackHandle* from(UvHandle* handle) {
    return reinterpret_cast<CallbackHandle*>(handle);
  }
};

/// Closes now, frees in the close callback.
struct CloseThenFree {
  template <class UvHandle>
  void operator()(CallbackHandle<UvHandle>* owned) const noexcept {
    uv_close(owned->base(), [](uv_handle_t* raw) {
      delete CallbackHandle<UvHandle>::from(reinterpret_cast<UvHandle*>(raw));
    });
  }
};
template <class UvHandle>
using OwnedHandle = std::unique_ptr<CallbackHandle<UvHandle>, CloseThenFree>;

/// Calls back once, after a time. Starting it again moves the time.
class Timer {
 public:
  Timer(EventLoop& loop, std::function<void()> callback);
  void start(std::chrono::milliseconds time);
  void stop() {
    if (timer_) uv_timer_stop(&timer_->handle);
  }
  /// Stops it for good: what is started later does not run.
  void close() { timer_.reset(); }

 private:
  OwnedHandle<uv_timer_t> timer_;
};

/// Calls back in the loop's thread after `wake`, which any thread may call.
class Wakeup {
 public:
  Wakeup(EventLoop& loop, std::function<void()> callback);
  void wake() { uv_async_send(&async_->handle); }

 private:
  OwnedHandle<uv_async_t> async_;
};

/// Calls back in every iteration, after its events and before the loop waits for new ones.
class BeforeWaiting {
 public:
  BeforeWaiting(EventLoop& loop, std::function<void()> callback);

 private:
  OwnedHandle<uv_prepare_t> prepare_;
};

/// Calls back when the process gets the signal.
class SignalWatcher {
 public:
  SignalWatcher(EventLoop& loop, int number, std::function<void()> callback);

 private:
  OwnedHandle<uv_signal_t> signal_;
};

/// Calls back while the descriptor is readable; does not own it.
class ReadableWatcher {
 public:
  ReadableWatcher(EventLoop& loop, int descriptor, std::function<void()> callback);
  void start();
  void stop() { uv_poll_stop(&poll_->handle); }

 private:
  OwnedHandle<uv_poll_t> poll_;
};

}  // namespace legible::proxy
