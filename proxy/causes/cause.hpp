#pragma once
// Why a connection ended: the stable ids, and what is known of each. One table
// (proxy/causes/cause_table.cpp) feeds the verdicts' hints, `legible explain` and docs/verdicts.md.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace legible::proxy {

enum class Cause : std::uint8_t {
  none,  ///< nothing failed
  tcp_refused,
  tcp_connect_timeout,
  name_not_resolved,
  upstream_proxy_unreachable,
  upstream_proxy_silent,
  upstream_proxy_refused,
  upstream_proxy_auth_required,
  server_silent,
  server_drops_hello,
  client_silent,
  tcp_health_check,
  tls_health_check,
  obsolete_health_check,
  scanner_probe,
  client_satisfied,
  plain_http_to_tls,
  plain_other_to_tls,
  proxy_header_to_tls,
  proxy_header_missing,
  tls_to_plain_http,
  tls_to_starttls_service,
  tls_to_ssh,
  tls_to_other_plain,
  starttls_not_offered,
  starttls_refused,
  tls_required,
  sslv2_format_hello,
  no_shared_version,
  version_intolerance,
  inappropriate_fallback,
  version_downgrade_detected,
  no_shared_cipher,
  no_shared_group,
  no_shared_sigalg,
  weak_dh_refused,
  ems_required,
  compression_unacceptable,
  hello_malformed,
  hello_retry_failed,
  large_client_hello_blocked,
  fragmented_hello_refused,
  sni_missing,
  sni_unrecognised,
  sni_warning_not_tolerated,
  sni_malformed,
  alpn_mismatch,
  server_cert_untrusted_ca,
  server_cert_self_signed,
  server_cert_missing_intermediate,
  server_cert_expired,
  server_cert_not_yet_valid,
  server_chain_expired_ca,
  server_cert_name_mismatch,
  server_cert_wrong_usage,
  server_cert_weak,
  server_cert_v1,
  server_chain_not_ca,
  server_chain_too_long,
  server_cert_revoked,
  server_revocation_unknown,
  server_staple_missing,
  server_cert_key_mismatch,
  server_cert_pinned,
  server_cert_rejected,
  clock_skew,
  client_cert_missing,
  client_cert_no_ca_match,
  client_cert_empty_ca_list,
  client_cert_sigalg_mismatch,
  client_cert_untrusted_ca,
  client_cert_self_signed,
  client_cert_missing_intermediate,
  client_cert_expired,
  client_cert_wrong_usage,
  client_cert_weak,
  client_cert_v1,
  client_cert_revoked,
  client_cert_bad_proof,
  client_cert_refused_by_app,
  client_cert_rejected,
  late_client_auth_impossible,
  renegotiation_refused,
  unsafe_legacy_renegotiation,
  early_data_rejected,
  early_data_to_old_server,
  resumption_failed,
  psk_mismatch,
  record_corrupted,
  handshake_altered,
  record_overflow,
  protocol_violation,
  internal_error,
  truncated_close,
  reset_after_close,
  idle_timeout,
  stale_connection,
  proxy_cert_untrusted,
  proxy_no_client_cert,
  proxy_auth_required,
  proxy_policy,
  proxy_limit,
  unknown,
};

/// Who can mend it.
enum class FixAt : std::uint8_t { client, server, both, network, proxy, nobody };

/// A line that a stack's own log or a setting of it is known by.
struct StackNote {
  std::string_view stack;  ///< "JSSE", "IAIK/webMethods", "DataPower", "OpenSSL", "nginx", ...
  std::string_view text;
};

/// All that is known of a cause. Texts are plain sentences in English; empty ones have nothing to
/// say.
struct CauseInfo {
  Cause cause{};
  std::string_view id{};  ///< "server-cert-expired"
  FixAt fix_at = FixAt::nobody;
  bool benign = false;       ///< a connection that ended for it has the outcome `ok`
  std::string_view title{};  ///< a clause that follows "the CLIENT closed: ", or stands alone
  std::string_view meaning{};
  std::string_view looks_like{};   ///< on the wire
  std::string_view client_hint{};  ///< what to do on the client's side
  std::string_view server_hint{};
  std::string_view proxy_hint{};
  std::span<const StackNote> client_settings{};
  std::span<const StackNote> server_settings{};
  std::span<const StackNote> client_logs{};  ///< what the client's own log probably says
  std::span<const StackNote> server_logs{};
};

/// All causes, in the order of the enumeration.
std::span<const CauseInfo> all_causes();
const CauseInfo& describe(Cause cause);
std::string_view id(Cause cause);
std::optional<Cause> cause_from_id(std::string_view id);

}  // namespace legible::proxy
