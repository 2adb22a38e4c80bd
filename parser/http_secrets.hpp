#pragma once
// What of HTTP no event may tell: credentials.

#include <string>
#include <string_view>

namespace legible::parser {

/// What is told in the place of a secret.
inline constexpr std::string_view masked = "***";

/// Of fields with this name the values are secrets: RFC 9110 section 11, RFC 6265.
bool is_secret_field(std::string_view name);

/// A request target whose user information (RFC 3986 section 3.2.1) is masked.
std::string without_credentials(std::string_view target);

}  // namespace legible::parser
