#pragma once

#include <cstddef>
#include <list>
#include <unordered_map>
#include <utility>

namespace legible::certs {

/// A bounded map: beyond `capacity` entries the one that was not asked for the longest goes first.
template <class Key, class Value>
class LeastRecentlyUsed {
 public:
  explicit LeastRecentlyUsed(std::size_t capacity) : capacity_(capacity) {}

  /// The value of `key`, which becomes the most recent; null when there is none. Valid until the
  /// next `put`.
  Value* find(const Key& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->second;
  }

  /// Sets the value of `key` and returns it.
  Value& put(const Key& key, Value value) {
    if (Value* known = find(key)) return *known = std::move(value);
    if (index_.size() >= capacity_) {
      index_.erase(entries_.back().first);
      entries_.pop_back();
    }
    entries_.emplace_front(key, std::move(value));
    index_.emplace(key, entries_.begin());
    return entries_.front().second;
  }

  std::size_t size() const { return index_.size(); }

 private:
  using Entries = std::list<std::pair<Key, Value>>;

  std::size_t capacity_;
  Entries entries_;
  std::unordered_map<Key, typename Entries::iterator> index_;
};

}  // namespace legible::certs
