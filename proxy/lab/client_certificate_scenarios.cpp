// Client certificates that a server refuses, and one that it accepts.

#include <string>

#include "proxy/lab/parts.hpp"

namespace legible::proxy::lab {
namespace {

using parser::tls12;
using parser::tls13;

TlsPeerOptions asking(const Fixtures& fixtures, parser::ProtocolVersion version) {
  TlsPeerOptions options = server_with(fixtures.good, version);
  options.trusted = fixtures.trusted;
  options.check = PeerCheck::required;
  return options;
}

TlsPeerOptions asking_without_list(const Fixtures& fixtures, parser::ProtocolVersion version) {
  TlsPeerOptions options = asking(fixtures, version);
  options.list_authorities = false;
  return options;
}

TlsPeerOptions asking_for_foreign(const Fixtures& fixtures, parser::ProtocolVersion version) {
  TlsPeerOptions options = asking(fixtures, version);
  options.trusted = fixtures.foreign;
  return options;
}

TlsPeerOptions presenting(const Fixtures& fixtures, parser::ProtocolVersion version,
                          const Identity* identity) {
  TlsPeerOptions options = verifying_client(fixtures, version);
  options.identity = identity;
  return options;
}

Expected refused_by_server(std::vector<Cause> causes) {
  return {Closer::server, {Phase::client_auth, Phase::post_handshake}, std::move(causes)};
}

}  // namespace

std::vector<Scenario> client_certificate_scenarios(const Fixtures& fixtures) {
  struct Refused {
    const char* id;
    const char* title;
    const Identity* identity;
    Cause cause;
  };
  const Refused refused[] = {
      {"expired", "the client's certificate has expired", &fixtures.client_expired,
       Cause::client_cert_expired},
      {"unknown-ca", "the client's issuer is unknown to the server", &fixtures.client_unknown_ca,
       Cause::client_cert_untrusted_ca},
      {"self-signed", "the client's certificate is self-signed", &fixtures.client_self_signed,
       Cause::client_cert_self_signed},
      {"incomplete-chain", "the client does not send its intermediate",
       &fixtures.client_without_intermediate, Cause::client_cert_missing_intermediate},
  };

  std::vector<Scenario> scenarios{
      {"client-cert-none", "server requires a client certificate, client has none",
       refused_by_server({Cause::client_cert_missing, Cause::client_cert_no_ca_match}),
       tls_client(presenting(fixtures, tls12, nullptr)), tls_server(asking(fixtures, tls12))},
      {"client-cert-none-13", "server requires a client certificate, client has none (TLS 1.3)",
       refused_by_server({Cause::client_cert_missing}),
       tls_client(presenting(fixtures, tls13, nullptr)), tls_server(asking(fixtures, tls13))},
      // A client like JSSE withholds its certificate then: on the wire it has none.
      {"client-cert-not-listed",
       "no certificate of the client's is of an authority that the server lists",
       refused_by_server({Cause::client_cert_missing, Cause::client_cert_no_ca_match}),
       tls_client(presenting(fixtures, tls12, nullptr)),
       tls_server(asking_for_foreign(fixtures, tls12))},
      {"client-cert-empty-list", "server lists no authorities, client sends no certificate",
       refused_by_server({Cause::client_cert_missing, Cause::client_cert_empty_ca_list}),
       tls_client(presenting(fixtures, tls12, nullptr)),
       tls_server(asking_without_list(fixtures, tls12))},
  };
  // An intercepting proxy presents what the client would.
  const auto add = [&](Scenario scenario, const Identity& identity,
                       parser::ProtocolVersion version) {
    scenario.client = tls_client(presenting(fixtures, version, &identity));
    scenario.server = tls_server(asking(fixtures, version));
    scenario.proxy_identity = &identity;
    scenarios.push_back(std::move(scenario));
  };
  for (const Refused& one : refused) {
    std::vector<Cause> causes{one.cause};
    if (one.cause == Cause::client_cert_missing_intermediate) {
      causes.push_back(Cause::client_cert_untrusted_ca);
    }
    add({.id = std::string{"client-cert-"} + one.id,
         .title = one.title,
         .expected = refused_by_server(std::move(causes))},
        *one.identity, tls12);
  }
  add({.id = "client-cert-expired-13",
       .title = "the client's certificate has expired (TLS 1.3)",
       .expected = refused_by_server({Cause::client_cert_rejected}),
       .intercepted = refused_by_server({Cause::client_cert_expired})},
      fixtures.client_expired, tls13);
  add({.id = "client-cert-validated",
       .title = "nothing: the client's certificate is accepted",
       .expected = {Closer::client,
                    {Phase::closing, Phase::established},
                    {Cause::client_satisfied, Cause::none}}},
      fixtures.client, tls12);
  return scenarios;
}

}  // namespace legible::proxy::lab
