// Causes in the server's certificate, as the client judges it.

#include "proxy/causes/families.hpp"

namespace legible::proxy {
namespace {

constexpr StackNote trust_client_settings[] = {
    {"JSSE", "javax.net.ssl.trustStore (keytool -importcert)"},
    {"webMethods",
     "Security > Certificates: truststore alias; with none set: "
     "watt.security.cert.wmChainVerifier.trustByDefault"},
    {"DataPower", "validation credentials of the TLS client profile"},
    {"OpenSSL", "CAfile or CApath (curl: --cacert)"},
    {"Windows", "Trusted Root Certification Authorities of the computer"},
    {"Node", "NODE_EXTRA_CA_CERTS, or the ca option"},
};
constexpr StackNote untrusted_client_logs[] = {
    {"JSSE",
     "PKIX path building failed: unable to find valid certification path to requested "
     "target"},
    {"IAIK/webMethods", "Server certificate rejected by ChainVerifier"},
    {"OpenSSL", "certificate verify failed: unable to get local issuer certificate"},
    {"curl", "SSL certificate problem: unable to get local issuer certificate"},
    {"Go", "x509: certificate signed by unknown authority"},
    {"Node", "UNABLE_TO_VERIFY_LEAF_SIGNATURE, or UNABLE_TO_GET_ISSUER_CERT_LOCALLY"},
    {".NET", "The remote certificate is invalid: RemoteCertificateChainErrors"},
};
constexpr StackNote refused_server_logs[] = {
    {"OpenSSL",
     "tlsv1 alert unknown ca (48), sslv3 alert bad certificate (42) or certificate "
     "unknown (46): the CLIENT sent it, the server's trust is not meant"},
    {"JSSE", "Received fatal alert: certificate_unknown (or unknown_ca, bad_certificate)"},
    {"DataPower",
     "tlsv1 alert unknown ca, then: peer did not return a certificate (a red herring)"},
    {"Go", "remote error: tls: bad certificate (or unknown certificate authority)"},
    {"IIS", "System log, source Schannel, event 36887 with the alert's number"},
};
constexpr StackNote self_signed_client_logs[] = {
    {"JSSE",
     "PKIX path building failed: unable to find valid certification path to requested "
     "target"},
    {"OpenSSL", "certificate verify failed: self-signed certificate"},
    {"Node", "DEPTH_ZERO_SELF_SIGNED_CERT"},
    {"Go", "x509: certificate signed by unknown authority"},
    {"IAIK/webMethods", "Server certificate rejected by ChainVerifier"},
};
constexpr StackNote chain_server_settings[] = {
    {"nginx", "ssl_certificate: the leaf, then the intermediates, in one file"},
    {"Apache", "SSLCertificateFile with the intermediates appended"},
    {"JSSE", "a keystore entry with the whole chain"},
    {"webMethods", "a keystore alias whose entry holds the chain"},
    {"DataPower", "identification credentials > Intermediate CA Certificate"},
    {"IIS", "intermediates in the computer's Intermediate Certification Authorities"},
};
constexpr StackNote expired_client_settings[] = {
    {"webMethods", "stopgap: watt.security.ssl.ignoreExpiredChains=true"},
};
constexpr StackNote expired_client_logs[] = {
    {"JSSE", "PKIX path validation failed: ... validity check failed (NotAfter)"},
    {"IAIK/webMethods", "Server certificate rejected by ChainVerifier"},
    {"OpenSSL", "certificate verify failed: certificate has expired"},
    {"Go", "x509: certificate has expired or is not yet valid"},
    {"Node", "CERT_HAS_EXPIRED"},
};
constexpr StackNote expired_server_logs[] = {
    {"OpenSSL", "sslv3 alert certificate expired: SSL alert number 45 (or 42, 46)"},
    {"JSSE", "Received fatal alert: certificate_expired (or certificate_unknown)"},
};
constexpr StackNote name_client_logs[] = {
    {"JSSE", "No subject alternative DNS name matching NAME found."},
    {"curl", "SSL: no alternative certificate subject name matches target host name"},
    {"OpenSSL", "certificate verify failed: Hostname mismatch"},
    {"Go", "x509: certificate is valid for A, not B"},
    {"Node", "ERR_TLS_CERT_ALTNAME_INVALID"},
};
constexpr StackNote usage_settings[] = {
    {"webMethods", "watt.security.ssl.keypurposeverification"},
};
constexpr StackNote usage_client_logs[] = {
    {"JSSE", "Extended key usage does not permit use for TLS server authentication"},
    {"OpenSSL", "certificate verify failed: unsuitable certificate purpose"},
    {"Go", "x509: certificate specifies an incompatible key usage"},
};
constexpr StackNote weak_client_settings[] = {
    {"OpenSSL", "stopgap: @SECLEVEL=1 or 0"},
    {"JSSE", "stopgap: jdk.certpath.disabledAlgorithms"},
};
constexpr StackNote weak_client_logs[] = {
    {"OpenSSL", "certificate verify failed: EE certificate key too weak, or CA md too weak"},
    {"JSSE", "Algorithm constraints check failed"},
    {"Go", "x509: cannot verify signature: insecure algorithm SHA1-RSA"},
};
constexpr StackNote long_chain_client_settings[] = {
    {"JSSE",
     "jdk.tls.client.maxInboundCertificateChainLength (10), jdk.tls.maxHandshakeMessageSize "
     "(32768)"},
};
constexpr StackNote revoked_client_logs[] = {
    {"OpenSSL", "certificate verify failed: certificate revoked"},
    {"JSSE", "Certificate has been revoked"},
    {".NET", "RemoteCertificateChainErrors: Revoked"},
};
constexpr StackNote revocation_settings[] = {
    {"JSSE", "com.sun.net.ssl.checkRevocation=false"},
    {"OpenSSL", "without -crl_check"},
    {".NET", "HttpClientHandler.CheckCertificateRevocationList = false"},
};
constexpr StackNote staple_server_settings[] = {
    {"nginx", "ssl_stapling on; resolver ...;"},
    {"Apache", "SSLUseStapling on"},
};
constexpr StackNote bad_signature_client_logs[] = {
    {"OpenSSL", "bad signature"},
    {"JSSE", "Invalid signature on ServerKeyExchange (or CertificateVerify) message"},
};
constexpr StackNote silent_reject_client_settings[] = {
    {"JSSE", "-Djavax.net.debug=ssl:handshake prints why; javax.net.ssl.trustStore"},
    {"webMethods", "Security > Certificates: truststore alias"},
    {"DataPower", "validation credentials of the TLS client profile; log category ssl at debug"},
    {"OpenSSL", "openssl s_client -verify_return_error -CAfile; curl: -v, --cacert"},
    {"Node", "NODE_DEBUG=tls; NODE_EXTRA_CA_CERTS, or the ca option"},
};
constexpr StackNote silent_reject_client_logs[] = {
    {"Node", "the certificate error itself: CERT_HAS_EXPIRED, ERR_TLS_CERT_ALTNAME_INVALID, ..."},
    {"curl", "the text after `SSL certificate problem:` or `SSL:`"},
    {"JSSE", "the PKIX exception of the handshake"},
};

constexpr CauseInfo causes[] = {
    {.cause = Cause::server_cert_untrusted_ca,
     .id = "server-cert-untrusted-ca",
     .fix_at = FixAt::client,
     .title = "it does not trust the issuer of the server's certificate",
     .meaning = "The server's chain ends in an authority that the client does not know.",
     .looks_like = "Alert 48, 46 or 42 from the client right after the server's Certificate (TLS "
                   "1.3: a short encrypted record, or a clear alert from OpenSSL).",
     .client_hint = "Import the issuing root into the client's truststore.",
     .server_hint = "Send the whole chain, and tell the partner which root it ends in.",
     .client_settings = trust_client_settings,
     .client_logs = untrusted_client_logs,
     .server_logs = refused_server_logs},
    {.cause = Cause::server_cert_self_signed,
     .id = "server-cert-self-signed",
     .fix_at = FixAt::both,
     .title = "it does not accept the server's self-signed certificate",
     .meaning = "The server's certificate is its own issuer, and the client does not know it.",
     .looks_like = "One certificate whose issuer is its subject, then alert 48, 46 or 42 from the "
                   "client.",
     .client_hint = "Import this very certificate as trusted, if that is wanted.",
     .server_hint = "Install a certificate that an authority has issued.",
     .client_settings = trust_client_settings,
     .client_logs = self_signed_client_logs,
     .server_logs = refused_server_logs},
    {.cause = Cause::server_cert_missing_intermediate,
     .id = "server-cert-missing-intermediate",
     .fix_at = FixAt::server,
     .title = "the server sends its certificate without the intermediate that issued it",
     .meaning = "The client knows the root perhaps, but not the authority between; browsers often "
                "fetch or remember it, other clients do not.",
     .looks_like = "A Certificate message whose last certificate's issuer was not sent and is no "
                   "root, then alert 48, 46 or 42 from the client.",
     .client_hint = "As a stopgap import the intermediate into the truststore.",
     .server_hint = "Send the chain: the leaf and its intermediates.",
     .client_settings = trust_client_settings,
     .server_settings = chain_server_settings,
     .client_logs = untrusted_client_logs,
     .server_logs = refused_server_logs},
    {.cause = Cause::server_cert_expired,
     .id = "server-cert-expired",
     .fix_at = FixAt::server,
     .title = "the server's certificate has expired",
     .meaning = "The notAfter of the server's certificate has passed.",
     .looks_like = "Alert 45 (46, 42) from the client right after the server's Certificate.",
     .client_hint = "Tell the partner; a stopgap is to ignore dates, if the stack can.",
     .server_hint = "Renew the certificate, and reload the service.",
     .client_settings = expired_client_settings,
     .client_logs = expired_client_logs,
     .server_logs = expired_server_logs},
    {.cause = Cause::server_cert_not_yet_valid,
     .id = "server-cert-not-yet-valid",
     .fix_at = FixAt::server,
     .title = "the server's certificate is not valid yet",
     .meaning =
         "The notBefore of the server's certificate lies in the future: a clock is wrong, or "
         "the certificate was installed too early.",
     .looks_like = "Alert 42, 45 or 46 from the client right after the server's Certificate.",
     .client_hint = "Check the client's clock.",
     .server_hint = "Use the previous certificate until then, or check the authority's clock.",
     .client_logs = expired_client_logs,
     .server_logs = expired_server_logs},
    {.cause = Cause::server_chain_expired_ca,
     .id = "server-chain-expired-ca",
     .fix_at = FixAt::server,
     .title = "an authority in the server's chain has expired",
     .meaning = "The server's own certificate is in date, but an intermediate or root is not.",
     .looks_like = "Alert 45, 46 or 42 from the client, with a leaf that is in date.",
     .client_hint = "Update the truststore: the root may have been replaced.",
     .server_hint = "Replace the intermediate in the bundle; remove leftovers of cross-signing.",
     .server_settings = chain_server_settings,
     .client_logs = expired_client_logs,
     .server_logs = expired_server_logs},
    {.cause = Cause::server_cert_name_mismatch,
     .id = "server-cert-name-mismatch",
     .fix_at = FixAt::both,
     .title = "the server's certificate is for another name",
     .meaning =
         "The name that the client uses is not among the certificate's names: a wrong URL, a "
         "missing SAN, or the default certificate because of a missing or other SNI.",
     .looks_like = "Alert 42 or 46 from the client after the Certificate; curl and Node complete "
                   "the handshake and then close.",
     .client_hint = "Use a name that the certificate carries.",
     .server_hint = "Reissue with this name as SAN, or serve the right certificate for this SNI.",
     .client_logs = name_client_logs,
     .server_logs = refused_server_logs},
    {.cause = Cause::server_cert_wrong_usage,
     .id = "server-cert-wrong-usage",
     .fix_at = FixAt::server,
     .title = "the server's certificate is not made for a TLS server",
     .meaning = "Its key usage or extended key usage does not allow authenticating a TLS server.",
     .looks_like = "Alert 43 (46, 42, 80) from the client right after the server's Certificate.",
     .client_hint = "Tell the partner.",
     .server_hint = "Reissue with digitalSignature and serverAuth.",
     .client_settings = usage_settings,
     .client_logs = usage_client_logs,
     .server_logs = refused_server_logs},
    {.cause = Cause::server_cert_weak,
     .id = "server-cert-weak",
     .fix_at = FixAt::server,
     .title = "the server's certificate is too weak for it",
     .meaning = "The key is too short, or a signature in the chain uses MD5 or SHA-1.",
     .looks_like = "Alert 42, 43, 46 or 71 from the client right after the server's Certificate.",
     .client_hint = "Lower the level only as a stopgap.",
     .server_hint = "Reissue with RSA of 2048 bits or P-256, signed with SHA-256.",
     .client_settings = weak_client_settings,
     .client_logs = weak_client_logs,
     .server_logs = refused_server_logs},
    {.cause = Cause::server_cert_v1,
     .id = "server-cert-v1",
     .fix_at = FixAt::server,
     .title = "the server's chain holds a certificate of X.509 version 1",
     .meaning = "Version 1 has no extensions: such a certificate cannot say that it is an "
                "authority, nor carry names. All stacks refuse it as an issuer, some as a leaf.",
     .looks_like = "A certificate of version 1, then alert 48, 42 or 46 from the client.",
     .client_hint = "Tell the partner.",
     .server_hint = "Reissue as version 3.",
     .client_logs = untrusted_client_logs,
     .server_logs = refused_server_logs},
    {.cause = Cause::server_chain_not_ca,
     .id = "server-chain-not-ca",
     .fix_at = FixAt::server,
     .title = "the server's certificate was issued by one that may not issue",
     .meaning = "An issuer lacks CA:TRUE or keyCertSign, or its path length is exceeded.",
     .looks_like = "Alert 48, 42 or 46 from the client right after the server's Certificate.",
     .client_hint = "Tell the partner.",
     .server_hint = "Mend the hierarchy of authorities and reissue.",
     .client_logs = untrusted_client_logs,
     .server_logs = refused_server_logs},
    {.cause = Cause::server_chain_too_long,
     .id = "server-chain-too-long",
     .fix_at = FixAt::both,
     .title = "the server sends more certificates than it accepts",
     .meaning = "The chain has more certificates, or more bytes, than the client's limit.",
     .looks_like = "More than ten certificates, or more than 32 KB of them, then alert 40, 10, 80, "
                   "49 or FIN from the client.",
     .client_hint = "Raise the limit.",
     .server_hint = "Shorten the chain; leave out the root.",
     .client_settings = long_chain_client_settings},
    {.cause = Cause::server_cert_revoked,
     .id = "server-cert-revoked",
     .fix_at = FixAt::server,
     .title = "the server's certificate has been revoked",
     .meaning = "A revocation list or OCSP answer names it.",
     .looks_like = "Alert 44 from the client right after the server's Certificate.",
     .client_hint = "Tell the partner.",
     .server_hint = "Install a new certificate with a new key.",
     .client_logs = revoked_client_logs,
     .server_logs = refused_server_logs},
    {.cause = Cause::server_revocation_unknown,
     .id = "server-revocation-unknown",
     .fix_at = FixAt::network,
     .title = "it cannot find out whether the server's certificate is revoked",
     .meaning = "The revocation list or the OCSP responder cannot be reached, or is missing.",
     .looks_like = "Often a pause of seconds, then alert 48 or 42 from the client.",
     .client_hint = "Open the way to the addresses in the certificate, or relax the check.",
     .server_hint = "Staple an OCSP answer.",
     .client_settings = revocation_settings,
     .server_settings = staple_server_settings},
    {.cause = Cause::server_staple_missing,
     .id = "server-staple-missing",
     .fix_at = FixAt::server,
     .title = "the server's certificate demands a stapled OCSP answer, and none came",
     .meaning = "The certificate carries the TLS feature status_request (must-staple, RFC 7633).",
     .looks_like =
         "A must-staple certificate, no CertificateStatus, then alert 42 from the client.",
     .server_hint = "Enable stapling, or reissue without the feature.",
     .server_settings = staple_server_settings},
    {.cause = Cause::server_cert_key_mismatch,
     .id = "server-cert-key-mismatch",
     .fix_at = FixAt::server,
     .title = "the server's signature does not verify",
     .meaning = "The server's private key and certificate do not belong together, or the handshake "
                "was altered on the way.",
     .looks_like = "Alert 51 (40, 10, 42) from the client after ServerKeyExchange or "
                   "CertificateVerify.",
     .client_hint = "Look for a device that rewrites the handshake.",
     .server_hint = "Check that key and certificate match, and reload the service.",
     .client_logs = bad_signature_client_logs,
     .server_logs = refused_server_logs},
    {.cause = Cause::server_cert_pinned,
     .id = "server-cert-pinned",
     .fix_at = FixAt::client,
     .title = "it leaves although the certificate is good: it expects one in particular",
     .meaning = "The client pins a certificate, key or authority.",
     .looks_like = "A good chain and a completed handshake, then the client closes, each time.",
     .client_hint = "Update the pin; behind an intercepting proxy exempt this host.",
     .server_hint = "Tell partners before certificates or keys change.",
     .client_logs = silent_reject_client_logs},
    {.cause = Cause::server_cert_rejected,
     .id = "server-cert-rejected",
     .fix_at = FixAt::client,
     .title = "it refuses the server's certificate; why cannot be read",
     .meaning = "The client ended the handshake after the server's certificate, in a way whose "
                "reason cannot be read on the wire (encrypted, or without an alert).",
     .looks_like = "TLS 1.3: a record of an alert's size and FIN after the server's flight; Node: "
                   "FIN alone.",
     .client_hint = "Read the client's own log; verify the server's chain with the client's "
                    "truststore.",
     .server_hint = "Check the chain, the names and the dates with another client.",
     .client_settings = silent_reject_client_settings,
     .client_logs = silent_reject_client_logs,
     .server_logs = refused_server_logs},
    {.cause = Cause::clock_skew,
     .id = "clock-skew",
     .fix_at = FixAt::both,
     .title = "a clock is wrong: the certificate's dates are good by this machine's clock",
     .meaning =
         "One side calls the certificate expired or not yet valid though, by the clock here, "
         "it is in date.",
     .looks_like = "Alert 45 with a chain that is in date.",
     .client_hint = "Synchronise the clock of the side that complains.",
     .server_hint = "Synchronise the clock of the side that complains.",
     .client_logs = expired_client_logs,
     .server_logs = expired_server_logs},
};

}  // namespace

std::span<const CauseInfo> server_certificate_causes() { return causes; }

}  // namespace legible::proxy
