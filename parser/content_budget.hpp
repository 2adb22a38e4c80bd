#pragma once
// What of HTTP content may be kept in memory at once, of all connections together.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <utility>

namespace legible::parser {

/// So many bytes, of which messages take their shares. Thread-safe.
class ContentBudget {
 public:
  explicit ContentBudget(std::size_t bytes) : left_(bytes) {}

  /// Takes as many of the `wanted` bytes as there are left, and returns how many.
  std::size_t take(std::size_t wanted) {
    std::size_t left = left_.load(std::memory_order_relaxed);
    std::size_t taken = 0;
    do {
      taken = std::min(wanted, left);
    } while (!left_.compare_exchange_weak(left, left - taken, std::memory_order_relaxed));
    return taken;
  }
  void give_back(std::size_t bytes) { left_.fetch_add(bytes, std::memory_order_relaxed); }
  std::size_t left() const { return left_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::size_t> left_;
};

/// What one message has of the budget, which must outlive it. A copy has nothing: whoever makes one
/// answers for its memory.
class ContentShare {
 public:
  ContentShare() = default;
  ContentShare(const ContentShare&) {}
  ContentShare(ContentShare&& other) noexcept { swap(other); }
  ContentShare& operator=(const ContentShare& other) {
    if (this != &other) release();
    return *this;
  }
  ContentShare& operator=(ContentShare&& other) noexcept {
    swap(other);
    return *this;
  }
  ~ContentShare() { release(); }

  /// How many of the `wanted` bytes may be kept: all, where there is no budget.
  std::size_t take(ContentBudget* budget, std::size_t wanted) {
    if (budget == nullptr) return wanted;
    const std::size_t taken = budget->take(wanted);
    budget_ = budget;
    bytes_ += taken;
    return taken;
  }
  void release() {
    if (bytes_ > 0) budget_->give_back(std::exchange(bytes_, 0));
  }

 private:
  void swap(ContentShare& other) noexcept {
    std::swap(budget_, other.budget_);
    std::swap(bytes_, other.bytes_);
  }

  ContentBudget* budget_ = nullptr;
  std::size_t bytes_ = 0;
};

}  // namespace legible::parser
