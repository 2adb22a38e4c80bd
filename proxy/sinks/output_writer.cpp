#include "proxy/sinks/output_writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <condition_variable>
#include <csignal>
#include <cstdint>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include "proxy/sinks/dropped_lines.hpp"

namespace legible::proxy {
namespace {

using Clock = std::chrono::steady_clock;

/// What a cut line at the end of the file needs so that the next line stands alone.
std::string_view missing_line_end(int descriptor) {
  struct stat status{};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0) {
    return "";
  }
  char last = '\n';
  const bool read = ::pread(descriptor, &last, 1, status.st_size - 1) == 1;
  return read && last != '\n' ? "\n" : "";
}

bool is_regular_file(int descriptor) {
  struct stat status{};
  return ::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
}

/// Secrets must not go into a file that others can read: what is wanted for the owner alone becomes
/// so.
bool take_from_others(int descriptor, int permissions) {
  constexpr mode_t others = S_IRWXG | S_IRWXO;
  const auto wanted = static_cast<mode_t>(permissions);
  struct stat status{};
  if ((wanted & others) != 0 || !is_regular_file(descriptor)) return true;
  if (::fstat(descriptor, &status) != 0) return false;
  return (status.st_mode & others) == 0 || ::fchmod(descriptor, wanted) == 0;
}

/// Negative, with errno, when it cannot be opened.
int open_for_append(const std::string& path, int permissions) {
  const int descriptor =
      ::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, permissions);
  if (descriptor < 0 || take_from_others(descriptor, permissions)) return descriptor;
  const int error = errno;
  ::close(descriptor);
  errno = error;
  return -1;
}

std::uint64_t count_lines(std::string_view lines) {
  return static_cast<std::uint64_t>(std::ranges::count(lines, '\n'));
}

std::string reason(int error) { return std::generic_category().message(error); }

}  // namespace

/// The queue and the thread. Shared with the thread, which may outlive its owner when the
/// destination blocks for good.
class OutputWriter::Worker : public std::enable_shared_from_this<Worker> {
 public:
  Worker(int descriptor, std::string name, bool owned, Options options)
      : options_(std::move(options)),
        name_(std::move(name)),
        owned_(owned),
        descriptor_(descriptor),
        regular_(is_regular_file(descriptor)) {
    if (owned_) queue_ = missing_line_end(descriptor);
  }

  ~Worker() {
    if (owned_) ::close(descriptor_);
  }
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void push(std::string_view lines) {
    if (lines.empty()) return;
    std::unique_lock lock(mutex_);
    if (options_.when_full == WhenFull::wait) {
      const auto has_room = [&] {
        return closing_ || gone_ || queue_.size() < options_.queue_bytes;
      };
      pressed_ = !has_room();
      if (pressed_) wake_.notify_one();
      room_.wait(lock, has_room);
    }
    if (closing_ || gone_) return;
    const std::string_view taken = what_fits(lines);
    dropped_ += count_lines(lines.substr(taken.size()));
    queue_ += taken;
    if (!thread_.joinable()) thread_ = std::thread([self = shared_from_this()] { self->run(); });
    if (std::exchange(idle_, false)) wake_.notify_one();
  }

  void reopen() {
    const std::scoped_lock lock(mutex_);
    reopening_ = owned_;
    idle_ = false;
    wake_.notify_one();
  }

  bool close(std::chrono::milliseconds bound) {
    std::unique_lock lock(mutex_);
    if (std::exchange(closing_, true) || !thread_.joinable()) return whole_;
    deadline_ = Clock::now() + bound;
    wake_.notify_one();
    room_.notify_all();
    // A write may be stuck in the kernel beyond any deadline of ours.
    const bool ended = ended_.wait_until(lock, deadline_ + bound, [&] { return done_; });
    abandoned_ = !ended;
    whole_ = ended && unwritten_ == 0;
    lock.unlock();
    ended ? thread_.join() : thread_.detach();
    return whole_;
  }

 private:
  /// As many whole lines as the queue has room for; after a loss none, until the loss is told.
  std::string_view what_fits(std::string_view lines) const {
    if (options_.when_full == WhenFull::wait) return lines;
    if (dropped_ != 0) return {};
    const std::size_t room = options_.queue_bytes - std::min(queue_.size(), options_.queue_bytes);
    if (lines.size() <= room) return lines;
    return lines.substr(0, lines.substr(0, room).rfind('\n') + 1);
  }

  void run() {
    // Signals are for the thread that handles them; a closed pipe is told by EPIPE.
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);

    while (take_batch()) write_batch();
    if (unwritten_ != 0) report(fmt::format("ended with {} lines unwritten", unwritten_));

