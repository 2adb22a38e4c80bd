#include "proxy/commands/read_command.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>

#include "proxy/capture/pcapng_secrets.hpp"
#include "proxy/commands/capture_replay.hpp"
#include "proxy/commands/standard_streams.hpp"
#include "proxy/net/event_loop.hpp"
#include "proxy/options/read_options.hpp"
#include "proxy/sinks/event_log.hpp"

namespace legible::proxy {
namespace {

/// What is odd about the file. Empty: nothing.
std::string add_key_log_file(capture::KeyLog& key_log, const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(fmt::format("--keylog {}: {}", path, std::strerror(errno)));
  key_log.read(file);
  if (file.bad()) throw std::runtime_error(fmt::format("--keylog {}: cannot be read", path));
  if (!key_log.empty()) return {};
  return fmt::format("--keylog {}: no line of it is a TLS secret (NSS key log format)", path);
}

/// A pipe can be read only once, and the packets need it.
void add_embedded_secrets(capture::KeyLog& key_log, const std::string& path) {
  if (!std::filesystem::is_regular_file(path)) return;
  capture::Stream file = capture::open_stream(path.c_str());
  if (!file) return;
  std::istringstream secrets{capture::read_pcapng_secrets(std::move(file))};
  key_log.read(secrets);
}

capture::CaptureFile open_capture(const std::string& path) {
  try {
    return capture::CaptureFile{path};
  } catch (const std::runtime_error& error) {
    throw std::runtime_error(fmt::format("{}: {}", path, error.what()));
  }
}

/// True when the capture was read whole, and all that is said of it could be written.
bool read(const ReadOptions& options) {
  // A reader of our output that is gone shows in the call that fails.
  std::signal(SIGPIPE, SIG_IGN);
  capture::KeyLog key_log;
  std::string useless_key_log;
  if (!options.key_log_file.empty()) {
    useless_key_log = add_key_log_file(key_log, options.key_log_file);
  }
  add_embedded_secrets(key_log, options.capture_file);
  capture::CaptureFile file = open_capture(options.capture_file);

  OutputOptions output;
  output.format = options.format;
  output.when_full = WhenFull::wait;
  EventOutputs outputs(output);
  const std::unique_ptr<EventSink> sink = outputs.make_sink();
  ChainCache chains{{options.trust.load_server(), options.trust.load_client(), {}}};
  RecordContext context{*sink, chains, {}};
  if (!useless_key_log.empty()) {
    complain("legible read: {}", useless_key_log);
    sink->on_notice(wall_clock(), useless_key_log);
  }
  const ReplayResult result = replay_capture(file, options.capture_file, key_log, context);
  const bool written = outputs.close();

  if (const std::string left_out = file.left_out(); !left_out.empty() && result.error.empty()) {
    fmt::print(stderr, "legible read: {}: left out {}, which cannot be read\n",
               options.capture_file, left_out);
  }
  if (!result.error.empty()) {
    complain("legible read: {}: read as far as packet {}: {}", options.capture_file, result.packets,
             result.error);
    return false;
  }
  if (result.connections == 0) {
    complain("legible read: {}: no TCP connection in {} packets", options.capture_file,
             result.packets);
  }
  return written;
}

}  // namespace

int read_command(int argc, char** argv) {
  const auto parsed = parse_read_options(argc, argv);
  if (const auto* help = std::get_if<HelpText>(&parsed)) {
    print_out(help->text);
    return 0;
  }
  if (const auto* error = std::get_if<UsageError>(&parsed)) {
    complain("legible read: {}", error->message);
    return 2;
  }
  try {
    return read(std::get<ReadOptions>(parsed)) ? 0 : 1;
  } catch (const std::exception& error) {
    complain("legible read: {}", error.what());
    return 1;
  }
}

}  // namespace legible::proxy
