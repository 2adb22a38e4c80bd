#include "proxy/options/run_settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "certs/files.hpp"
#include "proxy/diagnosis/text.hpp"

namespace legible::proxy {
namespace {

TrustSettings load_trust(const RunOptions& options) {
  TrustSettings trust{options.trust.load_server(), options.trust.load_client(), {}};
  for (const HostExceptionOptions& exception : options.interception.exceptions) {
    trust.exceptions.push_back(
        {exception.glob, exception.trust ? exception.trust->load_server() : trust.server});
  }
  return trust;
}

UsageError first_of(const std::vector<ConfigError>& errors, const std::string& path) {
  std::string message = config_error_text(path, errors.front());
  if (errors.size() > 1) {
    message += fmt::format(" (and {}: legible check-config {})",
                           diagnosis::count(errors.size() - 1, "fault"), path);
  }
  return {std::move(message)};
}

}  // namespace

std::variant<RunOptions, UsageError, HelpText> read_run_options(int argc, const char* const* argv,
                                                                std::size_t cores) {
  const std::string path = config_path(argc, argv);
  if (path.empty()) return parse_run_options(argc, argv, cores);
  std::vector<ConfigError> errors;
  const ConfigFile file = read_config(certs::read_file(path), path, errors);
  if (!errors.empty()) return first_of(errors, path);
  auto parsed = parse_run_options(argc, argv, cores, file);
  if (auto* options = std::get_if<RunOptions>(&parsed)) return std::move(*options);
  if (auto* help = std::get_if<HelpText>(&parsed)) return std::move(*help);
  if (auto* error = std::get_if<UsageError>(&parsed)) return std::move(*error);
  return first_of(std::get<ConfigFaults>(parsed).errors, path);
}

ServiceSettings load_service(const RunOptions& options, std::vector<std::string>& notices,
                             const ServiceSettings* before) {
  ServiceSettings settings;
  settings.rules = options.ways.rules;
  settings.addresses = options.ways.addresses;
  settings.outbound = options.ways.outbound;
  settings.timeouts = options.timeouts;
  settings.limits.client_hello_bytes = options.max_hello;
  settings.trust = load_trust(options);
  settings.interception =
      load_interception(options.interception, notices, before ? &before->interception : nullptr);
  return settings;
}

std::vector<std::string> unchangeable_differences(const RunOptions& before, const RunOptions& now) {
  const auto is_same_way = [](const ListenerSettings& one, const ListenerSettings& other) {
    return one.address.text() == other.address.text() && one.way == other.way &&
           one.target.host == other.target.host && one.target.port == other.target.port;
  };
  std::vector<std::string> differences;
  const auto compare = [&](bool same, const char* name) {
    if (!same) differences.emplace_back(name);
  };
  compare(std::ranges::equal(before.ways.listeners, now.ways.listeners, is_same_way), "listeners");
  compare(before.ways.rules.targets == now.ways.rules.targets,
          "which link-local addresses allow-to opens");
  compare(before.threads == now.threads, "threads");
  compare(before.max_connections == now.max_connections, "max-connections");
  compare(before.format == now.format, "format");
  compare(before.log_file == now.log_file, "log");
  compare(before.har_file == now.har_file, "har");
  compare(before.interception.key_log == now.interception.key_log, "keylog");
  return differences;
}

}  // namespace legible::proxy
