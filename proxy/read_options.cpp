#include "proxy/read_options.hpp"

#include <fmt/format.h>

#include <vector>

// As in options.cpp: every file that includes it must agree.
#define CXXOPTS_NO_REGEX
#include <cxxopts.hpp>

namespace legible::proxy {
namespace {

cxxopts::Options read_options() {
  cxxopts::Options options("legible read",
                           "Says of each TCP connection in a pcap or pcapng file which side ended "
                           "it, and why.");
  // clang-format off
  options.add_options()
    ("keylog", "TLS secrets (NSS key log); those inside a pcapng file are used without it",
     cxxopts::value<std::string>(), "FILE")
    ("trust", "anchors (PEM) by which server chains are judged; without it: this machine's store",
     cxxopts::value<std::string>(), "FILE")
    ("client-trust", "anchors (PEM) by which client certificates are judged",
     cxxopts::value<std::string>(), "FILE")
    ("crl", "revocation lists (PEM)",
     cxxopts::value<std::string>(), "FILE")
    ("format", "what standard output carries: text or json",
     cxxopts::value<std::string>()->default_value("text"), "text|json")
    ("json", "the same as --format json")
    ("file", "the capture; -: standard input", cxxopts::value<std::vector<std::string>>())
    ("h,help", "this text");
  // clang-format on
  options.positional_help("FILE");
  options.parse_positional({"file"});
  return options;
}

/// Empty when the option was not given.
std::string file_name(const cxxopts::ParseResult& given, const std::string& option) {
  return given.count(option) == 0 ? std::string() : given[option].as<std::string>();
}

}  // namespace

std::variant<ReadOptions, UsageError, HelpText> parse_read_options(int argc,
                                                                   const char* const* argv) {
  try {
    cxxopts::Options options = read_options();
    const auto given = options.parse(argc, argv);
    if (given.count("help") > 0) return HelpText{options.help()};
    if (given.count("file") == 0) return UsageError{"FILE is needed: which capture?"};
    const auto files = given["file"].as<std::vector<std::string>>();
    if (files.size() > 1) return UsageError{fmt::format("'{}': one FILE at a time", files[1])};
    const auto format = given["format"].as<std::string>();
    if (format != "text" && format != "json") {
      return UsageError{fmt::format("--format {}: text or json is needed", format)};
    }
    const bool json = format == "json" || given.count("json") > 0;
    return ReadOptions{.capture_file = files.front(),
                       .key_log_file = file_name(given, "keylog"),
                       .trust = {file_name(given, "trust"), file_name(given, "client-trust"),
                                 file_name(given, "crl")},
                       .format = json ? OutputFormat::json : OutputFormat::text};
  } catch (const cxxopts::exceptions::exception& error) {
    return usage_error(error.what());
  }
}

}  // namespace legible::proxy
