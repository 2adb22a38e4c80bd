#pragma once
// A server that refuses an intercepting proxy's hello may be content with the client's own, of
// which the proxy offers only what it has itself.

#include "parser/client_hello.hpp"
#include "proxy/diagnosis/diagnosis.hpp"
#include "proxy/diagnosis/verdict.hpp"

namespace legible::proxy::diagnosis {

/// `verdict` is on a server that refused `proxys` hello. Where that may be for what the proxy left
/// out of `clients`, it becomes a limit of the proxy, or has that as an alternative. `history` is
/// that of this client and server.
void weigh_narrowing(Verdict& verdict, const parser::ClientHello& clients,
                     const parser::ClientHello& proxys, const History& history);

}  // namespace legible::proxy::diagnosis
