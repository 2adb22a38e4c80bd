#pragma once
// A cause may be named only if its precondition crossed the wire. This is what keeps the red
// herrings of logs out of verdicts: no CertificateRequest, no "client certificate missing".

#include "proxy/diagnosis/situation.hpp"

namespace legible::proxy::diagnosis {

bool admissible(Cause cause, const Situation& situation);

}  // namespace legible::proxy::diagnosis
