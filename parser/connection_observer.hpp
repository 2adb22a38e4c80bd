#pragma once
// The bytes of both directions of one connection to observations: what the first bytes are, the
// cleartext dialogue that may come before TLS, then TLS.

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "parser/observation.hpp"
#include "parser/record_decryptor.hpp"
#include "parser/tls_types.hpp"

namespace legible::parser {

/// Named limits: what a peer can make large.
struct Limits {
  std::uint32_t client_hello_bytes = 65536;        ///< longest ClientHello decoded in full
  std::uint32_t handshake_message_bytes = 262144;  ///< longest other handshake message kept
  std::uint32_t certificates = 64;                 ///< of one Certificate message
  std::uint32_t authorities = 1024;                ///< of one CertificateRequest
  std::uint32_t dialogue_bytes = 8192;             ///< of a cleartext dialogue, both sides
  std::uint32_t http_head_bytes = 262144;          ///< of one message in plain-text HTTP
  std::uint32_t encrypted_records = 48;            ///< reported one by one for each side
  std::uint32_t observations = 256;                ///< reported for one connection in all
};

/// Receives observations in wire order, within the call that produced them.
class ObservationSink {
 public:
  virtual ~ObservationSink() = default;
  virtual void on_observation(Side from, Observation&& observation) = 0;
};

/// Decodes one connection passively. Knows no socket and no clock; keeps only unfinished
/// structures. After the handshake it looks at record headers alone.
class ConnectionObserver {
 public:
  /// `sink` and `decryptor` (may be null) must outlive the observer.
  ConnectionObserver(ObservationSink& sink, const Limits& limits,
                     RecordDecryptor* decryptor = nullptr);
  ~ConnectionObserver();
  ConnectionObserver(ConnectionObserver&&) noexcept;
  ConnectionObserver& operator=(ConnectionObserver&&) noexcept;

  /// Bytes of one direction, in order, in any split.
  void feed(Side from, std::span<const std::uint8_t> bytes);

  /// `missing` bytes of this direction were never seen, 0: an unknown number; what follows is fed
  /// next.
  void gap(Side from, std::uint64_t missing);

  /// This direction ended. An unfinished structure becomes Incomplete; a last record of an alert's
  /// size becomes an inferred Alert.
  void end(Side from, StreamEnd how);

  /// Goes on without the decryptor, which may be destroyed.
  void stop_decrypting();

  /// The records of one direction so far.
  const RecordTail& tail(Side from) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace legible::parser
