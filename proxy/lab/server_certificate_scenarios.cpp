// Server certificates that a client refuses, in TLS 1.2 (in clear) and 1.3 (encrypted).

#include <string>

#include "proxy/lab/parts.hpp"

namespace legible::proxy::lab {
namespace {

struct BadCertificate {
  const char* id;
  const char* title;
  const Identity* identity;
  Cause cause;
  Cause alike_by_alert;  ///< what the client's alert alone says
};

Scenario refused_by_client(const Fixtures& fixtures, const BadCertificate& bad,
                           parser::ProtocolVersion version) {
  const bool tls13 = version == parser::tls13;
  // A relay cannot read TLS 1.3's Certificate. mbedTLS sends its alert in clear, others do not; and
  // unknown_ca stands for all that leads to no trusted root.
  std::vector<Cause> causes{bad.cause};
  if (tls13) causes.insert(causes.end(), {Cause::server_cert_rejected, bad.alike_by_alert});
  return {std::string{"server-cert-"} + bad.id + (tls13 ? "-13" : ""),
          std::string{bad.title} + (tls13 ? " (TLS 1.3)" : ""),
          {Closer::client, {Phase::server_hello, Phase::server_auth}, causes},
          tls_client(verifying_client(fixtures, version)),
          tls_server(server_with(*bad.identity, version))};
}

}  // namespace

std::vector<Scenario> server_certificate_scenarios(const Fixtures& fixtures) {
  const BadCertificate all[] = {
      {"unknown-ca", "the server's issuer is unknown to the client", &fixtures.unknown_ca,
       Cause::server_cert_untrusted_ca, Cause::server_cert_untrusted_ca},
      {"expired", "the server's certificate has expired", &fixtures.expired,
       Cause::server_cert_expired, Cause::server_cert_expired},
      {"not-yet-valid", "the server's certificate is not valid yet", &fixtures.not_yet_valid,
       Cause::server_cert_not_yet_valid, Cause::server_cert_expired},
      {"self-signed", "the server's certificate is self-signed", &fixtures.self_signed,
       Cause::server_cert_self_signed, Cause::server_cert_untrusted_ca},
      {"wrong-name", "the server's certificate is for another name", &fixtures.wrong_name,
       Cause::server_cert_name_mismatch, Cause::server_cert_rejected},
      {"incomplete-chain", "the server does not send its intermediate",
       &fixtures.without_intermediate, Cause::server_cert_missing_intermediate,
       Cause::server_cert_untrusted_ca},
      {"v1-issuer", "the server's issuer is of X.509 version 1", &fixtures.under_v1_ca,
       Cause::server_cert_v1, Cause::server_cert_untrusted_ca},
  };
  std::vector<Scenario> scenarios;
  for (const BadCertificate& bad : all) {
    scenarios.push_back(refused_by_client(fixtures, bad, parser::tls12));
  }
  for (const BadCertificate& bad : all) {
    scenarios.push_back(refused_by_client(fixtures, bad, parser::tls13));
  }
  return scenarios;
}

}  // namespace legible::proxy::lab
