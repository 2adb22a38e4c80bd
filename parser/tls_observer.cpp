#include "parser/tls_observer.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "parser/connection_observer.hpp"
#include "parser/handshake_messages.hpp"
#include "parser/handshake_progress.hpp"
#include "parser/handshake_reader.hpp"
#include "parser/iana_tables.hpp"
#include "parser/record_content.hpp"
#include "parser/record_reader.hpp"
#include "parser/sslv2.hpp"

namespace legible::parser {
namespace {

/// What the payload of the present record is to us.
enum class Handling : std::uint8_t {
  handshake,
  alert,
  change_cipher_spec,
  heartbeat,
  opaque,  ///< encrypted, or not to be understood
  lost,    ///< in clear, but some of it was never seen
};

struct Direction {
  enum class Stage : std::uint8_t {
    start,    ///< no byte yet
    sslv2,    ///< inside an SSL 2.0 record
    records,  ///< TLS records
    stopped,  ///< nothing is decoded any more
  };

  explicit Direction(const Limits& limits)
      : handshake(limits.client_hello_bytes, limits.handshake_message_bytes) {}

  bool decoding() const { return stage != Stage::stopped; }

  Stage stage = Stage::start;
  Handling handling = Handling::opaque;
  bool hello = false;               ///< it began with a hello: the stream was seen from its start
  bool change_cipher_spec = false;  ///< sent by this side
  bool messages_lost = false;       ///< handshake bytes were lost whose place is not known
  bool last_decrypted = false;      ///< the record that came last
  std::uint8_t small_bytes = 0;     ///< of `small`
  std::array<std::uint8_t, 3> small{};  ///< the first bytes of an alert, CCS or heartbeat
  std::uint32_t encrypted_records = 0;
  RecordReader records;
  HandshakeReader handshake;
  std::vector<std::uint8_t> buffer;  ///< an SSL 2.0 record; a record to be decrypted
  RecordTail tail;
};

/// A clear alert is two bytes; RFC 5246 section 6.2.1 lets a sender split or join them. An
/// encrypted one is never this short.
constexpr std::uint16_t longest_clear_alert = 4;

}  // namespace

struct TlsObserver::State {
  State(ObservationSink& s, const Limits& l, RecordDecryptor* d)
      : sink(s), limits(l), decryptor(d), directions{Direction(l), Direction(l)} {}

  Direction& at(Side side) { return directions[static_cast<std::size_t>(side)]; }

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

  void stop(Direction& direction) {
    direction.stage = Direction::Stage::stopped;
    direction.handshake.clear();
    direction.buffer = {};
  }

  // --- from bytes to records

  void feed(Side from, std::span<const std::uint8_t> bytes);
  void feed_sslv2(Side from, std::span<const std::uint8_t>& bytes);
  void on_sslv2_record(Side from);
  void on_piece(Side from, RecordPiece piece);
  Handling handling_of(const Direction& direction, const RecordPiece& piece) const;
  void on_record_end(Side from, const RecordPiece& last);

  // --- clear records

  void on_handshake_bytes(Side from, RecordPiece piece);
  void on_alert_bytes(Side from, std::span<const std::uint8_t> bytes, bool encrypted);
  void on_change_cipher_spec(Side from);
  void on_heartbeat(Side from);

  // --- encrypted records

  void on_opaque_record(Side from, std::span<const std::uint8_t> payload);
  void on_plaintext(Side from, const Plaintext& plaintext);
  Content likely_now(Side from, const RecordHeader& header) const;
  void report_encrypted(Side from, Content likely);

  // --- handshake messages

  void on_message(Side from, const RawHandshake& message);
  void on_oversized_message(Side from, const RawHandshake& message);
  void on_client_hello(const RawHandshake& message);
  void on_server_hello(const RawHandshake& message);
  void on_certificate(Side from, const RawHandshake& message);
  void on_certificate_request(Side from, const RawHandshake& message);
  template <class T>
  void report_decoded(Side from, const RawHandshake& message, DecodeResult<T>&& decoded);
  void report_violation(Side from, const RawHandshake& message, const DecodeError& error) {
    report_malformed(from, message_name(message.type), error.field,
                     at(from).handshake.offset_of(error.offset));
  }

