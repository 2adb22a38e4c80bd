#pragma once
// The bytes of both directions of one connection to observations: what the first bytes are, the
// cleartext dialogue that may come before TLS, then TLS, or HTTP.

#include <cstdint>
#include <memory>
#include <span>

#include "parser/http_message.hpp"
#include "parser/limits.hpp"
#include "parser/observation.hpp"
#include "parser/record_decryptor.hpp"
#include "parser/tls_types.hpp"

namespace legible::parser {

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
  /// `sink`, `decryptor` and `http` must outlive the observer; the latter two may be null. Without
  /// `http` only the first heads of plain-text HTTP are looked at.
  ConnectionObserver(ObservationSink& sink, const Limits& limits,
                     RecordDecryptor* decryptor = nullptr, HttpSink* http = nullptr);
  ~ConnectionObserver();
  ConnectionObserver(ConnectionObserver&&) noexcept;
  ConnectionObserver& operator=(ConnectionObserver&&) noexcept;

  /// Bytes of one direction, in order, in any split, and when they came, for what is told of HTTP.
  void feed(Side from, std::span<const std::uint8_t> bytes, Instant now = {});

  /// What a forward proxy, in which this observer works, answered the client before there was a
  /// server: the server's direction of the dialogue that leads to it.
  void feed_own_answer(std::span<const std::uint8_t> bytes);

  /// What the client has said was for the proxy: who it wants to talk to hears what comes next, and
  /// nothing before. Its first bytes are reported anew.
  void begin_anew();

  /// `missing` bytes of this direction were never seen, 0: an unknown number; what follows is fed
  /// next.
  void gap(Side from, std::uint64_t missing);

  /// This direction ended. An unfinished structure becomes Incomplete; a last record of an alert's
  /// size becomes an inferred Alert.
  void end(Side from, StreamEnd how);

  /// Nothing more is fed: unfinished HTTP messages are told.
  void finish_http();

  /// Goes on without the decryptor, which may be destroyed.
  void stop_decrypting();

  /// How many bytes of this direction are known to come before TLS: those behind them may be its
  /// first, or are.
  std::uint64_t before_tls(Side from) const;
  /// This direction has begun to speak TLS.
  bool speaks_tls(Side from) const;

  /// The records of one direction so far.
  const RecordTail& tail(Side from) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace legible::parser
