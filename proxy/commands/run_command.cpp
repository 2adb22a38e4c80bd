#include "proxy/commands/run_command.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

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
#include <variant>
#include <vector>

#include "parser/content_budget.hpp"
#include "proxy/commands/standard_streams.hpp"
#include "proxy/diagnosis/text.hpp"
#include "proxy/har/archive.hpp"
#include "proxy/legs/proxy.hpp"
#include "proxy/net/descriptor_limit.hpp"
#include "proxy/net/own_listener.hpp"
#include "proxy/options/run_settings.hpp"
#include "proxy/sinks/event_log.hpp"
#include "proxy/sinks/key_log_file.hpp"
#include "proxy/sinks/sink_pair.hpp"

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

/// Open proxies are found within hours.
void warn_of_open_proxy(const RunOptions& options) {
  static const AddressRange loopback[] = {*AddressRange::parse("127.0.0.0/8"),
                                          *AddressRange::parse("::1")};
  if (!options.ways.rules.clients.empty() || options.ways.rules.credentials) return;
  for (const ListenerSettings& listener : options.ways.listeners) {
    const bool reachable = std::ranges::none_of(
        loopback, [&](const AddressRange& range) { return range.contains(listener.address); });
    if (listener.way != WayIn::forward || !reachable) continue;
    complain(
        "notice: --forward on {} is an open proxy: whoever reaches it can go anywhere through it, "
        "to this machine's own services and its networks too (--allow-from CIDR, --allow-to GLOB "
        "and --proxy-auth limit that)",
        listener.address.text());
  }
}

/// The words of the command line, which are read again with the files that they name.
struct CommandLine {
  int argc;
  char** argv;

  std::variant<RunOptions, UsageError, HelpText> read() const {
    return read_run_options(argc, argv, std::max(std::thread::hardware_concurrency(), 1U));
  }
};

class Run {
 public:
  Run(const CommandLine& words, const RunOptions& options) : words_(words), options_(options) {}

  void operator()();

 private:
  std::shared_ptr<const ServiceSettings> load(const RunOptions& options,
                                              std::vector<std::string>& notices);
  void read_again(Proxy& proxy);
  void open_outputs();
  std::unique_ptr<EventSink> make_sink();

  const CommandLine words_;
  const RunOptions options_;
  std::shared_ptr<const ServiceSettings> in_force_;
  std::optional<KeyLogFile> key_log_;
  /// Of exchanges under way, beside those that wait to be written to the archive.
  parser::ContentBudget contents_{32 << 20};
  std::unique_ptr<EventOutputs> outputs_;
  std::optional<har::Archive> archive_;  ///< reports to the outputs
};

std::shared_ptr<const ServiceSettings> Run::load(const RunOptions& options,
                                                 std::vector<std::string>& notices) {
  auto settings =
      std::make_shared<ServiceSettings>(load_service(options, notices, in_force_.get()));
  const std::string& path = options_.interception.key_log;
  if (settings->interception.active() && !path.empty()) {
    if (!key_log_) naming("--keylog", [&] { key_log_.emplace(path); });
    settings->interception.key_log = &*key_log_;
  }
  if (!options_.har_file.empty()) {
    constexpr std::uint32_t kept_of_each_body = 1 << 20;
    settings->limits.http_body_bytes = kept_of_each_body;
    settings->limits.http_content = &contents_;
    // Through a forward proxy, or from anywhere, plain HTTP may come.
    const bool may_be_empty = std::ranges::none_of(options_.ways.listeners, [](const auto& each) {
      return each.way == WayIn::forward || each.way == WayIn::transparent;
    });
    if (may_be_empty && !settings->interception.active()) {
      notices.emplace_back(
          "--har gets plain HTTP only; what is inside TLS takes --mode intercept or auto, or "
          "--intercept GLOB");
    }
  }
  return settings;
}

/// What is wrong leaves everything as it was.
void Run::read_again(Proxy& proxy) {
  std::vector<std::string> notices;
  try {
    const auto parsed = words_.read();
    if (const auto* error = std::get_if<UsageError>(&parsed)) {
      throw std::runtime_error(error->message);
    }
    const auto& options = std::get<RunOptions>(parsed);
    in_force_ = load(options, notices);
    proxy.replace(in_force_);
    const auto fixed = unchangeable_differences(options_, options);
    notices.push_back(fmt::format(
        "settings read again: new connections are served by them{}",
        fixed.empty() ? "" : fmt::format("; only a new start changes {}", fmt::join(fixed, ", "))));
  } catch (const std::exception& error) {
    notices = {
        fmt::format("settings not read again, those before stay in force: {}", error.what())};
  }
  for (const std::string& notice : notices) outputs_->notice(notice);
}

void Run::open_outputs() {
  outputs_ =
      naming("--log", [&] { return std::make_unique<EventOutputs>(output_options(options_)); });
  if (options_.har_file.empty()) return;
  har::Archive::Options options;
  options.report = [this](std::string_view what) {
    complain("legible: {}", what);
    outputs_->notice(what);
  };
  naming("--har", [&] { archive_.emplace(options_.har_file, std::move(options)); });
}

std::unique_ptr<EventSink> Run::make_sink() {
  if (!archive_) return outputs_->make_sink();
  return std::make_unique<SinkPair>(outputs_->make_sink(), archive_->make_sink());
}

void Run::operator()() {
  raise_descriptor_limit();
  std::vector<std::string> notices;
  in_force_ = load(options_, notices);
  open_outputs();
  Proxy proxy({options_.ways.listeners, options_.max_connections, options_.threads, *in_force_},
              [&] { return make_sink(); });

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
  const SignalWatcher hang_up(proxy.main_loop(), SIGHUP, [&] { read_again(proxy); });
  const SignalWatcher reopen(proxy.main_loop(), SIGUSR1, [&] {
    outputs_->reopen();
    if (key_log_) key_log_->reopen();
    if (archive_) archive_->reopen();
  });

  for (const SocketAddress& address : proxy.addresses()) {
    complain("listening on {}", address.text());
  }
  warn_of_open_proxy(options_);
  if (proxy.lacks_tproxy()) {
    complain(
        "notice: without the capability CAP_NET_ADMIN (or CAP_NET_RAW) packets that a TPROXY rule "
        "leads here go past it; a REDIRECT rule works");
  }
  for (const std::string& notice : notices) complain("notice: {}", notice);
  proxy.run();
  if (archive_) archive_->close();
  outputs_->close();
  if (key_log_) key_log_->close();
  // Everything is written: a name server that does not answer must not hold up the end.
  if (proxy.lookup_pending()) std::_Exit(EXIT_SUCCESS);
}

/// What is wrong with a --to that is a --listen. Empty when it is not, or a name.
std::string told_to_reach_itself(const RunOptions& options) {
  for (const ListenerSettings& leading : options.ways.listeners) {
    if (leading.way != WayIn::fixed) continue;
    const auto target = SocketAddress::from_numeric(leading.target.host, leading.target.port);
    for (const ListenerSettings& listener : options.ways.listeners) {
      if (!target || !leads_to_own_listener(*target, {&listener.address, 1})) continue;
      return fmt::format("--to {} is --listen {}, this proxy itself: give the server's address",
                         target->text(), listener.address.text());
    }
  }
  return {};
}

}  // namespace

int run_command(int argc, char** argv) try {
  const CommandLine words{argc, argv};
  const auto parsed = words.read();
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
  Run(words, options)();
  return 0;
} catch (const std::exception& error) {
  complain("legible run: {}", error.what());
  return 1;
}

}  // namespace legible::proxy
