#pragma once

#include "proxy/net/socket_address.hpp"

namespace legible::proxy {

/// Where the client of an accepted socket meant to go before the kernel redirected its packets
/// (netfilter's REDIRECT and TPROXY); without that, where it went: the listener's own address.
SocketAddress original_destination(int socket);

/// The own address of a connected socket.
SocketAddress local_address(int socket);

}  // namespace legible::proxy
