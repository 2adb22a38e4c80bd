#include "proxy/har/archive.hpp"

#include <fmt/format.h>
#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <deque>
#include <mutex>
#include <new>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "proxy/har/document.hpp"
#include "proxy/har/entry.hpp"
#include "proxy/har/sink.hpp"

namespace legible::proxy::har {

using Clock = std::chrono::steady_clock;

/// The queue and the thread. Shared with the thread, which may outlive its owner when the disk
/// blocks for good.
class Archive::Writer final : public ExchangeTaker, public std::enable_shared_from_this<Writer> {
 public:
  Writer(const std::string& path, Options options)
      : options_(std::move(options)), path_(path), document_(path) {}

  void start() {
    thread_ = std::thread([self = shared_from_this()] { self->run(); });
  }

  bool reserve(std::size_t bytes) override {
    if (reserved_.fetch_add(bytes) + bytes <= options_.memory_bytes) return true;
    reserved_ -= bytes;
    return false;
  }

  void take(Exchange&& exchange) override {
    const std::scoped_lock lock(mutex_);
    if (closing_) {
      reserved_ -= exchange.reserved;
      return;
    }
    queue_.push_back(std::move(exchange));
    wake_.notify_one();
  }

  void lose(const Exchange& exchange) override {
    reserved_ -= exchange.reserved;
    ++lost_;
  }

  void reopen() {
    const std::scoped_lock lock(mutex_);
    reopening_ = true;
    wake_.notify_one();
  }

  void close(std::chrono::milliseconds bound) {
    std::unique_lock lock(mutex_);
    if (std::exchange(closing_, true)) return;
    deadline_ = Clock::now() + bound;
    wake_.notify_one();
    // A write may be stuck in the kernel beyond any deadline of ours.
    const bool ended = ended_.wait_until(lock, deadline_ + bound, [&] { return done_; });
    abandoned_ = !ended;
    lock.unlock();
    ended ? thread_.join() : thread_.detach();
  }

 private:
  void run() {
    // Signals are for the thread that handles them.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);

    if (document_.found() == Document::Found::cut_archive) {
      report("was cut in its last exchange, which is left out now");
    }
    while (const auto exchange = next()) {
      write(*exchange);
      reserved_ -= exchange->reserved;
    }
    tell_lost();

    const std::scoped_lock lock(mutex_);
    done_ = true;
    ended_.notify_all();
  }

  /// Waits for an exchange. None when all is done, or time is up.
  std::optional<Exchange> next() {
    for (;;) {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return closing_ || reopening_ || !queue_.empty(); });
      if (std::exchange(reopening_, false)) {
        lock.unlock();
        open_again();
        continue;
      }
      const bool in_time = !closing_ || Clock::now() < deadline_;
      if (queue_.empty() || !in_time) {
        lost_ += queue_.size();
        return std::nullopt;
      }
      std::optional<Exchange> first(std::move(queue_.front()));
      queue_.pop_front();
      return first;
    }
  }

  void write(const Exchange& exchange) try {
    entry_.clear();
    append_entry(entry_, exchange);
    while (const int error = document_.append(entry_)) {
      if (std::exchange(last_error_, error) == 0) {
        report("cannot be written: " + std::generic_category().message(error));
      }
      if (!pause()) {
        ++lost_;
        return;
      }
    }
    if (std::exchange(last_error_, 0) != 0) report("is written again");
    constexpr std::size_t kept_capacity = 256 * 1024;
    if (entry_.capacity() > kept_capacity) entry_ = std::string();
    if (const std::scoped_lock lock(mutex_); !queue_.empty()) return;
    tell_lost();
  } catch (const std::bad_alloc&) {
    ++lost_;
  }

  /// Waits before the next attempt. False when there is to be none.
  bool pause() {
    std::unique_lock lock(mutex_);
    if (closing_) return false;
    wake_.wait_for(lock, options_.retry, [&] { return closing_ || reopening_; });
    const bool open = std::exchange(reopening_, false);
    lock.unlock();
    if (open) open_again();
    return true;
  }

  void open_again() try { document_.reopen(); } catch (const std::system_error& error) {
    report_whole(fmt::format("{}, the old file is kept", error.what()));
  }

  void tell_lost() {
    const std::uint64_t count = lost_.exchange(0);
    if (count > 0)
      report(fmt::format("lacks {} exchanges: they came faster than they were written", count));
  }

  void report(std::string_view what) { report_whole(fmt::format("{} {}", path_, what)); }

  void report_whole(std::string_view what) {
    if (!options_.report) return;
    if (const std::scoped_lock lock(mutex_); abandoned_) return;
    options_.report(what);
  }

  const Options options_;
  const std::string path_;

  // The thread's own.
  Document document_;
  std::string entry_;
  int last_error_ = 0;

  std::atomic<std::size_t> reserved_{0};
  std::atomic<std::uint64_t> lost_{0};

  // Shared, under the mutex.
  std::mutex mutex_;
  std::condition_variable wake_, ended_;
  std::thread thread_;
  std::deque<Exchange> queue_;
  bool reopening_ = false;
  bool closing_ = false;
  bool done_ = false;
  bool abandoned_ = false;  ///< stuck in the kernel, its owner is gone
  Clock::time_point deadline_{};
};

Archive::Archive(const std::string& path, Options options)
    : writer_(std::make_shared<Writer>(path, std::move(options))) {
  writer_->start();
}

Archive::~Archive() { close(); }

std::unique_ptr<EventSink> Archive::make_sink() { return std::make_unique<Sink>(*writer_); }

void Archive::reopen() { writer_->reopen(); }

void Archive::close(std::chrono::milliseconds bound) { writer_->close(bound); }

}  // namespace legible::proxy::har
