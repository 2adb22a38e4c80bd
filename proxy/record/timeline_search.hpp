#pragma once

#include <algorithm>
#include <ranges>

#include "proxy/record/timeline.hpp"

namespace legible::proxy {

/// The last fact of this kind that `side` produced; null when there is none.
template <class Wanted>
const Wanted* last_fact(const Timeline& timeline, Leg side) {
  for (const Entry& entry : timeline.entries() | std::views::reverse) {
    const auto* found = std::get_if<Wanted>(&entry.fact);
    if (found && entry.leg == side) return found;
  }
  return nullptr;
}

/// The same for what is read from bytes.
template <class Wanted>
const Wanted* last_observed(const Timeline& timeline, Leg side) {
  for (const Entry& entry : timeline.entries() | std::views::reverse) {
    const auto* observation = std::get_if<parser::Observation>(&entry.fact);
    const auto* found = observation ? std::get_if<Wanted>(observation) : nullptr;
    if (found && entry.leg == side) return found;
  }
  return nullptr;
}

/// Whether that side sent this as a warning, which can be read.
inline bool has_warned(const Timeline& timeline, Leg side, parser::AlertDescription description) {
  return std::ranges::any_of(timeline.entries(), [&](const Entry& entry) {
    const auto* observation = std::get_if<parser::Observation>(&entry.fact);
    const auto* alert = observation ? std::get_if<parser::Alert>(observation) : nullptr;
    return entry.leg == side && alert && alert->level == parser::alert_level::warning &&
           alert->description == description;
  });
}

}  // namespace legible::proxy
