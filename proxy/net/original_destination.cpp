#include "proxy/net/original_destination.hpp"

// Its structures need those of <netinet/in.h> first.
#include <linux/netfilter_ipv4.h>

namespace legible::proxy {
namespace {

// linux/netfilter_ipv6/ip6_tables.h, which cannot be included beside <netinet/in.h>.
constexpr int ip6t_so_original_dst = 80;

std::optional<SocketAddress> asked(int socket, int level, int option) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (getsockopt(socket, level, option, &address, &size) != 0) return std::nullopt;
  return SocketAddress(reinterpret_cast<const sockaddr*>(&address));
}

}  // namespace

SocketAddress original_destination(int socket) {
  // REDIRECT changes the destination, and keeps the old one in the connection's entry.
  if (const auto before = asked(socket, SOL_IP, SO_ORIGINAL_DST)) return *before;
  if (const auto before = asked(socket, SOL_IPV6, ip6t_so_original_dst)) return *before;
  // TPROXY leaves it: the socket's own address is the one that the client meant.
  return local_address(socket);
}

SocketAddress local_address(int socket) {
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  // Of a socket that is gone: the unspecified address.
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&own), &size) != 0) own.ss_family = AF_INET;
  return SocketAddress(reinterpret_cast<const sockaddr*>(&own));
}

}  // namespace legible::proxy
