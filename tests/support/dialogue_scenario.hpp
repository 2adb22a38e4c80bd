#pragma once
// Dialogues in clear that lead to TLS, or do not.

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/scenario.hpp"

namespace legible::tests {

/// Told when both directions have ended.
inline void said(Conversation& c, parser::Protocol protocol,
                 std::vector<parser::Dialogue::Line> lines) {
  parser::Dialogue dialogue;
  dialogue.protocol = protocol;
  dialogue.lines = std::move(lines);
  c.says(C, std::make_shared<const parser::Dialogue>(std::move(dialogue)), 0);
}

inline Verdict on_dialogue(parser::Protocol protocol, const std::string& greeting,
                           std::vector<parser::Dialogue::Line> lines,
                           const proxy::History& history = {}) {
  Conversation c;
  c.first_bytes(S, protocol, greeting).first_bytes(C, protocol, lines.front().text);
  c.client_fin().server_fin();
  if (!greeting.empty()) lines.insert(lines.begin(), {S, greeting});
  said(c, protocol, std::move(lines));
  return diagnose(c.timeline(), history);
}

}  // namespace legible::tests
