#include "proxy/options/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <limits>
#include <span>
#include <string_view>
#include <utility>

#include "proxy/options/config_options.hpp"
#include "proxy/options/config_words.hpp"
#include "proxy/options/option_values.hpp"

namespace legible::proxy {
namespace {

// An hour is more than any network needs, a day more than any connection should stay silent.
constexpr std::uint32_t max_connect_seconds = 3600;
constexpr std::uint32_t max_idle_seconds = 7 * 24 * 3600;
constexpr std::uint32_t max_threads = 256;
// A handshake message's length has three bytes (RFC 8446 section 4).
constexpr std::uint32_t max_hello_bytes = (1U << 24) - 1;

constexpr std::string_view repeatable[] = {"listen",    "trust", "client-trust", "crl",
                                           "intercept", "relay", "allow-from",   "allow-to"};

constexpr const char* examples =
    "\nExamples:\n"
    "  legible run --to partner.example:443\n"
    "  curl --connect-to partner.example:443:127.0.0.1:8443 https://partner.example/\n"
    "\n"
    "  legible run --to partner.example:443 --mode intercept    # the client trusts: legible ca "
    "show\n"
    "  legible run --listen 0.0.0.0:443 --to gateway:8443 --log day.jsonl\n"
    "\n"
    "  legible run --forward --mode intercept\n"
    "  curl --proxy http://127.0.0.1:8443 --cacert ~/.local/share/legible/ca.pem "
    "https://partner.example/\n";

cxxopts::Options run_options() {
  cxxopts::Options options(
      "legible run", "Relays or intercepts connections and says which side ended each, and why.");
  options.set_width(100).custom_help(
      "--to HOST:PORT | --forward | --by-sni PORT | --transparent [OPTION...]");
  add_listener_options(options);
  // clang-format off
  options.add_options()
    ("trust", "anchors (PEM) by which server chains are judged; without it: this machine's store",
     cxxopts::value<std::string>(), "FILE")
    ("client-trust", "anchors (PEM) by which client certificates are judged",
     cxxopts::value<std::string>(), "FILE")
    ("crl", "revocation lists (PEM); repeatable, as both above",
     cxxopts::value<std::string>(), "FILE")
    ("format", "what standard output carries: text or json",
     cxxopts::value<std::string>()->default_value("text"), "text|json")
    ("json", "the same as --format json")
    ("log", "JSON lines as well, appended; reopened on SIGUSR1",
     cxxopts::value<std::string>(), "FILE")
    ("har", "HTTP archive of intercepted and plain exchanges, with their secrets; continued if it is there",
     cxxopts::value<std::string>(), "FILE")
    ("connect-timeout", "seconds",
     cxxopts::value<std::string>()->default_value("10"), "N")
    ("handshake-timeout", "seconds, from accept on",
     cxxopts::value<std::string>()->default_value("20"), "N")
    ("idle-timeout", "seconds",
     cxxopts::value<std::string>()->default_value("300"), "N")
    ("max-connections", "further clients wait",
     cxxopts::value<std::string>()->default_value("10000"), "N")
    ("max-hello", "longest ClientHello decoded in full",
     cxxopts::value<std::string>()->default_value("65536"), "BYTES")
    ("config", "a file (TOML) with the same names, and more; this command line goes before it",
     cxxopts::value<std::string>(), "FILE")
    ("threads", "event loops (default: one for each core)", cxxopts::value<std::string>(), "N")
    ("h,help", "this text");
  // clang-format on
  add_way_options(options);
  add_interception_options(options);
  return options;
}

/// Without a way in there are no listeners: `require_way_in`.
RunOptions validate(const cxxopts::ParseResult& given, std::size_t cores) {
  if (!given.unmatched().empty()) {
    throw Refused{fmt::format("'{}' is one word too many: there are only options",
                              given.unmatched().front())};
  }
  refuse_repeated(given, repeatable);
  RunOptions options;
  options.ways = way_options(given);
  options.trust = {file_names(given, "trust"), file_names(given, "client-trust"),
                   file_names(given, "crl")};
  options.log_file = file_name(given, "log");
  options.har_file = file_name(given, "har");
  options.timeouts = {
      std::chrono::seconds{number(given, "connect-timeout", 1, max_connect_seconds)},
      std::chrono::seconds{number(given, "handshake-timeout", 1, max_connect_seconds)},
      std::chrono::seconds{number(given, "idle-timeout", 1, max_idle_seconds)},
  };
  options.max_connections =
      number(given, "max-connections", 1, std::numeric_limits<std::uint32_t>::max());
  options.threads = given.count("threads") > 0 ? number(given, "threads", 1, max_threads) : cores;
  options.format = wants_json(given) ? OutputFormat::json : OutputFormat::text;
  options.interception = interception_options(given);
  options.max_hello = number(given, "max-hello", 512, max_hello_bytes);
  return options;
}

RunOptions require_way_in(RunOptions options) {
  if (options.ways.listeners.empty()) {
    throw Refused{
        "--to HOST:PORT is needed: where is the server? (or --forward, --by-sni PORT, "
        "--transparent)"};
  }
  return options;
}

/// The word's option, when it is one that only a later version has. Empty otherwise.
std::string_view planned_option(std::string_view word) {
  static constexpr std::string_view planned[] = {
      "capture",
      "ui",
  };
  if (!word.starts_with("--")) return {};
  const std::string_view name = word.substr(2, word.find('=') - 2);
  return std::ranges::find(planned, name) == std::end(planned) ? std::string_view() : name;
}

void check_planned(std::span<const char* const> words) {
  for (const char* word : words) {
    const std::string_view name = planned_option(word);
    if (!name.empty()) {
      throw Refused{fmt::format("--{}: not built into this version", name)};
    }
  }
}

/// Those of the tables [[listener]].
void add_listeners(std::vector<ListenerSettings>& all, const std::vector<ConfigTable>& tables,
                   const std::string& folder, std::vector<ConfigError>& errors) {
  for (const ConfigTable& table : tables) {
    cxxopts::Options options("listener");
    add_listener_options(options);
    const auto understand = [&](const std::vector<std::string>& words) {
      const auto given = parse_words(options, words);
      if (given.count("listen") == 0) throw Refused{"listen is needed: where do clients connect?"};
      const auto led = listeners(given);
      if (led.empty()) {
        throw Refused{"to, forward, by-sni or transparent is needed: where is the server?"};
      }
      all.insert(all.end(), led.begin(), led.end());
    };
    const std::size_t faults = errors.size();
    auto entries = words_of(table, shapes_of(options, repeatable), folder, errors);
    const std::string rest = find_faults(std::move(entries), understand, errors);
    // What is left out because it is wrong is missing then.
    if (!rest.empty() && errors.size() == faults) errors.push_back({table.line, rest});
  }
}

/// Those of the table [hosts].
NamedAddresses named_addresses(const ConfigTable& table, std::vector<ConfigError>& errors) {
  NamedAddresses addresses;
  for (const ConfigEntry& entry : table.entries) {
    const bool one_address = entry.values.size() == 1 &&
                             SocketAddress::from_numeric(entry.values.front().text, 0).has_value();
    if (one_address) {
      addresses[in_lower_case(entry.key)] = entry.values.front().text;
    } else {
      errors.push_back(
          {entry.line, fmt::format("{}: an address is needed, without port", entry.key)});
    }
  }
  return addresses;
}

/// Does the command line say it, or what belongs together with it?
bool is_overridden(std::string_view key, const cxxopts::ParseResult& typed) {
  using Words = std::vector<std::string_view>;
  static const Words together[] = {{"format", "json"},
                                   {"intercept", "relay"},
                                   {"ca-cert", "ca-key", "ca-key-password-file"},
                                   {"client-cert", "client-key", "client-key-password-file"},
                                   {"to", "forward", "by-sni", "transparent"}};
  Words names{key};
  for (const Words& group : together) {
    if (std::ranges::find(group, key) != group.end()) names = group;
  }
  return std::ranges::any_of(
      names, [&](std::string_view name) { return typed.count(std::string(name)) > 0; });
}

}  // namespace

std::variant<RunOptions, UsageError, HelpText> parse_run_options(int argc, const char* const* argv,
                                                                 std::size_t cores) {
  cxxopts::Options options = run_options();
  try {
    check_planned({argv, static_cast<std::size_t>(argc)});
    const auto given = options.parse(argc, argv);
    if (given.count("help") > 0) return HelpText{options.help() + examples};
    return require_way_in(validate(given, cores));
  } catch (const Refused& refused) {
    return UsageError{refused.message};
  } catch (const cxxopts::exceptions::exception& error) {
    return usage_error(error.what(), options.help());
  }
}

std::string config_path(int argc, const char* const* argv) {
  try {
    const auto given = run_options().parse(argc, argv);
    return given.count("help") > 0 ? std::string() : file_name(given, "config");
  } catch (const std::exception&) {
    return {};
  } catch (const Refused&) {
    return {};
  }
}

std::variant<RunOptions, UsageError, HelpText, ConfigFaults> parse_run_options(
    int argc, const char* const* argv, std::size_t cores, const ConfigFile& file) {
  cxxopts::Options options = run_options();
  const std::string folder = std::filesystem::path(file.path).parent_path().string();
  ConfigFaults faults;
  try {
    check_planned({argv, static_cast<std::size_t>(argc)});
    const auto typed = options.parse(argc, argv);
    auto entries = words_of(file.general, shapes_of(options, repeatable), folder, faults.errors);
    std::erase_if(entries,
                  [&](const EntryWords& entry) { return is_overridden(entry.key, typed); });
    RunOptions result;
    const auto understand = [&](std::vector<std::string> words) {
      words.insert(words.end(), argv + 1, argv + argc);
      result = validate(parse_words(options, words), cores);
    };
    const std::string rest = find_faults(std::move(entries), understand, faults.errors);
    if (!names_way_in(typed) && typed.count("listen") == 0) {
      const auto& general = file.general.entries;
      const auto stray = std::ranges::find(general, "listen", &ConfigEntry::key);
      if (!file.listeners.empty() && result.ways.listeners.empty() && stray != general.end()) {
        faults.errors.push_back(
            {stray->line, "listen: leads nowhere here; each [[listener]] has its own"});
      }
      add_listeners(result.ways.listeners, file.listeners, folder, faults.errors);
    }
    result.ways.addresses = named_addresses(file.addresses, faults.errors);
    result.interception.exceptions = host_exceptions(file.hosts, result.interception.everywhere,
                                                     result.trust, folder, faults.errors);
    if (!faults.errors.empty()) {
      std::ranges::stable_sort(faults.errors, {}, &ConfigError::line);
      return faults;
    }
    if (!rest.empty()) return UsageError{rest};
    if (result.interception.active()) result.interception.idle.clear();
    return require_way_in(std::move(result));
  } catch (const Refused& refused) {
    return UsageError{refused.message};
  } catch (const cxxopts::exceptions::exception& error) {
    return usage_error(error.what(), options.help());
  }
}

}  // namespace legible::proxy
