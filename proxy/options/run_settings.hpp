#pragma once
// From the command line of `legible run`, and the configuration file that it names, to the proxy's
// settings. Here files are read.

#include <string>
#include <variant>
#include <vector>

#include "proxy/legs/service_settings.hpp"
#include "proxy/options/options.hpp"

namespace legible::proxy {

/// `parse_run_options`, with the configuration file if one is named. Of its faults the first is
/// told, with FILE:LINE. Throws std::runtime_error when the file cannot be read.
std::variant<RunOptions, UsageError, HelpText> read_run_options(int argc, const char* const* argv,
                                                                std::size_t cores);

/// Reads the files that the options name, and opens or makes the CA. What the user should know of
/// them is added to `notices`, a line each. `before`: the settings in force, if there are any.
/// Throws std::runtime_error with one line.
ServiceSettings load_service(const RunOptions& options, std::vector<std::string>& notices,
                             const ServiceSettings* before = nullptr);

/// The options in which `now` differs from `before`, and that only a new start changes.
std::vector<std::string> unchangeable_differences(const RunOptions& before, const RunOptions& now);

}  // namespace legible::proxy
