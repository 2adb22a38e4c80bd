#include "proxy/legs/connection.hpp"

#include <utility>

namespace legible::proxy {

AcceptedClient::AcceptedClient(ConnectionId id, ConnectionContext& context, FileDescriptor socket,
                               const SocketAddress& peer, Accepted told,
                               parser::RecordDecryptor* decryptor)
    : stream(context.loop, std::move(socket)),
      record(std::make_unique<ConnectionRecord>(id, context.records, decryptor)),
      address(peer),
      host(peer.host()),
      accepted(wall_clock()),
      begun(context.loop.now()) {
  record->note(accepted, Leg::client, std::move(told));
  record->promise_verdict();
}

parser::StreamEnd stream_end(int status, bool write_failed) {
  switch (status) {
    case UV_EOF:
      // Only the first call that touches a socket after an RST is told of it. When that was a
      // write, the read after it finds nothing but an end.
      return write_failed ? parser::StreamEnd::rst : parser::StreamEnd::fin;
    case UV_ECONNRESET:
    case UV_EPIPE:
      return parser::StreamEnd::rst;
    case UV_ETIMEDOUT:
      return parser::StreamEnd::timeout;
    default:
      return parser::StreamEnd::error;
  }
}

}  // namespace legible::proxy
