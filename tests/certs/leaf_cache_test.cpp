#include "certs/leaf_cache.hpp"

#include <catch2/catch_test_macros.hpp>
#include <latch>
#include <stdexcept>
#include <thread>

#include "test_pki.hpp"

namespace legible::certs {
namespace {

using namespace test;
using std::chrono::days;

std::shared_ptr<const LeafMinter> minter() {
  static const auto minter = std::make_shared<const LeafMinter>(InterceptionCa::make(now), now);
  return minter;
}

MintRequest request_of_leaf() {
  MintRequest request;
  request.original = &Pki::instance().leaf.certificate;
  request.now = now;
  return request;
}

TEST_CASE("a leaf is minted once, and found without minting") {
  LeafCache cache(minter());
  CHECK(cache.find(request_of_leaf()) == nullptr);
  const auto leaf = cache.get(request_of_leaf());
  REQUIRE(leaf != nullptr);
  CHECK(cache.get(request_of_leaf()) == leaf);
  CHECK(cache.find(request_of_leaf()) == leaf);
}

TEST_CASE("whatever a leaf depends on makes another one") {
  LeafCache cache(minter());
  const auto leaf = cache.get(request_of_leaf());
  const std::function<void(MintRequest&)> changes[] = {
      [](auto& r) { r.original = &Pki::instance().intermediate.certificate; },
      [](auto& r) { r.family = KeyFamily::rsa; },
      [](auto& r) { r.names = {"localhost"}; },
      [](auto& r) { r.names = {"local", "host"}; },
      [](auto& r) { r.judged_name = "partner.example"; },
      [](auto& r) { r.plan.issuer = MintIssuer::itself; },
      [](auto& r) { r.plan.send_issuer = true; },
      [](auto& r) { r.plan.repaired = true; },
      [](auto& r) { r.plan.keep_key_usage = true; },
      [](auto& r) { r.plan.version_1 = true; },
      [](auto& r) { r.plan.add_names = false; },
      [](auto& r) { r.plan.shows_good = false; },
      [](auto& r) { r.plan.issuers_not_before = now; },
      [](auto& r) { r.plan.issuers_not_after = now; },
      [](auto& r) { r.plan.carried = {ProblemId::expired}; },
      [](auto& r) { r.plan.not_carried = {ProblemId::expired}; },
  };
  std::vector<std::shared_ptr<const MintedLeaf>> all = {leaf};
  for (const auto& change : changes) {
    MintRequest request = request_of_leaf();
    change(request);
    all.push_back(cache.get(request));
    for (std::size_t i = 0; i + 1 < all.size(); ++i) CHECK(all[i] != all.back());
  }
}

TEST_CASE("a leaf whose end is near is minted anew") {
  LeafCache cache(minter());
  MintRequest request = request_of_leaf();
  const auto leaf = cache.get(request);
  request.now = leaf->usable_until - std::chrono::seconds(1);
  CHECK(cache.find(request) == leaf);
  request.now = leaf->usable_until;
  CHECK(cache.find(request) == nullptr);
  const auto next = cache.get(request);
  CHECK(next != leaf);
  CHECK(*next->leaf().not_after > *leaf->leaf().not_after);
}

TEST_CASE("the leaf that was not asked for the longest goes first") {
  LeafCache cache(minter(), 2);
  const auto named = [](const char* name) {
    MintRequest request = request_of_leaf();
    request.names = {name};
    return request;
  };
  cache.get(named("a"));
  cache.get(named("b"));
  cache.get(named("a"));
  cache.get(named("c"));
  CHECK(cache.find(named("a")) != nullptr);
  CHECK(cache.find(named("b")) == nullptr);
  CHECK(cache.find(named("c")) != nullptr);
}

TEST_CASE("threads that want the same leaf at once get the same") {
  LeafCache cache(minter());
  constexpr int count = 4;
  std::latch start(count);
  std::vector<std::shared_ptr<const MintedLeaf>> leaves(count);
  {
    std::vector<std::jthread> threads;
    for (auto& leaf : leaves) {
      threads.emplace_back([&] {
        start.arrive_and_wait();
        leaf = cache.get(request_of_leaf());
      });
    }
  }
  for (const auto& leaf : leaves) CHECK(leaf == leaves.front());
}

TEST_CASE("a failure is told, and not kept") {
  LeafCache cache(minter());
  Certificate unreadable = Pki::instance().leaf.certificate;
  unreadable.subject.der = {0x30, 0x7f};
  MintRequest request = request_of_leaf();
  request.original = &unreadable;
  CHECK_THROWS_AS(cache.get(request), std::runtime_error);
  CHECK_THROWS_AS(cache.get(request), std::runtime_error);
  CHECK(cache.find(request) == nullptr);
}

}  // namespace
}  // namespace legible::certs
