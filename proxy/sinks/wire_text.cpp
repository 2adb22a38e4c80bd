#include "proxy/sinks/wire_text.hpp"

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

std::string_view id(Party party) {
  switch (party) {
    case Party::client:
      return "client";
    case Party::server:
      return "server";
    case Party::proxy:
      break;
  }
  return "proxy";
}

std::string_view id(parser::Protocol protocol) {
  static constexpr std::array<std::string_view, 20> names = {
      "tls",  "sslv2-hello",    "http",    "http-connect", "socks4",     "socks5", "ssh",  "smtp",
      "imap", "pop3",           "ftp",     "ldap",         "postgresql", "mysql",  "xmpp", "nats",
      "tds",  "proxy-protocol", "unknown", "silent"};
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

std::string_view id(certs::MintIssuer issuer) {
  switch (issuer) {
    case certs::MintIssuer::interception_ca:
      return "interception-ca";
    case certs::MintIssuer::untrusted_ca:
      return "untrusted-ca";
    case certs::MintIssuer::itself:
      return "self-signed";
  }
  return "";
}

std::string_view id(ConnectError error) {
  static constexpr std::array<std::string_view, 10> names = {"refused",
                                                             "timeout",
                                                             "dns",
                                                             "unreachable",
                                                             "own-listener",
                                                             "not-allowed",
                                                             "upstream-unreachable",
                                                             "upstream-silent",
                                                             "upstream-refused",
                                                             "upstream-authentication"};
  return entry_of(names, error);
}

std::string_view id(FoundBy found_by) {
  static constexpr std::array<std::string_view, 8> names = {
      "to", "connect", "absolute-form", "socks4", "socks5", "sni", "redirect", "capture"};
  return entry_of(names, found_by);
}

std::string hex_id(std::uint32_t number, std::size_t bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text(2 + 2 * bytes, '0');
  text[1] = 'x';
  for (std::size_t place = text.size(); place > 2; number >>= 4)
    text[--place] = digits[number & 0xf];
  return text;
}

}  // namespace legible::proxy
