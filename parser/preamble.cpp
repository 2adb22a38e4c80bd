#include "parser/preamble.hpp"

#include <arpa/inet.h>

#include <array>

namespace legible::parser {

Preamble::Preamble(Protocol protocol, std::uint32_t limit) : room_(limit) {
  dialogue_.protocol = protocol;
}

std::shared_ptr<const Dialogue> Preamble::take(const std::array<std::uint64_t, 2>& bytes) {
  taken_ = true;
  dialogue_.bytes = bytes;
  if (dialogue_.lines.empty()) return nullptr;
  return std::make_shared<const Dialogue>(std::move(dialogue_));
}

void Preamble::say(Side from, std::string_view line) {
  if (taken_ || overflowed_) return;
  // A line of no length takes room too: it takes memory.
  constexpr std::uint32_t cost_of_a_line = 8;
  if (line.size() + cost_of_a_line > room_) {
    overflowed_ = true;
    return;
  }
  room_ -= static_cast<std::uint32_t>(line.size()) + cost_of_a_line;
  dialogue_.lines.push_back({from, std::string(line)});
}

std::unique_ptr<Preamble> make_preamble(Protocol protocol, const Limits& limits,
                                        ObservationSink& sink) {
  switch (protocol) {
    case Protocol::http_connect:
      return make_connect_preamble(limits, sink);
    case Protocol::socks4:
      return make_socks4_preamble(limits);
    case Protocol::socks5:
      return make_socks5_preamble(limits);
    case Protocol::smtp:
    case Protocol::imap:
    case Protocol::pop3:
    case Protocol::ftp:
      return make_line_preamble(protocol, limits);
    case Protocol::ldap:
      return make_ldap_preamble(limits);
    case Protocol::postgresql:
      return make_postgresql_preamble(limits);
    case Protocol::mysql:
      return make_mysql_preamble(limits);
    case Protocol::xmpp:
      return make_xmpp_preamble(limits);
    case Protocol::nats:
      return make_nats_preamble(limits);
    case Protocol::tds:
      return make_tds_preamble(limits);
    case Protocol::proxy_protocol:
      return make_proxy_header_preamble(limits);
    case Protocol::unknown:
      return make_unknown_preamble(limits);
    case Protocol::tls:
    case Protocol::sslv2_hello:
    case Protocol::http:
    case Protocol::ssh:
    case Protocol::silent:
      return nullptr;
  }
  return nullptr;
}

std::string host_and_port(std::string_view host, std::uint16_t port) {
  const bool bracketed = host.find(':') != std::string_view::npos;
  std::string text;
  text.append(bracketed ? "[" : "").append(host).append(bracketed ? "]:" : ":");
  return text.append(std::to_string(port));
}

std::string address_text(std::span<const std::uint8_t> address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(address.size() == 4 ? AF_INET : AF_INET6, address.data(), text.data(),
            static_cast<socklen_t>(text.size()));
  return text.data();
}

}  // namespace legible::parser
