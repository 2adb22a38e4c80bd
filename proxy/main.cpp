#include <fmt/format.h>

#include <cstdio>
#include <span>
#include <string_view>

#include "proxy/ca_command.hpp"
#include "proxy/explain.hpp"
#include "proxy/lab/lab_command.hpp"
#include "proxy/read_command.hpp"
#include "proxy/run_command.hpp"
#include "proxy/standard_streams.hpp"
#include "proxy/summary.hpp"
#include "proxy/version.hpp"

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
    {"explain", "print what is known of a cause", explain_command},
    {"summary", "per partner: how many connections, why they failed, since when", summary_command},
};

constexpr std::string_view planned[] = {"probe"};

void print_help() {
  fmt::print("usage: legible COMMAND [OPTION...]\n\n");
  for (const Command& command : commands) {
    fmt::print("  legible {:<9}{}\n", command.name, command.purpose);
  }
  fmt::print(
      "\n`legible COMMAND --help` lists a command's options; `legible --version` the versions\n"
      "of the program and its libraries.\n");
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

}  // namespace

int main(int argc, char** argv) {
  occupy_standard_streams();
  if (argc < 2) {
    complain("legible: a command is needed; try legible --help");
    return 2;
  }
  const std::string_view word = argv[1];
  for (const Command& command : commands) {
    if (word == command.name) return command.run(argc - 1, argv + 1);
  }
  if (word == "--version" || word == "-v") {
    fmt::print("{}", version_text());
    return 0;
  }
  if (word == "--help" || word == "-h" || word == "help") {
    print_help();
    return 0;
  }
  return wrong_usage(word);
}
