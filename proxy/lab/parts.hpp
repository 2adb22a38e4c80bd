#pragma once
// The parts that clients and servers of the scenarios are put together from.

#include "proxy/lab/scenario.hpp"
#include "proxy/lab/tls_peer.hpp"
#include "proxy/lab/wire_builder.hpp"

namespace legible::proxy::lab {

/// Client options that send the lab's name and verify the server by the lab's root.
TlsPeerOptions verifying_client(const Fixtures& fixtures, parser::ProtocolVersion version);

/// Server options with `identity`, one version only.
TlsPeerOptions server_with(const Identity& identity, parser::ProtocolVersion version);

/// A TLS client that handshakes, sends a request, reads the answer and says goodbye.
Part tls_client(TlsPeerOptions options);

/// A TLS client that sends a request and reads until the server ends.
Part patient_tls_client(TlsPeerOptions options);

/// A TLS server that handshakes, answers one request and says goodbye.
Part tls_server(TlsPeerOptions options);

/// Sends bytes, then reads until the other side ends.
Part send_and_wait(Bytes bytes);

/// Waits for the other side's first bytes, answers with bytes, and closes with a FIN.
Part answer_and_close(Bytes bytes);

/// Waits for the other side's first bytes, answers with bytes, and reads until the other side ends.
Part answer_and_wait(Bytes bytes);

/// Waits for the other side's first bytes, then closes with an RST.
Part wait_and_reset();

/// Takes everything and never answers, until the other side ends.
Part stay_silent();

}  // namespace legible::proxy::lab
