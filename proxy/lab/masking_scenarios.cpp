// What fails directly, and works through an interception that mends it: its verdict must say so.

#include <array>

#include "proxy/lab/parts.hpp"

namespace legible::proxy::lab {
namespace {

using parser::ProtocolVersion;
using parser::tls12;
using parser::tls13;

constexpr std::uint8_t fatal = 2;
constexpr std::uint8_t decode_error = 50;

Expected success_that_masks(std::string_view what) {
  return {Closer::client,
          {Phase::closing, Phase::established},
          {Cause::client_satisfied, Cause::none},
          what};
}

/// A name of its own for each version.
std::string id_for(const std::string& id, ProtocolVersion version) {
  return version == tls13 ? id + "-13" : id;
}

/// The proxy has a client certificate, and the client has none.
Scenario client_certificate(const Fixtures& fixtures, ProtocolVersion version) {
  TlsPeerOptions server = server_with(fixtures.good, version);
  server.check = PeerCheck::required;
  server.trusted = fixtures.trusted;
  Scenario scenario{id_for("masked-client-cert", version),
                    "client has no certificate, and the proxy has one",
                    {Closer::server,
                     {Phase::client_auth, Phase::post_handshake},
                     {Cause::client_cert_missing, Cause::client_cert_no_ca_match}},
                    tls_client(verifying_client(fixtures, version)),
                    tls_server(server)};
  scenario.proxy_identity = &fixtures.client;
  scenario.intercepted =
      success_that_masks("got the proxy's, \"O=Legible Lab, CN=Integration Server 7\"");
  return scenario;
}

/// The proxy was told the name that the client does not send.
Scenario server_name_sent(const Fixtures& fixtures) {
  TlsPeerOptions client = verifying_client(fixtures, tls12);
  client.server_name.clear();
  client.check = PeerCheck::none;
  TlsPeerOptions server = server_with(fixtures.good, tls12);
  server.sni_required = true;
  Scenario scenario{"masked-sni-missing",
                    "client sends no name, and the proxy sends one",
                    {Closer::server, {Phase::client_hello}, {Cause::sni_missing}},
                    tls_client(client),
                    tls_server(server)};
  scenario.proxy_server_name = server_name;
  scenario.intercepted = success_that_masks("the client sends no server name");
  return scenario;
}

/// --bad-server-cert accept.
Scenario certificate_accepted(const Fixtures& fixtures, std::string id, std::string title,
                              const Identity& bad, ProtocolVersion version, Cause cause) {
  Scenario scenario{std::move(id),
                    std::move(title),
                    {Closer::client, {Phase::server_hello, Phase::server_auth}, {cause}},
                    tls_client(verifying_client(fixtures, version)),
                    tls_server(server_with(bad, version))};
  scenario.bad_server_certificate = BadServerCertificate::accept;
  scenario.intercepted = success_that_masks("showed a good one in its place");
  return scenario;
}

/// A server that takes a hello for broken that is longer than its first record.
Part server_of_whole_hellos(TlsPeerOptions options) {
  return [options = std::move(options)](BlockingSocket& socket) {
    constexpr std::size_t record_header = 5;
    constexpr std::size_t message_header = 4;
    std::array<std::uint8_t, record_header + message_header> start{};
    for (std::size_t have = 0; have < start.size();) {
      std::size_t count = 0;
      if (socket.read(std::span{start}.subspan(have), count) != ReadEnd::data) return;
      have += count;
    }
    const std::size_t record_length = std::size_t{start[3]} << 8 | start[4];
    const std::size_t message_length =
        std::size_t{start[6]} << 16 | std::size_t{start[7]} << 8 | start[8];
    if (record_length < message_header + message_length) {
      socket.send(alert(tls12, fatal, decode_error));
      socket.shutdown_write();
      socket.drain();
      return;
    }
    socket.unread(start);
    tls_server(options)(socket);
  };
}

Scenario hello_in_one_record(const Fixtures& fixtures) {
  TlsPeerOptions client = verifying_client(fixtures, tls13);
  client.hello_in_two_records = true;
  Scenario scenario{"masked-fragmented-hello",
                    "server refuses a hello in two records, and the proxy's comes in one",
                    {Closer::server, {Phase::client_hello}, {Cause::fragmented_hello_refused}},
                    tls_client(client),
                    server_of_whole_hellos(server_with(fixtures.good, tls13))};
  scenario.intercepted = success_that_masks("the client's hello comes in 2 records");
  return scenario;
}

}  // namespace

std::vector<Scenario> masking_scenarios(const Fixtures& fixtures) {
  return {client_certificate(fixtures, tls12),
          client_certificate(fixtures, tls13),
          server_name_sent(fixtures),
          certificate_accepted(fixtures, "masked-server-cert-expired",
                               "the server's certificate has expired, and the proxy accepts it",
                               fixtures.expired, tls12, Cause::server_cert_expired),
          certificate_accepted(fixtures, "masked-server-cert-wrong-name-13",
                               "the server's certificate is for another name, and the proxy "
                               "accepts it",
                               fixtures.wrong_name, tls13, Cause::server_cert_rejected),
          hello_in_one_record(fixtures)};
}

}  // namespace legible::proxy::lab
