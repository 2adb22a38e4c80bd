#pragma once

#include <span>

#include "proxy/net/socket_address.hpp"

namespace legible::proxy {

/// Whether a connection to `target` would come in at one of `listeners`: the proxy would relay to
/// itself, each connection opening the next. A listener on a wildcard address takes in what is sent
/// to any address of this machine.
bool leads_to_own_listener(const SocketAddress& target, std::span<const SocketAddress> listeners);

}  // namespace legible::proxy
