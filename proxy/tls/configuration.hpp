#pragma once

#include <mbedtls/ssl.h>

#include <cstdint>
#include <vector>

#include "proxy/tls/session.hpp"

namespace legible::proxy::tls {

/// mbedTLS's form of a session's settings. mbedTLS keeps pointers into both: they have to outlive
/// every context that is set up with them.
class Configuration {
 public:
  /// Throws std::runtime_error when the settings cannot be used.
  explicit Configuration(const Settings& settings);
  Configuration(const Configuration&) = delete;
  Configuration& operator=(const Configuration&) = delete;

  const mbedtls_ssl_config* native() const { return &config_; }

 private:
  void set_lists(const Settings& settings);
  void set_certificates(const Settings& settings);

  struct Native : mbedtls_ssl_config {
    Native() { mbedtls_ssl_config_init(this); }
    ~Native() { mbedtls_ssl_config_free(this); }
    Native(const Native&) = delete;
    Native& operator=(const Native&) = delete;
  };

  Native config_;
  std::vector<int> ciphers_;
  std::vector<std::uint16_t> groups_;
  std::vector<std::uint16_t> signature_algorithms_;
  std::vector<const char*> alpn_;
  std::vector<mbedtls_x509_crt> authorities_;
};

/// Throws std::runtime_error with the text, when an mbedTLS function has failed.
void require(int result, const char* text);

}  // namespace legible::proxy::tls
