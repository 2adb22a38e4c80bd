#pragma once
// What a server may not choose: the peer's hello has it not.

#include "proxy/diagnosis/situation.hpp"

namespace legible::proxy::diagnosis {

/// Suite, compression or key share (RFC 5246 section 7.4.1.3, RFC 8446 section 4.1.3).
Answer choice_not_offered(const Situation& situation);

/// A HelloRetryRequest that no client may follow (RFC 8446 sections 4.1.4 and 4.2.8), and that was
/// not followed.
Answer retry_without_cause(const Situation& situation);

/// Signature scheme or extension, which many stacks overlook.
Answer detail_not_offered(const Situation& situation);

}  // namespace legible::proxy::diagnosis
