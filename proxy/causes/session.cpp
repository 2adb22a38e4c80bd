// Causes in the session itself: renegotiation, resumption, records, endings, the proxy.

#include "proxy/causes/families.hpp"

namespace legible::proxy {
namespace {

constexpr StackNote renegotiation_settings[] = {
    {"JSSE", "jdk.tls.rejectClientInitiatedRenegotiation"},
    {"Go", "tls.Config.Renegotiation"},
};
constexpr StackNote renegotiation_logs[] = {
    {"OpenSSL", "no renegotiation"},
    {"JSSE", "Received alert: no_renegotiation"},
};
constexpr StackNote unsafe_renegotiation_settings[] = {
    {"OpenSSL", "stopgap: Options = UnsafeLegacyServerConnect"},
    {"JSSE",
     "stopgap: sun.security.ssl.allowLegacyHelloMessages=true (its default), and for a second "
     "handshake sun.security.ssl.allowUnsafeRenegotiation=true"},
};
constexpr StackNote unsafe_renegotiation_logs[] = {
    {"OpenSSL", "unsafe legacy renegotiation disabled"},
};
constexpr StackNote early_data_settings[] = {
    {"nginx", "ssl_early_data off;"},
};
constexpr StackNote session_settings[] = {
    {"nginx", "ssl_session_ticket_key shared among nodes"},
    {"HAProxy", "tls-ticket-keys shared among nodes"},
};
constexpr StackNote bad_mac_logs[] = {
    {"OpenSSL", "decryption failed or bad record mac"},
    {"JSSE", "Received fatal alert: bad_record_mac"},
};
constexpr StackNote altered_logs[] = {
    {"OpenSSL", "digest check failed, or decryption failed or bad record mac"},
    {"JSSE", "The Finished message cannot be verified."},
};
constexpr StackNote overflow_logs[] = {
    {"OpenSSL", "packet length too long, or wrong version number"},
    {"NSS", "SSL_ERROR_RX_RECORD_TOO_LONG"},
};
constexpr StackNote internal_server_logs[] = {
    {"OpenSSL", "the first error of the same second: key, engine or memory"},
    {"JSSE", "SSLException: internal_error, with a cause below it"},
};
constexpr StackNote truncation_settings[] = {
    {"OpenSSL", "SSL_OP_IGNORE_UNEXPECTED_EOF"},
};
constexpr StackNote truncation_logs[] = {
    {"OpenSSL", "unexpected eof while reading"},
    {"GnuTLS", "The TLS connection was non-properly terminated."},
    {"JSSE", "closing inbound before receiving peer's close_notify"},
};
constexpr StackNote idle_settings[] = {
    {"nginx", "keepalive_timeout (75 s), client_header_timeout (60 s), proxy_read_timeout (60 s)"},
    {"HAProxy", "timeout client, timeout server"},
    {"stunnel", "TIMEOUTbusy (300 s), TIMEOUTidle (43200 s)"},
    {"Node", "server.keepAliveTimeout (5 s); handshakeTimeout of tls.createServer (120 s)"},
    {"Apache", "KeepAliveTimeout (5 s), RequestReadTimeout"},
};
constexpr StackNote idle_client_logs[] = {
    {"JSSE", "Connection reset"},
    {"Apache HttpClient", "NoHttpResponseException: failed to respond"},
    {"curl", "Empty reply from server"},
};
constexpr StackNote keep_alive_settings[] = {
    {"nginx", "keepalive_timeout (75 s)"},
    {"Apache", "KeepAliveTimeout (5 s)"},
    {"Node", "server.keepAliveTimeout (5 s)"},
    {"Tomcat", "keepAliveTimeout (as connectionTimeout: 20 s)"},
    {"Jetty", "idleTimeout (30 s)"},
    {"Kestrel", "Limits.KeepAliveTimeout (130 s)"},
    {"HAProxy", "timeout http-keep-alive"},
};
constexpr StackNote stale_client_settings[] = {
    {"webMethods", "watt.net.clientKeepaliveTimeout (180 s)"},
    {"Apache HttpClient", "evictIdleConnections, setValidateAfterInactivity"},
    {"Node", "undici: keepAliveTimeout (4 s)"},
    {"Go", "http.Transport.IdleConnTimeout"},
    {".NET", "SocketsHttpHandler.PooledConnectionIdleTimeout"},
    {"nginx", "keepalive_timeout of the upstream block (60 s)"},
};
constexpr StackNote stale_client_logs[] = {
    {"JSSE", "Connection reset"},
    {"Apache HttpClient", "NoHttpResponseException: failed to respond"},
    {"curl", "Empty reply from server, or Connection died, retrying a fresh connect"},
    {"Node", "read ECONNRESET, or socket hang up"},
    {"Go", "http: server closed idle connection, or EOF"},
    {"Python", "RemoteDisconnected: Remote end closed connection without response"},
    {"nginx", "upstream prematurely closed connection while reading response header from upstream"},
};
constexpr StackNote unknown_issuer_logs[] = {
    {"OpenSSL", "certificate verify failed: unable to get local issuer certificate"},
    {"JSSE",
     "PKIX path building failed: unable to find valid certification path; or "
     "InvalidAlgorithmParameterException: the trustAnchors parameter must be non-empty"},
    {"Node", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY, or SELF_SIGNED_CERT_IN_CHAIN"},
    {"Go", "x509: certificate signed by unknown authority"},
    {"GnuTLS", "The certificate is NOT trusted. The certificate issuer is unknown."},
};
constexpr StackNote no_certificate_logs[] = {
    {"OpenSSL", "peer did not return a certificate"},
    {"JSSE", "Empty client certificate chain"},
    {"nginx", "client sent no required SSL certificate"},
};
constexpr StackNote proxy_ca_settings[] = {
    {"JSSE",
     "keytool -importcert for each of the two certificates (it takes but the first of a file: "
     "legible ca show), or legible ca export --form p12 as the truststore"},
    {"OpenSSL", "CAfile (curl: --cacert ca.pem)"},
    {"Node", "NODE_EXTRA_CA_CERTS=ca.pem"},
};

constexpr StackNote proxy_credentials_settings[] = {
    {"curl", "--proxy-user USER:PASSWORD"},
    {"JSSE", "an Authenticator, and -Djdk.http.auth.tunneling.disabledSchemes= (empty)"},
    {"webMethods", "proxy server alias: User, Password"},
    {"Node", "HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT"},
};

constexpr CauseInfo causes[] = {
    {.cause = Cause::client_satisfied,
     .id = "client-satisfied",
     .fix_at = FixAt::nobody,
     .benign = true,
     .title = "the client had what it wanted",
     .meaning = "The client closed in order, with close_notify, after it was done.",
     .looks_like = "A completed handshake, close_notify and FIN from the client."},
    {.cause = Cause::renegotiation_refused,
     .id = "renegotiation-refused",
     .fix_at = FixAt::both,
     .title = "one side wants to renegotiate, the other refuses",
     .meaning = "A second handshake inside the connection (TLS 1.2 and older) was refused, as most "
                "stacks do today.",
     .looks_like = "An encrypted handshake record after application data, then an encrypted alert "
                   "from the other side.",
     .client_hint = "Do not renegotiate; present the certificate in the first handshake.",
     .server_hint = "Ask for the client's certificate in the first handshake.",
     .client_settings = renegotiation_settings,
     .server_settings = renegotiation_settings,
     .client_logs = renegotiation_logs,
     .server_logs = renegotiation_logs},
    {.cause = Cause::unsafe_legacy_renegotiation,
     .id = "unsafe-legacy-renegotiation",
     .fix_at = FixAt::server,
     .title = "the server does not know secure renegotiation, and the client insists on it",
     .meaning = "The ServerHello lacks renegotiation_info (RFC 5746), which OpenSSL 3 requires.",
     .looks_like =
         "renegotiation_info or its SCSV in the ClientHello, none in the ServerHello, then "
         "alert 40 from the client.",
     .client_hint = "Only as a stopgap allow it.",
     .server_hint = "Update the server's TLS stack.",
     .client_settings = unsafe_renegotiation_settings,
     .client_logs = unsafe_renegotiation_logs},
    {.cause = Cause::early_data_rejected,
     .id = "early-data-rejected",
     .fix_at = FixAt::nobody,
     .benign = true,
     .title = "the server did not take the early data, and the handshake went on",
     .meaning = "0-RTT data was refused; the client sends it again. That is normal.",
     .looks_like = "early_data in the ClientHello, a full handshake."},
    {.cause = Cause::early_data_to_old_server,
     .id = "early-data-to-old-server",
     .fix_at = FixAt::server,
     .title = "the client sent early data to a server that no longer speaks TLS 1.3",
     .meaning = "A ticket from TLS 1.3 met a server that negotiates 1.2: it was downgraded, or the "
                "farm is mixed.",
     .looks_like = "early_data and an application record from the client, a ServerHello of 1.2, "
                   "then alert 10.",
     .client_hint = "Clear the session cache; switch 0-RTT off.",
     .server_hint = "Let all nodes speak the same versions.",
     .server_settings = early_data_settings},
    {.cause = Cause::resumption_failed,
     .id = "resumption-failed",
     .fix_at = FixAt::both,
     .title = "the resumption of an earlier session failed",
     .meaning =
         "A session or ticket was offered and the handshake broke instead of falling back to "
         "a full one.",
     .looks_like = "A ticket or PSK in the ClientHello, then an alert.",
     .client_hint = "Clear the client's session cache.",
     .server_hint = "Share ticket keys and session caches among nodes.",
     .server_settings = session_settings},
    {.cause = Cause::psk_mismatch,
     .id = "psk-mismatch",
     .fix_at = FixAt::both,
     .title = "the pre-shared keys differ",
     .meaning = "Client and server use another key or identity.",
     .looks_like = "A PSK suite or extension, then alert 20, 51 or 115.",
     .client_hint = "Align identity and key.",
     .server_hint = "Align identity and key."},
    {.cause = Cause::record_corrupted,
     .id = "record-corrupted",
     .fix_at = FixAt::network,
     .title = "a record did not decrypt on the other side",
     .meaning = "Bytes changed on the way, or a stack is broken.",
     .looks_like = "Alert 20 after records that were encrypted.",
     .client_hint = "If it comes and goes: look for hardware or devices that rewrite packets.",
     .server_hint = "If it comes and goes: look for hardware or devices that rewrite packets.",
     .client_logs = bad_mac_logs,
     .server_logs = bad_mac_logs},
    {.cause = Cause::handshake_altered,
     .id = "handshake-altered",
     .fix_at = FixAt::network,
     .title = "the two sides did not see the same handshake",
     .meaning = "The Finished message did not verify: something on the way changed a handshake "
                "message, or the keys differ.",
     .looks_like = "Alert 20 or 51 right after a Finished.",
     .client_hint = "Find the device between that changes versions or extensions.",
     .server_hint = "Find the device in front that changes versions or extensions.",
     .client_logs = altered_logs,
     .server_logs = altered_logs},
    {.cause = Cause::record_overflow,
     .id = "record-overflow",
     .fix_at = FixAt::both,
     .title = "a record is longer than allowed",
     .meaning = "Mostly the bytes are no TLS at all and are read as a record's length.",
     .looks_like = "Alert 22.",
     .client_hint = "Check first whether the other side speaks TLS on this port.",
     .server_hint = "Check first whether the other side speaks TLS on this port.",
     .client_logs = overflow_logs,
     .server_logs = overflow_logs},
    {.cause = Cause::protocol_violation,
     .id = "protocol-violation",
     .fix_at = FixAt::both,
     .title = "a message came that the protocol does not allow there",
     .meaning = "A stack is broken, or a device between has lost its place.",
     .looks_like = "Alert 10, 47, 50 or 110 out of place, or bytes that break the format.",
     .client_hint = "Update the stack; the evidence shows the bytes.",
     .server_hint = "Update the stack; the evidence shows the bytes."},
    {.cause = Cause::internal_error,
     .id = "internal-error",
     .fix_at = FixAt::server,
     .title = "it reports an error of its own",
     .meaning =
         "Alert 80 with no other explanation: a key that cannot be read, an engine, resources.",
     .looks_like = "Alert 80.",
     .client_hint = "Ask the other side for its log of that second.",
     .server_hint = "Read the server's log.",
     .server_logs = internal_server_logs},
    {.cause = Cause::truncated_close,
     .id = "truncated-close",
     .fix_at = FixAt::server,
     .benign = true,
     .title = "the connection ended without close_notify",
     .meaning =
         "Data flowed, then FIN came without TLS's own goodbye. For HTTP with a length it is "
         "harmless when all of it came; else data may be missing. Where HTTP is read, an answer "
         "that was not whole is a failure of this name, however the connection ended.",
     .looks_like =
         "Application data, then FIN without an alert before it; or an answer in HTTP that "
         "ends before its length.",
     .client_hint = "If the client complains: let it ignore an unexpected EOF.",
     .server_hint = "Send close_notify before closing.",
     .client_settings = truncation_settings,
     .client_logs = truncation_logs},
    {.cause = Cause::reset_after_close,
     .id = "reset-after-close",
     .fix_at = FixAt::nobody,
     .benign = true,
     .title = "a reset after everything was said",
     .meaning = "One side closed with data unread (tickets, close_notify), so that its kernel sent "
                "RST. Harmless.",
     .looks_like = "A complete exchange, then RST."},
    {.cause = Cause::idle_timeout,
     .id = "idle-timeout",
     .fix_at = FixAt::both,
     .title = "a timer fired on a connection that stood still",
     .meaning = "Nothing was sent for the time of somebody's limit.",
     .looks_like = "A pause about as long as a usual timer, then FIN or RST by one side.",
     .client_hint = "Keep pooled connections for less time than the server does.",
     .server_hint = "Raise the idle limit if partners need it.",
     .client_settings = {},
     .server_settings = idle_settings,
     .client_logs = idle_client_logs},
    {.cause = Cause::stale_connection,
     .id = "stale-connection",
     .fix_at = FixAt::client,
     .title = "the idle connection had been given up when the client used it",
     .meaning =
         "After a pause the server closed the kept connection, as its timer tells it to, and "
         "the client's next request crossed that, or came later: it got no answer.",
     .looks_like = "A pause about as long as a usual timer, the server's end, and data of the "
                   "client's after it, or right before it and not answered.",
     .client_hint = "Let the client's pool drop connections sooner than the server does, or test "
                    "one before its use; repeat a request that changes nothing.",
     .server_hint = "Keep idle connections longer than the partners' pools do.",
     .client_settings = stale_client_settings,
     .server_settings = keep_alive_settings,
     .client_logs = stale_client_logs},
    {.cause = Cause::proxy_cert_untrusted,
     .id = "proxy-cert-untrusted",
     .fix_at = FixAt::proxy,
     .title = "the client does not trust the proxy's own authority",
     .meaning = "Interception shows the client a certificate of the proxy's CA. The client refuses "
                "that issuer, while nothing is wrong with the server.",
     .looks_like = "The client refuses on its leg (unknown_ca, or the alert that its stack has for "
                   "every fault) while the server's leg is healthy and its own chain is good.",
     .client_hint = "Install the proxy's CA (legible ca export) in the client's truststore, or "
                    "relay this host (--relay HOST).",
     .server_hint = "Nothing: the server had no part in it.",
     .client_settings = proxy_ca_settings,
     .server_settings = {},
     .client_logs = unknown_issuer_logs},
    {.cause = Cause::proxy_no_client_cert,
     .id = "proxy-no-client-cert",
     .fix_at = FixAt::proxy,
     .title = "the server wants a client certificate that the proxy cannot present",
     .meaning =
         "When TLS is ended at the proxy, the client's certificate cannot be passed on: only "
         "the client holds its key.",
     .looks_like = "A CertificateRequest on the server's leg, an empty Certificate of the proxy's, "
                   "and a refusal there; in TLS 1.3 after the handshake.",
     .server_hint = "Nothing, if it is meant to ask for certificates.",
     .proxy_hint = "Give the proxy a certificate and key for this server (--client-cert, "
                   "--client-key), or relay this host (--relay HOST), so that the client's own "
                   "goes through.",
     .client_settings = {},
     .server_settings = {},
     .client_logs = {},
     .server_logs = no_certificate_logs},
    {.cause = Cause::proxy_auth_required,
     .id = "proxy-auth-required",
     .fix_at = FixAt::client,
     .title = "the proxy asked for a user and a password, and the client gave none",
     .meaning = "The forward listener serves only those who give the user and the password of "
                "--proxy-auth. A client that has them may still begin without, and give them when "
                "it is asked: then its next request succeeds, and nothing is wrong.",
     .looks_like = "A request without Proxy-Authorization, answered by 407; the client leaves.",
     .client_hint = "Set the proxy's user and password in the client.",
     .proxy_hint =
         "Or serve everybody: start it without --proxy-auth, and limit it by --allow-from.",
     .client_settings = proxy_credentials_settings},
    {.cause = Cause::proxy_policy,
     .id = "proxy-policy",
     .fix_at = FixAt::proxy,
     .title = "the proxy closed the connection by its own rules",
     .meaning =
         "A rule or the shutdown of the proxy ended the connection, or its target is the proxy "
         "itself; neither side ended it.",
     .looks_like = "The proxy closes both legs, or opens none to the server.",
     .proxy_hint = "Mend what the evidence names, and repeat the call."},
    {.cause = Cause::proxy_limit,
     .id = "proxy-limit",
     .fix_at = FixAt::proxy,
     .title = "a limit of the proxy ended the connection",
     .meaning = "Something that the proxy cannot do, or has not enough of, ended the connection; "
                "neither side did it, and directly it may work.",
     .looks_like = "The proxy closes both legs; or, intercepted, a peer refuses what the proxy "
                   "says or leaves out in the other's place.",
     .proxy_hint = "Relay this host (--relay HOST, or --mode auto), or mend what the evidence "
                   "names."},
    {.cause = Cause::unknown,
     .id = "unknown",
     .fix_at = FixAt::nobody,
     .title = "why cannot be told from what was seen",
     .meaning = "No known pattern fits: closer, phase and mechanism are facts, the cause is open.",
     .looks_like = "None of the others.",
     .client_hint = "Read the client's log of that second.",
     .server_hint = "Read the server's log of that second."},
};

}  // namespace

std::span<const CauseInfo> session_causes() { return causes; }

}  // namespace legible::proxy
