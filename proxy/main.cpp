#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <initializer_list>
#include <iterator>
#include <string>
#include <string_view>

#include "proxy/commands/ca_command.hpp"
#include "proxy/commands/check_config_command.hpp"
#include "proxy/commands/explain_command.hpp"
#include "proxy/commands/read_command.hpp"
#include "proxy/commands/run_command.hpp"
#include "proxy/commands/standard_streams.hpp"
#include "proxy/commands/summary.hpp"
#include "proxy/commands/version.hpp"
#include "proxy/lab/lab_command.hpp"

namespace {

using namespace legible::proxy;

struct Command {
  std::string_view name;
  std::string_view purpose;
  int (*run)(int argc, char** argv);
};

constexpr Command commands[] = {
    {"run", "the proxy: relays, and says which side ended a connection, and why", run_command},
    {"lab", "the failure scenarios, with clients and servers of its own", lab_command},
    {"read", "verdicts from a pcap or pcapng file", read_command},
    {"ca", "show and export the CA under which certificates are made", ca_command},
    {"check-config", "what a configuration file of run says, or what is wrong with it",
     check_config_command},
    {"explain", "print what is known of a cause", explain_command},
    {"summary", "per partner: how many connections, why they failed, since when", summary_command},
};

constexpr std::string_view planned[] = {"probe"};

std::string help_text() {
  std::string text = "usage: legible COMMAND [OPTION...]\n\n";
  for (const Command& command : commands) {
    text += fmt::format("  legible {:<14}{}\n", command.name, command.purpose);
  }
  return text +
         "\n`legible COMMAND --help` lists a command's options; `legible --version` the versions\n"
         "of the program and its libraries.\n";
}

const Command* find_command(std::string_view word) {
  const auto* found = std::ranges::find(commands, word, &Command::name);
  return found == std::end(commands) ? nullptr : found;
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::ranges::find(words, word) != words.end();
}

int wrong_usage(std::string_view word) {
  for (const std::string_view name : planned) {
    if (word == name) {
      complain("legible: '{}' is not built into this version", word);
      return 2;
    }
  }
  complain("legible: '{}' is no command; try legible --help", word);
  return 2;
}

/// The exit status.
int carry_out(int argc, char** argv) {
  if (argc < 2) {
    complain("legible: a command is needed; try legible --help");
    return 2;
  }
  const std::string_view word = argv[1];
  if (const Command* command = find_command(word)) return command->run(argc - 1, argv + 1);
  if (is_one_of(word, {"--version", "-v", "-V", "version"})) {
    print_out(version_text());
    return 0;
  }
  if (!is_one_of(word, {"--help", "-h", "help"})) return wrong_usage(word);
  if (argc < 3) {
    print_out(help_text());
    return 0;
  }
  // `legible help run` is `legible run --help`.
  const Command* command = find_command(argv[2]);
  if (command == nullptr) return wrong_usage(argv[2]);
  std::string help = "--help";
  char* words[] = {argv[2], help.data(), nullptr};
  return command->run(2, words);
}

}  // namespace

int main(int argc, char** argv) {
  occupy_standard_streams();
  try {
    return carry_out(argc, argv);
  } catch (const std::exception& error) {
    complain("legible: {}", error.what());
    return 1;
  }
}
