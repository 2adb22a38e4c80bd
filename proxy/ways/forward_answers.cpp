#include "proxy/ways/forward_answers.hpp"

#include <fmt/format.h>

#include "parser/socks.hpp"
#include "proxy/text/escape.hpp"

namespace legible::proxy {
namespace {

namespace socks = parser::socks;

std::uint8_t reply_code(ConnectError error) {
  switch (error) {
    case ConnectError::refused:
      return socks::connection_refused;
    case ConnectError::own_listener:
    case ConnectError::not_allowed:
      return socks::not_allowed;
    default:
      return socks::host_unreachable;
  }
}

/// RFC 9110 section 15.6.
HttpPage page_for(const HostPort& target, const ConnectFailed& failure) {
  const std::string where = fmt::format("{}:{}", escape_utf8(target.host), target.port);
  switch (failure.error) {
    case ConnectError::refused:
      return {502, "Bad Gateway", where + " refused the connection."};
    case ConnectError::timeout:
      return {504, "Gateway Timeout", where + " did not answer."};
    case ConnectError::dns:
      return {502, "Bad Gateway",
              fmt::format("the name of {} does not resolve where this proxy runs: {}", where,
                          failure.detail)};
    case ConnectError::unreachable:
      return {502, "Bad Gateway",
              fmt::format("{} cannot be reached from here: {}", where, failure.detail)};
    case ConnectError::own_listener:
      return {508, "Loop Detected", where + " is this proxy itself."};
    case ConnectError::not_allowed:
      return {403, "Forbidden", where + " may not be reached through this proxy."};
    case ConnectError::upstream_unreachable:
    case ConnectError::upstream_silent:
    case ConnectError::upstream_refused:
    case ConnectError::upstream_authentication:
      break;
  }
  return {502, "Bad Gateway",
          fmt::format("the proxy {}, through which {} is to be reached, opened no connection: {}",
                      failure.address, where, escape_utf8(failure.detail))};
}

}  // namespace

const HttpPage authentication_wanted{407, "Proxy Authentication Required",
                                     "This proxy wants a user and a password.",
                                     "Proxy-Authenticate: Basic realm=\"legible\", "
                                     "charset=\"UTF-8\"\r\n"};

std::string socks4_reply(std::uint8_t code) {
  std::string reply(8, '\0');
  reply[1] = static_cast<char>(code);
  return reply;
}

std::string socks5_reply(std::uint8_t code) {
  constexpr char ipv4 = 1;
  return {static_cast<char>(socks::version5), static_cast<char>(code), 0, ipv4, 0, 0, 0, 0, 0, 0};
}

std::string login_reply(bool good) {
  return {static_cast<char>(socks::login_version), static_cast<char>(good ? 0 : 1)};
}

std::string refusal_of(const ForwardRequest& request, const ConnectFailed& failure) {
  switch (request.form) {
    case FoundBy::socks4:
      return socks4_reply(socks::rejected4);
    case FoundBy::socks5:
      return socks5_reply(reply_code(failure.error));
    default:
      return page_for(request.target, failure).answer();
  }
}

}  // namespace legible::proxy
