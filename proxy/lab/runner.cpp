#include "proxy/lab/runner.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "certs/native_chain.hpp"
#include "proxy/legs/proxy.hpp"
#include "proxy/record/event_sink.hpp"
#include "proxy/sinks/text_report.hpp"

namespace legible::proxy::lab {
namespace {

/// Where the proxy's thread leaves what it said for the lab's.
constexpr std::chrono::milliseconds accept_poll{50};

class OutcomeBox {
 public:
  void put(Outcome outcome) {
    {
      const std::lock_guard lock{mutex_};
      outcome_ = std::move(outcome);
    }
    arrived_.notify_one();
  }

  std::optional<Outcome> wait_until(Deadline deadline) {
    std::unique_lock lock{mutex_};
    arrived_.wait_until(lock, deadline, [this] { return outcome_.has_value(); });
    return outcome_;
  }

  bool full() {
    const std::lock_guard lock{mutex_};
    return outcome_.has_value();
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::optional<Outcome> outcome_;
};

/// Keeps what is said of the first connection, and nothing else.
class VerdictSink final : public EventSink {
 public:
  explicit VerdictSink(OutcomeBox& box) : box_(box) {}

  void on_listening(Time, std::string_view) override {}
  void on_entry(ConnectionId, const Timeline&, const Entry&) override {}
  void on_verdict(ConnectionId connection, Time, const Timelines& timelines,
                  const Verdict& verdict) override {
    if (connection != 1) return;
    std::string report;
    append_report(report, connection, timelines, verdict, plain_text);
    box_.put({verdict, std::move(report)});
  }
  void on_notice(Time, std::string_view) override {}
  void flush() override {}

 private:
  OutcomeBox& box_;
};

/// Plays one side's part. A peer that the other side has left may fail as it likes.
void play(const Part& part, BlockingSocket& socket) {
  try {
    part(socket);
  } catch (const std::exception&) {
    socket.close();
  }
}

HostPort target_of(const Scenario& scenario, LoopbackListener& listener) {
  switch (scenario.kind) {
    case ServerKind::refusing: {
      const std::uint16_t port = listener.port();
      listener.close();
      return {"127.0.0.1", port};
    }
    case ServerKind::unresolved:
      return {"no-such-name.invalid", 443};
    case ServerKind::listening:
      break;
  }
  return {"127.0.0.1", listener.port()};
}

std::shared_ptr<const tls::Credential> credential(const Identity& identity) {
  std::vector<certs::Certificate> chain;
  chain.reserve(identity.chain.size());
  for (const auto& der : identity.chain) chain.push_back(certs::read_certificate(der));
  return std::make_shared<const tls::Credential>(
      tls::Credential{certs::native_chain(chain), identity.key});
}

InterceptionSettings interception_for(const Scenario& scenario, const Fixtures& fixtures,
                                      Mode mode) {
  InterceptionSettings settings;
  if (mode == Mode::relay) return settings;
  settings.mode = mode;
  settings.intercept_under(scenario.authority == ProxyAuthority::trusted ? fixtures.leaves
                                                                         : fixtures.foreign_leaves);
  HostSettings& everywhere = settings.everywhere;
  everywhere.server_name = scenario.proxy_server_name;
  everywhere.bad_server_certificate = scenario.bad_server_certificate;
  if (scenario.proxy_identity) everywhere.client_credential = credential(*scenario.proxy_identity);
  return settings;
}

ProxySettings settings_for(const HostPort& target,
                           const std::shared_ptr<const certs::TrustStore>& trust) {
  ProxySettings settings;
  settings.listeners = {{*SocketAddress::from_numeric("127.0.0.1", 0), WayIn::fixed, target}};
  settings.service.trust = {trust, trust, {}};
  return settings;
}

}  // namespace

std::optional<Outcome> run_scenario(const Scenario& scenario, const Laboratory& laboratory,
                                    Mode mode) {
  const auto start = std::chrono::steady_clock::now();
  LoopbackListener listener;
  OutcomeBox box;
  ProxySettings settings = settings_for(target_of(scenario, listener), laboratory.trust);
  settings.service.interception = interception_for(scenario, laboratory.fixtures, mode);
  Proxy proxy{settings, [&box] { return std::make_unique<VerdictSink>(box); }};
  std::thread proxy_thread{[&proxy] { proxy.run(); }};
  std::thread server_thread{[&] {
    if (!scenario.server) return;
    // An intercepting proxy may have no use for the server.
    const auto deadline = start + server_patience;
    for (auto now = start; !box.full() && now < deadline; now = std::chrono::steady_clock::now()) {
      if (auto socket = listener.accept(now + accept_poll, deadline)) {
        return play(scenario.server, *socket);
      }
    }
  }};
  {
    BlockingSocket socket =
        BlockingSocket::connect(proxy.addresses().front().port(), start + client_patience);
    play(scenario.client, socket);
  }
  // The verdict may come 3 s after the end that decided it, when the other side stays.
  auto outcome = box.wait_until(start + server_patience + std::chrono::seconds{4});
  proxy.stop();
  proxy.stop();
  server_thread.join();
  proxy_thread.join();
  return outcome;
}

bool is_right(const Verdict& verdict, const Expected& expected) {
  const bool masking_told =
      expected.masking.empty()
          ? !verdict.masking
          : verdict.masking && verdict.masking->find(expected.masking) != std::string::npos;
  return masking_told && verdict.closer == expected.closer &&
         std::ranges::find(expected.phases, verdict.phase) != expected.phases.end() &&
         std::ranges::find(expected.causes, verdict.cause) != expected.causes.end();
}

}  // namespace legible::proxy::lab
