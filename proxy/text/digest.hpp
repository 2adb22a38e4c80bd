#pragma once
// The hash functions that fingerprints are made with. MD5 names a text here; it protects nothing.

#include <array>
#include <cstdint>
#include <span>

namespace legible::proxy {

std::array<std::uint8_t, 16> md5(std::span<const std::uint8_t> bytes);
std::array<std::uint8_t, 32> sha256(std::span<const std::uint8_t> bytes);

}  // namespace legible::proxy
