#pragma once
// The last state that a connection reached, from the messages that had been forwarded.

#include "proxy/diagnosis/facts.hpp"
#include "proxy/verdict.hpp"

namespace legible::proxy::diagnosis {

/// docs/verdicts.md, phases. Pure in `facts`: call it with those before the primary event.
Phase phase_of(const Facts& facts);

}  // namespace legible::proxy::diagnosis
