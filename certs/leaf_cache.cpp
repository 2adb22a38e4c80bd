#include "certs/leaf_cache.hpp"

#include <string_view>
#include <type_traits>
#include <utility>

namespace legible::certs {
namespace {

/// Everything that the minted leaf depends on, but for the time.
class Key {
 public:
  explicit Key(const MintRequest& request) {
    const MirrorPlan& plan = request.plan;
    add(request.family);
    add(plan.issuer);
    add(plan.send_issuer);
    add(plan.repaired);
    add(plan.keep_key_usage);
    add(plan.version_1);
    add(plan.add_names);
    add(plan.shows_good);
    add(plan.issuers_not_before);
    add(plan.issuers_not_after);
    add(plan.carried);
    add(plan.not_carried);
    text_.append(request.original->sha256.begin(), request.original->sha256.end());
    add(request.judged_name.has_value());
    add(std::string_view(request.judged_name ? *request.judged_name : std::string_view()));
    for (const std::string& name : request.names) add(std::string_view(name));
  }

  std::string take() { return std::move(text_); }

 private:
  template <class Value>
    requires std::is_arithmetic_v<Value> || std::is_enum_v<Value>
  void add(Value value) {
    text_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  void add(std::string_view text) {
    add(text.size());
    text_ += text;
  }
  void add(const std::vector<ProblemId>& ids) {
    add(ids.size());
    for (const ProblemId id : ids) add(id);
  }
  void add(const std::optional<Seconds>& time) {
    add(time.value_or(Seconds::min()).time_since_epoch().count());
  }

  std::string text_;
};

}  // namespace

LeafCache::LeafCache(std::shared_ptr<const LeafMinter> minter, std::size_t capacity)
    : minter_(std::move(minter)), leaves_(capacity) {}

std::shared_ptr<const MintedLeaf> LeafCache::find(const MintRequest& request) {
  const std::string key = Key(request).take();
  const std::lock_guard guard(lock_);
  return find_usable(key, request.now);
}

std::shared_ptr<const MintedLeaf> LeafCache::get(const MintRequest& request) {
  const std::string key = Key(request).take();
  std::promise<Leaf> promise;
  {
    std::unique_lock guard(lock_);
    if (Leaf leaf = find_usable(key, request.now)) return leaf;
    const auto [place, is_first] = in_making_.try_emplace(key);
    if (!is_first) {
      const std::shared_future<Leaf> other = place->second;
      guard.unlock();
      return other.get();
    }
    place->second = promise.get_future().share();
  }
  try {
    auto leaf = std::make_shared<const MintedLeaf>(minter_->mint(request));
    promise.set_value(leaf);
    const std::lock_guard guard(lock_);
    in_making_.erase(key);
    leaves_.put(key, leaf);
    return leaf;
  } catch (...) {
    promise.set_exception(std::current_exception());
    const std::lock_guard guard(lock_);
    in_making_.erase(key);
    throw;
  }
}

LeafCache::Leaf LeafCache::find_usable(const std::string& key, Seconds now) {
  const Leaf* leaf = leaves_.find(key);
  return leaf != nullptr && now < (*leaf)->usable_until ? *leaf : nullptr;
}

}  // namespace legible::certs
