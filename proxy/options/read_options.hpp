#pragma once
// The command line of `legible read` to validated options: nothing is opened here.

#include <string>
#include <variant>

#include "proxy/commands/usage.hpp"
#include "proxy/options/trust_files.hpp"
#include "proxy/sinks/event_log.hpp"

namespace legible::proxy {

struct ReadOptions {
  std::string capture_file;  ///< "-": standard input
  std::string key_log_file;  ///< empty: only the secrets inside the capture
  TrustFiles trust;
  OutputFormat format = OutputFormat::text;
};

/// argv[0] is the command's own name.
std::variant<ReadOptions, UsageError, HelpText> parse_read_options(int argc,
                                                                   const char* const* argv);

}  // namespace legible::proxy
