#pragma once
// How connections to servers are made, whoever asks for them.

#include <cstdint>
#include <optional>
#include <string>

#include "proxy/net/socket_address.hpp"
#include "proxy/ways/upstream_dialogue.hpp"

namespace legible::proxy {

struct Outbound {
  enum class Announce : std::uint8_t { nothing, version1, version2 };

  std::optional<Upstream> via;
  Announce announce = Announce::nothing;  ///< a PROXY header, which tells for whom it is

  const Upstream* upstream() const { return via ? &*via : nullptr; }
};

/// The PROXY header (HAProxy, doc/proxy-protocol.txt) of a client at `source` that connected to
/// `destination`. Empty for `nothing`.
std::string proxy_header(Outbound::Announce announce, const SocketAddress& source,
                         const SocketAddress& destination);

}  // namespace legible::proxy
