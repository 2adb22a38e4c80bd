#include "proxy/ways/outbound.hpp"

#include <fmt/format.h>

namespace legible::proxy {
namespace {

void append_port(std::string& out, std::uint16_t port) {
  out += static_cast<char>(port >> 8);
  out += static_cast<char>(port & 0xff);
}

std::string version2(const SocketAddress& source, const SocketAddress& destination) {
  using namespace std::string_view_literals;
  std::string header(
      "\r\n\r\n\0\r\nQUIT\n"
      "\x21"sv);  // version 2, PROXY
  const bool ipv4 = source.family() == AF_INET;
  header += ipv4 ? '\x11' : '\x21';  // the family, and TCP
  append_port(header, static_cast<std::uint16_t>(2 * source.bytes().size() + 4));
  for (const SocketAddress* each : {&source, &destination}) {
    for (const std::uint8_t byte : each->bytes()) header += static_cast<char>(byte);
  }
  append_port(header, source.port());
  append_port(header, destination.port());
  return header;
}

}  // namespace

std::string proxy_header(Outbound::Announce announce, const SocketAddress& source,
                         const SocketAddress& destination) {
  if (announce == Outbound::Announce::nothing) return {};
  const bool v1 = announce == Outbound::Announce::version1;
  if (source.family() != destination.family()) {
    using std::string_literals::operator""s;
    return v1 ? "PROXY UNKNOWN\r\n" : "\r\n\r\n\0\r\nQUIT\n\x21\0\0\0"s;
  }
  if (!v1) return version2(source, destination);
  return fmt::format("PROXY {} {} {} {} {}\r\n", source.family() == AF_INET ? "TCP4" : "TCP6",
                     source.host(), destination.host(), source.port(), destination.port());
}

}  // namespace legible::proxy
