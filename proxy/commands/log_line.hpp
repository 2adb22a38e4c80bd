#pragma once
// One line of a log of events, read back: the fields that tell connections apart and judge them.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace legible::proxy {

/// An event as far as a summary needs it. Absent or mistyped fields are empty. Texts are as the
/// log has them: already escaped when legible wrote the log.
struct LogLine {
  std::uint64_t connection = 0;  ///< 0: the event is not of a connection
  std::string time;
  std::string event;
  std::string peer;  ///< accepted, represented: address:port
  std::string host;  ///< target
  std::uint64_t port = 0;
  std::string sni;      ///< client-hello
  std::string outcome;  ///< verdict
  std::string closer;
  std::string cause;
  std::string confidence;
  std::string what;  ///< notice
};

/// Reads one line, without its newline. Nothing when it is no event of version 1: cut short, not
/// JSON, not UTF-8, or of another program. Builds no tree, and does not recurse.
std::optional<LogLine> read_log_line(std::string_view line);

}  // namespace legible::proxy
