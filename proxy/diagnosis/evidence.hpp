#pragma once
// The sentences of a verdict: what happened, in the words of the wire, each with its value.

#include <string>
#include <vector>

#include "proxy/diagnosis/situation.hpp"

namespace legible::proxy::diagnosis {

/// "the client sent fatal alert unknown_ca (48) 0.8 ms after the server's Certificate, then FIN".
std::string tell_primary_event(const Situation& situation);

/// What was negotiated and shown: version and suite, certificates, what was asked and sent; less
/// what the rules of `cause` have told already.
std::vector<std::string> tell_handshake(const Situation& situation, Cause cause);

/// A client that did not wait for an answer may have waited before it was accepted. Empty where
/// that cannot be why.
std::string tell_waiting(const Situation& situation);

/// The same kind of hello led to a finished handshake not long ago, and this one did not: what
/// differs is not the settings. Empty where that is not so.
std::string tell_earlier_success(const Situation& situation);

/// Alerts that came after the primary event, which are echoes of it.
std::vector<std::string> tell_echoes(const Situation& situation);

}  // namespace legible::proxy::diagnosis
