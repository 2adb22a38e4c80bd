#include "proxy/chain_cache.hpp"

#include <catch2/catch_test_macros.hpp>
#include <vector>

namespace {

using namespace legible;

/// A message with one certificate of this many bytes, which no parser can read.
parser::CertificateMessage message(std::size_t size, std::uint8_t filling = 0) {
  return {{std::vector<std::uint8_t>(size, filling)}};
}

}  // namespace

TEST_CASE("connections that saw the same chain share it") {
  proxy::ChainCache cache(nullptr, nullptr);
  const auto first = cache.parse(message(1000));
  CHECK(cache.parse(message(1000)) == first);
  CHECK(cache.parse(message(1000, 1)) != first);
}

TEST_CASE("a chain of unusual size is parsed, and not kept") {
  proxy::ChainCache cache(nullptr, nullptr);
  const auto huge = message(proxy::ChainCache::largest_kept + 1);
  const auto first = cache.parse(huge);
  REQUIRE(first->size() == 1);
  CHECK(first->front().der == huge.chain.front());
  CHECK(cache.parse(huge) != first);
}
