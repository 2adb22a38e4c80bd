#pragma once
// Protocols whose peers take keys for later from the TLS connection itself (RFC 8446 section 7.5):
// where a proxy ends TLS, each peer exports others.

#include <string_view>

namespace legible::proxy {

/// Network Time Security: its key establishment, after which NTP is protected with those keys
/// (RFC 8915 sections 4 and 5.1).
inline constexpr std::string_view nts_key_establishment = "ntske/1";

}  // namespace legible::proxy
