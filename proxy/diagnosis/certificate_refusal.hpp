#pragma once
// What the rules about a refused server certificate share: the words that tell its faults apart,
// and the refusal that comes only after a complete handshake.

#include "proxy/diagnosis/situation.hpp"

namespace legible::proxy::diagnosis {

/// Adds `cause` to the alternatives, with what would tell that it is the one. Once.
void add_alternative(Finding& finding, Cause cause);

/// The certificate was encrypted, and so was the reason: every usual fault is an alternative.
void add_hidden_faults(const Situation& situation, Finding& finding);

/// The client finished the handshake and left, and may have refused the certificate, which was
/// encrypted: what its stack judges only then is an alternative.
void doubt_hidden_certificate(const Situation& situation, Finding& finding);
/// The same, where the certificate could be read and is good here: the client has taken it, unless
/// its stack judges the chain only then, by a truststore of its own.
void weigh_shown_certificate(const Situation& situation, Finding& finding);

/// `finding` blames an issuer that was neither sent nor is trusted here. An intermediate is the
/// server's to send, a root the client's to trust, and which of the two it is may be open.
void weigh_unsent_issuer(const Situation& situation, Finding& finding);

/// `cause` is a matter of which authorities the client trusts, and that is not known.
bool only_guessed(const Situation& situation, Cause cause);

/// `cause` rests on this machine's store of authorities, a poor stand-in for what the client
/// trusts.
bool rests_on_system_anchors(const Situation& situation, Cause cause);

/// The client finished the handshake, sent no data and left because of the certificate.
Answer left_for_certificate(const Situation& situation);

}  // namespace legible::proxy::diagnosis
