#pragma once
// A side whose bytes are no TLS that anybody could go on with, wherever in the handshake.

#include <string>

#include "proxy/diagnosis/situation.hpp"

namespace legible::proxy::diagnosis {

/// What `leg` sent before the end breaks the protocol: a record or message against its format, or a
/// beginning that is no hello. With medium confidence, since many stacks overlook such things.
Answer broken_stream(const Situation& situation, Leg leg);

/// Where a message or record of `leg`'s breaks its format, as a sentence.
std::string broken_format(const parser::Malformed& malformed, Leg leg);

/// Where a record's header belongs, there is something else.
bool is_no_record(const parser::Malformed& malformed);

/// What to call it when `leg` does so after the handshake; else empty, for the cause's own title.
std::string title_of_break(const Situation& situation, Leg leg);

/// A record's header announces more than RFC 5246 section 6.2 or RFC 8446 section 5 allows.
bool is_oversized_record(const parser::Malformed& malformed);

}  // namespace legible::proxy::diagnosis
