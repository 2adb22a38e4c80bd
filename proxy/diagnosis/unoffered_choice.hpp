#pragma once
// What a server may not choose: the peer's hello has it not.

#include <optional>
#include <string>

#include "proxy/diagnosis/situation.hpp"

namespace legible::proxy::diagnosis {

/// What the server chose, as far as `answer` shows it, and `hello` does not list. Where the hello
/// has no list of groups or schemes the server is free (RFC 8422 section 4, RFC 5246 section
/// 7.4.1.4.1); an application protocol it is to choose from the list alone (RFC 7301 section 3.2).
std::optional<parser::NamedGroup> unoffered_group(const parser::ClientHello& hello,
                                                  const Facts& answer);
std::optional<parser::SignatureScheme> unoffered_scheme(const parser::ClientHello& hello,
                                                        const Facts& answer);
std::optional<std::string> unoffered_protocol(const parser::ClientHello& hello,
                                              const Facts& answer);

/// Suite, compression, group or key share (RFC 5246 section 7.4.1.3, RFC 8446 section 4.1.3,
/// RFC 8422 section 5.4).
Answer choice_not_offered(const Situation& situation);

/// A HelloRetryRequest that no client may follow (RFC 8446 sections 4.1.4 and 4.2.8), and that was
/// not followed.
Answer retry_without_cause(const Situation& situation);

/// Application protocol, signature scheme or extension, which many stacks overlook.
Answer detail_not_offered(const Situation& situation);

}  // namespace legible::proxy::diagnosis
