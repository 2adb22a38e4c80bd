#include "proxy/lab/lab_command.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <exception>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "proxy/commands/standard_streams.hpp"
#include "proxy/diagnosis/text.hpp"
#include "proxy/lab/fixtures.hpp"
#include "proxy/lab/runner.hpp"
#include "proxy/lab/scenario.hpp"
#include "proxy/sinks/json_writer.hpp"
#include "proxy/tls/session.hpp"

namespace legible::proxy {
namespace {

using lab::Scenario;

constexpr std::string_view usage =
    "usage: legible lab [ID...] [--list] [--report] [--json]\n"
    "Runs the failure scenarios (all, or those named) through the proxy, on loopback, and says\n"
    "which verdicts are right. Needs no network and no set-up.\n"
    "  --list     only print the scenarios\n"
    "  --report   also print what `legible run` would\n"
    "  --json     one JSON object a line instead of a table (also: --format json)\n";

struct Arguments {
  std::vector<std::string_view> ids;
  bool list = false;
  bool json = false;
  bool report = false;
  bool help = false;
};

/// The arguments, or one line about what is wrong with them.
std::variant<Arguments, std::string> parse(int argc, char** argv) {
  constexpr std::string_view format_is = "--format=";
  Arguments arguments;
  for (int index = 1; index < argc; ++index) {
    const std::string_view word = argv[index];
    if (word == "--list") {
      arguments.list = true;
    } else if (word == "--json") {
      arguments.json = true;
    } else if (word == "--format" || word.starts_with(format_is)) {
      const bool apart = word == "--format";
      if (apart && ++index == argc) return "--format: text or json is needed";
      const std::string_view format = apart ? argv[index] : word.substr(format_is.size());
      if (format != "text" && format != "json") {
        return fmt::format("--format {}: text or json is needed", format);
      }
      arguments.json = format == "json";
    } else if (word == "--report") {
      arguments.report = true;
    } else if (word == "--help" || word == "-h") {
      arguments.help = true;
    } else if (word.starts_with('-')) {
      return fmt::format("unknown option {}; see legible lab --help", word);
    } else {
      arguments.ids.push_back(word);
    }
  }
  if (arguments.report && arguments.json) return "--report is text: it does not go with --json";
  return arguments;
}

std::vector<Scenario> chosen(std::vector<Scenario> all, const Arguments& arguments) {
  if (arguments.ids.empty()) return all;
  std::erase_if(all, [&](const Scenario& scenario) {
    return std::ranges::find(arguments.ids, scenario.id) == arguments.ids.end();
  });
  return all;
}

template <class Id>
std::string any_of(const std::vector<Id>& allowed) {
  std::vector<std::string_view> ids;
  ids.reserve(allowed.size());
  for (const Id each : allowed) ids.push_back(id(each));
  return fmt::format("{}", fmt::join(ids, " or "));
}

std::string told(const lab::Expected& expected) {
  return fmt::format(
      "{} / {} / {}{}", id(expected.closer), any_of(expected.phases), any_of(expected.causes),
      expected.masking.empty() ? "" : fmt::format(" · masked: {}", expected.masking));
}

std::string told(const Verdict* verdict) {
  if (verdict == nullptr) return "none came";
  return fmt::format("{} / {} / {} · {}, by {}{}", id(verdict->closer), id(verdict->phase),
                     id(verdict->cause), id(verdict->confidence), id(verdict->mechanism),
                     verdict->masking ? " · masked" : "");
}

/// Scenarios are run in both; `auto` relays what cannot be intercepted.
constexpr Mode all_modes[] = {Mode::relay, Mode::automatic};

std::string_view mode_name(Mode mode) { return mode == Mode::relay ? "relay" : "intercept"; }

void begin_json_line(JsonWriter& line, const Scenario& scenario, Mode mode) {
  line.begin_object();
  line.field("scenario", scenario.id);
  line.field("title", scenario.title);
  line.field("mode", mode_name(mode));
  line.field("expected", id(scenario.expected_in(mode).causes.front()));
}

/// What --list says of a scenario.
std::string listed(const Scenario& scenario, bool json) {
  if (!json) return fmt::format("{:<40}{}\n", scenario.id, scenario.title);
  std::string text;
  JsonWriter line(text);
  begin_json_line(line, scenario, scenario.interception_only ? Mode::automatic : Mode::relay);
  line.end_object();
  line.end_line();
  return text;
}

std::string json_line(const Scenario& scenario, Mode mode, const Verdict* verdict, bool right) {
  std::string text;
  JsonWriter line(text);
  begin_json_line(line, scenario, mode);
  if (verdict != nullptr) {
    line.field("closer", id(verdict->closer));
    line.field("phase", id(verdict->phase));
    line.field("mechanism", id(verdict->mechanism));
    line.field("cause", id(verdict->cause));
    line.field("confidence", id(verdict->confidence));
    line.field("summary", verdict->summary);
    if (verdict->masking) line.field("masking", *verdict->masking);
  }
  line.field("right", right);
  line.end_object();
  line.end_line();
  return text;
}

/// How often something was right.
struct Score {
  std::size_t runs = 0;
  std::size_t right = 0;
};

/// Runs a scenario in one mode, and prints its line.
bool run_in(const Scenario& scenario, const lab::Laboratory& laboratory, Mode mode,
            const Arguments& arguments) {
  const auto outcome = lab::run_scenario(scenario, laboratory, mode);
  const Verdict* const verdict = outcome ? &outcome->verdict : nullptr;
  const bool right = verdict != nullptr && lab::is_right(*verdict, scenario.expected_in(mode));
  if (arguments.json) {
    print_out(json_line(scenario, mode, verdict, right));
    return right;
  }
  if (scenario.intercepted && mode != Mode::relay) {
    print_out(fmt::format("    expected  {}\n", told(*scenario.intercepted)));
  }
  print_out(fmt::format("  {} {:<10}{}\n", right ? "✓" : "✗", mode_name(mode), told(verdict)));
  if (arguments.report && outcome) print_out(fmt::format("\n{}", outcome->report));
  return right;
}

/// Runs them all, and prints as it goes.
Score run_all(const std::vector<Scenario>& scenarios, const lab::Fixtures& fixtures,
              const Arguments& arguments) {
  const lab::Laboratory laboratory{fixtures, certs::TrustStore::from_pem(fixtures.root_pem)};
  Score score;
  for (const Scenario& scenario : scenarios) {
    if (!arguments.json) {
      print_out(fmt::format("{}  ({})\n", scenario.id, scenario.title));
      if (!scenario.interception_only) {
        print_out(fmt::format("    expected  {}\n", told(scenario.expected)));
      }
    }
    for (const Mode mode : all_modes) {
      if (scenario.interception_only && mode == Mode::relay) continue;
      ++score.runs;
      score.right += run_in(scenario, laboratory, mode, arguments) ? 1U : 0U;
    }
  }
  return score;
}

int run(const Arguments& arguments) {
  tls::prepare_library();
  const lab::Fixtures fixtures = lab::Fixtures::make();
  const auto all = lab::all_scenarios(fixtures);
  for (const std::string_view id : arguments.ids) {
    if (std::ranges::find(all, id, &Scenario::id) != all.end()) continue;
    complain("legible lab: no scenario is called '{}'; legible lab --list names them", id);
    return 2;
  }
  const auto scenarios = chosen(all, arguments);
  if (arguments.list) {
    for (const Scenario& scenario : scenarios) {
      print_out(listed(scenario, arguments.json));
    }
    return 0;
  }
  const auto begin = std::chrono::steady_clock::now();
  const Score score = run_all(scenarios, fixtures, arguments);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  if (!arguments.json) {
    print_out(fmt::format("\n{}, relayed and intercepted: {} right, {} wrong, in {:.1f} s\n",
                          diagnosis::count(scenarios.size(), "scenario"), score.right,
                          score.runs - score.right, took.count()));
  }
  return score.right == score.runs ? 0 : 1;
}

}  // namespace

int lab_command(int argc, char** argv) {
  const auto parsed = parse(argc, argv);
  if (const auto* error = std::get_if<std::string>(&parsed)) {
    complain("legible lab: {}", *error);
    return 2;
  }
  const auto& arguments = std::get<Arguments>(parsed);
  if (arguments.help) {
    print_out(usage);
    return 0;
  }
  // A lab peer that resets must not end the lab.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return run(arguments);
  } catch (const std::exception& error) {
    complain("legible lab: {}", error.what());
    return 1;
  }
}

}  // namespace legible::proxy
