// Causes in the hellos: versions, suites, groups, names, extensions.

#include "proxy/causes/families.hpp"

namespace legible::proxy {
namespace {

constexpr StackNote version_client_settings[] = {
    {"JSSE", "jdk.tls.client.protocols, jdk.tls.disabledAlgorithms"},
    {"IAIK/webMethods",
     "watt.net.ssl.client.useJSSE=true and watt.net.jsse.client.enabledProtocols (IAIK stops at "
     "TLS "
     "1.0; its limit is watt.net.ssl.client.handshake.maxVersion)"},
    {"DataPower", "TLS client profile > Protocols"},
    {"OpenSSL", "MinProtocol and MaxProtocol; TLS 1.0 and 1.1 also need @SECLEVEL=0"},
    {"Windows", "SCHANNEL\\Protocols; .NET: SystemDefaultTlsVersions, SchUseStrongCrypto"},
};
constexpr StackNote version_server_settings[] = {
    {"nginx", "ssl_protocols TLSv1.2 TLSv1.3;"},
    {"JSSE", "jdk.tls.server.protocols, jdk.tls.disabledAlgorithms"},
    {"webMethods", "watt.net.jsse.server.enabledProtocols"},
    {"DataPower", "TLS server profile > Protocols"},
    {"OpenSSL", "MinProtocol; TLS 1.0 and 1.1 also need @SECLEVEL=0"},
    {"IIS", "SCHANNEL\\Protocols"},
};
constexpr StackNote version_client_logs[] = {
    {"JSSE", "Received fatal alert: protocol_version (or handshake_failure)"},
    {"IAIK/webMethods", "Peer sent alert: Alert Fatal: handshake failure"},
    {"OpenSSL", "tlsv1 alert protocol version: SSL alert number 70 (or unsupported protocol)"},
    {"DataPower", "unknown protocol, or wrong version number"},
    {"Go", "remote error: tls: protocol version not supported"},
};
constexpr StackNote version_server_logs[] = {
    {"OpenSSL",
     "unsupported protocol; at security level 1 and above for TLS 1.0/1.1: no suitable "
     "signature algorithm; for a hello of TLS 1.3 only: no shared cipher"},
    {"JSSE", "Client requested protocol TLSv1 is not enabled or supported in server context"},
    {"DataPower", "unknown protocol, then: peer did not return a certificate (a red herring)"},
    {"nginx", "SSL_do_handshake() failed (SSL: ... unsupported protocol)"},
    {"IIS", "System log, source Schannel, event 36871 or 36874"},
    {"Go", "tls: client offered only unsupported versions"},
};
constexpr StackNote cipher_client_settings[] = {
    {"JSSE", "jdk.tls.client.cipherSuites, jdk.tls.disabledAlgorithms"},
    {"webMethods",
     "watt.net.jsse.client.enabledCipherSuiteList, watt.net.ssl.client.cipherSuiteList"},
    {"DataPower", "TLS client profile > Ciphers"},
    {"OpenSSL", "CipherString and Ciphersuites"},
};
constexpr StackNote cipher_server_settings[] = {
    {"nginx", "ssl_ciphers; an RSA and an ECDSA certificate side by side"},
    {"JSSE", "jdk.tls.server.cipherSuites"},
    {"webMethods", "watt.net.jsse.server.enabledCipherSuiteList"},
    {"DataPower", "TLS server profile > Ciphers"},
    {"IIS", "Group policy: SSL Cipher Suite Order"},
};
constexpr StackNote handshake_failure_received_logs[] = {
    {"JSSE", "Received fatal alert: handshake_failure"},
    {"IAIK/webMethods", "Peer sent alert: Alert Fatal: handshake failure"},
    {"OpenSSL", "sslv3 alert handshake failure: SSL alert number 40 (nothing to do with SSLv3)"},
    {"Go", "remote error: tls: handshake failure"},
    {".NET", "the remote party sent a TLS alert: 'HandshakeFailure'"},
};
constexpr StackNote no_cipher_server_logs[] = {
    {"OpenSSL", "no shared cipher"},
    {"JSSE", "no cipher suites in common"},
    {"DataPower", "no shared cipher, then: peer did not return a certificate (a red herring)"},
    {"Go", "tls: no cipher suite supported by both client and server"},
    {"GnuTLS", "Could not negotiate a supported cipher suite."},
    {"IIS", "System log, source Schannel, event 36874"},
};
constexpr StackNote no_group_server_logs[] = {
    {"OpenSSL", "no suitable key share, or (TLS 1.2) no shared cipher"},
    {"JSSE", "No common named group, or (TLS 1.2) no cipher suites in common"},
    {"Go", "tls: no key exchanges supported by both client and server, or no ECDHE curve"},
};
constexpr StackNote group_settings[] = {
    {"JSSE", "jdk.tls.namedGroups"},
    {"OpenSSL", "Groups"},
    {"nginx", "ssl_ecdh_curve"},
    {"Go", "CurvePreferences"},
};
constexpr StackNote sigalg_client_settings[] = {
    {"JSSE", "jdk.tls.client.SignatureSchemes, jdk.tls.disabledAlgorithms"},
    {"OpenSSL", "SignatureAlgorithms"},
};
constexpr StackNote no_sigalg_server_logs[] = {
    {"OpenSSL", "no suitable signature algorithm, or no shared cipher"},
    {"JSSE", "no cipher suites in common, or No supported CertificateVerify signature algorithm"},
    {"Go", "tls: peer doesn't support any of the certificate's signature algorithms"},
};
constexpr StackNote dh_client_settings[] = {
    {"OpenSSL", "stopgap: @SECLEVEL=1"},
    {"JSSE", "stopgap: jdk.tls.disabledAlgorithms without DH keySize"},
};
constexpr StackNote dh_server_settings[] = {
    {"nginx", "ssl_dhparam with 2048 bits or more, or ECDHE suites only"},
    {"JSSE", "jdk.tls.ephemeralDHKeySize=2048"},
};
constexpr StackNote dh_client_logs[] = {
    {"OpenSSL", "dh key too small"},
    {"JSSE", "DH ServerKeyExchange does not comply to algorithm constraints"},
};
constexpr StackNote ems_settings[] = {
    {"JSSE",
     "jdk.tls.useExtendedMasterSecret=true; or, as a stopgap on the side that insists, "
     "jdk.tls.allowLegacyMasterSecret=true"},
    {"OpenSSL", "FIPS builds require it; update the older side"},
};
constexpr StackNote fallback_logs[] = {
    {"OpenSSL", "inappropriate fallback: SSL alert number 86"},
    {"JSSE", "Received fatal alert: inappropriate_fallback"},
};
constexpr StackNote pq_settings[] = {
    {"OpenSSL", "Groups = X25519:P-256"},
    {"JSSE", "jdk.tls.namedGroups"},
    {"Go", "GODEBUG=tlsmlkem=0"},
};
constexpr StackNote intolerance_settings[] = {
    {"JSSE", "-Djdk.tls.client.protocols=TLSv1.2"},
    {"curl", "--tls-max 1.2"},
    {"OpenSSL", "MaxProtocol = TLSv1.2"},
};
constexpr StackNote send_sni_settings[] = {
    {"webMethods", "pub.client:http with useJSSE=yes, or watt.net.ssl.client.useJSSE=true"},
    {"JSSE", "a host name with a dot, no address; jsse.enableSNIExtension=true"},
    {"DataPower", "TLS client profile > Use SNI"},
    {"OpenSSL", "-servername NAME, SSL_set_tlsext_host_name"},
};
constexpr StackNote add_name_settings[] = {
    {"nginx", "server_name; without a match: ssl_reject_handshake"},
    {"HAProxy", "crt-list, or drop strict-sni"},
    {"Apache", "ServerName and ServerAlias"},
    {"DataPower", "SNI profile"},
    {"IIS", "a binding for this host name"},
};
constexpr StackNote sni_client_logs[] = {
    {"JSSE", "Received fatal alert: unrecognized_name"},
    {"OpenSSL", "tlsv1 unrecognized name: SSL alert number 112"},
    {"Go", "remote error: tls: unrecognized name"},
};
constexpr StackNote sni_warning_client_settings[] = {
    {"JSSE", "stopgap: -Djsse.enableSNIExtension=false"},
};
constexpr StackNote sni_warning_client_logs[] = {
    {"JSSE", "handshake alert: unrecognized_name"},
};
constexpr StackNote alpn_settings[] = {
    {"HAProxy", "alpn h2,http/1.1 on the bind line"},
    {"Apache", "Protocols h2 http/1.1"},
    {"nginx", "listen ... ssl http2 (or http2 on;)"},
};
constexpr StackNote alpn_logs[] = {
    {"OpenSSL", "tlsv1 alert no application protocol: SSL alert number 120"},
    {"JSSE", "Received fatal alert: no_application_protocol"},
    {"Go", "remote error: tls: no application protocol"},
};

constexpr CauseInfo causes[] = {
    {.cause = Cause::no_shared_version,
     .id = "no-shared-version",
     .fix_at = FixAt::both,
     .title = "client and server have no protocol version in common",
     .meaning = "The versions that the client offers and those that the server allows do not meet. "
                "An OpenSSL 3 server answers TLS 1.0 and 1.1 with internal_error (80), since its "
                "security level leaves no signature; a server that does not know TLS 1.3 answers a "
                "hello of TLS 1.3 only with handshake_failure (40) and logs `no shared cipher`.",
     .looks_like = "Alert 70 (or 80, 40, FIN) from the server in answer to the ClientHello; or a "
                   "ServerHello of an old version, then an alert from the client.",
     .client_hint = "Let the client offer TLS 1.2 and TLS 1.3, both.",
     .server_hint = "Allow a version that this client offers, if policy permits.",
     .client_settings = version_client_settings,
     .server_settings = version_server_settings,
     .client_logs = version_client_logs,
     .server_logs = version_server_logs},
    {.cause = Cause::version_intolerance,
     .id = "version-intolerance",
     .fix_at = FixAt::server,
     .title = "the server fails on a newer offer, though it accepts an older one",
     .meaning =
         "A server must answer a newer offer with the best version it knows; this one breaks "
         "instead.",
     .looks_like =
         "Alert, FIN or RST to a hello that offers more; success for one that offers less.",
     .client_hint = "Until the server is updated, cap the client's version.",
     .server_hint = "Update the server, or the device in front of it.",
     .client_settings = intolerance_settings},
    {.cause = Cause::inappropriate_fallback,
     .id = "inappropriate-fallback",
     .fix_at = FixAt::client,
     .title = "the server refuses a retry with a lower version",
     .meaning =
         "The client marked its hello as a retry with less (TLS_FALLBACK_SCSV, RFC 7507), and "
         "the server could have done better: the first attempt is the one to diagnose.",
     .looks_like = "Suite 0x5600 in the ClientHello, alert 86 from the server.",
     .client_hint =
         "Diagnose the attempt before this one; look for a device that breaks the higher "
         "version.",
     .client_logs = fallback_logs},
    {.cause = Cause::version_downgrade_detected,
     .id = "version-downgrade-detected",
     .fix_at = FixAt::network,
     .title = "the client noticed that TLS 1.3 was taken out of its offer on the way",
     .meaning =
         "The server marked its random as one that could have done TLS 1.3 (RFC 8446 section "
         "4.1.3), though the client had offered it: something between them changed the hello.",
     .looks_like =
         "ServerHello of 1.2 or older whose random ends in DOWNGRD, alert 47 from a client "
         "that offered 1.3.",
     .client_hint = "Find the device between that rewrites ClientHellos.",
     .server_hint = "Find the device in front that ends or rewrites TLS."},
    {.cause = Cause::no_shared_cipher,
     .id = "no-shared-cipher",
     .fix_at = FixAt::both,
     .title = "client and server have no cipher suite in common",
     .meaning = "No suite of the client's list is allowed by the server, or none fits the type of "
                "the server's key (ECDSA suites only, RSA certificate, or the reverse).",
     .looks_like = "Alert 40 (71, or FIN) from the server in answer to the ClientHello, with "
                   "versions that do meet.",
     .client_hint = "Enable a suite that the server allows; the evidence lists the client's offer.",
     .server_hint = "Allow a suite that the client offers, or add a certificate of the other key "
                    "type.",
     .client_settings = cipher_client_settings,
     .server_settings = cipher_server_settings,
     .client_logs = handshake_failure_received_logs,
     .server_logs = no_cipher_server_logs},
    {.cause = Cause::no_shared_group,
     .id = "no-shared-group",
     .fix_at = FixAt::both,
     .title = "client and server have no key exchange group in common",
     .meaning = "No group (curve) for the (EC)DHE key exchange is allowed by both.",
     .looks_like = "Alert 40 (JSSE: 10) from the server in answer to the ClientHello, or after its "
                   "HelloRetryRequest.",
     .client_hint = "Enable P-256 or X25519.",
     .server_hint = "Enable P-256 and X25519.",
     .client_settings = group_settings,
     .server_settings = group_settings,
     .client_logs = handshake_failure_received_logs,
     .server_logs = no_group_server_logs},
    {.cause = Cause::no_shared_sigalg,
     .id = "no-shared-sigalg",
     .fix_at = FixAt::both,
     .title = "the client accepts no signature scheme that fits the server's key",
     .meaning = "The server's certificate cannot be used with any signature scheme of the client's "
                "list: RSA-PSS missing, SHA-1 only, an Ed25519 key, ECDSA only with an RSA key.",
     .looks_like = "Alert 40 (JSSE: 80 after the ServerHello) from the server.",
     .client_hint = "Allow RSA-PSS with SHA-256 and ECDSA with P-256 and SHA-256.",
     .server_hint = "Use a certificate with an RSA or P-256 key, signed with SHA-256.",
     .client_settings = sigalg_client_settings,
     .client_logs = handshake_failure_received_logs,
     .server_logs = no_sigalg_server_logs},
    {.cause = Cause::weak_dh_refused,
     .id = "weak-dh-refused",
     .fix_at = FixAt::server,
     .title = "it refuses the server's Diffie-Hellman parameters as too weak",
     .meaning = "The server's DHE prime is shorter than the client accepts.",
     .looks_like = "A ServerKeyExchange with a prime below 2048 bits, then alert 40 or 71 from the "
                   "client.",
     .client_hint = "Prefer ECDHE suites.",
     .server_hint = "Use 2048 bits or more, or ECDHE only.",
     .client_settings = dh_client_settings,
     .server_settings = dh_server_settings,
     .client_logs = dh_client_logs,
     .server_logs = handshake_failure_received_logs},
    {.cause = Cause::ems_required,
     .id = "ems-required",
     .fix_at = FixAt::both,
     .title = "one side insists on extended_master_secret, which the other does not offer",
     .meaning = "RFC 7627 is required by one side (FIPS builds do) and missing on the other.",
     .looks_like = "A hello without extension 23, then alert 40 from the other side.",
     .client_hint = "Enable extended_master_secret, or update the client.",
     .server_hint = "Enable extended_master_secret, or update the server.",
     .client_settings = ems_settings,
     .server_settings = ems_settings,
     .client_logs = handshake_failure_received_logs},
    {.cause = Cause::compression_unacceptable,
     .id = "compression-unacceptable",
     .fix_at = FixAt::client,
     .title = "client and server have no compression method in common",
     .meaning = "Every hello must offer the null compression method, and TLS 1.3 allows no other.",
     .looks_like = "A ClientHello without method 0 (or with others in TLS 1.3), alert 50, 47 or 40 "
                   "from the server.",
     .client_hint = "The client's stack is broken: let it offer the null method."},
    {.cause = Cause::hello_malformed,
     .id = "hello-malformed",
     .fix_at = FixAt::client,
     .title = "the ClientHello breaks the rules of its format",
     .meaning = "A field of the ClientHello is missing, too long or contradicts another.",
     .looks_like = "Alert 50, 47, 109 or 10 from the server in answer to the ClientHello.",
     .client_hint = "Update the client's stack, or find what altered the hello on the way."},
    {.cause = Cause::hello_retry_failed,
     .id = "hello-retry-failed",
     .fix_at = FixAt::both,
     .title = "the handshake ended after a HelloRetryRequest",
     .meaning = "The server asked for another key share and got none that it could use.",
     .looks_like = "HelloRetryRequest, then no second ClientHello, or one that is refused.",
     .client_hint = "Enable the group that the server asked for.",
     .server_hint =
         "Allow a group of the client's key shares; look for a device that lets only the "
         "first flight pass.",
     .client_settings = group_settings,
     .server_settings = group_settings},
    {.cause = Cause::large_client_hello_blocked,
     .id = "large-client-hello-blocked",
     .fix_at = FixAt::network,
     .title = "a large ClientHello gets no answer, though a smaller one does",
     .meaning =
         "The hello does not fit into one packet (a post-quantum key share does that), and a "
         "device or server cannot cope.",
     .looks_like = "A ClientHello of 1300 bytes or more, then silence or RST; success with less.",
     .client_hint = "As a stopgap disable the post-quantum group.",
     .server_hint = "Update the server or the device in front of it.",
     .client_settings = pq_settings},
    {.cause = Cause::fragmented_hello_refused,
     .id = "fragmented-hello-refused",
     .fix_at = FixAt::server,
     .title = "the server refuses a ClientHello that comes in several records",
     .meaning = "A handshake message may be split over records; some stacks and filters cannot put "
                "it together.",
     .looks_like = "A ClientHello in more than one TLS record, then FIN, RST or alert.",
     .client_hint = "Let the client send its hello in one record.",
     .server_hint = "Update the server's stack or the device in front."},
    {.cause = Cause::sni_missing,
     .id = "sni-missing",
     .fix_at = FixAt::client,
     .title = "the client does not say which name it wants (no SNI)",
     .meaning = "The server holds several names and refuses, or shows the wrong certificate, when "
                "the hello names none.",
     .looks_like = "A ClientHello without server_name, alert 112 or FIN from the server, or a "
                   "certificate for another name.",
     .client_hint = "Let the client send SNI.",
     .server_hint = "Or serve the wanted certificate by default.",
     .client_settings = send_sni_settings,
     .server_settings = add_name_settings,
     .client_logs = sni_client_logs},
    {.cause = Cause::sni_unrecognised,
     .id = "sni-unrecognised",
     .fix_at = FixAt::both,
     .title = "the server does not know the name that the client asks for",
     .meaning = "The name in the ClientHello's SNI is not configured on the server.",
     .looks_like =
         "Alert 112 (rustls: 49; some: FIN) from the server in answer to the ClientHello.",
     .client_hint = "Correct the host name that the client uses.",
     .server_hint = "Add this name to the server's virtual hosts.",
     .server_settings = add_name_settings,
     .client_logs = sni_client_logs},
    {.cause = Cause::sni_warning_not_tolerated,
     .id = "sni-warning-not-tolerated",
     .fix_at = FixAt::server,
     .title = "it treats the server's warning unrecognized_name as fatal",
     .meaning = "The server does not know the name and only warns; Java clients abort for it.",
     .looks_like = "Warning 112 from the server, its flight, then alert 40 from the client.",
     .client_hint = "Use a name that the server knows.",
     .server_hint = "Add the name, so that the warning stops.",
     .client_settings = sni_warning_client_settings,
     .server_settings = add_name_settings,
     .client_logs = sni_warning_client_logs,
     .server_logs = handshake_failure_received_logs},
    {.cause = Cause::sni_malformed,
     .id = "sni-malformed",
     .fix_at = FixAt::client,
     .title = "the server name in the ClientHello is empty or an address",
     .meaning = "RFC 6066 allows neither an empty name nor an IP address as server_name.",
     .looks_like =
         "An empty name or an address literal as SNI, alert 50, 112 or 10 from the server.",
     .client_hint = "Leave SNI out for addresses."},
    {.cause = Cause::alpn_mismatch,
     .id = "alpn-mismatch",
     .fix_at = FixAt::both,
     .title = "client and server have no application protocol (ALPN) in common",
     .meaning = "The protocols that the client offers by ALPN and those of the server do not meet.",
     .looks_like = "ALPN in the ClientHello, alert 120 from the server.",
     .client_hint = "Offer http/1.1 too, or no ALPN.",
     .server_hint = "Enable a protocol that the client offers.",
     .server_settings = alpn_settings,
     .client_logs = alpn_logs},
};

}  // namespace

std::span<const CauseInfo> negotiation_causes() { return causes; }

}  // namespace legible::proxy
