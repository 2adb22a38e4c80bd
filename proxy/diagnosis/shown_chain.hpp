#pragma once
// The server's Certificate message as such: too long, out of order, or no certificates at all.

#include "proxy/diagnosis/situation.hpp"

namespace legible::proxy::diagnosis {

/// What the server showed is no certificate, or none at all.
Answer certificate_not_readable(const Situation& situation);
/// The client's alert fits the length of the chain, and nothing else about it.
Answer chain_too_long(const Situation& situation);
/// Says it in `finding` when a certificate of the server's does not certify the one before it.
/// Most stacks sort what comes; the rule is RFC 5246 section 7.4.2.
void doubt_chain_order(const Chain& chain, Finding& finding);

}  // namespace legible::proxy::diagnosis
