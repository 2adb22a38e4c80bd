#pragma once

#include <optional>

#include "parser/tls_types.hpp"

namespace legible::proxy::tls {

/// The alert to send when mbedTLS ends a session with this code and has sent none itself (RFC 8446
/// section 6.2). Nothing when the peer has ended it, and so needs none.
std::optional<parser::AlertDescription> own_alert(int code);

}  // namespace legible::proxy::tls
