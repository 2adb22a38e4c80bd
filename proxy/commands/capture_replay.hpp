#pragma once
// The connections of a capture, told as if they had been relayed: same events, same verdicts.

#include <cstddef>
#include <string>
#include <string_view>

#include "proxy/capture/capture_file.hpp"
#include "proxy/capture/key_log.hpp"
#include "proxy/record/connection_record.hpp"

namespace legible::proxy {

struct ReplayResult {
  std::size_t packets = 0;
  std::size_t connections = 0;
  std::string error;  ///< why the file could not be read to its end; empty when it was
};

/// Reads `file` to its end, or as far as it can be read, and reports every TCP connection in it.
/// Events come in the order of the capture and have its times; connections are numbered in the
/// order in which they begin. `file_name` stands for the listener in `accepted`. `key_log` may be
/// empty.
ReplayResult replay_capture(capture::CaptureFile& file, std::string_view file_name,
                            const capture::KeyLog& key_log, RecordContext& context);

}  // namespace legible::proxy
