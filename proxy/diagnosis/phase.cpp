#include "proxy/diagnosis/phase.hpp"

namespace legible::proxy::diagnosis {
namespace {

/// Until the server shows that it accepted the client's certificate: in TLS 1.2 by its own
/// ChangeCipherSpec, in TLS 1.3 by a ticket or data after the client's Finished.
bool client_certificate_pending(const Facts& facts, Scope scope) {
  // The proxy in a server's place refuses none.
  if (scope == Scope::client_leg && facts.both_finished()) return false;
  if (facts.client().certificate == CertificateState::none_seen) return false;
  return facts.tls13() ? !facts.server_answered_finished : !facts.server().change_cipher_spec;
}

Phase after_server_flight(const Facts& facts, Scope scope) {
  if (client_certificate_pending(facts, scope)) return Phase::client_auth;
  if (facts.both_finished()) {
    const bool both = facts.client().application_data && facts.server().application_data;
    return both ? Phase::established : Phase::post_handshake;
  }
  if (facts.client_flight_begun() && !facts.tls13()) return Phase::key_exchange;
  return Phase::server_auth;
}

}  // namespace

Phase phase_of(const Facts& facts, Scope scope) {
  if (facts.connect_failed) return Phase::server_connect;
  if (facts.renegotiation_by && !facts.renegotiation_done()) return Phase::renegotiation;
  if (!facts.hello) return Phase::pre_hello;
  if (!facts.server_hello) return facts.hello_retry ? Phase::hello_retry : Phase::client_hello;
  if (!facts.server_flight_complete() && !facts.client_flight_begun()) return Phase::server_hello;
  return after_server_flight(facts, scope);
}

}  // namespace legible::proxy::diagnosis
