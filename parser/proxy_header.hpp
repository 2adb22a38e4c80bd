#pragma once
// The header of the PROXY protocol, versions 1 and 2 (HAProxy, doc/proxy-protocol.txt): whom a
// load balancer speaks for.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "parser/decode_result.hpp"

namespace legible::parser {

struct ProxyHeader {
  struct Address {
    std::string host;  ///< as text
    std::uint16_t port = 0;
  };

  std::size_t size = 0;  ///< of the whole header; of version 2 more than what was given, perhaps
  std::string text;      ///< for people: version 1's line, or what version 2 says
  /// None: the sender speaks for itself (LOCAL), or does not say (UNKNOWN, UNSPEC).
  std::optional<Address> source = {};
  std::optional<Address> destination = {};
};

/// The header at the start of `bytes`, which begin as one: see detect_protocol.
DecodeResult<ProxyHeader> decode_proxy_header(std::span<const std::uint8_t> bytes);

}  // namespace legible::parser
