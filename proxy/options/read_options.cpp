#include "proxy/options/read_options.hpp"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "proxy/options/option_values.hpp"

namespace legible::proxy {
namespace {

cxxopts::Options read_options() {
  cxxopts::Options options("legible read",
                           "Says of each TCP connection in a pcap or pcapng file which side ended "
                           "it, and why.");
  options.set_width(100);
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

}  // namespace

std::variant<ReadOptions, UsageError, HelpText> parse_read_options(int argc,
                                                                   const char* const* argv) {
  static constexpr std::string_view repeatable[] = {"trust", "client-trust", "crl", "file"};
  cxxopts::Options options = read_options();
  try {
    const auto given = options.parse(argc, argv);
    if (given.count("help") > 0) return HelpText{options.help()};
    refuse_repeated(given, repeatable);
    if (given.count("file") == 0) return UsageError{"FILE is needed: which capture?"};
    const auto files = given["file"].as<std::vector<std::string>>();
    if (files.size() > 1) return UsageError{fmt::format("'{}': one FILE at a time", files[1])};
    return ReadOptions{.capture_file = files.front(),
                       .key_log_file = file_name(given, "keylog"),
                       .trust = {file_names(given, "trust"), file_names(given, "client-trust"),
                                 file_names(given, "crl")},
                       .format = wants_json(given) ? OutputFormat::json : OutputFormat::text};
  } catch (const Refused& refused) {
    return UsageError{refused.message};
  } catch (const cxxopts::exceptions::exception& error) {
    return usage_error(error.what(), options.help());
  }
}

}  // namespace legible::proxy
