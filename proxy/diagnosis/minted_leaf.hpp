#pragma once
// What a client makes of a certificate that an intercepting proxy made after the server's own. It
// refuses the server's faults in it, or the proxy's CA, or any but the one that it has pinned.

#include <string>

#include "proxy/diagnosis/certificate_doubts.hpp"

namespace legible::proxy::diagnosis {

/// "the client was shown a certificate of the proxy's own CA, ...".
std::string shown_by_proxy(const Situation& situation);

/// The client refused, and nothing is wrong that it would have seen without the proxy: it does not
/// trust the proxy's CA, or it pins.
Finding proxy_authority_refused(const Situation& situation);

/// How the client came to see the server's fault, which `finding` blames.
void tell_mirroring(const Situation& situation, const Doubt& fault, Finding& finding);

/// The client has a fault in mind that the certificate does not have here.
void doubt_minted_leaf(const Situation& situation, Finding& finding);

}  // namespace legible::proxy::diagnosis
