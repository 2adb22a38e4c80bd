#include "proxy/lab/parts.hpp"

#include <array>
#include <string_view>
#include <utility>

namespace legible::proxy::lab {
namespace {

constexpr std::string_view request = "GET / HTTP/1.1\r\nHost: partner.lab\r\n\r\n";

void wait_for_bytes(BlockingSocket& socket) {
  std::array<std::uint8_t, 4096> buffer{};
  std::size_t count = 0;
  socket.read(buffer, count);
}

}  // namespace

TlsPeerOptions verifying_client(const Fixtures& fixtures, parser::ProtocolVersion version) {
  TlsPeerOptions options;
  options.lowest = version;
  options.highest = version;
  options.trusted = fixtures.trusted;
  options.check = PeerCheck::required;
  options.server_name = server_name;
  return options;
}

TlsPeerOptions server_with(const Identity& identity, parser::ProtocolVersion version) {
  TlsPeerOptions options;
  options.lowest = version;
  options.highest = version;
  options.identity = &identity;
  return options;
}

Part patient_tls_client(TlsPeerOptions options) {
  return [options = std::move(options)](BlockingSocket& socket) {
    TlsPeer peer{socket, parser::Side::client, options};
    if (peer.handshake() && peer.write(request)) {
      while (peer.read()) {
      }
    }
    socket.drain();
  };
}

Part tls_client(TlsPeerOptions options) {
  return [options = std::move(options)](BlockingSocket& socket) {
    TlsPeer peer{socket, parser::Side::client, options};
    if (!peer.handshake()) return;
    if (peer.write(request) && peer.read()) {
      peer.close_notify();
      socket.shutdown_write();
    }
    socket.drain();
  };
}

Part tls_server(TlsPeerOptions options) {
  return [options = std::move(options)](BlockingSocket& socket) {
    TlsPeer peer{socket, parser::Side::server, options};
    if (!peer.handshake()) {
      socket.shutdown_write();
    } else if (peer.read() && peer.write("HTTP/1.1 204 No Content\r\n\r\n")) {
      while (peer.read()) {
      }
      peer.close_notify();
      socket.shutdown_write();
    }
    // Closing with data unread would turn the FIN into an RST.
    socket.drain();
  };
}

Part send_and_wait(Bytes bytes) {
  return [bytes = std::move(bytes)](BlockingSocket& socket) {
    socket.send(bytes);
    socket.drain();
  };
}

Part answer_and_close(Bytes bytes) {
  return [bytes = std::move(bytes)](BlockingSocket& socket) {
    wait_for_bytes(socket);
    socket.send(bytes);
    socket.shutdown_write();
    socket.drain();
  };
}

Part answer_and_wait(Bytes bytes) {
  return [bytes = std::move(bytes)](BlockingSocket& socket) {
    wait_for_bytes(socket);
    socket.send(bytes);
    socket.drain();
  };
}

Part wait_and_reset() {
  return [](BlockingSocket& socket) {
    wait_for_bytes(socket);
    socket.reset();
  };
}

Part stay_silent() {
  return [](BlockingSocket& socket) { socket.drain(); };
}

}  // namespace legible::proxy::lab
