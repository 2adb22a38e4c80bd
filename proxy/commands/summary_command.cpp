#include <fmt/format.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "proxy/commands/standard_streams.hpp"
#include "proxy/commands/summary.hpp"
#include "proxy/commands/usage.hpp"
#include "proxy/options/option_values.hpp"

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

/// Throws std::system_error when it cannot be read, std::runtime_error when it is no log.
void feed_file(SummaryBuilder& builder, const std::string& path) {
  const Summary before = builder.so_far();
  const File file(path == "-" ? stdin : std::fopen(path.c_str(), "rb"));
  if (!file) throw std::system_error(errno, std::generic_category(), path);
  LineFeeder feeder(builder);
  std::string chunk(256 * 1024, '\0');
  while (const std::size_t count = std::fread(chunk.data(), 1, chunk.size(), file.get())) {
    feeder.feed(std::string_view(chunk).substr(0, count));
  }
  if (std::ferror(file.get()) != 0) throw std::system_error(errno, std::generic_category(), path);
  feeder.end_line();
  const Summary& after = builder.so_far();
  const std::uint64_t lines = after.lines - before.lines;
  if (lines == 0 || lines != after.foreign_lines - before.foreign_lines) return;
  throw std::runtime_error(path +
                           ": no line of it is an event, as `legible run --log` writes them");
}

Summary summarise(const std::vector<std::string>& paths) {
  SummaryBuilder builder;
  for (const std::string& path : paths) feed_file(builder, path);
  return builder.finish();
}

struct Arguments {
  std::vector<std::string> logs;
  bool json = false;
};

/// Nothing when help was asked for. Throws Refused or an exception of cxxopts for wrong usage.
std::optional<Arguments> parse(int argc, char** argv, std::string& help) {
  cxxopts::Options options("legible summary",
                           "Per partner: how many connections, why they failed, "
                           "since when.");
  // clang-format off
  options.add_options()
    ("json", "one JSON object instead of a table")
    ("format", "text or json", cxxopts::value<std::string>()->default_value("text"), "text|json")
    ("h,help", "this text")
    ("log", "JSON lines, as --log writes them; - for standard input",
     cxxopts::value<std::vector<std::string>>());
  // clang-format on
  options.parse_positional({"log"});
  options.positional_help("LOG...");
  help = options.help();

  const cxxopts::ParseResult given = options.parse(argc, argv);
  if (given.count("help") != 0) return {};
  static constexpr std::string_view repeatable[] = {"log"};
  refuse_repeated(given, repeatable);
  const bool json = wants_json(given);
  std::vector<std::string> logs = file_names(given, "log");
  if (logs.empty()) throw Refused{"LOG is missing: a file, or -"};
  return Arguments{std::move(logs), json};
}

}  // namespace

int summary_command(int argc, char** argv) {
  std::string help;
  std::optional<Arguments> arguments;
  try {
    arguments = parse(argc, argv, help);
  } catch (const Refused& error) {
    complain("legible summary: {}", error.message);
    return 2;
  } catch (const cxxopts::exceptions::exception& error) {
    complain("legible summary: {}", usage_error(error.what(), help).message);
    return 2;
  }
  if (!arguments) {
    print_out(help);
    return 0;
  }
  try {
    const Summary summary = summarise(arguments->logs);
    print_out(arguments->json ? summary_json(summary) : summary_text(summary));
    return 0;
  } catch (const std::exception& error) {
    complain("legible summary: {}", error.what());
    return 1;
  }
}

}  // namespace legible::proxy
