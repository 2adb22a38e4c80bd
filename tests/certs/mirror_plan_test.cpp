#include "certs/mirror_plan.hpp"

#include <catch2/catch_test_macros.hpp>

#include "test_pki.hpp"

namespace legible::certs {
namespace {

using namespace test;
using enum ProblemId;

Judgement judged(std::vector<Problem> problems) {
  Judgement judgement;
  judgement.problems = std::move(problems);
  judgement.ok = judgement.problems.empty();
  judgement.not_before = past.not_before;
  judgement.not_after = past.not_after;
  judgement.untrusted_root_sent = true;
  return judgement;
}

Problem at(ProblemId id, int depth = 0) { return {id, "", "", depth}; }

MirrorPlan plan_with(MintIssuer issuer, std::vector<ProblemId> carried,
                     std::vector<ProblemId> not_carried = {}) {
  MirrorPlan plan;
  plan.issuer = issuer;
  plan.send_issuer = issuer == MintIssuer::untrusted_ca;
  plan.shows_good = false;
  plan.carried = std::move(carried);
  plan.not_carried = std::move(not_carried);
  return plan;
}

TEST_CASE("a good chain is mirrored without a reservation") {
  CHECK(mirror_plan(judged({})) == MirrorPlan{});
}

TEST_CASE(
    "each problem is carried by the leaf where it can, else an untrusted issuer stands for it") {
  constexpr auto ours = MintIssuer::interception_ca;
  constexpr auto untrusted = MintIssuer::untrusted_ca;
  const auto no_names = [](MirrorPlan plan) {
    plan.add_names = false;
    return plan;
  };
  const auto with_usage = [](MirrorPlan plan) {
    plan.keep_key_usage = true;
    return plan;
  };
  const auto with_issuers_dates = [](MirrorPlan plan) {
    plan.issuers_not_before = past.not_before;
    plan.issuers_not_after = past.not_after;
    return plan;
  };
  const auto of_version_1 = [](MirrorPlan plan) {
    plan.version_1 = true;
    return plan;
  };
  const auto alone = [](MirrorPlan plan) {
    plan.send_issuer = false;
    return plan;
  };
  struct Case {
    Problem problem;
    MirrorPlan plan;
  };
  const Case cases[] = {
      {at(expired), plan_with(ours, {expired})},
      {at(expired, 1), with_issuers_dates(plan_with(ours, {expired}))},
      {at(not_yet_valid), plan_with(ours, {not_yet_valid})},
      {at(not_yet_valid, 2), with_issuers_dates(plan_with(ours, {not_yet_valid}))},
      {at(name_mismatch), no_names(plan_with(ours, {name_mismatch}))},
      {at(wrong_usage), with_usage(plan_with(ours, {wrong_usage}))},
      {at(wrong_usage, 1), plan_with(untrusted, {}, {wrong_usage})},
      {at(self_signed), plan_with(MintIssuer::itself, {self_signed})},
      {at(untrusted_root, 1), plan_with(untrusted, {untrusted_root})},
      {at(missing_intermediate), alone(plan_with(untrusted, {missing_intermediate}))},
      {at(weak_key), plan_with(untrusted, {}, {weak_key})},
      {at(weak_signature, 1), plan_with(untrusted, {}, {weak_signature})},
      {at(bad_signature), plan_with(untrusted, {}, {bad_signature})},
      {at(not_a_ca, 1), plan_with(untrusted, {}, {not_a_ca})},
      {at(path_too_long, 2), plan_with(untrusted, {}, {path_too_long})},
      {at(name_constraint), plan_with(untrusted, {}, {name_constraint})},
      {at(unknown_critical_extension), plan_with(untrusted, {}, {unknown_critical_extension})},
      {at(revoked), plan_with(untrusted, {}, {revoked})},
      {at(unknown_algorithm), plan_with(untrusted, {}, {unknown_algorithm})},
      {at(x509_v1), of_version_1(plan_with(ours, {x509_v1}))},
      {at(x509_v1, 1), plan_with(untrusted, {}, {x509_v1})},
  };
  for (const Case& c : cases) {
    CAPTURE(id(c.problem.id), c.problem.depth);
    CHECK(mirror_plan(judged({c.problem})) == c.plan);
  }
}

TEST_CASE("of several problems each is carried where it can be") {
  MirrorPlan plan = mirror_plan(judged(
      {at(expired), at(name_mismatch), at(weak_key), at(expired, 1), at(untrusted_root, 1)}));
  CHECK(plan.issuer == MintIssuer::untrusted_ca);
  CHECK(plan.send_issuer);
  CHECK_FALSE(plan.add_names);
  CHECK(plan.carried == std::vector{expired, name_mismatch, untrusted_root});
  CHECK(plan.not_carried == std::vector{weak_key});

  plan = mirror_plan(judged({at(weak_signature), at(self_signed)}));
  CHECK(plan.issuer == MintIssuer::itself);
  CHECK(plan.not_carried == std::vector{weak_signature});
}

TEST_CASE("an untrusted root is sent where the server sent it") {
  Judgement original = judged({at(untrusted_root, 1)});
  CHECK(mirror_plan(original).send_issuer);
  original.untrusted_root_sent = false;
  CHECK(mirror_plan(original).issuer == MintIssuer::untrusted_ca);
  CHECK_FALSE(mirror_plan(original).send_issuer);
}

TEST_CASE("a leaf is shown as expired rather than also as not yet valid") {
  const MirrorPlan plan = mirror_plan(judged({at(not_yet_valid), at(expired, 1)}));
  CHECK(plan.carried == std::vector{expired});
  CHECK(plan.not_carried == std::vector{not_yet_valid});
  CHECK(plan.issuer == MintIssuer::interception_ca);
}

TEST_CASE("what was never judged good is not shown good") {
  const MirrorPlan plan = mirror_plan(Judgement{});
  CHECK(plan.issuer == MintIssuer::untrusted_ca);
  CHECK_FALSE(plan.shows_good);
}

TEST_CASE("whatever the server shows, accepting shows a good certificate") {
  const MirrorPlan plan = accept_plan();
  CHECK(plan.shows_good);
  CHECK(plan.repaired);
  CHECK(plan.issuer == MintIssuer::interception_ca);
}

}  // namespace
}  // namespace legible::certs
