#include "proxy/net/target_directory.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace legible::proxy {

TargetDirectory::~TargetDirectory() {
  for (const auto& [name, target] : targets_) {
    if (const auto alive = target.lock()) alive->cancel_lookup();
  }
}

std::shared_ptr<TargetResolver> TargetDirectory::find(const HostPort& target) {
  std::weak_ptr<TargetResolver>& place = targets_[fmt::format("{}:{}", target.host, target.port)];
  std::shared_ptr<TargetResolver> found = place.lock();
  if (!found) {
    found = std::make_shared<TargetResolver>(loop_, target, reach_);
    place = found;
  }
  last_used_.push_back(found);
  if (last_used_.size() > remembered) last_used_.pop_front();
  if (targets_.size() >= next_drop_) drop_forgotten();
  return found;
}

bool TargetDirectory::busy() const {
  return std::ranges::any_of(targets_, [](const auto& entry) {
    const auto alive = entry.second.lock();
    return alive && alive->busy();
  });
}

void TargetDirectory::drop_forgotten() {
  std::erase_if(targets_, [](const auto& entry) { return entry.second.expired(); });
  next_drop_ = 2 * std::max(targets_.size(), remembered);
}

}  // namespace legible::proxy
