#include "parser/tls_observer.hpp"

#include "parser/record_content.hpp"
#include "parser/sslv2.hpp"
#include "parser/tls_observer_state.hpp"

namespace legible::parser {

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

void TlsObserver::stop_decrypting() { state_->decryptor = nullptr; }

const RecordTail& TlsObserver::tail(Side from) const { return state_->tail(from); }

std::uint32_t TlsObserver::observations() const { return state_->observations; }

void TlsObserver::State::feed(Side from, std::span<const std::uint8_t> bytes) {
  TlsDirection& direction = at(from);
  while (!bytes.empty() && direction.decoding()) {
    if (direction.stage == TlsDirection::Stage::start) {
      direction.stage = sslv2::begins_record(bytes.front()) ? TlsDirection::Stage::sslv2
                                                            : TlsDirection::Stage::records;
    }
    if (direction.stage == TlsDirection::Stage::sslv2) {
      feed_sslv2(from, bytes);
      continue;
    }
    const auto next = direction.records.next(bytes);
    if (const auto* piece = std::get_if<RecordPiece>(&next)) {
      on_piece(from, *piece);
    } else if (const auto* error = std::get_if<DecodeError>(&next)) {
      report_alert_at_end(from);  // some servers (ProFTPD) go on in clear behind it
      report_malformed(from, "record", error->field,
                       direction.records.header_offset() + error->offset);
      stop(direction);
    }
  }
}

void TlsObserver::State::gap(Side from, std::uint64_t missing) {
  TlsDirection& direction = at(from);
  if (!direction.decoding()) return;
  if (!direction.inside_payload()) {
    report_incomplete(from, present_structure(direction), missing);
    return stop(direction);
  }
  if (direction.records.at_payload_start()) direction.handling = handling_of(direction, {});
  const bool clear = direction.handling != Handling::opaque;
  if (clear) report_incomplete(from, present_structure(direction), missing);
  auto piece = direction.records.skip(missing);
  if (!piece) {
    if (!clear) report_incomplete(from, "record", missing);
    return stop(direction);
  }
  if (direction.records.header().type == content_type::application_data) {
    direction.tail.application_bytes += missing;
  }
  if (direction.handling == Handling::handshake && !direction.handshake.lose(missing)) {
    direction.handshake.clear();
    direction.messages_lost = true;
    direction.handling = Handling::lost;
  } else if (clear && direction.handling != Handling::handshake) {
    direction.handling = Handling::lost;
  }
  piece->first = false;
  on_piece(from, *piece);
}

/// What the direction stands in the middle of; "record" when between two.
std::string_view TlsObserver::State::present_structure(const TlsDirection& direction) const {
  if (direction.stage == TlsDirection::Stage::sslv2) return "ClientHello";
  if (direction.handshake.inside_message()) return message_name(direction.handshake.type());
  if (direction.records.inside_header()) return "record header";
  const bool alert =
      direction.inside_payload() && direction.records.header().type == content_type::alert;
  return alert || direction.inside_alert() ? "alert" : "record";
}

void TlsObserver::State::end(Side from) {
  TlsDirection& direction = at(from);
  if (!direction.decoding()) return;
  const HandshakeReader& handshake = direction.handshake;
  const RecordReader& records = direction.records;
  const std::string_view structure = present_structure(direction);
  if (direction.stage == TlsDirection::Stage::sslv2) {
    report_incomplete(from, structure, 0);
  } else if (handshake.inside_message() && !handshake.lost_bytes()) {
    report_incomplete(from, structure, handshake.missing());
  } else if (records.inside_header() || records.inside_payload()) {
    report_incomplete(from, structure, records.remaining());
  } else if (direction.inside_alert()) {
    report_incomplete(from, structure, 1);
  } else {
    report_alert_at_end(from);
  }
  stop(direction);
}

/// No record follows the one that was read last.
void TlsObserver::State::report_alert_at_end(Side from) {
  if (!ends_with_encrypted_alert(from)) return;
  report(from, Alert{.encrypted = true, .inferred = true, .record_version = tls12});
}

bool TlsObserver::State::ends_with_encrypted_alert(Side from) {
  const TlsDirection& direction = at(from);
  const RecordTail::Record last = direction.tail.last.front();
  if (!tls13() || direction.last_decrypted || last.type != content_type::application_data) {
    return false;
  }
  // What its key does not open is broken, and no alert.
  if (decryptor != nullptr && decryptor->has_key(from)) return false;
  const Content likely =
      likely_content(version, suite_traits, from, last.type, last.length, direction.rounded);
  return likely == Content::alert || likely == Content::alert_or_empty_certificate;
}

}  // namespace legible::parser
