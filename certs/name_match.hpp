#pragma once
// Host names and addresses against the names of a certificate (RFC 6125, RFC 9525).

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "certs/certificate.hpp"

namespace legible::certs {

enum class CommonName : std::uint8_t { ignored, counts };

/// Does the certificate carry this DNS name or address? With `CommonName::counts` the subject's
/// common name is looked at where there is no dNSName at all.
bool matches_name(const Certificate& leaf, std::string_view name, CommonName common_name);

/// The 4 or 16 octets of an address literal; nothing for a DNS name.
std::optional<std::vector<std::uint8_t>> parse_address(std::string_view text);

bool has_dns_name(const Certificate& certificate);

/// ASCII letters alike, whatever the locale.
bool equal_ignoring_case(std::string_view a, std::string_view b);

/// "DNS:www.example, IP:192.0.2.7": the names that count for a match, the first few of many.
std::string names_text(const Certificate& certificate);

}  // namespace legible::certs
