#pragma once

#include <cstdint>
#include <span>

#include "parser/observation.hpp"

namespace legible::parser {

/// Puts a `*` in the place of each byte of `observed` that is part of a secret: user information of
/// a URL, the value of a field that holds credentials, the argument of a mail protocol's login, an
/// LDAP bind. `first`: the stream from its first byte on, at least as far as it was observed.
void mask_secrets(FirstBytes& observed, std::span<const std::uint8_t> first);

}  // namespace legible::parser
