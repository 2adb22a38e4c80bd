#include "parser/handshake_progress.hpp"

#include "parser/handshake_messages.hpp"

namespace legible::parser {
namespace {

std::size_t index(Side side) { return static_cast<std::size_t>(side); }

}  // namespace

void HandshakeProgress::on_client_hello(const ClientHello& hello) {
  early_data_ = hello.early_data;
}

void HandshakeProgress::on_server_hello(const ServerHello& hello) {
  tls13_ = is_tls13_like(hello.version);
  psk_ = hello.psk_selected;
}

void HandshakeProgress::on_message(HandshakeType type) {
  if (type == handshake_type::server_hello_done) server_hello_done_ = true;
}

void HandshakeProgress::on_change_cipher_spec(Side from) {
  changed_cipher_[index(from)] = true;
  if (from == Side::server && !changed_cipher_[index(Side::client)]) abbreviated_ = true;
}

std::optional<HandshakeDone> HandshakeProgress::on_encrypted_record(Side from, ContentType type,
                                                                    Content likely) {
  if (done_) return std::nullopt;
  if (tls13_) {
    if (type != content_type::application_data) return std::nullopt;
    return on_tls13_record(from, likely);
  }
  if (type != content_type::handshake || !changed_cipher_[index(from)]) return std::nullopt;
  return on_finished(from);
}

std::optional<HandshakeDone> HandshakeProgress::on_finished(Side from) {
  finished_[index(from)] = true;
  const bool both = finished_[index(Side::client)] && finished_[index(Side::server)];
  // In TLS 1.3 the client's Finished answers the server's.
  if (both || (tls13_ && from == Side::client)) return complete(false);
  return std::nullopt;
}

std::optional<HandshakeDone> HandshakeProgress::on_tls13_record(Side from, Content likely) {
  if (likely == Content::alert || likely == Content::alert_or_empty_certificate) {
    return std::nullopt;
  }
  if (from == Side::server) {
    server_flight_ = true;
    // A client that answered with records of unknown lengths, and was not refused.
    return client_answered_ ? complete(true) : std::nullopt;
  }
  if (!server_flight_) return std::nullopt;
  if (likely == Content::finished || likely == Content::empty_certificate_and_finished) {
    return complete(true);
  }
  if (likely == Content::end_of_early_data) {
    early_data_ = false;
  } else if (!early_data_) {
    client_answered_ = true;
  }
  return std::nullopt;
}

std::optional<HandshakeDone> HandshakeProgress::complete(bool inferred) {
  if (done_) return std::nullopt;
  done_ = true;
  const bool resumed = tls13_ ? psk_ : abbreviated_ && !server_hello_done_;
  return HandshakeDone{.inferred = inferred, .resumed = resumed};
}

}  // namespace legible::parser
