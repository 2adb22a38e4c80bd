#include "proxy/diagnosis/admissibility.hpp"

#include "proxy/diagnosis/record_sizes.hpp"

namespace legible::proxy::diagnosis {
namespace {

constexpr bool between(Cause cause, Cause first, Cause last) {
  return cause >= first && cause <= last;
}

bool hello_was_refused(const Situation& s) { return s.facts.hello && !s.facts.server_hello; }

bool resumption_was_offered(const Facts& facts) {
  if (!facts.hello) return false;
  const bool chosen = facts.server_hello && facts.server_hello->psk_selected;
  return facts.hello->session_id_length > 0 || facts.hello->session_ticket_length > 0 ||
         facts.hello->psk_identities > 0 || chosen;
}

/// The server began a second handshake, up to TLS 1.2: it is encrypted, and its usual reason is a
/// CertificateRequest.
bool asked_by_renegotiation(const Facts& facts) {
  return facts.renegotiation_by == Leg::server && facts.renegotiation_answered;
}

bool client_certificate_in_play(const Facts& facts) {
  return facts.client_certificate_asked() || asked_by_renegotiation(facts);
}

/// A server may be the first to close when it was told that the client leaves.
bool client_left(const Situation& s) {
  return s.client_closed() || s.primary.client_had_left ||
         (s.server_closed() && only_said_quit(s.facts));
}

}  // namespace

bool admissible(Cause cause, const Situation& s) {
  const Facts& facts = s.facts;
  if (between(cause, Cause::server_cert_untrusted_ca, Cause::server_cert_rejected)) {
    return facts.server_certificate_delivered() && client_left(s);
  }
  if (between(cause, Cause::client_cert_missing, Cause::client_cert_sigalg_mismatch)) {
    const bool empty = facts.client().certificate_empty() || asked_by_renegotiation(facts);
    return client_certificate_in_play(facts) && empty && s.server_closed();
  }
  if (cause == Cause::client_cert_refused_by_app) return facts.client_certificate_asked();
  if (between(cause, Cause::client_cert_untrusted_ca, Cause::client_cert_rejected)) {
    return client_certificate_in_play(facts) && s.server_closed();
  }
  switch (cause) {
    case Cause::proxy_cert_untrusted:
      return facts.minted && facts.server_certificate_delivered() && client_left(s);
    case Cause::proxy_no_client_cert:
      return s.proxy_plays(Leg::client) && client_certificate_in_play(facts);
    case Cause::no_shared_version:
      return facts.hello && (!facts.server_hello || s.client_closed());
    case Cause::no_shared_cipher:
      return hello_was_refused(s) || facts.http2_given_up;
    case Cause::no_shared_group:
    case Cause::no_shared_sigalg:
      // Some servers notice only after their ServerHello that nothing fits their key.
      return facts.hello && (!facts.server_hello || s.server_closed());
    case Cause::sni_missing:
      return facts.hello && facts.hello->sni_state == parser::SniState::absent;
    case Cause::sni_unrecognised:
    case Cause::sni_warning_not_tolerated:
    case Cause::alpn_mismatch:  // also for want of one
      return facts.hello != nullptr;
    case Cause::plain_http_to_tls:
    case Cause::plain_other_to_tls:
      return facts.client().plain_text();
    case Cause::proxy_header_to_tls:
      return facts.client().plain_text() || (facts.connected && facts.connected->announced);
    case Cause::tls_to_plain_http:
    case Cause::tls_to_starttls_service:
    case Cause::tls_to_ssh:
      return facts.server().plain_text();
    // Whoever speaks no TLS may say nothing at all.
    case Cause::tls_to_other_plain:
      return facts.server().plain_text() || !facts.server().first_bytes;
    case Cause::late_client_auth_impossible:
    case Cause::renegotiation_refused:
      return facts.both_finished();
    case Cause::early_data_to_old_server:
    case Cause::early_data_rejected:
      return facts.hello && facts.hello->early_data;
    case Cause::resumption_failed:
      return resumption_was_offered(facts);
    case Cause::large_client_hello_blocked:
      return facts.hello && s.history.largest_successful_hello > 0;
    case Cause::clock_skew:
      return facts.server_certificate_delivered() || facts.client().certificate_sent();
    default:
      return true;
  }
}

}  // namespace legible::proxy::diagnosis
