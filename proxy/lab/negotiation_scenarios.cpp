// Hellos that do not meet: versions, suites, compression, names.

#include <mbedtls/ssl_ciphersuites.h>

#include "proxy/lab/parts.hpp"

namespace legible::proxy::lab {
namespace {

using parser::ProtocolVersion;
using parser::tls10;
using parser::tls11;
using parser::tls12;
using parser::tls13;

constexpr std::uint8_t fatal = 2;
constexpr std::uint8_t illegal_parameter = 47;
constexpr std::uint8_t protocol_version = 70;

HelloOffer old_offer(ProtocolVersion version) {
  HelloOffer offer;
  offer.record_version = version;
  offer.legacy_version = version;
  offer.suites = {0x002f, 0x0035, 0x000a};
  offer.signature_schemes.clear();
  offer.extensions = version > parser::ssl3;
  if (offer.extensions) offer.sni = server_name;
  return offer;
}

TlsPeerOptions only(TlsPeerOptions options, int suite) {
  options.suites = {suite};
  return options;
}

TlsPeerOptions knowing(TlsPeerOptions options, std::vector<std::string> names) {
  options.known_names = std::move(names);
  return options;
}

TlsPeerOptions wanting_a_name(TlsPeerOptions options) {
  options.sni_required = true;
  return options;
}

TlsPeerOptions without_sni(TlsPeerOptions options) {
  options.server_name.clear();
  options.check = PeerCheck::none;
  return options;
}

TlsPeerOptions with_alpn(TlsPeerOptions options, std::vector<std::string> protocols) {
  options.alpn = std::move(protocols);
  return options;
}

Expected refused_by_server(Cause cause) { return {Closer::server, {Phase::client_hello}, {cause}}; }

}  // namespace

std::vector<Scenario> negotiation_scenarios(const Fixtures& fixtures) {
  const auto modern_server = tls_server(server_with(fixtures.good, tls12));
  HelloOffer no_null_compression;
  no_null_compression.compression = {1};

  return {
      {"version-client-too-old", "client offers TLS 1.0, server wants 1.2",
       refused_by_server(Cause::no_shared_version), send_and_wait(client_hello(old_offer(tls10))),
       modern_server},
      {"version-tls10-to-tls11-and-12", "client offers TLS 1.0, server allows 1.1 and 1.2",
       refused_by_server(Cause::no_shared_version), send_and_wait(client_hello(old_offer(tls10))),
       answer_and_close(alert(tls10, fatal, protocol_version))},
      {"version-client-too-new",
       "client wants TLS 1.2, server has 1.1 only",
       {Closer::client, {Phase::server_hello, Phase::server_auth}, {Cause::no_shared_version}},
       tls_client(verifying_client(fixtures, tls12)),
       answer_and_wait(server_hello(tls11, 0x002f)),
       ServerKind::listening,
       Expected{Closer::proxy, {Phase::server_hello}, {Cause::proxy_limit}}},
      {"version-tls13-only-to-tls12", "client wants TLS 1.3, server has 1.2 only",
       refused_by_server(Cause::no_shared_version), tls_client(verifying_client(fixtures, tls13)),
       modern_server},
      {"version-sslv3-hello", "client says hello in SSL 3.0",
       refused_by_server(Cause::no_shared_version),
       send_and_wait(client_hello(old_offer(parser::ssl3))), modern_server},
      {"version-sslv2-hello", "client says hello in the format of SSL 2.0",
       refused_by_server(Cause::sslv2_format_hello), send_and_wait(sslv2_client_hello(tls10)),
       modern_server},
      {"cipher-none-shared", "client and server share no cipher suite",
       refused_by_server(Cause::no_shared_cipher),
       tls_client(only(verifying_client(fixtures, tls12),
                       MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256)),
       tls_server(only(server_with(fixtures.good, tls12),
                       MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384))},
      {"cipher-none-shared-13", "client and server share no cipher suite (TLS 1.3)",
       refused_by_server(Cause::no_shared_cipher),
       tls_client(only(verifying_client(fixtures, tls13), MBEDTLS_TLS1_3_AES_128_GCM_SHA256)),
       tls_server(only(server_with(fixtures.good, tls13), MBEDTLS_TLS1_3_AES_256_GCM_SHA384))},
      {"compression-none-shared", "client does not offer the null compression method",
       refused_by_server(Cause::compression_unacceptable),
       send_and_wait(client_hello(no_null_compression)),
       answer_and_close(alert(tls12, fatal, illegal_parameter))},
      {"sni-missing", "server needs a name, client sends none",
       refused_by_server(Cause::sni_missing),
       tls_client(without_sni(verifying_client(fixtures, tls12))),
       tls_server(wanting_a_name(server_with(fixtures.good, tls12)))},
      {"sni-unknown", "client asks for a name that the server does not have",
       refused_by_server(Cause::sni_unrecognised), tls_client(verifying_client(fixtures, tls12)),
       tls_server(knowing(server_with(fixtures.good, tls12), {"other.lab"}))},
      {"alpn-none-shared", "client offers http/1.1, server has h2 only",
       refused_by_server(Cause::alpn_mismatch),
       tls_client(with_alpn(verifying_client(fixtures, tls12), {"http/1.1"})),
       tls_server(with_alpn(server_with(fixtures.good, tls12), {"h2"}))},
  };
}

}  // namespace legible::proxy::lab
