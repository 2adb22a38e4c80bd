#pragma once
// What to do, and what each side's own log says: from the cause table, with the settings of the
// stack that was recognised and of no other.

#include "proxy/diagnosis/situation.hpp"

namespace legible::proxy::diagnosis {

Hints hints(const Situation& situation, Cause cause);
BothSides log_lines(const Situation& situation, Cause cause);

/// How to have the same call made with TLS 1.2, in which certificates are not encrypted: the
/// setting of the recognised stack, as far as it has one for all its programs.
std::string repeat_with_tls12(const Situation& situation);

}  // namespace legible::proxy::diagnosis
