#pragma once
// How much a ClientHello leaves to choose from. When a server answers handshake_failure to a hello
// it does not say which list had nothing in common; the narrowest list is the likeliest one.

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "parser/client_hello.hpp"
#include "proxy/causes/cause.hpp"

namespace legible::proxy::diagnosis {

template <class T>
bool lists(const std::vector<T>& list, const T& value) {
  return std::ranges::find(list, value) != list.end();
}

/// How unusual a list is: `usual` lists hold what nearly every server accepts.
enum class Narrowness : std::uint8_t { usual, few, single, unusable };

struct Narrow {
  Narrowness how = Narrowness::usual;
  std::string why;  ///< a clause about the list, with its values
};

Narrow cipher_list(const parser::ClientHello& hello);
Narrow group_list(const parser::ClientHello& hello);
Narrow signature_list(const parser::ClientHello& hello);

/// The list that most probably had nothing for the server.
struct Suspect {
  Cause cause = Cause::no_shared_cipher;
  Narrow narrow;
};
Suspect narrowest_list(const parser::ClientHello& hello);

/// Suites that current servers do not accept by default.
bool is_outdated(parser::CipherSuite suite);
/// x25519, P-256, P-384, P-521, and the hybrid that begins with x25519's key.
bool is_common_group(parser::NamedGroup group);

/// "the client offers "h2", "http/1.1"".
std::string offered_protocols(const parser::ClientHello& hello);
/// Most servers that know ALPN at all know one of those offered.
bool offers_usual_protocol(const parser::ClientHello& hello);

bool is_tls13_suite(parser::CipherSuite suite);

/// Nothing but TLS 1.3 is offered.
bool offers_only_tls13(const parser::ClientHello& hello);
/// Below TLS 1.3 all suites offered need a pre-shared key, and there are some.
bool offers_only_pre_shared_keys(const parser::ClientHello& hello);
/// Nothing above TLS 1.1 is offered.
bool offers_only_old_versions(const parser::ClientHello& hello);
/// No suite offered is known to a server of TLS 1.1 at most: authenticated encryption, and the MACs
/// with SHA-2, came with TLS 1.2 (RFC 5246 section 1.2).
bool offers_only_suites_since_tls12(const parser::ClientHello& hello);
/// Authentication behind the handshake: RFC 8446 section 4.2.6.
bool offers_post_handshake_auth(const parser::ClientHello& hello);

/// May the client have meant this version? Without supported_versions only its highest is known.
bool may_offer(const parser::ClientHello& hello, parser::ProtocolVersion version);

}  // namespace legible::proxy::diagnosis
