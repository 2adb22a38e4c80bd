#pragma once
// Each leg's own annotation in a verdict.

#include "proxy/diagnosis/situation.hpp"

namespace legible::proxy::diagnosis {

LegSummary summarise_leg(const Situation& situation, Leg leg);

}  // namespace legible::proxy::diagnosis
