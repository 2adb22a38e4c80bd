#include "proxy/diagnosis/facts.hpp"

#include <algorithm>

#include "parser/handshake_messages.hpp"
#include "parser/protocol_detector.hpp"

namespace legible::proxy::diagnosis {
namespace {

/// TLS 1.3: a server's encrypted flight below this size has no certificate in it.
constexpr std::uint64_t smallest_certificate_flight = 500;

}  // namespace

bool SideFacts::plain_text() const {
  if (!first_bytes) return false;
  switch (first_bytes->protocol) {
    case parser::Protocol::tls:
    case parser::Protocol::sslv2_hello:
    case parser::Protocol::silent:
      return false;
    default:
      return true;
  }
}

bool SideFacts::has_warning(int number) const {
  return std::ranges::find(alerts, number) != alerts.end();
}

const certs::Certificate* SideFacts::leaf() const {
  return chain && !chain->empty() ? &chain->front() : nullptr;
}

const Chain* Facts::judged_chain() const {
  return minted && minted->original ? minted->original.get() : server().chain.get();
}

bool Facts::tls13() const { return server_hello && parser::is_tls13_like(server_hello->version); }

std::optional<parser::ProtocolVersion> Facts::version() const {
  if (!server_hello) return std::nullopt;
  return server_hello->version;
}

bool Facts::server_certificate_delivered() const {
  if (server().certificate == CertificateState::sent) return true;
  return tls13() && !server_hello->psk_selected &&
         server().early_encrypted_bytes >= smallest_certificate_flight;
}

bool Facts::server_flight_complete() const {
  if (!server_hello) return false;
  if (tls13()) {
    return server().finished || server().early_encrypted_bytes >= smallest_certificate_flight;
  }
  return server_hello_done || server().finished;
}

bool Facts::client_begins_without_hello() const {
  const auto& first = client().first_bytes;
  return first && first->protocol == parser::Protocol::tls &&
         parser::begins_without_hello(std::span(first->bytes).first(first->count));
}

bool Facts::client_flight_begun() const {
  if (client().certificate != CertificateState::none_seen || client_key_exchange ||
      client().finished) {
    return true;
  }
  if (!server_hello) return false;
  return tls13() ? client().early_encrypted_bytes > 0 : client().change_cipher_spec;
}

}  // namespace legible::proxy::diagnosis
