#pragma once
// Beginnings that are wrong in themselves, whoever judges them.

#include <cstddef>

#include "proxy/diagnosis/situation.hpp"

namespace legible::proxy::diagnosis {

inline constexpr std::size_t longest_host_name = 253;  // RFC 1035 section 2.3.4, without final dot

/// The client's first TLS bytes begin no ClientHello.
Answer begins_without_hello(const Situation& situation);
/// A rule of RFC 5246, RFC 6066 or RFC 8446 that the ClientHello breaks.
Answer broken_hello(const Situation& situation);

}  // namespace legible::proxy::diagnosis
