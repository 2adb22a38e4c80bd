#pragma once
// What to do, and what each side's own log says: from the cause table, with the settings of the
// stack that was recognised and of no other.

#include "proxy/diagnosis/situation.hpp"

namespace legible::proxy::diagnosis {

BothSides hints(const Situation& situation, Cause cause);
BothSides log_lines(const Situation& situation, Cause cause);

}  // namespace legible::proxy::diagnosis
