#pragma once
// What connections are served by, and what may change while the proxy runs.

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>

#include "parser/connection_observer.hpp"
#include "proxy/legs/connection.hpp"
#include "proxy/legs/interception.hpp"
#include "proxy/record/trust_settings.hpp"
#include "proxy/ways/client_rules.hpp"
#include "proxy/ways/outbound.hpp"
#include "proxy/ways/way_in.hpp"

namespace legible::proxy {

/// Immutable once it is in force, and shared by all loops.
struct ServiceSettings {
  Timeouts timeouts;
  parser::Limits limits;
  TrustSettings trust;
  InterceptionSettings interception;
  ClientRules rules;
  NamedAddresses addresses;  ///< for names that clients ask for
  Outbound outbound;
};

/// The settings for new connections. Those that are open keep the settings that they began with.
/// Thread-safe.
class SettingsInForce {
 public:
  explicit SettingsInForce(std::shared_ptr<const ServiceSettings> settings)
      : settings_(std::move(settings)) {}

  /// Changes with the settings, which it costs no lock to find out.
  std::uint64_t generation() const { return generation_; }
  std::shared_ptr<const ServiceSettings> get() const {
    const std::scoped_lock lock(mutex_);
    return settings_;
  }
  void replace(std::shared_ptr<const ServiceSettings> settings) {
    const std::scoped_lock lock(mutex_);
    settings_.swap(settings);
    ++generation_;
  }

 private:
  std::atomic<std::uint64_t> generation_{0};
  mutable std::mutex mutex_;
  std::shared_ptr<const ServiceSettings> settings_;
};

}  // namespace legible::proxy
