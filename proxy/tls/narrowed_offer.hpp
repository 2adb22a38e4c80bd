#pragma once
// What may be offered to a server in a client's stead: no more than the client itself offers, so
// that the proxy does not mend what it should show.

#include <string>
#include <vector>

#include "parser/client_hello.hpp"
#include "parser/tls_types.hpp"

namespace legible::proxy::tls {

/// What a leg is restricted to.
struct LegLimits {
  parser::ProtocolVersion lowest = parser::tls12;
  parser::ProtocolVersion highest = parser::tls13;
  std::vector<parser::CipherSuite> ciphers;  ///< empty: `forward_secret_suites`
};

/// The suites with forward secrecy that mbedTLS has in this build, in its order.
const std::vector<parser::CipherSuite>& forward_secret_suites();

/// Is it a suite that mbedTLS has in this build, whatever its key exchange? None with a pre-shared
/// key, which only the two peers have.
bool is_available(parser::CipherSuite suite);

/// The client's offer as far as it can be made here; lists in the client's order, but
/// that a group for which it sends a key share comes first.
struct NarrowedOffer {
  parser::ProtocolVersion lowest = parser::tls12;
  parser::ProtocolVersion highest = parser::tls13;
  std::vector<parser::CipherSuite> ciphers;
  std::vector<parser::NamedGroup> groups;                     ///< empty: the client lists none
  std::vector<parser::SignatureScheme> signature_algorithms;  ///< likewise
  std::vector<std::string> alpn;
  bool extended_master_secret = true;

  /// Why the client's TLS cannot be ended here, as a clause: "it offers TLS 1.0 at most". Empty
  /// when it can.
  std::string obstacle;
};

NarrowedOffer narrow(const parser::ClientHello& hello, const LegLimits& limits);

}  // namespace legible::proxy::tls
