#pragma once
// When is a handshake done, as far as can be seen from outside?

#include <array>
#include <cstdint>
#include <optional>

#include "parser/observation.hpp"
#include "parser/tls_types.hpp"

namespace legible::parser {

/// Follows one connection's handshake. Each function is told what crossed the wire, in order;
/// HandshakeDone comes once, from the one that completes it.
///
/// Up to TLS 1.2 both Finished are seen, as the first encrypted handshake record after each side's
/// ChangeCipherSpec. In TLS 1.3 without keys they are inferred: the client's Finished by its
/// length, or because the server goes on speaking after the client has answered its flight.
class HandshakeProgress {
 public:
  void on_client_hello(const ClientHello& hello);
  void on_server_hello(const ServerHello& hello);
  void on_message(HandshakeType type);
  void on_change_cipher_spec(Side from);

  /// A record whose content could not be read.
  std::optional<HandshakeDone> on_encrypted_record(Side from, ContentType type, Content likely);
  /// A Finished that was decrypted.
  std::optional<HandshakeDone> on_finished(Side from);

  bool done() const { return done_; }

 private:
  std::optional<HandshakeDone> complete(bool inferred);
  std::optional<HandshakeDone> on_tls13_record(Side from, Content likely);

  bool done_ = false;
  bool tls13_ = false;
  bool psk_ = false;
  bool early_data_ = false;       ///< the client may send data before its Finished
  bool server_flight_ = false;    ///< TLS 1.3: the server sent an encrypted record
  bool client_answered_ = false;  ///< TLS 1.3: then the client did, with more than an alert
  bool server_hello_done_ = false;
  bool abbreviated_ = false;  ///< the server's ChangeCipherSpec came first: RFC 5246 section 7.3
  std::array<bool, 2> changed_cipher_{};
  std::array<bool, 2> finished_{};
};

}  // namespace legible::parser
