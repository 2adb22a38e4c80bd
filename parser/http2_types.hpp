#pragma once
// The numbers of the HTTP/2 wire: RFC 9113.

#include <cstdint>

#include "parser/tls_types.hpp"

namespace legible::parser {

using Http2Error = WireNumber<std::uint32_t, struct Http2ErrorRegistry>;

}  // namespace legible::parser
