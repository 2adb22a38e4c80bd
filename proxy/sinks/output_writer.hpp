#pragma once
// Lines to one destination, by a thread of its own: a reader that stalls, a disk that is full or a
// pipe that closes never holds up the one who hands lines over.

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace legible::proxy {

/// What to do with lines for which the queue has no room.
enum class WhenFull {
  drop,  ///< count them, and say how many when there is room again: the live proxy
  /// Make the caller wait: a command that reads a file, could outrun any reader, and ends when its
  /// output cannot be written.
  wait,
};

class OutputWriter {
 public:
  struct Options {
    WhenFull when_full = WhenFull::drop;
    std::size_t queue_bytes = 8 * 1024 * 1024;
    /// Under load the thread writes this often; a line after a pause is written at once.
    std::chrono::milliseconds interval{25};
    /// Of a file that is made, less the umask. Where they are the owner's alone, a file that is
    /// there gets them too, or is not opened.
    int permissions = 0640;
    /// How long to wait before a failed write is tried again; with WhenFull::wait it is not.
    std::chrono::milliseconds retry{500};
    /// Makes the line that stands in the output where lines were dropped.
    std::function<std::string(std::string_view what)> format_notice;
    /// Told once that the destination failed or recovered; called on the writer's thread.
    std::function<void(std::string_view what)> report;
  };

  /// Writes to `descriptor`, which stays the caller's; `name` is used in reports.
  OutputWriter(int descriptor, std::string name, Options options);

  /// Appends to the file at `path`, made if it is not there. When the file
  /// ends in a cut line, a line end is written first. Throws std::system_error.
  OutputWriter(const std::string& path, Options options);

  /// Closes as close() does.
  ~OutputWriter();
  OutputWriter(const OutputWriter&) = delete;
  OutputWriter& operator=(const OutputWriter&) = delete;

  /// Hands over whole lines, the last with its newline. Thread-safe; with WhenFull::drop it never
  /// waits for the destination.
  void write(std::string_view lines);

  /// Opens the path again, after the file was moved away. Without effect on a descriptor. When it
  /// cannot be opened, the old file is kept and that is reported.
  void reopen();

  /// Writes what is queued, for at most `bound`, and ends. Later lines are dropped. False when some
  /// of what was handed over could not be written.
  bool close(std::chrono::milliseconds bound = std::chrono::seconds(2));

 private:
  class Worker;
  std::shared_ptr<Worker> worker_;
};

}  // namespace legible::proxy
