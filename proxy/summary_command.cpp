#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <optional>
#include <system_error>

#include "proxy/standard_streams.hpp"
#include "proxy/summary.hpp"
#include "proxy/usage.hpp"

// As in options.cpp: every file that includes it must agree.
#define CXXOPTS_NO_REGEX
#include <cxxopts.hpp>

namespace legible::proxy {
namespace {

/// No line that legible writes is longer: a certificate chain of 256 kB, each byte escaped.
constexpr std::size_t longest_line = 4 * 1024 * 1024;

struct CloseFile {
  void operator()(std::FILE* file) const {
    if (file != stdin) std::fclose(file);
  }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

/// Feeds a builder whole lines, from chunks of any size; holds one line at most.
class LineFeeder {
 public:
  explicit LineFeeder(SummaryBuilder& builder) : builder_(builder) {}

  void feed(std::string_view chunk) {
    for (std::size_t end = 0; (end = chunk.find('\n')) != std::string_view::npos;) {
      append(chunk.substr(0, end));
      end_line();
      chunk.remove_prefix(end + 1);
    }
    append(chunk);
  }

  void end_line() {
    too_long_ ? builder_.add_foreign() : builder_.add(line_);
    line_.clear();
    too_long_ = false;
  }

 private:
  void append(std::string_view part) {
    too_long_ = too_long_ || line_.size() + part.size() > longest_line;
    if (!too_long_) line_ += part;
  }

  SummaryBuilder& builder_;
  std::string line_;
  bool too_long_ = false;
};

Summary summarise(const std::string& path) {
  const File file(path == "-" ? stdin : std::fopen(path.c_str(), "rb"));
  if (!file) throw std::system_error(errno, std::generic_category(), path);
  SummaryBuilder builder;
  LineFeeder feeder(builder);
  std::string chunk(256 * 1024, '\0');
  while (const std::size_t count = std::fread(chunk.data(), 1, chunk.size(), file.get())) {
    feeder.feed(std::string_view(chunk).substr(0, count));
  }
  if (std::ferror(file.get()) != 0) throw std::system_error(errno, std::generic_category(), path);
  feeder.end_line();
  return builder.finish();
}

struct Arguments {
  std::string log;
  bool json = false;
};

/// Nothing when help was asked for. Throws UsageError or an exception of cxxopts for wrong usage.
std::optional<Arguments> parse(int argc, char** argv, std::string& help) {
  cxxopts::Options options("legible summary",
                           "Per partner: how many connections, why they failed, "
                           "since when.");
  // clang-format off
  options.add_options()
    ("json", "one JSON object instead of a table")
    ("format", "text or json", cxxopts::value<std::string>()->default_value("text"), "text|json")
    ("h,help", "this text")
    ("log", "JSON lines, as --log writes them; - for standard input", cxxopts::value<std::string>());
  // clang-format on
  options.parse_positional({"log"});
  options.positional_help("LOG");
  help = options.help();

  const cxxopts::ParseResult given = options.parse(argc, argv);
  if (given.count("help") != 0) return {};
  const auto& format = given["format"].as<std::string>();
  if (format != "text" && format != "json") {
    throw UsageError{fmt::format("--format {}: text or json is needed", format)};
  }
  if (given.count("log") == 0) throw UsageError{"LOG is missing: a file, or -"};
  if (!given.unmatched().empty()) {
    throw UsageError{fmt::format("one LOG is read: '{}' is too many", given.unmatched().front())};
  }
  return Arguments{given["log"].as<std::string>(), given.count("json") != 0 || format == "json"};
}

}  // namespace

int summary_command(int argc, char** argv) {
  std::string help;
  std::optional<Arguments> arguments;
  try {
    arguments = parse(argc, argv, help);
  } catch (const UsageError& error) {
    complain("legible summary: {}", error.message);
    return 2;
  } catch (const cxxopts::exceptions::exception& error) {
    complain("legible summary: {}", usage_error(error.what()).message);
    return 2;
  }
  if (!arguments) {
    print_out(help);
    return 0;
  }
  try {
    const Summary summary = summarise(arguments->log);
    if (summary.lines != 0 && summary.lines == summary.foreign_lines) {
      complain("legible summary: {}: no line of it is an event, as `legible run --log` writes them",
               arguments->log);
      return 1;
    }
    print_out(arguments->json ? summary_json(summary) : summary_text(summary));
    return 0;
  } catch (const std::system_error& error) {
    complain("legible summary: {}", error.what());
    return 1;
  }
}

}  // namespace legible::proxy
