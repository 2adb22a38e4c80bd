#pragma once
// Command line → validated options, as a pure function: nothing is opened or looked up here.

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "proxy/commands/usage.hpp"
#include "proxy/legs/connection.hpp"
#include "proxy/options/config_file.hpp"
#include "proxy/options/interception_options.hpp"
#include "proxy/options/trust_files.hpp"
#include "proxy/options/way_options.hpp"
#include "proxy/sinks/event_log.hpp"

namespace legible::proxy {

/// `legible run`.
struct RunOptions {
  WayOptions ways;
  TrustFiles trust;
  InterceptionOptions interception;
  Timeouts timeouts;
  std::size_t max_connections = 10000;
  std::size_t threads = 1;
  OutputFormat format = OutputFormat::text;
  std::string log_file;  ///< empty: none
  std::string har_file;  ///< likewise
  std::uint32_t max_hello = 65536;
};

/// argv[0] is the command's own name. `cores` is the default of --threads.
std::variant<RunOptions, UsageError, HelpText> parse_run_options(int argc, const char* const* argv,
                                                                 std::size_t cores);

/// The file that --config names; empty when there is none. What is wrong with the other words is
/// for the functions that parse them.
std::string config_path(int argc, const char* const* argv);

/// All that is wrong with a configuration file, in the order of its lines.
struct ConfigFaults {
  std::vector<ConfigError> errors;
};

/// The same, with what a configuration file says where the command line does not.
std::variant<RunOptions, UsageError, HelpText, ConfigFaults> parse_run_options(
    int argc, const char* const* argv, std::size_t cores, const ConfigFile& file);

}  // namespace legible::proxy
