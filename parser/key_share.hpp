#pragma once
// The value of a key share: RFC 8446 section 4.2.8.

#include <cstdint>
#include <span>

#include "parser/tls_types.hpp"

namespace legible::parser {

/// The key_exchange of `group` in the body of a ClientHello that decode_client_hello() takes. Empty
/// when there is none.
std::span<const std::uint8_t> key_exchange_of(std::span<const std::uint8_t> client_hello,
                                              NamedGroup group);

}  // namespace legible::parser
