#pragma once
// Is a peer's public value one of its group?

#include <cstdint>
#include <span>

#include "parser/tls_types.hpp"

namespace legible::proxy::tls {

/// RFC 8446 sections 4.2.8.1 and 4.2.8.2, RFC 7748 section 6: a point on the curve, none of small
/// order, or a residue between 1 and p-1, of the group's length. mbedTLS finds a wrong one out only
/// after it has said its ServerHello. True for groups that mbedTLS does not know.
bool is_public_value(parser::NamedGroup group, std::span<const std::uint8_t> value);

}  // namespace legible::proxy::tls
