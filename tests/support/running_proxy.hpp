#pragma once
// A relaying proxy in a thread of its own, and what it reported.

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "proxy/legs/proxy.hpp"
#include "support/loopback.hpp"

namespace legible::test {

/// What sinks of all threads were told.
class EventRecorder {
 public:
  std::unique_ptr<proxy::EventSink> make_sink() { return std::make_unique<Sink>(*this); }

  /// Waits for the verdict on the connection with this number, and returns its facts.
  std::vector<proxy::Entry> facts_of(proxy::ConnectionId id) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, patience, [&] { return verdicts_.contains(id); })) {
      throw std::runtime_error("no verdict");
    }
    return facts_[id];
  }

  std::size_t verdicts() {
    const std::lock_guard lock(mutex_);
    return verdicts_.size();
  }

  /// Waits until a notice was given.
  std::string notice() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, patience, [&] { return !notices_.empty(); })) {
      throw std::runtime_error("no notice");
    }
    return notices_.front();
  }

  std::size_t notices() {
    const std::lock_guard lock(mutex_);
    return notices_.size();
  }

 private:
  class Sink final : public proxy::EventSink {
   public:
    explicit Sink(EventRecorder& recorder) : recorder_(recorder) {}
    void on_listening(proxy::Time, std::string_view) override {}
    void on_entry(proxy::ConnectionId id, const proxy::Timeline&,
                  const proxy::Entry& entry) override {
      const std::lock_guard lock(recorder_.mutex_);
      if (recorder_.verdicts_.contains(id)) throw std::logic_error("an event after the verdict");
      recorder_.facts_[id].push_back(entry);
    }
    void on_verdict(proxy::ConnectionId id, proxy::Time, const proxy::Timelines&,
                    const proxy::Verdict& verdict) override {
      const std::lock_guard lock(recorder_.mutex_);
      if (!recorder_.verdicts_.emplace(id, verdict).second) {
        throw std::logic_error("a second verdict");
      }
      recorder_.changed_.notify_all();
    }
    void on_notice(proxy::Time, std::string_view what) override {
      const std::lock_guard lock(recorder_.mutex_);
      recorder_.notices_.emplace_back(what);
      recorder_.changed_.notify_all();
    }
    void flush() override {}

   private:
    EventRecorder& recorder_;
  };

  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<proxy::ConnectionId, std::vector<proxy::Entry>> facts_;
  std::map<proxy::ConnectionId, proxy::Verdict> verdicts_;
  std::vector<std::string> notices_;
};

class RunningProxy {
 public:
  using Change = std::function<void(proxy::ProxySettings&)>;

  explicit RunningProxy(std::uint16_t target_port, const Change& change = {})
      : proxy_(settings(target_port, change), [this] { return recorder_.make_sink(); }),
        thread_([this] { proxy_.run(); }) {}
  ~RunningProxy() {
    stop();
    stop();
  }

  std::uint16_t port() const { return proxy_.addresses().front().port(); }
  EventRecorder& events() { return recorder_; }
  void stop() { proxy_.stop(); }
  /// Waits until `run` has returned.
  void join() { thread_.join(); }

 private:
  static proxy::ProxySettings settings(std::uint16_t target_port, const Change& change) {
    proxy::ProxySettings settings;
    settings.listeners = {{*proxy::SocketAddress::from_numeric("127.0.0.1", 0),
                           proxy::WayIn::fixed,
                           {"127.0.0.1", target_port}}};
    if (change) change(settings);
    return settings;
  }

  EventRecorder recorder_;
  proxy::Proxy proxy_;
  std::jthread thread_;
};

/// The last fact of a kind, or nothing.
template <class Fact>
std::optional<Fact> find(const std::vector<proxy::Entry>& facts) {
  std::optional<Fact> found;
  for (const proxy::Entry& entry : facts) {
    if (const auto* fact = std::get_if<Fact>(&entry.fact)) found = *fact;
  }
  return found;
}

}  // namespace legible::test
