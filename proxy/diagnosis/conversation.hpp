#pragma once
// One timeline and all that is derived from it, for whoever asks more of it than its verdict.

#include "proxy/diagnosis/situation.hpp"

namespace legible::proxy::diagnosis {

/// Its parts refer to each other, to `timeline` and to `history`: neither moves.
struct Conversation {
  Conversation(const Timeline& timeline, const History& history);
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  PrimaryEvent primary;
  Facts facts;
  Situation situation;
};

/// The verdict on one conversation. The parties stand in it in the places of the sides that they
/// play (casting.hpp).
Verdict conclude(const Situation& situation);

}  // namespace legible::proxy::diagnosis
