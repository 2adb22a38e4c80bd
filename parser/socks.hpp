#pragma once
// The messages of SOCKS 4, 4a and 5 (RFC 1928) and of its user and password (RFC 1929). Each is
// decoded from the start of the bytes, behind which others may follow.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "parser/decode_result.hpp"

namespace legible::parser {

namespace socks {

constexpr std::uint8_t version4 = 4;
constexpr std::uint8_t version5 = 5;
constexpr std::uint8_t login_version = 1;

constexpr std::uint8_t connect = 1;  ///< a command

constexpr std::uint8_t no_authentication = 0;  ///< methods
constexpr std::uint8_t user_and_password = 2;
constexpr std::uint8_t no_acceptable_method = 0xff;

constexpr std::uint8_t granted4 = 0x5a;  ///< replies
constexpr std::uint8_t rejected4 = 0x5b;
constexpr std::uint8_t succeeded = 0;
constexpr std::uint8_t general_failure = 1;
constexpr std::uint8_t not_allowed = 2;
constexpr std::uint8_t host_unreachable = 4;
constexpr std::uint8_t connection_refused = 5;
constexpr std::uint8_t command_not_supported = 7;

}  // namespace socks

/// A request, or a reply of version 5.
struct SocksMessage {
  std::uint8_t code = 0;  ///< command, or reply
  std::string host;       ///< a name, raw, or an address as text
  std::uint16_t port = 0;
  std::size_t size = 0;
};

struct SocksGreeting {
  std::span<const std::uint8_t> methods;  ///< within the bytes that were given
  std::size_t size = 0;
};

struct SocksLogin {
  std::string user;
  std::string password;
  std::size_t size = 0;
};

/// VN, CD, DSTPORT, DSTIP, USERID, NUL; 4a: after an address 0.0.0.x the host's name, NUL.
DecodeResult<SocksMessage> decode_socks4_request(std::span<const std::uint8_t> bytes);

/// VER, NMETHODS, METHODS: RFC 1928 section 3.
DecodeResult<SocksGreeting> decode_socks5_greeting(std::span<const std::uint8_t> bytes);

/// VER, ULEN, UNAME, PLEN, PASSWD: RFC 1929 section 2.
DecodeResult<SocksLogin> decode_socks5_login(std::span<const std::uint8_t> bytes);

/// VER, CMD or REP, RSV, ATYP, ADDR, PORT: RFC 1928 sections 4 and 6. The version is not looked at.
DecodeResult<SocksMessage> decode_socks5_message(std::span<const std::uint8_t> bytes);

}  // namespace legible::parser
