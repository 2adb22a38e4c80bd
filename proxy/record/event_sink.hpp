#pragma once
// Where a connection's facts go: the same for the live proxy, `read` and `lab`.

#include <cstdint>
#include <string>
#include <string_view>

#include "parser/http_message.hpp"
#include "proxy/diagnosis/verdict.hpp"
#include "proxy/record/timeline.hpp"

namespace legible::proxy {

using ConnectionId = std::uint64_t;  ///< from 1, unique in a run

/// Receives events in the order in which they happen. Not thread-safe: each event loop has its
/// own; what they share (the writer of a file) locks itself. No call blocks.
class EventSink {
 public:
  virtual ~EventSink() = default;

  virtual void on_listening(Time time, std::string_view address) = 0;
  /// `before` holds what came before this entry.
  virtual void on_entry(ConnectionId connection, const Timeline& before, const Entry& entry) = 0;
  /// Something that `from` said in HTTP; none of it stands in a timeline.
  virtual void on_http(ConnectionId /*connection*/, Time, Leg /*from*/, const parser::HttpEvent&) {}
  /// The last event of a connection, of which `timelines` are whole.
  virtual void on_verdict(ConnectionId connection, Time time, const Timelines& timelines,
                          const Verdict& verdict) = 0;
  /// Something that is not of a connection: descriptors used up, a sink that failed or recovered.
  virtual void on_notice(Time time, std::string_view what) = 0;
  /// Hands on what was collected; called at the end of each loop iteration.
  virtual void flush() = 0;
};

}  // namespace legible::proxy
