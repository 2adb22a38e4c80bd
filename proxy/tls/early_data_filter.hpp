#pragma once
// What a TLS 1.3 server does with early data that it has not accepted.

#include <cstdint>
#include <span>
#include <vector>

#include "parser/tls_types.hpp"
#include "proxy/capture/key_log_decryptor.hpp"

namespace legible::proxy::tls {

/// Takes the bytes that a client sends after its ClientHello said early_data, and gives those that
/// belong to the handshake (RFC 8446 section 4.2.10): until a record opens with the handshake keys,
/// protected ones are skipped. Behind a second ClientHello there is none. mbedTLS has this for
/// tickets of its own only.
class EarlyDataFilter {
 public:
  /// `secrets` must outlive the object.
  explicit EarlyDataFilter(const capture::SecretSource& secrets) : decryptor_(secrets) {}

  /// The ServerHello was sent, and the handshake secrets are known. Until then, after a
  /// HelloRetryRequest too, every protected record is early data.
  void on_server_hello(parser::CipherSuite suite);

  void add(std::span<const std::uint8_t> bytes);
  /// The next record of the handshake, or all that follows when there can be no more early data.
  /// Empty when more bytes must come.
  std::vector<std::uint8_t> next();

 private:
  capture::KeyLogDecryptor decryptor_;
  std::vector<std::uint8_t> buffer_;
  int hellos_ = 0;
  bool has_keys_ = false;
  bool over_ = false;
};

}  // namespace legible::proxy::tls
