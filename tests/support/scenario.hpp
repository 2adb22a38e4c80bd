#pragma once
// A scenario: a conversation as a relay sees it, and the verdict that it must give.

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <string>
#include <vector>

#include "proxy/diagnosis/diagnosis.hpp"
#include "support/timeline_builder.hpp"

namespace legible::tests {

using proxy::Cause;
using proxy::Closer;
using proxy::Confidence;
using proxy::Mechanism;
using proxy::Outcome;
using proxy::Phase;
using proxy::Verdict;

inline constexpr Leg C = Leg::client;
inline constexpr Leg S = Leg::server;
inline constexpr parser::AlertLevel warning = parser::alert_level::warning;

struct Scenario {
  std::string name;
  std::function<void(Conversation&)> conversation;
  Closer closer;
  std::vector<Phase> phases;
  Mechanism mechanism;
  std::vector<Cause> causes;
  Outcome outcome = Outcome::failed;
};

inline std::string shown(const Verdict& verdict) {
  std::string text =
      std::string(proxy::id(verdict.outcome)) + " / " + std::string(proxy::id(verdict.closer)) +
      " / " + std::string(proxy::id(verdict.phase)) + " / " +
      std::string(proxy::id(verdict.mechanism)) + " / " + std::string(proxy::id(verdict.cause)) +
      " / " + std::string(proxy::id(verdict.confidence)) + "\n" + verdict.summary;
  for (const auto& sentence : verdict.evidence) text += "\n  because " + sentence;
  for (const auto& other : verdict.alternatives) {
    text += "\n  or " + std::string(proxy::id(other.cause)) + ": " + other.distinguish;
  }
  return text;
}

inline bool has_alternative(const Verdict& verdict, Cause cause) {
  return std::ranges::any_of(verdict.alternatives,
                             [&](const auto& other) { return other.cause == cause; });
}

inline void check(const Scenario& scenario) {
  Conversation conversation;
  scenario.conversation(conversation);
  const Verdict verdict = proxy::diagnose(conversation.timeline());
  INFO(scenario.name << "\n" << shown(verdict));
  CHECK(verdict.closer == scenario.closer);
  CHECK(std::ranges::find(scenario.phases, verdict.phase) != scenario.phases.end());
  CHECK(verdict.mechanism == scenario.mechanism);
  CHECK(std::ranges::find(scenario.causes, verdict.cause) != scenario.causes.end());
  CHECK(verdict.outcome == scenario.outcome);
  CHECK_FALSE(verdict.evidence.empty());
  CHECK_FALSE(verdict.summary.empty());
}

inline certs::Problem problem(ProblemId id, int depth = 0) {
  return {id, "expected", "presented", depth};
}

}  // namespace legible::tests
