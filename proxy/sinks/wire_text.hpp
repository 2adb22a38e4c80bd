#pragma once
// How events, reports and verdicts name what is on the wire.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "parser/observation.hpp"
#include "proxy/record/timeline.hpp"

namespace legible::proxy {

/// "client" or "server".
std::string_view id(Leg leg);
/// "client", "server" or "proxy".
std::string_view id(Party party);
/// The ids of `peeked`, `client-hello`, `closed` and `connect-failed`.
std::string_view id(parser::Protocol protocol);
std::string_view id(parser::SniState state);
std::string_view id(parser::StreamEnd end);
std::string_view id(ConnectError error);
std::string_view id(FoundBy found_by);
/// The ids of `leaf-minted`.
std::string_view id(certs::MintIssuer issuer);

/// The low `bytes` bytes of a number: "0x1301", "0x02".
std::string hex_id(std::uint32_t number, std::size_t bytes);

/// A registry's number as events show it.
template <class Number, class Registry>
std::string hex_id(parser::WireNumber<Number, Registry> number) {
  return hex_id(number.value, sizeof(Number));
}

}  // namespace legible::proxy
