#pragma once
// From the verdicts on the two conversations of an intercepted connection to one on the connection.

#include "proxy/timeline.hpp"
#include "proxy/verdict.hpp"

namespace legible::proxy::diagnosis {

/// Puts the parties in the places of a conversation's sides: the side that the proxy plays becomes
/// the proxy, and everything happened on the one leg that there is.
void put_in_place(Verdict& verdict, Scope scope);

}  // namespace legible::proxy::diagnosis
