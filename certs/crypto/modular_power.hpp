#pragma once
// Modular exponentiation, the work of RSA's private keys and of finite-field Diffie-Hellman, by
// OpenSSL's libcrypto.

#include <cstddef>
#include <cstdint>
#include <span>

namespace legible::crypto {

/// Octets of the longest number: 8192 bits.
constexpr std::size_t largest_modulus = 1024;

/// `base`^`exponent` modulo the odd `modulus`, big-endian, in constant time for numbers of the same
/// sizes; `result` is as long as the modulus. False: libcrypto cannot, and `result` says nothing.
bool modular_power(std::span<const std::uint8_t> base, std::span<const std::uint8_t> exponent,
                   std::span<const std::uint8_t> modulus, std::span<std::uint8_t> result) noexcept;

}  // namespace legible::crypto
