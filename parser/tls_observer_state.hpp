#pragma once
// The inside of TlsObserver: its state, and the steps from bytes to observations. Each group of
// steps has a source file of its own.

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parser/cipher_traits.hpp"
#include "parser/connection_observer.hpp"
#include "parser/handshake_messages.hpp"
#include "parser/handshake_progress.hpp"
#include "parser/handshake_reader.hpp"
#include "parser/record_reader.hpp"
#include "parser/tls_observer.hpp"

namespace legible::parser {

/// What the payload of the present record is to us.
enum class Handling : std::uint8_t {
  handshake,
  alert,
  change_cipher_spec,
  heartbeat,
  opaque,   ///< encrypted, or not to be understood
  skipped,  ///< application data, by the decryptor's word
  lost,     ///< in clear, but some of it was never seen
};

/// One direction of the connection.
struct TlsDirection {
  enum class Stage : std::uint8_t {
    start,    ///< no byte yet
    sslv2,    ///< inside an SSL 2.0 record
    records,  ///< TLS records
    stopped,  ///< nothing is decoded any more
  };

  explicit TlsDirection(const Limits& limits)
      : handshake(limits.client_hello_bytes, limits.handshake_message_bytes) {}

  bool decoding() const { return stage != Stage::stopped; }
  bool inside_payload() const { return stage == Stage::records && records.inside_payload(); }
  /// One byte of a clear alert came, in a record of its own.
  bool inside_alert() const { return handling == Handling::alert && small_bytes != 0; }

  Stage stage = Stage::start;
  Handling handling = Handling::opaque;
  bool hello = false;               ///< it began with a hello: the stream was seen from its start
  bool change_cipher_spec = false;  ///< sent by this side
  bool messages_lost = false;       ///< handshake bytes were lost whose place is not known
  bool last_decrypted = false;      ///< the record that came last
  bool finished = false;            ///< its Finished was read
  bool rounded = true;              ///< all encrypted records look padded as by mbedTLS
  std::uint8_t small_bytes = 0;     ///< of `small`
  std::array<std::uint8_t, 3> small{};  ///< the first bytes of an alert, CCS or heartbeat
  std::uint32_t encrypted_records = 0;
  RecordReader records;
  HandshakeReader handshake;
  std::vector<std::uint8_t> buffer;  ///< an SSL 2.0 record; a record to be decrypted
  RecordTail tail;
};

struct TlsObserver::State {
  State(ObservationSink& s, const Limits& l, RecordDecryptor* d)
      : sink(s), limits(l), decryptor(d), directions{TlsDirection(l), TlsDirection(l)} {}

  TlsDirection& at(Side side) { return directions[static_cast<std::size_t>(side)]; }

  // --- reporting

  /// Some room is kept for what decides a verdict, so that a flood of records cannot hide it.
  enum class Weight : std::uint8_t { routine, decisive };

  void report(Side from, Observation&& observation, Weight weight = Weight::decisive) {
    constexpr std::uint32_t kept_for_decisive = 16;
    const std::uint32_t reserve = weight == Weight::routine ? kept_for_decisive : 0;
    if (observations + reserve < limits.observations) {
      ++observations;
      sink.on_observation(from, std::move(observation));
    } else if (!limit_told) {
      limit_told = true;
      sink.on_observation(from, LimitReached{"observations", limits.observations});
    }
  }

  void report_malformed(Side from, std::string_view what, std::string_view field,
                        std::uint64_t offset) {
    report(from, Malformed{std::string(what), std::string(field), offset});
  }

  void report_incomplete(Side from, std::string_view what, std::uint64_t missing) {
    report(from, Incomplete{std::string(what), at(from).records.offset(), missing});
  }

  void report_done(Side from, const std::optional<HandshakeDone>& done) {
    if (done) report(from, *done);
  }

  void stop(TlsDirection& direction) {
    direction.stage = TlsDirection::Stage::stopped;
    direction.handshake.clear();
    direction.buffer = {};
  }

  // --- from bytes to records

  void feed(Side from, std::span<const std::uint8_t> bytes);
  void feed_sslv2(Side from, std::span<const std::uint8_t>& bytes);
  void on_sslv2_record(Side from);
  void on_piece(Side from, RecordPiece piece);
  Handling handling_of(const TlsDirection& direction, const RecordPiece& piece) const;
  void check_header(Side from, const RecordHeader& header);
  bool is_second_hello(const RecordHeader& header, const RecordPiece& piece) const;
  void on_record_end(Side from, const RecordPiece& last);

  // --- clear records

  void on_handshake_bytes(Side from, RecordPiece piece);
  void on_alert_bytes(Side from, std::span<const std::uint8_t> bytes, bool encrypted);
  void on_change_cipher_spec(Side from);
  void on_heartbeat(Side from);

  // --- encrypted records

  void on_opaque_record(Side from, std::span<const std::uint8_t> payload);
  void on_plaintext(Side from, const Plaintext& plaintext);
  void check_content(Side from, const Plaintext& plaintext);
  Content likely_now(Side from, const RecordHeader& header);
  void report_encrypted(Side from, Content likely);

  // --- handshake messages

  void on_message(Side from, const RawHandshake& message);
  void on_oversized_message(Side from, const RawHandshake& message);
  bool is_beyond_limit(Side from, const RawHandshake& message);
  void on_client_hello(const RawHandshake& message);
  void on_server_hello(const RawHandshake& message);
  void on_other_message(Side from, const RawHandshake& message);
  void on_certificate(Side from, const RawHandshake& message);
  void on_certificate_request(Side from, const RawHandshake& message);
  template <class T>
  void report_decoded(Side from, const RawHandshake& message, DecodeResult<T>&& decoded);
  void report_violation(Side from, const RawHandshake& message, const DecodeError& error) {
    report_malformed(from, message_name(message.type), error.field,
                     at(from).handshake.offset_of(error.offset));
  }

  bool tls13() const { return is_tls13_like(version); }
  /// The ChangeCipherSpec of TLS 1.3 is for middleboxes only: RFC 8446 appendix D.4.
  bool is_protected(const TlsDirection& direction) const {
    return direction.change_cipher_spec && !tls13();
  }

  // --- the stream's interruptions

  void gap(Side from, std::uint64_t missing);
  void end(Side from);
  void report_alert_at_end(Side from);
  bool ends_with_encrypted_alert(Side from);
  std::string_view present_structure(const TlsDirection& direction) const;

  const RecordTail& tail(Side from) {
    TlsDirection& direction = at(from);
    direction.tail.inside_record =
        direction.records.inside_header() || direction.records.inside_payload();
    return direction.tail;
  }

  ObservationSink& sink;
  const Limits& limits;
  RecordDecryptor* decryptor;
  std::array<TlsDirection, 2> directions;

  ProtocolVersion version{};  ///< negotiated; 0 until the ServerHello
  bool keys_agreed = false;   ///< TLS 1.3: by a ServerHello
  CipherSuite suite{};
  CipherTraits suite_traits;         ///< which every encrypted record asks for
  Shared<ClientHello> client_hello;  ///< the last one, until it is answered
  HandshakeProgress progress;
  std::uint32_t observations = 0;
  std::uint64_t handshake_bytes = 0;  ///< of the messages of both sides
  bool limit_told = false;
};

}  // namespace legible::parser
