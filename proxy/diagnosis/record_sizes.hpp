#pragma once
// What the lengths of encrypted records tell of what they hold.

#include <cstdint>
#include <optional>

#include "proxy/diagnosis/facts.hpp"

namespace legible::proxy::diagnosis {

/// Plaintext bytes of an AEAD record whose payload is so long; nothing where padding hides them.
std::optional<std::uint32_t> plaintext_bytes(const Facts& facts, std::uint64_t record);

/// In SMTP, after STARTTLS, the client said as much as QUIT, and nothing else: not the greeting
/// that comes first (RFC 3207 section 4.2), which is longer.
bool only_said_quit(const Facts& facts);

}  // namespace legible::proxy::diagnosis
