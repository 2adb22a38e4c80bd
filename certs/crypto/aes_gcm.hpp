#pragma once
// AES-GCM (NIST SP 800-38D) as TLS protects records with it, by OpenSSL's libcrypto.

#include <cstdint>
#include <memory>
#include <span>

namespace legible::crypto {

class AesGcm {
 public:
  static constexpr std::size_t iv_size = 12;
  static constexpr std::size_t tag_size = 16;

  enum class Result : std::uint8_t { ok, not_authentic, failed };

  /// Null: a key of another size than 16, 24 or 32, or libcrypto has no such cipher, or this build
  /// no libcrypto.
  static std::unique_ptr<AesGcm> make(std::span<const std::uint8_t> key) noexcept;

  virtual ~AesGcm() = default;

  // `output` has room for `input` and may be the same place, but not overlap it otherwise.

  virtual Result seal(std::span<const std::uint8_t, iv_size> iv,
                      std::span<const std::uint8_t> additional, std::span<const std::uint8_t> input,
                      std::uint8_t* output, std::span<std::uint8_t, tag_size> tag) noexcept = 0;
  /// What was written to `output` is no plaintext unless the result is `ok`.
  virtual Result open(std::span<const std::uint8_t, iv_size> iv,
                      std::span<const std::uint8_t> additional, std::span<const std::uint8_t> input,
                      std::span<const std::uint8_t, tag_size> tag,
                      std::uint8_t* output) noexcept = 0;
};

}  // namespace legible::crypto