    const std::scoped_lock lock(mutex_);
    done_ = true;
    ended_.notify_all();
  }

  /// Waits for lines, and for the next turn when they keep coming. False when all is done.
  bool take_batch() {
    std::unique_lock lock(mutex_);
    const auto called = [&] { return closing_ || reopening_ || pressed_; };
    wake_.wait_until(lock, next_turn_, called);
    idle_ = queue_.empty() && dropped_ == 0;
    wake_.wait(lock, [&] { return !idle_ || called(); });
    idle_ = false;
    pressed_ = false;
    next_turn_ = Clock::now() + options_.interval;

    batch_.clear();
    batch_.swap(queue_);
    room_.notify_all();
    const std::uint64_t lost = std::exchange(dropped_, 0);
    if (lost != 0 && options_.format_notice) {
      batch_ += options_.format_notice(dropped_lines_text(name_, lost));
    }
    return !batch_.empty() || !closing_;
  }

  void write_batch() {
    std::string_view rest = batch_;
    for (;;) {
      if (take_reopening()) rest = open_again(rest);
      if (rest.empty() || gone_) break;
      if (!wait_until_writable()) break;
      // A pipe that polls writable takes this much without blocking.
      const std::size_t most =
          regular_ ? rest.size() : std::min<std::size_t>(rest.size(), PIPE_BUF);
      const ssize_t written = ::write(descriptor_, rest.data(), most);
      if (written > 0) {
        rest.remove_prefix(static_cast<std::size_t>(written));
        if (std::exchange(last_error_, 0) != 0) report("is written again");
      } else if (written < 0 && errno != EINTR && errno != EAGAIN) {
        failed(errno);
        if (!pause()) break;
        // Room may have come by emptying this very file, with the beginning of a line in it.
        if (regular_ && missing_line_end(descriptor_).empty()) rest = without_begun_line(rest);
      }
    }
    unwritten_ += count_lines(rest);
    if (batch_.capacity() > kept_capacity) batch_ = std::string();
  }

  /// Polls in slices, so that closing is noticed. False when time is up.
  bool wait_until_writable() {
    if (regular_) return true;
    for (;;) {
      constexpr int slice_ms = 100;
      pollfd wanted{descriptor_, POLLOUT, 0};
      if (::poll(&wanted, 1, slice_ms) > 0) return true;
      const std::scoped_lock lock(mutex_);
      if (closing_ && Clock::now() >= deadline_) return false;
    }
  }

  void failed(int error) {
    if (std::exchange(last_error_, error) == 0) report("cannot be written: " + reason(error));
    const bool for_good = error == EPIPE || error == EBADF || error == ECONNRESET;
    if (!for_good && options_.when_full == WhenFull::drop) return;
    const std::scoped_lock lock(mutex_);
    gone_ = true;
    room_.notify_all();
  }

  /// Waits before the next attempt. False when there is to be none.
  bool pause() {
    std::unique_lock lock(mutex_);
    if (closing_ || gone_) return false;
    wake_.wait_for(lock, options_.retry, [&] { return closing_ || reopening_; });
    return true;
  }

  bool take_reopening() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(reopening_, false);
  }

  /// What of `rest` can stand at a line's beginning: not the end of a line that was begun before.
  std::string_view without_begun_line(std::string_view rest) const {
    const bool begun = !rest.empty() && rest.size() < batch_.size() && rest.data()[-1] != '\n';
    return begun ? rest.substr(rest.find('\n') + 1) : rest;
  }

  /// Returns what of `rest` belongs into the fresh file.
  std::string_view open_again(std::string_view rest) {
    const int fresh = open_for_append(name_, options_.permissions);
    if (fresh < 0) {
      report("cannot be opened again: " + reason(errno));
      return rest;
    }
    ::close(std::exchange(descriptor_, fresh));
    regular_ = is_regular_file(fresh);
    batch_ = std::string(missing_line_end(fresh)).append(without_begun_line(rest));
    return batch_;
  }

  void report(std::string_view what) {
    if (!options_.report) return;
    if (const std::scoped_lock lock(mutex_); abandoned_) return;
    options_.report(fmt::format("{} {}", name_, what));
  }

  static constexpr std::size_t kept_capacity = 256 * 1024;

  const Options options_;
  const std::string name_;
  const bool owned_;

  // The thread's own.
  int descriptor_;
  bool regular_;
  std::string batch_;
  int last_error_ = 0;
  std::uint64_t unwritten_ = 0;
  Clock::time_point next_turn_{};

  // Shared, under the mutex.
  std::mutex mutex_;
  std::condition_variable wake_, room_, ended_;
  std::thread thread_;  ///< starts with the first line
  std::string queue_;
  std::uint64_t dropped_ = 0;
  bool idle_ = false;     ///< the thread waits for lines, and wants to be woken
  bool pressed_ = false;  ///< somebody waits for room
  bool reopening_ = false;
  bool closing_ = false;
  bool gone_ = false;  ///< nothing is written any more: the reader has gone for good
  bool done_ = false;
  bool abandoned_ = false;  ///< stuck in the kernel, its owner is gone
  bool whole_ = true;       ///< when it was closed: everything was written
  Clock::time_point deadline_{};
};

OutputWriter::OutputWriter(int descriptor, std::string name, Options options)
    : worker_(std::make_shared<Worker>(descriptor, std::move(name), false, std::move(options))) {}

OutputWriter::OutputWriter(const std::string& path, Options options) {
  const int descriptor = open_for_append(path, options.permissions);
  if (descriptor < 0)
    throw std::system_error(errno, std::generic_category(), path + ": cannot be opened");
  worker_ = std::make_shared<Worker>(descriptor, path, true, std::move(options));
}

OutputWriter::~OutputWriter() { close(); }

void OutputWriter::write(std::string_view lines) { worker_->push(lines); }

void OutputWriter::reopen() { worker_->reopen(); }

bool OutputWriter::close(std::chrono::milliseconds bound) { return worker_->close(bound); }

}  // namespace legible::proxy
