#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>

#include "proxy/net/target_resolver.hpp"

namespace legible::proxy {

/// The targets of one loop: one resolver for each, shared by the connections that go there. Those
/// asked for last are kept when their connections have ended, for what their lookup found.
class TargetDirectory {
 public:
  static constexpr std::size_t remembered = 512;

  /// `reach`: where the targets may lead. It must outlive the loop, whose lookups use it.
  TargetDirectory(EventLoop& loop, const Reach& reach) : loop_(loop), reach_(reach) {}
  ~TargetDirectory();
  TargetDirectory(const TargetDirectory&) = delete;
  TargetDirectory& operator=(const TargetDirectory&) = delete;

  std::shared_ptr<TargetResolver> find(const HostPort& target);

  /// A name lookup is under way that cannot be stopped.
  bool busy() const;

 private:
  void drop_forgotten();

  EventLoop& loop_;
  const Reach& reach_;
  std::unordered_map<std::string, std::weak_ptr<TargetResolver>> targets_;  ///< by host:port
  std::deque<std::shared_ptr<TargetResolver>> last_used_;
  std::size_t next_drop_ = 2 * remembered;  ///< at this size of `targets_`
};

}  // namespace legible::proxy
