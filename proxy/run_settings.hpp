#pragma once
// From the command line of `legible run`, and the configuration file that it names, to the proxy's
// settings. Here files are read.

#include <string>
#include <variant>
#include <vector>

#include "proxy/options.hpp"
#include "proxy/proxy.hpp"

namespace legible::proxy {

/// `parse_run_options`, with the configuration file if one is named. Of its faults the first is
/// told, with FILE:LINE. Throws std::runtime_error when the file cannot be read.
std::variant<RunOptions, UsageError, HelpText> read_run_options(int argc, const char* const* argv,
                                                                std::size_t cores);

/// Reads the files that the options name, and opens or makes the CA. What the user should know of
/// them is added to `notices`, a line each. Throws std::runtime_error with one line.
ProxySettings load_settings(const RunOptions& options, std::vector<std::string>& notices);

}  // namespace legible::proxy
