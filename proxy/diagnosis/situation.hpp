#pragma once
// What a rule looks at, and what it answers.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proxy/diagnosis/diagnosis.hpp"
#include "proxy/diagnosis/facts.hpp"
#include "proxy/diagnosis/primary_event.hpp"
#include "proxy/diagnosis/stack_guess.hpp"

namespace legible::proxy::diagnosis {

struct Situation {
  const Timeline& timeline;
  const History& history;
  const PrimaryEvent& primary;
  const Facts& facts;
  Phase phase;
  Stack client_stack;

  Scope scope() const { return timeline.scope(); }
  /// The proxy speaks as `side` here.
  bool proxy_plays(Leg side) const { return party(scope(), side) == Party::proxy; }

  bool client_closed() const { return primary.closer == Closer::client; }
  bool server_closed() const { return primary.closer == Closer::server; }
  bool alert_is(int number) const { return primary.alert_number() == number; }
  bool alert_sent_as_fatal() const { return primary.mechanism == Mechanism::alert_fatal; }
  /// FIN or RST without an alert.
  bool bare_close() const {
    return primary.mechanism == Mechanism::fin || primary.mechanism == Mechanism::rst;
  }
  /// The proxy's own TLS could not go on with what its peer had sent.
  bool own_tls_failed() const {
    return facts.proxy_closing && facts.proxy_closing->reason == ProxyReason::tls_failure;
  }
  /// Nothing happened for so long that a timer, not a stack, decided.
  bool after_silence() const;
  /// The same of the other side alone: what the closer did was no answer to anything.
  bool other_side_silent() const;
};

/// A rule's answer: a cause, how sure, on what values, and what else it could be.
struct Finding {
  Cause cause = Cause::unknown;
  Confidence confidence = Confidence::low;
  std::vector<std::string> because;
  std::vector<Alternative> alternatives;
  std::optional<Mechanism> mechanism;  ///< when the rule knows better than the bare event
  std::string title;                   ///< likewise, than the cause's own title; else empty
  Hints to_do;                         ///< likewise, than what is always advised for the cause
  bool relaying_helps = true;          ///< where the proxy's part in it is why

  Finding& with(std::string sentence) {
    because.push_back(std::move(sentence));
    return *this;
  }
  Finding& or_else(Cause other, std::string distinguish) {
    alternatives.push_back({other, std::move(distinguish)});
    return *this;
  }
  Finding& raise();
  Finding& lower();
};

/// No answer: the rule does not apply.
using Answer = std::optional<Finding>;
using Rule = Answer (*)(const Situation&);

}  // namespace legible::proxy::diagnosis
