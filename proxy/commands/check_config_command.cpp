#include "proxy/commands/check_config_command.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "certs/files.hpp"
#include "proxy/commands/standard_streams.hpp"
#include "proxy/diagnosis/text.hpp"
#include "proxy/options/options.hpp"

namespace legible::proxy {
namespace {

constexpr std::string_view usage =
    "usage: legible check-config FILE [OPTION...]\n"
    "Says what a configuration file of `legible run` means, or all that is wrong with it, line by\n"
    "line: in the file, and in the certificates and keys that it names. Nothing is started or\n"
    "made. Options are those that `run` would be given beside the file.\n";

std::string_view word(Mode mode) {
  return mode == Mode::relay ? "relay" : mode == Mode::intercept ? "intercept" : "auto";
}

std::string leads_to(const ListenerSettings& listener) {
  switch (listener.way) {
    case WayIn::fixed:
      return fmt::format("to {}:{}", listener.target.host, listener.target.port);
    case WayIn::forward:
      return "as a forward proxy";
    case WayIn::by_sni:
      return fmt::format("by the server name that clients ask for, at port {}",
                         listener.target.port);
    case WayIn::transparent:
      break;
  }
  return "to where redirected clients were going";
}

/// What a host's table says.
std::string said_of(const ConfigTable& host) {
  std::vector<std::string> settings;
  for (const ConfigEntry& entry : host.entries) {
    std::string values;
    for (const ConfigValue& value : entry.values) {
      values += values.empty() ? "" : ", ";
      values += value.text;
    }
    settings.push_back(fmt::format("{} {}", entry.key, values));
  }
  return settings.empty() ? "as everywhere" : fmt::format("{}", fmt::join(settings, "; "));
}

std::string meaning(const ConfigFile& file, const RunOptions& options) {
  std::string text = fmt::format("{}: ok\n", file.path);
  for (const ListenerSettings& listener : options.ways.listeners) {
    text += fmt::format("  listens on {}, {}\n", listener.address.text(), leads_to(listener));
  }
  text += fmt::format("  mode {}\n", word(options.interception.mode));
  for (const HostRule& rule : options.interception.rules) {
    text += fmt::format("  host {}: mode {}\n", rule.glob, word(rule.mode));
  }
  for (const ConfigTable& host : file.hosts) {
    text += fmt::format("  host {}: {}\n", host.name, said_of(host));
  }
  return text;
}

/// The line of the table's entry whose value stands in the message, else the table's own.
std::size_t line_named_in(std::string_view message, const ConfigTable& table) {
  for (const ConfigEntry& entry : table.entries) {
    const bool named = std::ranges::any_of(entry.values, [&](const ConfigValue& value) {
      return !value.text.empty() && message.find(value.text) != message.npos;
    });
    if (named) return entry.line;
  }
  return table.line;
}

/// The faults of the files that are named.
class FileCheck {
 public:
  explicit FileCheck(std::vector<ConfigError>& errors) : errors_(errors) {}

  template <class Load>
  void load(const ConfigTable& table, const Load& files) {
    try {
      files();
    } catch (const std::exception& error) {
      errors_.push_back({line_named_in(error.what(), table), error.what()});
    }
  }

 private:
  std::vector<ConfigError>& errors_;
};

void check_files(const ConfigFile& file, const RunOptions& options,
                 std::vector<ConfigError>& errors) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  FileCheck check(errors);
  check.load(file.general, [&] { options.trust.load_server(); });
  check.load(file.general, [&] { options.trust.load_client(); });
  const InterceptionOptions& interception = options.interception;
  check.load(file.general, [&] { interception.everywhere.client_credential.load(); });
  check.load(file.general, [&] {
    if (interception.ca.is_there()) interception.ca.load(now);
  });
  for (std::size_t i = 0; i < interception.exceptions.size(); ++i) {
    const HostExceptionOptions& exception = interception.exceptions[i];
    const ConfigTable& table = file.hosts[i];
    if (exception.trust) check.load(table, [&] { exception.trust->load_server(); });
    const bool own =
        std::ranges::find(table.entries, "client-cert", &ConfigEntry::key) != table.entries.end();
    if (own) check.load(table, [&] { exception.options.client_credential.load(); });
  }
}

/// The exit status.
int tell(const std::string& path, const std::vector<ConfigError>& errors) {
  for (const ConfigError& error : errors) complain("{}", config_error_text(path, error));
  return 1;
}

int check(const std::string& path, const std::vector<std::string>& beside) {
  std::vector<ConfigError> errors;
  const ConfigFile file = read_config(certs::read_file(path), path, errors);
  if (!errors.empty()) return tell(path, errors);

  std::vector<const char*> argv{"run"};
  for (const std::string& each : beside) argv.push_back(each.c_str());
  const auto parsed = parse_run_options(static_cast<int>(argv.size()), argv.data(), 1, file);
  if (const auto* faults = std::get_if<ConfigFaults>(&parsed)) return tell(path, faults->errors);
  if (const auto* error = std::get_if<UsageError>(&parsed)) {
    return tell(path, {{0, error->message}});
  }
  const auto& options = std::get<RunOptions>(parsed);
  check_files(file, options, errors);
  if (!errors.empty()) return tell(path, errors);
  print_out(meaning(file, options));
  return 0;
}

}  // namespace

int check_config_command(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const auto is_help = [](const std::string& each) { return each == "--help" || each == "-h"; };
  if (std::ranges::any_of(words, is_help)) {
    print_out(usage);
    return 0;
  }
  if (words.empty() || words.front().starts_with('-')) {
    complain("legible check-config: a FILE is needed first; see legible check-config --help");
    return 2;
  }
  try {
    return check(words.front(), {words.begin() + 1, words.end()});
  } catch (const std::exception& error) {
    complain("legible check-config: {}", error.what());
    return 1;
  }
}

}  // namespace legible::proxy
