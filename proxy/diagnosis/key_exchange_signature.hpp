#pragma once
// Does the key of the server's certificate fit what the server signed? Up to TLS 1.2 all that is
// signed can be seen, so that no alert's number has to be guessed at.

#include "proxy/diagnosis/situation.hpp"

namespace legible::proxy::diagnosis {

/// The client refuses the signature over the server's key exchange (RFC 5246 section 7.4.3), or
/// over its handshake (RFC 8446 section 4.4.3).
Answer signature_refused(const Situation& situation);

}  // namespace legible::proxy::diagnosis
