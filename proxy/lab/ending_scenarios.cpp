// Sides that leave without an alert, phase by phase, and an ending without close_notify.

#include "proxy/lab/parts.hpp"

namespace legible::proxy::lab {
namespace {

using parser::tls12;
using parser::tls13;
using Flight = TlsPeer::Flight;

/// Handshakes up to a flight of the other side, then closes with a FIN.
Part leave_after(parser::Side side, TlsPeerOptions options, Flight flight) {
  return [side, flight, options = std::move(options)](BlockingSocket& socket) {
    TlsPeer peer{socket, side, options};
    peer.handshake_through(flight);
    socket.shutdown_write();
    socket.drain();
  };
}

/// Says its hello and closes at once.
Part hello_and_close() {
  return [](BlockingSocket& socket) {
    HelloOffer offer;
    offer.sni = server_name;
    socket.send(client_hello(offer));
    socket.shutdown_write();
    socket.drain();
  };
}

/// Answers one request and closes without close_notify.
Part cut_off(TlsPeerOptions options) {
  return [options = std::move(options)](BlockingSocket& socket) {
    TlsPeer peer{socket, parser::Side::server, options};
    if (peer.handshake() && peer.read()) peer.write("HTTP/1.1 200 OK\r\n\r\nhalf of");
    socket.shutdown_write();
    socket.drain();
  };
}

TlsPeerOptions asking(const Fixtures& fixtures) {
  TlsPeerOptions options = server_with(fixtures.good, tls12);
  options.trusted = fixtures.trusted;
  options.check = PeerCheck::required;
  return options;
}

}  // namespace

std::vector<Scenario> ending_scenarios(const Fixtures& fixtures) {
  const TlsPeerOptions client12 = verifying_client(fixtures, tls12);
  const TlsPeerOptions client13 = verifying_client(fixtures, tls13);
  const TlsPeerOptions server12 = server_with(fixtures.good, tls12);
  const TlsPeerOptions server13 = server_with(fixtures.good, tls13);
  HelloOffer tls10_offer;
  tls10_offer.legacy_version = parser::tls10;
  tls10_offer.suites = {0x002f};
  tls10_offer.signature_schemes.clear();

  return {
      {"client-leaves-after-hello",
       "client closes right after its hello, without an alert",
       {Closer::client, {Phase::client_hello}, {Cause::unknown, Cause::scanner_probe}},
       hello_and_close(),
       stay_silent()},
      {"server-leaves-after-hello",
       "server closes after the ClientHello, without an alert",
       {Closer::server, {Phase::client_hello}, {Cause::server_drops_hello}},
       tls_client(client12),
       answer_and_close({})},
      {"server-leaves-after-server-hello",
       "server closes after its ServerHello, without an alert",
       {Closer::server, {Phase::server_hello}, {Cause::unknown, Cause::internal_error}},
       tls_client(client12),
       answer_and_close(server_hello(tls12, 0xc02f))},
      {"client-leaves-after-certificate",
       "client closes after the server's certificate, without an alert",
       {Closer::client, {Phase::server_auth}, {Cause::server_cert_rejected}},
       leave_after(parser::Side::client, client12, Flight::server_first),
       tls_server(server12)},
      {"client-leaves-after-certificate-13",
       "client closes after the server's flight, without an alert (TLS 1.3)",
       {Closer::client, {Phase::server_auth}, {Cause::server_cert_rejected}},
       leave_after(parser::Side::client, client13, Flight::server_first),
       tls_server(server13)},
      {"server-leaves-after-client-flight",
       "server closes after the client's key exchange, without an alert",
       {Closer::server, {Phase::key_exchange}, {Cause::unknown, Cause::handshake_altered}},
       tls_client(client12),
       leave_after(parser::Side::server, server12, Flight::client_second)},
      {"server-leaves-after-client-certificate",
       "server closes after the client's certificate, without an alert",
       {Closer::server,
        {Phase::client_auth},
        {Cause::client_cert_rejected, Cause::client_cert_untrusted_ca}},
       [&fixtures](BlockingSocket& socket) {
         TlsPeerOptions options = verifying_client(fixtures, tls12);
         options.identity = &fixtures.client;
         tls_client(options)(socket);
       },
       leave_after(parser::Side::server, asking(fixtures), Flight::client_second)},
      {"truncated",
       "server closes without close_notify after data",
       {Closer::server, {Phase::established}, {Cause::truncated_close}},
       patient_tls_client(client12),
       cut_off(server12)},
      {"truncated-13",
       "server closes without close_notify after data (TLS 1.3)",
       {Closer::server, {Phase::established}, {Cause::truncated_close}},
       patient_tls_client(client13),
       cut_off(server13)},
      {"red-herring-no-certificate",
       "\"peer did not return a certificate\", though the handshake failed before",
       {Closer::server, {Phase::client_hello}, {Cause::no_shared_version}},
       send_and_wait(client_hello(tls10_offer)),
       tls_server(asking(fixtures))},
      {"success-12",
       "nothing: a call that works (TLS 1.2)",
       {Closer::client,
        {Phase::closing, Phase::established},
        {Cause::client_satisfied, Cause::none}},
       tls_client(client12),
       tls_server(server12)},
      {"success-13",
       "nothing: a call that works (TLS 1.3)",
       {Closer::client,
        {Phase::closing, Phase::established},
        {Cause::client_satisfied, Cause::none}},
       tls_client(client13),
       tls_server(server13)},
  };
}

}  // namespace legible::proxy::lab
