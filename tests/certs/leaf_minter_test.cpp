#include "certs/leaf_minter.hpp"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <stdexcept>

#include "judge_cases.hpp"
#include "parser/hex.hpp"

namespace legible::certs {
namespace {

using namespace test;
using std::chrono::days;

/// One for all tests: its RSA keys are the slow part.
const LeafMinter& minter() {
  static const LeafMinter minter(InterceptionCa::make(now), now);
  return minter;
}

/// A client's opinion, one that trusts the interception CA.
Judgement client_judges(const MintedLeaf& minted, std::optional<std::string> name,
                        Seconds at = now) {
  static const auto trust = TrustStore::from_pem(minter().ca().certificates_pem());
  JudgeRequest question;
  question.chain = minted.chain;
  question.trust = trust.get();
  question.name = std::move(name);
  question.now = at;
  return judge(question);
}

Judgement judge_original(const Presented& presented) {
  JudgeRequest question;
  question.chain = presented.chain;
  question.trust = presented.trust.get();
  question.name = presented.name;
  question.purpose = presented.purpose;
  question.now = now;
  return judge(question);
}

MintRequest mirroring(const Presented& presented) {
  MintRequest request;
  request.original = &presented.chain.front();
  request.plan = mirror_plan(judge_original(presented));
  request.judged_name = presented.name;
  request.now = now;
  return request;
}

std::vector<std::string> ids_of(const Judgement& judgement) {
  std::vector<std::string> ids;
  for (const Problem& problem : judgement.problems) ids.emplace_back(id(problem.id));
  return ids;
}

TEST_CASE("every chain that the judge knows is minted as good or as bad as it is") {
  const auto family = GENERATE(KeyFamily::ec, KeyFamily::rsa);
  for (const auto& groups : {path_cases(), rule_cases()}) {
    for (const CaseGroup& group : groups) {
      for (const Case& c : group.cases) {
        if (c.presented.purpose != Purpose::server) continue;
        CAPTURE(group.name, c.what);
        MintRequest request = mirroring(c.presented);
        request.family = family;
        const MintedLeaf minted = minter().mint(request);
        const Judgement seen = client_judges(minted, c.presented.name);
        CAPTURE(ids_of(seen));
        CHECK(seen.ok == c.problems.empty());
        CHECK(minted.plan == request.plan);
        for (const ProblemId carried : minted.plan.carried) {
          CAPTURE(id(carried));
          CHECK(seen.find(carried) != nullptr);
        }
      }
    }
  }
}

}  // namespace
}  // namespace legible::certs
