#pragma once

#include <vector>

#include "proxy/net/file_descriptor.hpp"
#include "proxy/net/socket_address.hpp"

namespace legible::proxy {

/// Sockets that listen on the same address, one for each event loop.
struct ListeningSockets {
  SocketAddress address;  ///< as bound: port 0 has become the system's choice
  std::vector<FileDescriptor> sockets;
  bool takes_tproxy = false;  ///< packets that TPROXY leads here are taken in
};

/// Binds and listens. The kernel spreads new connections over the sockets (SO_REUSEPORT): no loop
/// wakes for another's client, no descriptor has to travel between threads, and what a loop
/// accepts stays with it. Throws std::runtime_error when the address is not to be had, also when
/// another process of the same user listens there with SO_REUSEPORT.
///
/// `redirected`: packets that TPROXY leads here are taken in, too, where the process may do so
/// (CAP_NET_ADMIN).
ListeningSockets listen_on(const SocketAddress& address, std::size_t count,
                           bool redirected = false);

}  // namespace legible::proxy
