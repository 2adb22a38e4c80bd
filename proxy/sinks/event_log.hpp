#pragma once
// Events to their destinations: text or JSON lines on standard output, JSON lines in a log file.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/record/event_sink.hpp"
#include "proxy/sinks/output_writer.hpp"
#include "proxy/text/text_layout.hpp"

namespace legible::proxy {

enum class OutputFormat { text, json };

struct OutputOptions {
  OutputFormat format = OutputFormat::text;
  std::optional<std::string> log_path;  ///< JSON lines as well, appended
  WhenFull when_full = WhenFull::drop;
  int standard_output = 1;
};

/// The destinations of a run. Each event loop has a sink of its own; all share the writers.
class EventOutputs {
 public:
  /// Opens the log. Throws std::system_error.
  explicit EventOutputs(const OutputOptions& options);
  ~EventOutputs();
  EventOutputs(const EventOutputs&) = delete;
  EventOutputs& operator=(const EventOutputs&) = delete;

  /// A sink for one thread; the outputs must outlive it.
  std::unique_ptr<EventSink> make_sink();

  /// A notice from no loop. Thread-safe.
  void notice(std::string_view what);

  /// Opens the log file again, after it was moved away.
  void reopen();

  /// Writes what is queued, for a bounded time. Events that come later are lost. False when some of
  /// what was handed over could not be written.
  bool close();

 private:
  class Sink;
  OutputWriter::Options writer_options(OutputFormat format, WhenFull when_full);
  void write_json(std::string_view lines);

  const OutputFormat format_;
  const int descriptor_;  ///< of standard output
  const Palette& palette_;
  std::unique_ptr<OutputWriter> log_;
  std::unique_ptr<OutputWriter> standard_output_;
};

}  // namespace legible::proxy
