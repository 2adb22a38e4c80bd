#pragma once
// Which library computes what mbedTLS asks for.

#include <string_view>

namespace legible::crypto {

/// "OpenSSL 3.0.19 ...": it does what this folder puts it behind, and mbedTLS the rest. Empty: this
/// build uses mbedTLS's own arithmetic throughout.
std::string_view accelerating_library();

/// What it does, as one says it: "AES-GCM, elliptic curves and RSA".
std::string_view accelerated();

}  // namespace legible::crypto
