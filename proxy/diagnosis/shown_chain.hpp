#pragma once
// The server's Certificate message as such: too long, or no certificates at all.

#include "proxy/diagnosis/situation.hpp"

namespace legible::proxy::diagnosis {

/// What the server showed is no certificate, or none at all.
Answer certificate_not_readable(const Situation& situation);
/// The client's alert fits the length of the chain, and nothing else about it.
Answer chain_too_long(const Situation& situation);

}  // namespace legible::proxy::diagnosis
