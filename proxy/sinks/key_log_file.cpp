#include "proxy/sinks/key_log_file.hpp"

#include <fmt/format.h>

#include "proxy/commands/standard_streams.hpp"

namespace legible::proxy {
namespace {

OutputWriter::Options options() {
  OutputWriter::Options options;
  options.permissions = 0600;
  options.format_notice = [](std::string_view what) { return fmt::format("# {}\n", what); };
  options.report = [](std::string_view what) { complain("legible: {}", what); };
  return options;
}

}  // namespace

KeyLogFile::KeyLogFile(const std::string& path) : writer_(path, options()) {}

}  // namespace legible::proxy
