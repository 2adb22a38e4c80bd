#pragma once
// One side of a TLS connection by mbedTLS, sans I/O: ciphertext in, plaintext out, and back.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "certs/private_key.hpp"
#include "certs/wiped.hpp"
#include "parser/tls_types.hpp"
#include "proxy/tls/live_secrets.hpp"
#include "proxy/tls/ticket_keys.hpp"

struct mbedtls_x509_crt;

namespace legible::proxy::tls {

/// A certificate chain, leaf first, and the leaf's private key.
struct Credential {
  std::shared_ptr<mbedtls_x509_crt> chain;
  certs::PrivateKey key;
};

/// What it takes to resume a session: mbedTLS's, serialised. The session's secrets are in it.
using SessionState = certs::Wiped<std::vector<std::uint8_t>>;

/// What a session offers (client) or accepts (server); lists in order of preference.
struct Settings {
  parser::Side side = parser::Side::client;
  parser::ProtocolVersion lowest = parser::tls12;
  parser::ProtocolVersion highest = parser::tls13;
  std::vector<parser::CipherSuite> ciphers;
  std::vector<parser::NamedGroup> groups;                     ///< empty: mbedTLS's own
  std::vector<parser::SignatureScheme> signature_algorithms;  ///< empty: mbedTLS's own
  std::vector<std::string> alpn;
  bool extended_master_secret = true;  ///< RFC 7627
  std::string server_name;             ///< client: SNI; empty: none is sent
  std::vector<std::shared_ptr<const Credential>> credentials;
  /// Server: ask for a certificate, and name these authorities (DER of Names) where TLS 1.2 allows.
  bool ask_for_certificate = false;
  std::vector<std::vector<std::uint8_t>> authorities;

  std::shared_ptr<TicketKeys> tickets;  ///< server: null: no tickets
  bool early_data_offered = false;      ///< server: the client's early data, which is not accepted
  /// Server, TLS 1.2: stop before the last flight, to refuse there.
  bool withhold_finished = false;
  SessionState resumed;  ///< client: what `new_session` gave; empty: a full handshake
};

/// Why a session cannot go on.
struct Failure {
  int code = 0;  ///< mbedTLS's
  std::string text;
};

/// Neither judges the peer's certificate nor gives up because of it: that is for the owner. A
/// signature that does not fit the certificate fails the handshake.
class Session {
 public:
  enum class State : std::uint8_t {
    handshaking,
    open,
    peer_closed,  ///< close_notify came; writing may go on (RFC 8446 section 6.1)
    abandoned,    ///< close_notify came before the handshake was done: nothing is proven
    withheld,     ///< the peer has said all that it says; see Settings::withhold_finished
    failed,
  };

  class PlaintextSink {
   public:
    /// Valid during the call.
    virtual void on_plaintext(std::span<const std::uint8_t> bytes) = 0;

   protected:
    ~PlaintextSink() = default;
  };

  /// `secrets`, which must outlive the session, gets each secret when it is derived. Throws
  /// std::runtime_error when the settings cannot be used.
  Session(Settings settings, LiveSecrets& secrets);
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  State state() const;
  const std::optional<Failure>& failure() const;
  /// The fatal alert of the peer's that made it fail.
  std::optional<parser::AlertDescription> peer_alert() const;

  /// A client's first flight.
  void start();
  /// Bytes that the peer sent, in any split: all of them are used or kept.
  State feed(std::span<const std::uint8_t> bytes, PlaintextSink& sink);

  /// After a failure: of the bytes that were fed last, those behind the record that led to it.
  std::size_t unread() const;

  /// The peer's empty records and session tickets. Empty records are allowed (RFC 8446 section 5.1,
  /// RFC 5246 section 6.2.1); it is for the owner to say how many.
  std::uint64_t idle_messages() const;

  /// Encrypts all of it; what comes during a renegotiation, when that is done. Without effect
  /// before the handshake is done, or after our close_notify.
  void write(std::span<const std::uint8_t> bytes);
  /// Bytes that were given to `write`, and wait.
  std::size_t unwritten() const;
  void close_notify();
  /// A fatal alert, under the keys in force. It is the last that is said, and nothing is read after
  /// it (RFC 8446 section 6.2).
  void send_alert(parser::AlertDescription description);

  /// Records to be sent; the caller clears them.
  std::vector<std::uint8_t>& output();

  /// Client: what it takes to resume this session, when there is something new.
  std::optional<SessionState> new_session();

  /// What was agreed on; known when the handshake is done.
  std::optional<std::string> alpn() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Before the process makes its first session and has a second thread: what mbedTLS sets up once,
/// not thread-safely. Throws std::runtime_error.
void prepare_library();

}  // namespace legible::proxy::tls
