#include "proxy/run_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "proxy/descriptor_limit.hpp"
#include "proxy/diagnosis/text.hpp"
#include "proxy/event_log.hpp"
#include "proxy/key_log_file.hpp"
#include "proxy/own_listener.hpp"
#include "proxy/proxy.hpp"
#include "proxy/run_settings.hpp"
#include "proxy/standard_streams.hpp"

namespace legible::proxy {
namespace {

/// Runs `open` so that what it throws names the option, too.
template <class Open>
auto naming(std::string_view option, const Open& open) {
  try {
    return open();
  } catch (const std::system_error& error) {
    throw std::runtime_error(fmt::format("{} {}", option, error.what()));
  }
}

OutputOptions output_options(const RunOptions& options) {
  OutputOptions output;
  output.format = options.format;
  if (!options.log_file.empty()) output.log_path = options.log_file;
  return output;
}

void run(const RunOptions& options) {
  raise_descriptor_limit();
  std::vector<std::string> notices;
  ProxySettings settings = load_settings(options, notices);
  std::optional<KeyLogFile> key_log;
  if (options.interception.active() && !options.interception.key_log.empty()) {
    settings.interception.key_log =
        naming("--keylog", [&] { return &key_log.emplace(options.interception.key_log); });
  }
  const auto outputs =
      naming("--log", [&] { return std::make_unique<EventOutputs>(output_options(options)); });
  Proxy proxy(settings, [&] { return outputs->make_sink(); });

  bool stopping = false;
  const auto stop = [&] {
    proxy.stop();
    const std::size_t open = proxy.open_connections();
    if (std::exchange(stopping, true) || open == 0) return;
    complain("stopping: {} may go on for {} s; a second signal ends at once",
             diagnosis::count(open, "connection"), Worker::grace.count());
  };
  const SignalWatcher interrupt(proxy.main_loop(), SIGINT, stop);
  const SignalWatcher terminate(proxy.main_loop(), SIGTERM, stop);
  // There is no configuration file to read again, and a terminal that closes is no reason to end.
  const SignalWatcher hang_up(proxy.main_loop(), SIGHUP, [] {});
  const SignalWatcher reopen(proxy.main_loop(), SIGUSR1, [&] {
    outputs->reopen();
    if (key_log) key_log->reopen();
  });

  for (const SocketAddress& address : proxy.addresses()) {
    complain("listening on {}", address.text());
  }
  for (const std::string& notice : notices) complain("notice: {}", notice);
  proxy.run();
  outputs->close();
  if (key_log) key_log->close();
  // Everything is written: a name server that does not answer must not hold up the end.
  if (proxy.lookup_pending()) std::_Exit(EXIT_SUCCESS);
}

/// What is wrong with a --to that is a --listen. Empty when it is not, or a name.
std::string told_to_reach_itself(const RunOptions& options) {
  for (const ListenerSettings& leading : options.listeners) {
    if (leading.way != WayIn::fixed) continue;
    const auto target = SocketAddress::from_numeric(leading.target.host, leading.target.port);
    for (const ListenerSettings& listener : options.listeners) {
      if (!target || !leads_to_own_listener(*target, {&listener.address, 1})) continue;
      return fmt::format("--to {} is --listen {}, this proxy itself: give the server's address",
                         target->text(), listener.address.text());
    }
  }
  return {};
}

}  // namespace

int run_command(int argc, char** argv) try {
  const auto parsed =
      read_run_options(argc, argv, std::max(std::thread::hardware_concurrency(), 1U));
  if (const auto* help = std::get_if<HelpText>(&parsed)) {
    print_out(help->text);
    return 0;
  }
  if (const auto* error = std::get_if<UsageError>(&parsed)) {
    complain("legible run: {}", error->message);
    return 2;
  }
  const auto& options = std::get<RunOptions>(parsed);
  if (const std::string wrong = told_to_reach_itself(options); !wrong.empty()) {
    complain("legible run: {}", wrong);
    return 2;
  }
  run(options);
  return 0;
} catch (const std::exception& error) {
  complain("legible run: {}", error.what());
  return 1;
}

}  // namespace legible::proxy
