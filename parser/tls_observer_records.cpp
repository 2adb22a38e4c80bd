// TlsObserver: what each record is, and the records that are no handshake messages.

#include "parser/record_content.hpp"
#include "parser/tls_observer_state.hpp"

namespace legible::parser {
namespace {

/// A clear alert is two bytes; RFC 5246 section 6.2.1 lets a sender split or join them. An
/// encrypted one is never this short.
constexpr std::uint16_t longest_clear_alert = 4;

/// RFC 8446 sections 5.1 and 5.2: the longest content of a record, and the longest protected one.
constexpr std::size_t longest_content = 16384;
constexpr std::size_t longest_ciphertext = longest_content + 256;

}  // namespace

void TlsObserver::State::on_piece(Side from, RecordPiece piece) {
  TlsDirection& direction = at(from);
  const RecordHeader& header = direction.records.header();
  if (piece.first) {
    direction.handling = handling_of(direction, piece);
    check_header(from, header);
    if (direction.handling == Handling::opaque && decryptor != nullptr &&
        decryptor->skip(from, header.bytes)) {
      direction.handling = Handling::skipped;
      direction.buffer = {};
    }
  }
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
    case Handling::skipped:
      break;
    case Handling::lost:
      direction.small_bytes = 0;
      break;
  }
  if (piece.last) on_record_end(from, piece);
}

/// What the header cannot say here, by the keys in force.
void TlsObserver::State::check_header(Side from, const RecordHeader& header) {
  TlsDirection& direction = at(from);
  const std::uint64_t start = direction.records.header_offset();
  const bool clear = direction.handling == Handling::handshake;
  const bool sealed = tls13() && header.type == content_type::application_data;
  if ((clear && header.length > longest_content) ||
      (sealed && header.length > longest_ciphertext)) {
    report_malformed(from, "record", "length", start + 3);
  }
  // RFC 8446 sections 2 and 5: messages behind the ServerHello are protected, and a
  // ChangeCipherSpec may come until the Finished.
  const bool late_change =
      direction.handling == Handling::change_cipher_spec && direction.finished && tls13();
  // RFC 8446 section 5.1: no record of another type stands between those of one message.
  const bool between = direction.handshake.inside_message() && !is_protected(direction) &&
                       !keys_agreed && header.type == content_type::application_data;
  if ((clear && keys_agreed) || late_change || between) {
    report_malformed(from, "record", "place", start);
    direction.handling = Handling::lost;
  }
}

Handling TlsObserver::State::handling_of(const TlsDirection& direction,
                                         const RecordPiece& piece) const {
  const RecordHeader& header = direction.records.header();
  if (header.type == content_type::alert) {
    return header.length <= longest_clear_alert ? Handling::alert : Handling::opaque;
  }
  if (header.type == content_type::application_data) return Handling::opaque;
  if (is_protected(direction)) {
    return is_second_hello(header, piece) ? Handling::handshake : Handling::opaque;
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

/// Where the server's answer was not seen, a ClientHello after a ChangeCipherSpec tells that there
/// was a HelloRetryRequest: RFC 8446 appendix D.4. A Finished, the other record that may come
/// there, is shorter.
bool TlsObserver::State::is_second_hello(const RecordHeader& header,
                                         const RecordPiece& piece) const {
  constexpr std::uint16_t longest_finished = 96;
  return version == ProtocolVersion{} && header.type == content_type::handshake &&
         header.length > longest_finished && !piece.bytes.empty() &&
         HandshakeType{piece.bytes.front()} == handshake_type::client_hello;
}

void TlsObserver::State::on_record_end(Side from, const RecordPiece& last) {
  TlsDirection& direction = at(from);
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
    case Handling::skipped:
      direction.last_decrypted = true;
      report_encrypted(from, Content::application_data);
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

void TlsObserver::State::on_alert_bytes(Side from, std::span<const std::uint8_t> bytes,
                                        bool encrypted) {
  TlsDirection& direction = at(from);
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
  TlsDirection& direction = at(from);
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
  TlsDirection& direction = at(from);
  const int payload_length = direction.small[1] << 8 | direction.small[2];
  const bool overrun = direction.small_bytes == direction.small.size() &&
                       payload_length + header_and_padding > direction.records.header().length;
  direction.small_bytes = 0;
  if (overrun) {
    report_malformed(from, "heartbeat", "payload_length",
                     direction.records.header_offset() + RecordHeader::size + 1);
  }
}

void TlsObserver::State::on_opaque_record(Side from, std::span<const std::uint8_t> payload) {
  TlsDirection& direction = at(from);
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
  direction.rounded = direction.rounded && is_rounded(suite_traits, header.length);
  const bool established = progress.done() && header.type == content_type::application_data;
  if (established && direction.encrypted_records >= limits.encrypted_records) return;
  const Content likely = likely_now(from, header);
  report_encrypted(from, likely);
  report_done(from, progress.on_encrypted_record(from, header.type, likely));
}

Content TlsObserver::State::likely_now(Side from, const RecordHeader& header) {
  const Content likely =
      likely_content(version, suite_traits, from, header.type, header.length, at(from).rounded);
  // Once the handshake is done, data is likelier than a message of the handshake.
  const bool of_handshake = likely != Content::alert && likely != Content::key_update &&
                            likely != Content::alert_or_empty_certificate &&
                            likely != Content::application_data;
  return progress.done() && tls13() && of_handshake ? Content::unknown : likely;
}

void TlsObserver::State::report_encrypted(Side from, Content likely) {
  TlsDirection& direction = at(from);
  const RecordHeader& header = direction.records.header();
  const bool among_first = direction.encrypted_records < limits.encrypted_records;
  if (!among_first && header.type == content_type::application_data) return;
  direction.encrypted_records += among_first ? 1 : 0;
  report(from, EncryptedRecord{header.type, header.length, likely}, Weight::routine);
}

void TlsObserver::State::on_plaintext(Side from, const Plaintext& plaintext) {
  TlsDirection& direction = at(from);
  const std::uint64_t record = direction.records.header_offset();
  check_content(from, plaintext);
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

/// RFC 8446 sections 5.1 and 5.4, RFC 5246 section 6.2.1.
void TlsObserver::State::check_content(Side from, const Plaintext& plaintext) {
  const std::uint64_t start = at(from).records.header_offset();
  const bool known = plaintext.type == content_type::alert ||
                     plaintext.type == content_type::handshake ||
                     plaintext.type == content_type::application_data;
  if (tls13() && !known) return report_malformed(from, "record", "inner type", start);
  if (plaintext.bytes.size() > longest_content) {
    return report_malformed(from, "record", "length", start + 3);
  }
  if (plaintext.bytes.empty() && plaintext.type != content_type::application_data) {
    report_malformed(from, "record", "fragment", start + RecordHeader::size);
  }
}

}  // namespace legible::parser
