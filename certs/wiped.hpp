#pragma once
// Memory that held a secret, overwritten.

#include <mbedtls/platform_util.h>

#include <utility>

namespace legible::certs {

/// Overwrites all that a string, vector or array of bytes holds, also what it no longer shows.
template <class Bytes>
void wipe(Bytes& bytes) {
  if constexpr (requires { bytes.resize(bytes.capacity()); }) bytes.resize(bytes.capacity());
  mbedtls_platform_zeroize(bytes.data(), bytes.size() * sizeof *bytes.data());
}

/// Bytes that are a secret (a private key, a password, what keys are derived from): wiped when the
/// object goes, or is moved from.
template <class Bytes>
class Wiped {
 public:
  Wiped() = default;
  explicit Wiped(Bytes bytes) : bytes_(std::move(bytes)) { wipe(bytes); }
  Wiped(const Wiped&) = default;
  Wiped(Wiped&& other) noexcept : bytes_(std::move(other.bytes_)) { wipe(other.bytes_); }
  Wiped& operator=(Wiped other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~Wiped() { wipe(bytes_); }

  Bytes& operator*() { return bytes_; }
  const Bytes& operator*() const { return bytes_; }
  Bytes* operator->() { return &bytes_; }
  const Bytes* operator->() const { return &bytes_; }

 private:
  Bytes bytes_{};
};

}  // namespace legible::certs
