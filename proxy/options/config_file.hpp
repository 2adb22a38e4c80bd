#pragma once
// A configuration file (TOML) as it stands: its keys, their values and their lines. What they mean
// is known where the options of the command line are (proxy/options/config_words.hpp).

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace legible::proxy {

/// What is wrong, and in which line; line 0: somewhere.
struct ConfigError {
  std::size_t line = 0;
  std::string message;
};

struct ConfigValue {
  enum class Type : std::uint8_t { boolean, integer, text, other };
  Type type = Type::other;
  std::string text;  ///< as a command line would have it: "true", "443", "a.pem"
};

struct ConfigEntry {
  std::string key;  ///< with `-` where the file has `_`, as options are spelled
  std::size_t line = 0;
  bool is_list = false;
  std::vector<ConfigValue> values;  ///< one, unless it is a list
};

/// The entries stand in the order of the file.
struct ConfigTable {
  std::string name;  ///< a host's pattern; else empty
  std::size_t line = 0;
  std::vector<ConfigEntry> entries;
};

struct ConfigFile {
  std::string path;
  ConfigTable general;                 ///< what stands before the first table
  std::vector<ConfigTable> listeners;  ///< [[listener]]
  std::vector<ConfigTable> hosts;      ///< [host."PATTERN"]
  ConfigTable addresses;               ///< [hosts]: names and addresses
};

/// What stands in the file, in the order in which it stands there. `path` is kept. What is no TOML,
/// or no table where one is needed, is added to `errors`, in the order of lines.
ConfigFile read_config(std::string_view text, std::string path, std::vector<ConfigError>& errors);

/// "FILE:LINE: message".
std::string config_error_text(const std::string& path, const ConfigError& error);

}  // namespace legible::proxy
