#pragma once
// What the first captured bytes of a direction tell when the TCP handshake was not captured.

#include <optional>

#include "parser/tls_types.hpp"
#include "proxy/capture/packet.hpp"

namespace legible::capture {

/// Who sends these bytes, when they begin with a TLS ClientHello or ServerHello.
std::optional<parser::Side> sender_of(Bytes first_bytes);

/// Could a conversation begin like this: with a TLS handshake or alert, an SSLv2-format hello, or
/// text? Otherwise the capture began in the middle.
bool looks_like_a_beginning(Bytes first_bytes);

}  // namespace legible::capture
