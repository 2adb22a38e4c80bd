#pragma once
// What the first captured bytes of a direction tell when the TCP handshake was not captured.

#include <optional>

#include "parser/tls_types.hpp"
#include "proxy/capture/packet.hpp"

namespace legible::capture {

/// Who sends these bytes, when they begin with a TLS ClientHello or ServerHello.
std::optional<parser::Side> sender_of(Bytes first_bytes);

/// Could this side begin so: with a hello, text, or, the server, an alert? Otherwise the capture
/// began in the middle.
bool looks_like_a_beginning(parser::Side from, Bytes first_bytes);

/// Is this what a server says only to a client that spoke before: a TLS record?
bool answers_a_hello(Bytes first_bytes);

}  // namespace legible::capture
