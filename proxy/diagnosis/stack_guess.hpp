#pragma once
// Which TLS library wrote this hello? A guess from the order of its lists and from extensions that
// few send. It picks the settings that a hint names, and says which habits to expect; it never
// makes a cause by itself.

#include <cstdint>
#include <string_view>

#include "parser/client_hello.hpp"
#include "proxy/diagnosis/facts.hpp"

namespace legible::proxy::diagnosis {

enum class Stack : std::uint8_t {
  unknown,
  openssl,
  curl,
  node,
  gnutls,
  nss,
  jsse,           ///< of the JDK
  bouncy_castle,  ///< as a provider of JSSE: the same settings, other alerts
  go,
  boringssl,
  rustls,
  mbedtls,
  wolfssl,
  bearssl,
  iaik,
};

Stack guess_client(const parser::ClientHello& hello);

/// The stack's name in sentences and in the cause table; empty for `unknown`.
std::string_view name(Stack stack);

/// Its TLS is OpenSSL's, with the settings that a program leaves alone.
bool uses_openssl(Stack stack);
/// Sends an empty Certificate rather than one that the server's authorities do not cover.
bool withholds_unlisted_certificates(Stack stack);
/// Sends unknown_ca for an issuer that it does not know, and nothing else.
bool says_unknown_ca(Stack stack);
/// The vague alert by which it refuses an unknown issuer; 0: it has a better one, or is not known.
int vague_refusal(Stack stack);
/// May close without any alert when it rejects a certificate: Node always, Java's java.net.http.
bool rejects_without_alert(Stack stack);
/// Completes the handshake before it rejects a certificate, and then closes.
bool rejects_after_finished(Stack stack);

}  // namespace legible::proxy::diagnosis
