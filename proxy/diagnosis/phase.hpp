#pragma once
// The last state that a connection reached, from the messages that had been forwarded.

#include "proxy/diagnosis/facts.hpp"
#include "proxy/diagnosis/verdict.hpp"

namespace legible::proxy::diagnosis {

/// docs/verdicts.md, phases. Pure: call it with the facts before the primary event. `scope` tells
/// whose conversation it was.
Phase phase_of(const Facts& facts, Scope scope);

}  // namespace legible::proxy::diagnosis
