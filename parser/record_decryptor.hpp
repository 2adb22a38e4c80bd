#pragma once
// How a parser comes by the content of encrypted records: someone who has the secrets lends it.

#include <cstdint>
#include <optional>
#include <span>

#include "parser/client_hello.hpp"
#include "parser/server_hello.hpp"
#include "parser/tls_types.hpp"

namespace legible::parser {

/// The content of one decrypted record.
struct Plaintext {
  ContentType type;                     ///< inner type in TLS 1.3; 0 when there is none
  std::span<const std::uint8_t> bytes;  ///< valid until the next call
};

/// Decrypts the records of one connection, both directions, in the order in which they stood on
/// the wire. Implementations hold the keys and the sequence numbers.
class RecordDecryptor {
 public:
  virtual ~RecordDecryptor() = default;

  /// The hellos that fix random values, version and suite. A HelloRetryRequest is not passed.
  virtual void on_client_hello(const ClientHello& hello) = 0;
  virtual void on_server_hello(const ServerHello& hello) = 0;

  /// Is this record application data that nobody looks into? Asked once for each record, before its
  /// payload is there; one that is skipped is not given to `decrypt`.
  virtual bool skip(Side, std::span<const std::uint8_t, 5>) { return false; }

  /// Decrypts one record: `header` is its five bytes, `payload` the rest. Nothing when there is no
  /// key for it, or when it does not verify.
  virtual std::optional<Plaintext> decrypt(Side from, std::span<const std::uint8_t, 5> header,
                                           std::span<const std::uint8_t> payload) = 0;

  /// The key of `from`'s next record is at hand: one that it does not open is broken.
  virtual bool has_key(Side from) const = 0;

  /// `from` has sent its Finished (TLS 1.3: its next record is under the application keys), or a
  /// KeyUpdate.
  virtual void on_finished(Side from) = 0;
  virtual void on_key_update(Side from) = 0;
};

}  // namespace legible::parser
