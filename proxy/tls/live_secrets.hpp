#pragma once
// The secrets of a connection that is ended here, as they are derived.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "proxy/capture/secret_source.hpp"

namespace legible::proxy::tls {

/// Takes the lines of a key log; thread-safe.
class KeyLogSink {
 public:
  virtual ~KeyLogSink() = default;
  /// One line with its end.
  virtual void write_secret(std::string_view line) = 0;
};

class LiveSecrets final : public capture::SecretSource {
 public:
  /// `key_log`, which may be null, must outlive the object.
  explicit LiveSecrets(KeyLogSink* key_log = nullptr) : key_log_(key_log) {}

  void add(const capture::SecretLabel& label, const capture::ClientRandom& random,
           std::span<const std::uint8_t> secret);

  const capture::ConnectionSecrets* find(const capture::ClientRandom&) const override {
    return known_ ? &secrets_ : nullptr;
  }

 private:
  KeyLogSink* key_log_;
  capture::ConnectionSecrets secrets_;
  bool known_ = false;
};

}  // namespace legible::proxy::tls
