#pragma once
// What the lengths of encrypted records tell of what they hold.

#include <cstdint>
#include <optional>

#include "proxy/diagnosis/facts.hpp"

namespace legible::proxy::diagnosis {

/// Plaintext bytes of an AEAD record whose payload is so long; nothing where padding hides them.
std::optional<std::uint32_t> plaintext_bytes(const Facts& facts, std::uint64_t record);

/// In SMTP, after STARTTLS, the client said QUIT and nothing else. It must greet again before
/// anything else (RFC 3207 section 4.2), which takes more bytes.
bool only_said_quit(const Facts& facts);

}  // namespace legible::proxy::diagnosis
