// Any bytes as a server's certificate that nobody trusts: whatever is minted after it is well
// formed, and not good.

#include <cstdint>
#include <cstdlib>
#include <span>
#include <stdexcept>
#include <vector>

#include "certs/leaf_minter.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace legible::certs;
  static const Seconds now(std::chrono::seconds(1'800'000'000));
  static const LeafMinter minter(InterceptionCa::make(now), now);
  static const auto trust = TrustStore::from_pem(minter.ca().certificates_pem());

  const std::vector<Certificate> chain = {read_certificate({data, size})};
  JudgeRequest question{.chain = chain, .name = "partner.example", .now = now};
  MintRequest request;
  request.original = &chain.front();
  request.plan = mirror_plan(judge(question));
  request.judged_name = question.name;
  request.names = {"localhost"};
  request.now = now;
  try {
    const MintedLeaf minted = minter.mint(request);
    if (!minted.leaf().error.empty()) std::abort();
    question.chain = minted.chain;
    question.trust = trust.get();
    if (judge(question).ok) std::abort();
  } catch (const std::runtime_error&) {
    // mbedTLS takes not every name that we copy; it would not have taken the original either.
    return 0;
  }
  return 0;
}
