// TlsObserver: whole handshake messages, in clear or decrypted.

#include <utility>

#include "parser/iana_tables.hpp"
#include "parser/tls_observer_state.hpp"

namespace legible::parser {

void TlsObserver::State::on_handshake_bytes(Side from, RecordPiece piece) {
  TlsDirection& direction = at(from);
  while (const auto message = direction.handshake.next(piece)) {
    on_message(from, *message);
    if (direction.messages_lost) {
      direction.handling = Handling::lost;
      return;
    }
  }
}

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
  if (is_beyond_limit(from, message)) return on_other_message(from, message);
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
  on_other_message(from, message);
}

/// Kept as long as the connection lasts, messages of tolerable length may be too many.
bool TlsObserver::State::is_beyond_limit(Side from, const RawHandshake& message) {
  const std::uint64_t before = std::exchange(handshake_bytes, handshake_bytes + message.length);
  // However long a hello may be, it leaves room for the others.
  const std::uint64_t most = std::uint64_t{limits.handshake_bytes} + limits.client_hello_bytes;
  const bool beyond = handshake_bytes > most;
  if (beyond && before <= most) {
    report(from, LimitReached{"handshake messages", most});
  }
  return beyond;
}

void TlsObserver::State::on_other_message(Side from, const RawHandshake& message) {
  progress.on_message(message.type);
  report(from, HandshakeMessage{message.type, message.length}, Weight::routine);
  if (message.type == handshake_type::finished) {
    // RFC 5246 section 7.4.9, RFC 8446 section 4.4.4.
    constexpr std::uint32_t tls12_length = 12;
    const std::uint32_t length = tls13() ? suite_traits.hash_bytes : tls12_length;
    if (version >= tls12 && message.length != length) {
      report_violation(from, message, {"verify_data", 0});
    }
    at(from).finished = true;
    if (decryptor != nullptr) decryptor->on_finished(from);
    report_done(from, progress.on_finished(from));
  }
  if (message.type == handshake_type::key_update) {
    // RFC 8446 section 4.6.3.
    if (message.length != 1 || message.body[0] > 1) {
      report_violation(from, message, {"request_update", 0});
    }
    if (decryptor != nullptr) decryptor->on_key_update(from);
  }
}

void TlsObserver::State::on_oversized_message(Side from, const RawHandshake& message) {
  TlsDirection& direction = at(from);
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
  hello->record_version = at(Side::client).records.header().version;
  hello->bytes = message.length + HandshakeReader::header_size;
  hello->records = static_cast<std::uint16_t>(std::min<std::uint32_t>(message.records, 0xffff));
  client_hello = hello;
  progress.on_client_hello(*hello);
  if (decryptor != nullptr) decryptor->on_client_hello(*hello);
  report(Side::client, client_hello);
  // A renegotiation's hello says more than a first one may: RFC 5746 section 3.5.
  if (hello->violation && !progress.done()) {
    report_violation(Side::client, message, *hello->violation);
  }
}

void TlsObserver::State::on_server_hello(const RawHandshake& message) {
  auto decoded = decode_server_hello(message.body);
  if (const auto* error = std::get_if<DecodeError>(&decoded)) {
    return report_violation(Side::server, message, *error);
  }
  auto hello = std::make_shared<ServerHello>(std::get<ServerHello>(std::move(decoded)));
  if (const Shared<ClientHello> asked = std::exchange(client_hello, nullptr)) {
    hello->session_id_echoed = asked->session_id_length != 0 &&
                               asked->session_id_length == hello->session_id_length &&
                               asked->session_id == hello->session_id;
  }
  version = hello->version;
  keys_agreed = tls13() && !hello->hello_retry_request;
  suite = hello->cipher;
  suite_traits = traits(suite);
  progress.on_server_hello(*hello);
  if (decryptor != nullptr && !hello->hello_retry_request) decryptor->on_server_hello(*hello);
  report(Side::server, Shared<ServerHello>(hello));
  if (hello->violation) report_violation(Side::server, message, *hello->violation);
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

}  // namespace legible::parser