  bool tls13() const { return is_tls13_like(version); }
  bool is_protected(const Direction& direction) const {
    // The ChangeCipherSpec of TLS 1.3 is for middleboxes only: RFC 8446 appendix D.4. A 0-RTT
    // client sends it before the version is known, and no clear handshake record after it.
    return direction.change_cipher_spec && !tls13();
  }

  // --- the stream's interruptions

  void gap(Side from, std::uint64_t missing);
  void end(Side from);
  std::string_view present_structure(const Direction& direction) const;

  const RecordTail& tail(Side from) {
    Direction& direction = at(from);
    direction.tail.inside_record =
        direction.records.inside_header() || direction.records.inside_payload();
    return direction.tail;
  }

  ObservationSink& sink;
  const Limits& limits;
  RecordDecryptor* decryptor;
  std::array<Direction, 2> directions;

  ProtocolVersion version{};  ///< negotiated; 0 until the ServerHello
  CipherSuite suite{};
  std::vector<std::uint8_t> client_session_id;
  HandshakeProgress progress;
  std::uint32_t observations = 0;
  bool limit_told = false;
};

// ------------------------------------------------------------------------------------------------

void TlsObserver::State::feed(Side from, std::span<const std::uint8_t> bytes) {
  Direction& direction = at(from);
  while (!bytes.empty() && direction.decoding()) {
    if (direction.stage == Direction::Stage::start) {
      direction.stage =
          sslv2::begins_record(bytes.front()) ? Direction::Stage::sslv2 : Direction::Stage::records;
    }
    if (direction.stage == Direction::Stage::sslv2) {
      feed_sslv2(from, bytes);
      continue;
    }
    const auto next = direction.records.next(bytes);
    if (const auto* piece = std::get_if<RecordPiece>(&next)) {
      on_piece(from, *piece);
    } else if (const auto* error = std::get_if<DecodeError>(&next)) {
      report_malformed(from, "record", error->field,
                       direction.records.header_offset() + error->offset);
      stop(direction);
    }
  }
}

void TlsObserver::State::feed_sslv2(Side from, std::span<const std::uint8_t>& bytes) {
  Direction& direction = at(from);
  std::vector<std::uint8_t>& record = direction.buffer;
  const std::uint64_t start = direction.records.offset() - record.size();
  const auto take = [&](std::size_t size) {
    const auto part = bytes.first(std::min(bytes.size(), size - std::min(size, record.size())));
    record.insert(record.end(), part.begin(), part.end());
    bytes = bytes.subspan(part.size());
    direction.records.start_at(start + record.size());
    return record.size() >= size;
  };
  if (!take(sslv2::header_size + 1)) return;

  const sslv2::MessageType type{record[sslv2::header_size]};
  const bool expected = from == Side::client ? type == sslv2::MessageType::client_hello
                                             : type == sslv2::MessageType::server_hello ||
                                                   type == sslv2::MessageType::error;
  if (!expected) {
    report_malformed(from, "record", "type", start);
    return stop(direction);
  }
  if (take(sslv2::record_size(record))) on_sslv2_record(from);
}

void TlsObserver::State::on_sslv2_record(Side from) {
  Direction& direction = at(from);
  const std::vector<std::uint8_t> record = std::exchange(direction.buffer, {});
  const std::uint64_t start = direction.records.offset() - record.size();
  ++direction.tail.records;

  if (from == Side::client) {
    const auto decoded = decode_sslv2_client_hello(record);
    if (const auto* error = std::get_if<DecodeError>(&decoded)) {
      report_malformed(from, "ClientHello", error->field, start + error->offset);
      return stop(direction);
    }
    auto hello = std::make_shared<const ClientHello>(std::get<ClientHello>(decoded));
    direction.hello = true;
    direction.stage = Direction::Stage::records;
    progress.on_client_hello(*hello);
    if (decryptor != nullptr) decryptor->on_client_hello(*hello);
    const bool ssl2_only = hello->legacy_version < ssl3;
    report(from, std::move(hello));
    if (ssl2_only) stop(direction);
    return;
  }

  // SSL 2.0 has been chosen: what follows, on both sides, is no TLS.
  stop(direction);
  if (sslv2::MessageType{record[sslv2::header_size]} == sslv2::MessageType::error) {
    return report_malformed(from, "SSL 2.0 ERROR", "error", start + sslv2::header_size);
  }
  const auto decoded = sslv2::decode_server_hello(record);
  if (const auto* error = std::get_if<DecodeError>(&decoded)) {
    return report_malformed(from, "SSL 2.0 SERVER-HELLO", error->field, start + error->offset);
  }
  const auto& answer = std::get<sslv2::ServerHello>(decoded);
  stop(at(Side::client));
  version = ProtocolVersion{answer.version};
  auto hello = std::make_shared<ServerHello>();
  hello->sslv2_format = true;
  hello->legacy_version = version;
  hello->version = version;
  hello->session_id_echoed = answer.session_id_hit;
  report(from, Shared<ServerHello>(std::move(hello)));
  if (answer.certificate.empty()) return;
  auto certificate = std::make_shared<CertificateMessage>();
  certificate->chain.push_back(answer.certificate);
  report(from, Shared<CertificateMessage>(std::move(certificate)));
}

void TlsObserver::State::on_piece(Side from, RecordPiece piece) {
  Direction& direction = at(from);
  const RecordHeader& header = direction.records.header();
  if (piece.first) direction.handling = handling_of(direction, piece);
  if (header.type == content_type::application_data) {
    direction.tail.application_bytes += piece.bytes.size();
  }

  switch (direction.handling) {
    case Handling::handshake:
      direction.hello = direction.hello || !piece.bytes.empty();
      on_handshake_bytes(from, piece);
      break;
    case Handling::alert:
      on_alert_bytes(from, piece.bytes, false);
      break;
    case Handling::change_cipher_spec:
    case Handling::heartbeat:
      if (piece.first) direction.small_bytes = 0;
      for (const std::uint8_t byte : piece.bytes) {
        if (direction.small_bytes == direction.small.size()) break;
        direction.small[direction.small_bytes++] = byte;
      }
      break;
    case Handling::opaque:
      if (decryptor != nullptr && !(piece.first && piece.last)) {
        direction.buffer.insert(direction.buffer.end(), piece.bytes.begin(), piece.bytes.end());
      }
      break;
    case Handling::lost:
      direction.small_bytes = 0;
      break;
  }
  if (piece.last) on_record_end(from, piece);
}

Handling TlsObserver::State::handling_of(const Direction& direction,
                                         const RecordPiece& piece) const {
  const RecordHeader& header = direction.records.header();
  if (header.type == content_type::alert) {
    return header.length <= longest_clear_alert ? Handling::alert : Handling::opaque;
  }
  if (header.type == content_type::application_data || is_protected(direction)) {
    return Handling::opaque;
  }
  if (header.type == content_type::change_cipher_spec) return Handling::change_cipher_spec;
  if (header.type == content_type::heartbeat) return Handling::heartbeat;
  if (direction.messages_lost) return Handling::opaque;
  if (direction.hello || piece.bytes.empty()) return Handling::handshake;
  // A stream that was not seen from its start may begin with any ciphertext.
  const HandshakeType type{piece.bytes.front()};
  const bool begins = type == handshake_type::client_hello || type == handshake_type::server_hello;
  return begins ? Handling::handshake : Handling::opaque;
}

void TlsObserver::State::on_record_end(Side from, const RecordPiece& last) {
  Direction& direction = at(from);
  const RecordHeader& header = direction.records.header();
  direction.last_decrypted = false;
  switch (direction.handling) {
    case Handling::opaque:
      on_opaque_record(from, last.first ? last.bytes : direction.buffer);
      direction.buffer.clear();
      break;
    case Handling::change_cipher_spec:
      on_change_cipher_spec(from);
      break;
    case Handling::heartbeat:
      on_heartbeat(from);
      break;
    case Handling::handshake:
    case Handling::alert:
    case Handling::lost:
      break;
  }
  ++direction.tail.records;
  std::shift_right(direction.tail.last.begin(), direction.tail.last.end(), 1);
  direction.tail.last.front() = {header.type, header.length};
}

// ------------------------------------------------------------------------------------------------

void TlsObserver::State::on_handshake_bytes(Side from, RecordPiece piece) {
  Direction& direction = at(from);
  while (const auto message = direction.handshake.next(piece)) {
    on_message(from, *message);
    if (direction.messages_lost) return;
  }
}

void TlsObserver::State::on_alert_bytes(Side from, std::span<const std::uint8_t> bytes,
                                        bool encrypted) {
  Direction& direction = at(from);
  for (const std::uint8_t byte : bytes) {
    direction.small[direction.small_bytes++] = byte;
    if (direction.small_bytes < 2) continue;
    direction.small_bytes = 0;
    report(from, Alert{.level = AlertLevel{direction.small[0]},
                       .description = AlertDescription{direction.small[1]},
                       .encrypted = encrypted,
                       .record_version = direction.records.header().version});
  }
}

void TlsObserver::State::on_change_cipher_spec(Side from) {
  Direction& direction = at(from);
  const bool good = direction.records.header().length == 1 && direction.small[0] == 1;
  direction.small_bytes = 0;
  if (!good) {
    return report_malformed(from, "ChangeCipherSpec", "type",
                            direction.records.header_offset() + RecordHeader::size);
  }
  if (direction.handshake.inside_message() && !tls13()) {
    // RFC 5246 section 7.1: it comes between messages.
    report_malformed(from, message_name(direction.handshake.type()), "length",
                     direction.records.header_offset());
    direction.handshake.clear();
  }
  direction.change_cipher_spec = true;
  progress.on_change_cipher_spec(from);
  report(from, ChangeCipherSpec{}, Weight::routine);
}

void TlsObserver::State::on_heartbeat(Side from) {
  // RFC 6520 section 4: type, payload_length, payload, at least 16 bytes of padding.
  constexpr int header_and_padding = 3 + 16;
  Direction& direction = at(from);
  const int payload_length = direction.small[1] << 8 | direction.small[2];
  const bool overrun = direction.small_bytes == direction.small.size() &&
                       payload_length + header_and_padding > direction.records.header().length;
  direction.small_bytes = 0;
  if (overrun) {
    report_malformed(from, "heartbeat", "payload_length",
                     direction.records.header_offset() + RecordHeader::size + 1);
  }
}

// ------------------------------------------------------------------------------------------------

void TlsObserver::State::on_opaque_record(Side from, std::span<const std::uint8_t> payload) {
  Direction& direction = at(from);
  const RecordHeader& header = direction.records.header();
  const bool whole = payload.size() == header.length;
  if (decryptor != nullptr && whole) {
    if (const auto plaintext = decryptor->decrypt(from, header.bytes, payload)) {
      direction.last_decrypted = true;
      return on_plaintext(from, *plaintext);
    }
  }
  if (header.type == content_type::alert) {
    return report(from, Alert{.encrypted = true, .record_version = header.version});
  }
  // Clear messages that cannot be placed after a loss.
  if (header.type == content_type::handshake && direction.messages_lost &&
      !is_protected(direction)) {
    return;
  }
  const bool established = progress.done() && header.type == content_type::application_data;
  if (established && direction.encrypted_records >= limits.encrypted_records) return;
  const Content likely = likely_now(from, header);
  report_encrypted(from, likely);
  report_done(from, progress.on_encrypted_record(from, header.type, likely));
}

Content TlsObserver::State::likely_now(Side from, const RecordHeader& header) const {
  const Content likely = likely_content(version, suite, from, header.type, header.length);
  // Once the handshake is done, data is likelier than a message of the handshake.
  const bool of_handshake = likely != Content::alert && likely != Content::key_update &&
                            likely != Content::application_data;
  return progress.done() && tls13() && of_handshake ? Content::unknown : likely;
}

void TlsObserver::State::report_encrypted(Side from, Content likely) {
  Direction& direction = at(from);
  const RecordHeader& header = direction.records.header();
  const bool among_first = direction.encrypted_records < limits.encrypted_records;
  if (!among_first && header.type == content_type::application_data) return;
  direction.encrypted_records += among_first ? 1 : 0;
  report(from, EncryptedRecord{header.type, header.length, likely}, Weight::routine);
}

void TlsObserver::State::on_plaintext(Side from, const Plaintext& plaintext) {
  Direction& direction = at(from);
  const std::uint64_t record = direction.records.header_offset();
  if (plaintext.type == content_type::handshake) {
    return on_handshake_bytes(from, {.bytes = plaintext.bytes,
                                     .offset = record + RecordHeader::size,
                                     .record = record,
                                     .first = true,
                                     .last = true});
  }
  if (plaintext.type == content_type::alert) return on_alert_bytes(from, plaintext.bytes, true);
  if (plaintext.type == content_type::application_data) {
    report_encrypted(from, Content::application_data);
  }
}

// ------------------------------------------------------------------------------------------------

template <class T>
void TlsObserver::State::report_decoded(Side from, const RawHandshake& message,
                                        DecodeResult<T>&& decoded) {
  if (auto* value = std::get_if<T>(&decoded)) return report(from, std::move(*value));
  if (const auto* error = std::get_if<DecodeError>(&decoded)) {
    report_violation(from, message, *error);
  }
}

void TlsObserver::State::on_message(Side from, const RawHandshake& message) {
  if (message.oversized) return on_oversized_message(from, message);
  switch (message.type.value) {
    case handshake_type::client_hello.value:
      if (from == Side::client) return on_client_hello(message);
      break;
    case handshake_type::server_hello.value:
      if (from == Side::server) return on_server_hello(message);
      break;
    case handshake_type::encrypted_extensions.value:
      return report_decoded(from, message, decode_encrypted_extensions(message.body));
    case handshake_type::certificate.value:
      return on_certificate(from, message);
    case handshake_type::server_key_exchange.value:
      return report_decoded(from, message,
                            decode_server_key_exchange(message.body, version, suite));
    case handshake_type::certificate_request.value:
      return on_certificate_request(from, message);
    case handshake_type::certificate_verify.value:
      return report_decoded(from, message, decode_certificate_verify(message.body, version));
    default:
      break;
  }
  progress.on_message(message.type);
  report(from, HandshakeMessage{message.type, message.length}, Weight::routine);
  if (message.type == handshake_type::finished) {
    if (decryptor != nullptr) decryptor->on_finished(from);
    report_done(from, progress.on_finished(from));
  }
  if (message.type == handshake_type::key_update && decryptor != nullptr) {
    decryptor->on_key_update(from);
  }
}

void TlsObserver::State::on_oversized_message(Side from, const RawHandshake& message) {
  Direction& direction = at(from);
  if (!name(message.type).empty()) {
    return report(from, LimitReached{std::string(message_name(message.type)),
                                     direction.handshake.limit(message.type)});
  }
  // No message of a registered type is this long: a length before it was wrong.
  report_malformed(from, message_name(message.type), "msg_type", direction.handshake.start());
  direction.handshake.clear();
  direction.messages_lost = true;
}

void TlsObserver::State::on_client_hello(const RawHandshake& message) {
  auto decoded = decode_client_hello(message.body);
  if (const auto* error = std::get_if<DecodeError>(&decoded)) {
    return report_violation(Side::client, message, *error);
  }
  auto hello = std::make_shared<ClientHello>(std::get<ClientHello>(std::move(decoded)));
  constexpr std::uint32_t header_size = 4;
  hello->record_version = at(Side::client).records.header().version;
  hello->bytes = header_size + message.length;
  hello->records = static_cast<std::uint16_t>(std::min<std::uint32_t>(message.records, 0xffff));
  client_session_id.assign(hello->session_id.begin(),
                           hello->session_id.begin() + hello->session_id_length);
  progress.on_client_hello(*hello);
  if (decryptor != nullptr) decryptor->on_client_hello(*hello);
  const auto violation = hello->violation;
  report(Side::client, Shared<ClientHello>(std::move(hello)));
  if (violation) report_violation(Side::client, message, *violation);
}

void TlsObserver::State::on_server_hello(const RawHandshake& message) {
  auto decoded = decode_server_hello(message.body);
  if (const auto* error = std::get_if<DecodeError>(&decoded)) {
    return report_violation(Side::server, message, *error);
  }
  auto hello = std::make_shared<ServerHello>(std::get<ServerHello>(std::move(decoded)));
  const auto echo = std::span(hello->session_id).first(hello->session_id_length);
  hello->session_id_echoed = !echo.empty() && std::ranges::equal(echo, client_session_id);
  version = hello->version;
  suite = hello->cipher;
  progress.on_server_hello(*hello);
  if (decryptor != nullptr && !hello->hello_retry_request) decryptor->on_server_hello(*hello);
  const auto violation = hello->violation;
  report(Side::server, Shared<ServerHello>(std::move(hello)));
  if (violation) report_violation(Side::server, message, *violation);
}

void TlsObserver::State::on_certificate(Side from, const RawHandshake& message) {
  auto decoded = decode_certificate(message.body, version, limits.certificates);
  if (const auto* error = std::get_if<DecodeError>(&decoded)) {
    return report_violation(from, message, *error);
  }
  auto& certificate = std::get<Capped<CertificateMessage>>(decoded);
  report(from, std::make_shared<const CertificateMessage>(std::move(certificate.message)));
  if (certificate.cut) report(from, LimitReached{"certificates", limits.certificates});
}

void TlsObserver::State::on_certificate_request(Side from, const RawHandshake& message) {
  auto decoded = decode_certificate_request(message.body, version, limits.authorities);
  if (const auto* error = std::get_if<DecodeError>(&decoded)) {
    return report_violation(from, message, *error);
  }
  auto& request = std::get<Capped<CertificateRequest>>(decoded);
  report(from, std::make_shared<const CertificateRequest>(std::move(request.message)));
  if (request.cut) report(from, LimitReached{"authorities", limits.authorities});
}

// ------------------------------------------------------------------------------------------------

void TlsObserver::State::gap(Side from, std::uint64_t missing) {
  Direction& direction = at(from);
  if (!direction.decoding()) return;
  const bool inside_payload =
      direction.stage == Direction::Stage::records && direction.records.inside_payload();
  const bool clear = inside_payload && direction.handling != Handling::opaque;
  if (!inside_payload || clear) report_incomplete(from, present_structure(direction), missing);
  const auto piece = inside_payload ? direction.records.skip(missing) : std::nullopt;
  if (!piece) {
    if (inside_payload && !clear) report_incomplete(from, "record", missing);
    return stop(direction);
  }
  if (direction.records.header().type == content_type::application_data) {
    direction.tail.application_bytes += missing;
  }
  if (clear) {
    if (direction.handling == Handling::handshake && !direction.handshake.lose(missing)) {
      direction.handshake.clear();
      direction.messages_lost = true;
    }
    direction.handling = Handling::lost;
  }
  on_piece(from, *piece);
}

/// What the direction stands in the middle of; "record" when between two.
std::string_view TlsObserver::State::present_structure(const Direction& direction) const {
  if (direction.stage == Direction::Stage::sslv2) return "ClientHello";
  if (direction.handshake.inside_message()) return message_name(direction.handshake.type());
  if (direction.records.inside_payload() && direction.handling == Handling::alert) return "alert";
  return direction.records.inside_header() ? "record header" : "record";
}

void TlsObserver::State::end(Side from) {
  Direction& direction = at(from);
  if (!direction.decoding()) return;
  const RecordReader& records = direction.records;
  const bool message_cut =
      direction.handshake.inside_message() && !direction.handshake.lost_bytes();
  const bool alert_cut = direction.handling == Handling::alert && direction.small_bytes != 0;
  if (direction.stage == Direction::Stage::sslv2) {
    report_incomplete(from, present_structure(direction), 0);
  } else if (message_cut) {
    report_incomplete(from, present_structure(direction), direction.handshake.missing());
  } else if (records.inside_header() || records.inside_payload() || alert_cut) {
    report_incomplete(from, present_structure(direction), alert_cut ? 1 : records.remaining());
  } else if (tls13() && !direction.last_decrypted) {
    const RecordTail::Record last = direction.tail.last.front();
    if (last.type == content_type::application_data &&
        likely_content(version, suite, from, last.type, last.length) == Content::alert) {
      report(from, Alert{.encrypted = true, .inferred = true, .record_version = tls12});
    }
  }
  stop(direction);
}

// ------------------------------------------------------------------------------------------------

TlsObserver::TlsObserver(ObservationSink& sink, const Limits& limits, RecordDecryptor* decryptor)
    : state_(std::make_unique<State>(sink, limits, decryptor)) {}
TlsObserver::~TlsObserver() = default;
TlsObserver::TlsObserver(TlsObserver&&) noexcept = default;
TlsObserver& TlsObserver::operator=(TlsObserver&&) noexcept = default;

void TlsObserver::start_at(Side from, std::uint64_t offset) {
  state_->at(from).records.start_at(offset);
}

void TlsObserver::feed(Side from, std::span<const std::uint8_t> bytes) {
  state_->feed(from, bytes);
}

void TlsObserver::gap(Side from, std::uint64_t missing) { state_->gap(from, missing); }

void TlsObserver::end(Side from, StreamEnd) { state_->end(from); }

const RecordTail& TlsObserver::tail(Side from) const { return state_->tail(from); }

std::uint32_t TlsObserver::observations() const { return state_->observations; }

}  // namespace legible::parser
