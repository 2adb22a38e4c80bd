// Sides that leave without an alert, phase by phase, and an ending without close_notify.

#include "proxy/lab/parts.hpp"

namespace legible::proxy::lab {
namespace {

using parser::tls12;
using parser::tls13;
using Flight = TlsPeer::Flight;

/// Handshakes up to a flight, then closes with a FIN.
Part leave_after(parser::Side side, TlsPeerOptions options, Flight flight) {
  return [side, flight, options = std::move(options)](BlockingSocket& socket) {
    TlsPeer peer{socket, side, options};
    peer.handshake_through(flight);
    socket.shutdown_write();
    socket.drain();
  };
}

/// Sends its first flight, then only reads: what the client answers gets no answer.
Part stall_after(TlsPeerOptions options, Flight flight) {
  return [flight, options = std::move(options)](BlockingSocket& socket) {
    TlsPeer peer{socket, parser::Side::server, options};
    peer.handshake_through(flight);
    socket.drain();
  };
}

/// Completes the handshake, then closes with a FIN.
Part leave_after_handshake(parser::Side side, TlsPeerOptions options) {
  return [side, options = std::move(options)](BlockingSocket& socket) {
    TlsPeer peer{socket, side, options};
    peer.handshake();
    socket.shutdown_write();
    socket.drain();
  };
}

/// Completes the handshake and has nothing to say.
Part handshake_and_wait(TlsPeerOptions options) {
  return [options = std::move(options)](BlockingSocket& socket) {
    TlsPeer peer{socket, parser::Side::client, options};
    peer.handshake();
    socket.drain();
  };
}

/// Gets its answer and closes without close_notify.
Part leave_after_answer(TlsPeerOptions options) {
  return [options = std::move(options)](BlockingSocket& socket) {
    TlsPeer peer{socket, parser::Side::client, options};
    if (peer.handshake() && peer.write("GET / HTTP/1.1\r\nHost: partner.lab\r\n\r\n")) peer.read();
    socket.shutdown_write();
    socket.drain();
  };
}

Bytes hello_for_lab() {
  HelloOffer offer;
  offer.sni = server_name;
  return client_hello(offer);
}

Part say_and_close(Bytes bytes) {
  return [bytes = std::move(bytes)](BlockingSocket& socket) {
    socket.send(bytes);
    socket.shutdown_write();
    socket.drain();
  };
}

/// Says something, waits for the first bytes of an answer, and closes with a FIN.
Part say_wait_and_close(Bytes bytes) {
  return [bytes = std::move(bytes)](BlockingSocket& socket) {
    socket.send(bytes);
    answer_and_close({})(socket);
  };
}

/// Waits for the other side's first bytes, and closes with a FIN.
Part wait_and_close() { return answer_and_close({}); }

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
  // A server that stops halfway gives an intercepting proxy nothing to show to the client, which
  // waits in vain: how far the handshake came is told by the server's leg.
  const Expected nothing_to_show{
      Closer::client, {Phase::server_hello, Phase::key_exchange}, {Cause::server_silent}};
  const Expected left_after_certificate{
      Closer::client,
      {Phase::server_auth},
      {Cause::proxy_cert_untrusted, Cause::server_cert_rejected, Cause::server_cert_pinned}};

  const TlsPeerOptions client12 = verifying_client(fixtures, tls12);
  const TlsPeerOptions client13 = verifying_client(fixtures, tls13);
  const TlsPeerOptions server12 = server_with(fixtures.good, tls12);
  const TlsPeerOptions server13 = server_with(fixtures.good, tls13);
  HelloOffer tls10_offer;
  tls10_offer.legacy_version = parser::tls10;
  tls10_offer.suites = {0x002f};
  tls10_offer.signature_schemes.clear();

  const Bytes hello = hello_for_lab();
  const Bytes half_a_hello{hello.begin(),
                           hello.begin() + static_cast<std::ptrdiff_t>(hello.size() / 2)};

  return {
      {"server-leaves-at-once",
       "server closes before the client has said anything",
       {Closer::server, {Phase::pre_hello}, {Cause::server_drops_hello}},
       stay_silent(),
       say_and_close({})},
      {"client-leaves-during-hello",
       "client closes in the middle of its hello",
       {Closer::client, {Phase::pre_hello}, {Cause::client_silent}},
       say_and_close(half_a_hello),
       stay_silent()},
      {"client-leaves-after-hello",
       "client closes right after its hello, without an alert",
       {Closer::client, {Phase::client_hello}, {Cause::unknown, Cause::scanner_probe}},
       say_and_close(hello),
       stay_silent()},
      {"server-leaves-after-hello",
       "server closes after the ClientHello, without an alert",
       {Closer::server, {Phase::client_hello}, {Cause::server_drops_hello}},
       tls_client(client12),
       wait_and_close()},
      {"client-leaves-after-server-hello",
       "client closes after the ServerHello, without an alert",
       {Closer::client, {Phase::server_hello}, {Cause::unknown, Cause::no_shared_version}},
       say_wait_and_close(hello),
       answer_and_wait(server_hello(tls12, 0xc02f)),
       ServerKind::listening,
       nothing_to_show},
      {"server-leaves-after-server-hello",
       "server closes after its ServerHello, without an alert",
       {Closer::server, {Phase::server_hello}, {Cause::unknown, Cause::internal_error}},
       tls_client(client12),
       answer_and_close(server_hello(tls12, 0xc02f))},
      {"client-leaves-after-certificate",
       "client closes after the server's certificate, without an alert",
       {Closer::client, {Phase::server_auth}, {Cause::server_cert_rejected}},
       leave_after(parser::Side::client, client12, Flight::server_first),
       tls_server(server12),
       ServerKind::listening,
       left_after_certificate},
      {"client-leaves-after-certificate-13",
       "client closes after the server's flight, without an alert (TLS 1.3)",
       {Closer::client, {Phase::server_auth}, {Cause::server_cert_rejected}},
       leave_after(parser::Side::client, client13, Flight::server_first),
       tls_server(server13),
       ServerKind::listening,
       left_after_certificate},
      {"client-leaves-after-its-flight",
       "client closes after its own key exchange, without an alert",
       {Closer::client, {Phase::key_exchange}, {Cause::unknown}},
       leave_after(parser::Side::client, client12, Flight::client_second),
       stall_after(server12, Flight::server_first),
       ServerKind::listening,
       nothing_to_show},
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
       leave_after(parser::Side::server, asking(fixtures), Flight::client_second),
       ServerKind::listening,
       std::nullopt,
       ProxyAuthority::trusted,
       &fixtures.client},
      {"client-leaves-after-handshake",
       "client closes after the handshake, without an alert or a request",
       {Closer::client,
        {Phase::post_handshake},
        {Cause::tls_health_check, Cause::server_cert_pinned, Cause::unknown}},
       leave_after_handshake(parser::Side::client, client12),
       tls_server(server12)},
      {"server-leaves-after-handshake",
       "server closes after the handshake, without an alert or an answer",
       {Closer::server, {Phase::post_handshake}, {Cause::unknown}},
       handshake_and_wait(client12),
       leave_after_handshake(parser::Side::server, server12)},
      {"client-leaves-after-answer",
       "client closes without close_notify after its answer",
       {Closer::client, {Phase::established}, {Cause::truncated_close}},
       leave_after_answer(client12),
       tls_server(server12)},
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
