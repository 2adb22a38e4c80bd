#pragma once
// The TLS secrets inside a pcapng file: its Decryption Secrets Blocks
// (draft-ietf-opsawg-pcapng, section 4.7).

#include <cstddef>
#include <string>

#include "proxy/capture/stream.hpp"

namespace legible::capture {

/// At most this much key log is taken from one file.
inline constexpr std::size_t max_embedded_secrets = 16 * 1024 * 1024;

/// The key logs of all TLS secrets blocks, one after the other; empty when there are none or the
/// file is no pcapng. Stops where a block breaks a rule or the file ends: what was found until then
/// counts.
std::string read_pcapng_secrets(Stream file);

}  // namespace legible::capture
