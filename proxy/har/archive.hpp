#pragma once
// Exchanges to an archive, by a thread of its own: it decodes and writes, and never holds up the
// loop that hands them over. A disk that is slow or full costs exchanges, and no connection.

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "proxy/record/event_sink.hpp"

namespace legible::proxy::har {

class Archive {
 public:
  struct Options {
    /// Of all exchanges that are open or wait to be written.
    std::size_t memory_bytes = 64 << 20;
    /// How long to wait before a failed write is tried again.
    std::chrono::milliseconds retry{500};
    /// Told that the file failed, once, or is written again, and what was lost meanwhile; called on
    /// the archive's thread.
    std::function<void(std::string_view what)> report;
  };

  /// Opens the file: Document's constructor.
  Archive(const std::string& path, Options options);
  /// Closes as close() does.
  ~Archive();
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;

  /// A sink for one event loop, which tells the archive what it wants of a connection's events. The
  /// archive must outlive it.
  std::unique_ptr<EventSink> make_sink();

  /// Opens the path again, after the file was moved away. What is wrong with it is reported.
  void reopen();

  /// Writes what waits, for at most `bound`, and ends. What comes later is lost.
  void close(std::chrono::milliseconds bound = std::chrono::seconds(2));

 private:
  class Writer;
  std::shared_ptr<Writer> writer_;
};

}  // namespace legible::proxy::har
