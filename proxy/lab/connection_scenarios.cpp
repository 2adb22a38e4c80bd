// What is no TLS at all: other protocols, silence, monitors, servers that are not there.

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/lab/parts.hpp"

namespace legible::proxy::lab {
namespace {

Bytes text(std::string_view characters) { return {characters.begin(), characters.end()}; }

Part connect_and_close() {
  return [](BlockingSocket& socket) {
    socket.shutdown_write();
    socket.drain();
  };
}

Part connect_and_reset() {
  return [](BlockingSocket& socket) { socket.reset(); };
}

/// Greets before it is spoken to.
Part greet(std::string_view greeting) {
  return [greeting](BlockingSocket& socket) {
    socket.send(text(greeting));
    socket.drain();
  };
}

bool hears_something(BlockingSocket& socket) {
  std::array<std::uint8_t, 512> heard{};
  std::size_t count = 0;
  return socket.read(heard, count) == ReadEnd::data;
}

/// Says the next line for each thing that it hears.
void answer_each(BlockingSocket& socket, const std::vector<std::string_view>& lines) {
  for (const std::string_view line : lines) {
    if (!hears_something(socket) || !socket.send(text(line))) return;
  }
}

/// A server that speaks first, and waits until its client has left.
Part greet_and_answer(std::string_view greeting, std::vector<std::string_view> lines) {
  return [greeting, lines = std::move(lines)](BlockingSocket& socket) {
    socket.send(text(greeting));
    answer_each(socket, lines);
    socket.drain();
  };
}

/// The client of such a one, that leaves when its last line is answered.
Part converse(std::vector<std::string_view> lines) {
  return [lines = std::move(lines)](BlockingSocket& socket) {
    answer_each(socket, lines);
    hears_something(socket);
    socket.shutdown_write();
    socket.drain();
  };
}

}  // namespace

std::vector<Scenario> connection_scenarios(const Fixtures& fixtures) {
  const Part client = tls_client(verifying_client(fixtures, parser::tls12));
  const Part server = tls_server(server_with(fixtures.good, parser::tls12));
  return {
      {"http-to-tls",
       "client talks plain HTTP to a TLS port",
       {Closer::server, {Phase::pre_hello}, {Cause::plain_http_to_tls}},
       send_and_wait(text("GET /orders HTTP/1.1\r\nHost: partner.lab\r\n\r\n")),
       server},
      {"tls-to-http",
       "client talks TLS to a plain HTTP port",
       {Closer::server, {Phase::client_hello}, {Cause::tls_to_plain_http}},
       client,
       answer_and_close(text("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"))},
      {"tls-to-smtp",
       "client talks TLS to a mail server that greets in clear",
       {Closer::client, {Phase::pre_hello, Phase::client_hello}, {Cause::tls_to_starttls_service}},
       client,
       greet("220 mail.lab ESMTP ready\r\n"),
       ServerKind::listening,
       Expected{Closer::proxy,
                {Phase::pre_hello, Phase::client_hello},
                {Cause::tls_to_starttls_service}}},
      {"mail-in-clear",
       "client sends mail in clear where the server wants TLS first",
       {Closer::client, {Phase::pre_hello}, {Cause::tls_required}},
       converse({"EHLO client.lab\r\n", "MAIL FROM:<a@client.lab>\r\n", "QUIT\r\n"}),
       greet_and_answer(
           "220 mail.lab ESMTP ready\r\n",
           {"250-mail.lab\r\n250 STARTTLS\r\n", "530 5.7.0 Must issue a STARTTLS command first\r\n",
            "221 2.0.0 Bye\r\n"})},
      {"server-resets",
       "server resets after the ClientHello",
       {Closer::server, {Phase::client_hello}, {Cause::server_drops_hello}},
       client,
       wait_and_reset()},
      {"server-silent",
       "server accepts and never answers",
       {Closer::client, {Phase::client_hello}, {Cause::server_silent}},
       [&fixtures](BlockingSocket& socket) {
         // The client's own patience: two seconds, then it leaves.
         TlsPeer peer{socket, parser::Side::client, verifying_client(fixtures, parser::tls12)};
         peer.handshake();
       },
       stay_silent()},
      {"server-refuses-tcp",
       "nobody listens on the server's port",
       {Closer::proxy, {Phase::server_connect}, {Cause::tcp_refused}},
       client,
       nullptr,
       ServerKind::refusing},
      {"name-not-resolved",
       "the server's name does not resolve",
       {Closer::proxy, {Phase::server_connect}, {Cause::name_not_resolved}},
       client,
       nullptr,
       ServerKind::unresolved},
      {"monitor-connects",
       "a monitor connects and closes",
       {Closer::client, {Phase::pre_hello}, {Cause::tcp_health_check}},
       connect_and_close(),
       server},
      {"monitor-half-open",
       "a monitor connects and resets",
       {Closer::client, {Phase::pre_hello}, {Cause::tcp_health_check}},
       connect_and_reset(),
       server},
  };
}

}  // namespace legible::proxy::lab
