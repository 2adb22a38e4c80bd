#pragma once
// What a configuration file says, as words of a command line: so that its keys are the options, and
// are checked by what checks these.

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proxy/options/config_file.hpp"
#include "proxy/options/option_values.hpp"

namespace legible::proxy {

/// What an option takes, as far as a file must know.
struct OptionShape {
  std::string name;
  bool is_flag = false;     ///< may stand without a value
  bool needs_value = true;  ///< may stand with one
  bool is_number = false;   ///< a whole number and nothing else
  bool is_file = false;     ///< of the name of a file or folder
  bool repeatable = false;
};

/// The shapes of all options but --help and --config. `repeatable`: the names of those that are.
std::vector<OptionShape> shapes_of(const cxxopts::Options& options,
                                   std::span<const std::string_view> repeatable);

/// The words for one entry: --KEY=VALUE, or --KEY.
struct EntryWords {
  std::string key;
  std::size_t line = 0;
  std::vector<std::string> words;
};

/// Keys that are no option, or whose values are of the wrong type, are added to `errors` and have
/// no words. Names of files are relative to `folder`.
std::vector<EntryWords> words_of(const ConfigTable& table, std::span<const OptionShape> shapes,
                                 const std::string& folder, std::vector<ConfigError>& errors);

/// Calls `understand` with the words of the entries, and without those that it refuses (throwing
/// Refused), until it refuses none. What was refused is added to `errors`. A refusal that names
/// none of the entries is the end, and the answer; else that is empty.
std::string find_faults(std::vector<EntryWords> entries,
                        const std::function<void(const std::vector<std::string>&)>& understand,
                        std::vector<ConfigError>& errors);

}  // namespace legible::proxy
