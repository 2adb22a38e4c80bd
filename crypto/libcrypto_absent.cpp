#include "crypto/aes_gcm.hpp"
#include "crypto/arithmetic.hpp"

namespace legible::crypto {

std::string_view accelerating_library() { return {}; }

std::string_view accelerated() { return {}; }

std::unique_ptr<AesGcm> AesGcm::make(std::span<const std::uint8_t>) noexcept { return nullptr; }

}  // namespace legible::crypto
