#pragma once
// Random bytes in the shape that mbedTLS asks for.

#include <cstddef>
#include <cstdint>

namespace legible::certs {

/// To be given as `f_rng`; the context is not used. One generator for each thread, seeded by the
/// system at its first use: a shared one would be a lock.
int random_bytes(void* context, std::uint8_t* output, std::size_t size);

}  // namespace legible::certs
