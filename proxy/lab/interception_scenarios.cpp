// What only an interception can cause or show.

#include <fmt/format.h>

#include "proxy/lab/parts.hpp"

namespace legible::proxy::lab {
namespace {

Scenario distrusts_the_proxy(const Fixtures& fixtures, parser::ProtocolVersion version) {
  Scenario scenario{
      version == parser::tls13 ? "proxy-ca-unknown-13" : "proxy-ca-unknown",
      "the client does not trust the proxy's authority",
      {Closer::client, {Phase::server_hello, Phase::server_auth}, {Cause::proxy_cert_untrusted}},
      tls_client(verifying_client(fixtures, version)),
      tls_server(server_with(fixtures.good, version))};
  scenario.authority = ProxyAuthority::foreign;
  scenario.interception_only = true;
  return scenario;
}

/// The client's judgement is of the server's certificate, whatever it thinks of the proxy's.
Scenario defect_under_unknown_authority(const Fixtures& fixtures) {
  Scenario scenario{
      "proxy-ca-unknown-expired",
      "the server's certificate has expired, and the client does not trust the proxy's "
      "authority",
      {Closer::client,
       {Phase::server_hello, Phase::server_auth},
       {Cause::proxy_cert_untrusted, Cause::server_cert_expired}},
      tls_client(verifying_client(fixtures, parser::tls13)),
      tls_server(server_with(fixtures.expired, parser::tls13))};
  scenario.authority = ProxyAuthority::foreign;
  scenario.interception_only = true;
  return scenario;
}

/// The server asks for a certificate, which the client has and the proxy has not.
Scenario certificate_cannot_be_passed_on(const Fixtures& fixtures,
                                         parser::ProtocolVersion version) {
  TlsPeerOptions client = verifying_client(fixtures, version);
  client.identity = &fixtures.client;
  TlsPeerOptions server = server_with(fixtures.good, version);
  server.check = PeerCheck::required;
  server.trusted = fixtures.trusted;
  Scenario scenario{version == parser::tls13 ? "proxy-no-client-cert-13" : "proxy-no-client-cert",
                    "the client's certificate cannot be passed on",
                    {Closer::server,
                     {Phase::client_auth, Phase::key_exchange, Phase::post_handshake},
                     {Cause::proxy_no_client_cert},
                     "could not be passed on"},
                    tls_client(client),
                    tls_server(server)};
  scenario.interception_only = true;
  return scenario;
}

/// The client trusts the proxy's authority, and takes one certificate alone.
Scenario pinned(const Fixtures& fixtures, parser::ProtocolVersion version) {
  TlsPeerOptions client = verifying_client(fixtures, version);
  client.pinned = fixtures.good.chain.front();
  Scenario scenario{version == parser::tls13 ? "pinned-13" : "pinned",
                    "the client has pinned the server's own certificate",
                    {Closer::client,
                     {Phase::server_hello, Phase::server_auth},
                     {Cause::proxy_cert_untrusted, Cause::server_cert_pinned}},
                    tls_client(client),
                    tls_server(server_with(fixtures.good, version))};
  scenario.interception_only = true;
  return scenario;
}

/// Which is allowed, and costs a decryption each.
Scenario sends_empty_records(const Fixtures& fixtures, parser::ProtocolVersion version,
                             const std::string& id, int count) {
  TlsPeerOptions options = verifying_client(fixtures, version);
  const Part client = [options = std::move(options), count](BlockingSocket& socket) {
    TlsPeer peer{socket, parser::Side::client, options};
    if (!peer.handshake()) return;
    bool taken = true;
    for (int sent = 0; sent < count && taken; ++sent) taken = peer.write_empty_record();
    if (taken && peer.write("GET / HTTP/1.1\r\n\r\n") && peer.read()) {
      peer.close_notify();
      socket.shutdown_write();
    }
    socket.drain();
  };
  return {version == parser::tls13 ? id + "-13" : id,
          fmt::format("the client sends {} records that hold nothing", count),
          {Closer::client,
           {Phase::closing, Phase::established, Phase::post_handshake},
           {Cause::client_satisfied, Cause::none}},
          client,
          tls_server(server_with(fixtures.good, version))};
}

Scenario floods(const Fixtures& fixtures, parser::ProtocolVersion version) {
  Scenario scenario = sends_empty_records(fixtures, version, "flood-of-empty-records", 1000);
  scenario.intercepted =
      Expected{Closer::proxy, {Phase::post_handshake, Phase::established}, {Cause::proxy_limit}};
  return scenario;
}

}  // namespace

std::vector<Scenario> interception_scenarios(const Fixtures& fixtures) {
  return {distrusts_the_proxy(fixtures, parser::tls12),
          distrusts_the_proxy(fixtures, parser::tls13),
          defect_under_unknown_authority(fixtures),
          certificate_cannot_be_passed_on(fixtures, parser::tls12),
          certificate_cannot_be_passed_on(fixtures, parser::tls13),
          pinned(fixtures, parser::tls12),
          pinned(fixtures, parser::tls13),
          sends_empty_records(fixtures, parser::tls12, "empty-records", 50),
          sends_empty_records(fixtures, parser::tls13, "empty-records", 50),
          floods(fixtures, parser::tls12),
          floods(fixtures, parser::tls13)};
}

}  // namespace legible::proxy::lab
