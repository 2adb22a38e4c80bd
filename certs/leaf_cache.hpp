#pragma once
// Minted leaves, kept for the next client of the same server.

#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "certs/leaf_minter.hpp"
#include "certs/least_recently_used.hpp"

namespace legible::certs {

/// Bounded, least recently used goes first. One for the process, shared by all threads; nobody
/// waits for another's minting but who wants that same leaf.
class LeafCache {
 public:
  static constexpr std::size_t usual_capacity = 1024;

  explicit LeafCache(std::shared_ptr<const LeafMinter> minter,
                     std::size_t capacity = usual_capacity);

  const InterceptionCa& ca() const { return minter_->ca(); }

  /// What was minted for such a request (same original, plan, names, family) and is still usable at
  /// its `now`; null when there is none. For an event loop: never mints.
  std::shared_ptr<const MintedLeaf> find(const MintRequest& request);

  /// The same, minted where there is none. Several threads that want the same leaf get one. Throws
  /// as `LeafMinter::mint` does; a failure is not kept.
  std::shared_ptr<const MintedLeaf> get(const MintRequest& request);

 private:
  using Leaf = std::shared_ptr<const MintedLeaf>;

  /// The lock is held.
  Leaf find_usable(const std::string& key, Seconds now);

  std::shared_ptr<const LeafMinter> minter_;
  std::mutex lock_;
  LeastRecentlyUsed<std::string, Leaf> leaves_;
  std::map<std::string, std::shared_future<Leaf>> in_making_;
};

}  // namespace legible::certs
