#pragma once
// The bytes of one TLS connection, both directions, to observations. One object for both: the
// version, the suite and where encryption begins follow from what the two sides said together.

#include <cstdint>
#include <memory>
#include <span>

#include "parser/observation.hpp"
#include "parser/record_decryptor.hpp"
#include "parser/tls_types.hpp"

namespace legible::parser {

class ObservationSink;
struct Limits;

/// Decodes TLS passively, from the first TLS byte of each direction on (SSL 2.0 hellos to TLS 1.3).
/// Knows no socket and no clock. Copies only unfinished handshake messages; once a direction is
/// encrypted it looks at record headers alone, unless a decryptor was lent.
class TlsObserver {
 public:
  /// `sink`, `limits` and `decryptor` (may be null) must outlive the observer.
  TlsObserver(ObservationSink& sink, const Limits& limits, RecordDecryptor* decryptor = nullptr);
  ~TlsObserver();
  TlsObserver(TlsObserver&&) noexcept;
  TlsObserver& operator=(TlsObserver&&) noexcept;

  /// Says that TLS begins at `offset` of this direction's stream (0 unless told), so that the
  /// offsets of Malformed and Incomplete are those of the whole stream. Before the first feed().
  void start_at(Side from, std::uint64_t offset);

  /// Bytes of one direction, in order, in any split.
  void feed(Side from, std::span<const std::uint8_t> bytes);

  /// `missing` bytes of this direction were never seen; what follows is fed next. A gap inside the
  /// payload of an encrypted record is stepped over; any other one ends the decoding of this
  /// direction with Incomplete.
  void gap(Side from, std::uint64_t missing);

  /// This direction ended. An unfinished structure becomes Incomplete; in TLS 1.3 a last record of
  /// an alert's size becomes an inferred Alert. Later calls for this direction do nothing.
  void end(Side from, StreamEnd how);

  /// Goes on without the decryptor, which may be destroyed.
  void stop_decrypting();

  /// The records of one direction so far.
  const RecordTail& tail(Side from) const;

  /// The number of observations made, of Limits::observations.
  std::uint32_t observations() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace legible::parser
