#pragma once
// What a forward proxy says to its client.

#include <cstdint>
#include <string>

#include "proxy/ways/forward_dialogue.hpp"
#include "proxy/ways/http_page.hpp"

namespace legible::proxy {

/// Of SOCKS 4, with an address of zeros. `code`: parser::socks::granted4, rejected4.
std::string socks4_reply(std::uint8_t code);
/// Of SOCKS 5, likewise, which tells nothing (RFC 1928 section 6). `code`: parser::socks::succeeded
/// and those of its failures.
std::string socks5_reply(std::uint8_t code);
/// RFC 1929 section 2.
std::string login_reply(bool good);

/// RFC 9110 section 15.5.8, with its challenge.
extern const HttpPage authentication_wanted;

/// What a client is told of a server that it will not be connected to, in the protocol in which it
/// asked.
std::string refusal_of(const ForwardRequest& request, const ConnectFailed& failure);

}  // namespace legible::proxy
