#pragma once
// Fingerprints of hellos: JA3 and JA3S (github.com/salesforce/ja3), JA4 for TLS over TCP
// (github.com/FoxIO-LLC/ja4, "JA4: TLS Client Fingerprinting").
//
// They are hashes of texts; this file makes the texts, the caller lends the hash functions. An
// SSLv2-format hello and an SSL 2.0 server's have no fingerprint: every function gives "" for them.

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "parser/client_hello.hpp"
#include "parser/server_hello.hpp"

namespace legible::parser {

using Md5 = std::array<std::uint8_t, 16> (*)(std::span<const std::uint8_t>);
using Sha256 = std::array<std::uint8_t, 32> (*)(std::span<const std::uint8_t>);

/// "version,ciphers,extensions,groups,point formats", decimal, lists joined by "-", GREASE left
/// out.
std::string ja3(const ClientHello& hello);
/// "version,cipher,extensions".
std::string ja3s(const ServerHello& hello);
/// The MD5 of a JA3 or JA3S text, as 32 lower-case hex digits; "" for "".
std::string ja3_hash(std::string_view ja3, Md5 md5);

/// "t13d1516h2_8daaf6152771_02713d6af862".
std::string ja4(const ClientHello& hello, Sha256 sha256);
/// The same before hashing: the sorted suites, then the sorted extensions (without SNI and ALPN)
/// and the signature algorithms in their order, in hex.
std::string ja4_r(const ClientHello& hello);

}  // namespace legible::parser
