#include "proxy/wire_text.hpp"

#include <fmt/format.h>

#include <array>
#include <cstddef>

namespace legible::proxy {
namespace {

template <std::size_t size, class Enum>
std::string_view entry_of(const std::array<std::string_view, size>& names, Enum value) {
  return names.at(static_cast<std::size_t>(value));
}

}  // namespace

std::string_view id(Leg leg) { return leg == Leg::client ? "client" : "server"; }

std::string_view id(parser::Protocol protocol) {
  static constexpr std::array<std::string_view, 16> names = {
      "tls",        "sslv2-hello",    "http",    "http-connect", "socks4", "socks5",
      "ssh",        "smtp",           "imap",    "pop3",         "ftp",    "ldap",
      "postgresql", "proxy-protocol", "unknown", "silent"};
  return entry_of(names, protocol);
}

std::string_view id(parser::SniState state) {
  static constexpr std::array<std::string_view, 5> names = {"absent", "present", "empty",
                                                            "malformed", "several"};
  return entry_of(names, state);
}

std::string_view id(parser::StreamEnd end) {
  static constexpr std::array<std::string_view, 4> names = {"fin", "rst", "timeout", "error"};
  return entry_of(names, end);
}

std::string_view id(ConnectError error) {
  static constexpr std::array<std::string_view, 4> names = {"refused", "timeout", "dns",
                                                            "unreachable"};
  return entry_of(names, error);
}

std::string hex_id(std::uint32_t number, std::size_t bytes) {
  return fmt::format("0x{:0{}x}", number, 2 * bytes);
}

}  // namespace legible::proxy
