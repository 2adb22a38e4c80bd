#pragma once

#include <string>
#include <string_view>

#include "proxy/sinks/output_writer.hpp"
#include "proxy/tls/live_secrets.hpp"

namespace legible::proxy {

/// The secrets of the connections that are ended here, in the NSS key log format
/// (draft-ietf-tls-keylogfile), appended to a file that its owner alone can read.
class KeyLogFile final : public tls::KeyLogSink {
 public:
  /// Throws std::system_error.
  explicit KeyLogFile(const std::string& path);

  void write_secret(std::string_view line) override { writer_.write(line); }
  void reopen() { writer_.reopen(); }
  void close() { writer_.close(); }

 private:
  OutputWriter writer_;
};

}  // namespace legible::proxy
