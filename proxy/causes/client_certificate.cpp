// Causes in the client's certificate, as the server judges it.

#include "proxy/causes/families.hpp"

namespace legible::proxy {
namespace {

constexpr StackNote configure_key_settings[] = {
    {"JSSE", "javax.net.ssl.keyStore and its password"},
    {"webMethods",
     "Security > Certificates: SSL key of outbound connections; pub.client:http: "
     "keystore and key alias"},
    {"DataPower", "identification credentials of the TLS client profile"},
    {"OpenSSL", "-cert and -key (curl: --cert, --key)"},
};
constexpr StackNote authority_list_server_settings[] = {
    {"nginx", "ssl_client_certificate"},
    {"Apache", "SSLCACertificateFile, SSLCADNRequestFile"},
    {"DataPower", "validation credentials of the TLS server profile"},
    {"webMethods", "truststore of the HTTPS port"},
    {"IIS", "Client Authentication Issuers store; SendTrustedIssuerList"},
};
constexpr StackNote missing_client_logs[] = {
    {"JSSE",
     "No X.509 certificate for client authentication, use empty Certificate message instead"},
    {"IAIK/webMethods", "No client certificate available, sending empty certificate message..."},
    {"OpenSSL", "sslv3 alert handshake failure (40), or tlsv13 alert certificate required (116)"},
    {"curl", "OpenSSL SSL_read: tlsv13 alert certificate required: after the request was sent"},
};
constexpr StackNote missing_server_logs[] = {
    {"OpenSSL", "peer did not return a certificate"},
    {"DataPower", "peer did not return a certificate (for once the cause, and no red herring)"},
    {"JSSE", "Empty client certificate chain"},
    {"IAIK/webMethods", "Certificate message is empty, client has no certificate."},
    {"nginx", "client sent no required SSL certificate"},
    {"Go", "tls: client didn't provide a certificate"},
    {"IIS", "HTTP 403.7"},
};
constexpr StackNote empty_list_settings[] = {
    {"webMethods", "watt.security.ssl.client.ignoreEmptyAuthoritiesList=true"},
};
constexpr StackNote rejected_client_logs[] = {
    {"JSSE", "Received fatal alert: bad_certificate, certificate_unknown or unknown_ca"},
    {"OpenSSL",
     "tlsv1 alert unknown ca (48), sslv3 alert bad certificate (42): the SERVER sent it"},
    {"IAIK/webMethods", "Peer sent alert: Alert Fatal: bad certificate"},
    {"Go", "remote error: tls: bad certificate"},
};
constexpr StackNote untrusted_server_logs[] = {
    {"OpenSSL", "certificate verify failed: unable to get local issuer certificate"},
    {"nginx",
     "client SSL certificate verify error: (20 or 21: unable to verify the first "
     "certificate)"},
    {"JSSE", "PKIX path building failed"},
    {"DataPower",
     "the certificate is not in the validation credentials, then: peer did not return "
     "a certificate (a red herring)"},
    {"Go", "tls: failed to verify certificate: x509: certificate signed by unknown authority"},
    {"IIS", "HTTP 403.16"},
};
constexpr StackNote chain_client_settings[] = {
    {"JSSE", "a keystore entry with the whole chain"},
    {"webMethods", "a keystore alias whose entry holds the chain"},
    {"DataPower", "identification credentials > Intermediate CA Certificate"},
    {"OpenSSL", "-cert_chain (curl: a PEM bundle)"},
};
constexpr StackNote depth_server_settings[] = {
    {"nginx", "ssl_verify_depth; the intermediate in ssl_client_certificate"},
    {"Apache", "SSLVerifyDepth"},
};
constexpr StackNote expired_server_logs[] = {
    {"OpenSSL", "certificate verify failed: certificate has expired"},
    {"nginx", "client SSL certificate verify error: (10: certificate has expired)"},
    {"JSSE", "PKIX path validation failed: ... validity check failed"},
    {"DataPower",
     "certificate has expired, then: peer did not return a certificate (a red herring)"},
};
constexpr StackNote usage_server_logs[] = {
    {"OpenSSL", "certificate verify failed: unsuitable certificate purpose"},
    {"JSSE", "Extended key usage does not permit use for TLS client authentication"},
};
constexpr StackNote revoked_server_logs[] = {
    {"OpenSSL", "certificate verify failed: certificate revoked"},
    {"IIS", "HTTP 403.13"},
};
constexpr StackNote proof_server_logs[] = {
    {"OpenSSL", "bad signature"},
    {"JSSE", "Invalid CertificateVerify message"},
};
constexpr StackNote by_application_server_settings[] = {
    {"nginx", "ssl_verify_client and ssl_client_certificate"},
    {"IIS", "403.7: none sent, 403.16: untrusted, 403.13: revoked"},
};
constexpr StackNote by_application_server_logs[] = {
    {"nginx",
     "client sent no required SSL certificate, or client SSL certificate verify error "
     "(level info)"},
    {"IIS", "HTTP 403.7, 403.16 or 403.13"},
};
constexpr StackNote late_server_settings[] = {
    {"IIS",
     "netsh http add sslcert ... clientcertnegotiation=enable, or no TLS 1.3 and HTTP/2 on "
     "that site"},
    {"Apache", "SSLVerifyClient in the virtual host, not in a Location"},
};
constexpr StackNote late_client_logs[] = {
    {"Go", "local error: tls: no renegotiation"},
    {"JSSE", "HelloRequest followed by an unexpected message"},
};

constexpr CauseInfo causes[] = {
    {.cause = Cause::client_cert_missing,
     .id = "client-cert-missing",
     .fix_at = FixAt::client,
     .title = "it requires a client certificate, and the client sent none",
     .meaning = "The server asked for a certificate (CertificateRequest) and the client answered "
                "with an empty Certificate message.",
     .looks_like = "CertificateRequest, an empty Certificate, then alert 40, 42, 50 or 116, FIN or "
                   "RST from the server. In TLS 1.3 the refusal comes after the client believes "
                   "itself connected.",
     .client_hint = "Configure a key and certificate, and its intermediates with it (in one "
                    "keystore entry); then "
                    "check that an issuer of it is in the server's list.",
     .server_hint = "Tell the partner which authorities are accepted.",
     .client_settings = configure_key_settings,
     .server_settings = authority_list_server_settings,
     .client_logs = missing_client_logs,
     .server_logs = missing_server_logs},
    {.cause = Cause::client_cert_no_ca_match,
     .id = "client-cert-no-ca-match",
     .fix_at = FixAt::both,
     .title = "the client has no certificate of an authority that the server lists",
     .meaning =
         "The server's CertificateRequest lists authorities; a client such as JSSE, IAIK, Go, "
         "NSS or Schannel sends nothing when none of its certificates fits the list.",
     .looks_like = "CertificateRequest with names, an empty Certificate, then a refusal: the same "
                   "bytes as with no certificate configured.",
     .client_hint =
         "Use a certificate issued by a listed authority, with its chain in the keystore.",
     .server_hint = "Add the client's issuer to the list, or send no list.",
     .client_settings = configure_key_settings,
     .server_settings = authority_list_server_settings,
     .client_logs = missing_client_logs,
     .server_logs = missing_server_logs},
    {.cause = Cause::client_cert_empty_ca_list,
     .id = "client-cert-empty-ca-list",
     .fix_at = FixAt::client,
     .title = "the server lists no authorities, and the client will not guess",
     .meaning = "The CertificateRequest holds no names; IAIK then sends no certificate unless told "
                "to.",
     .looks_like = "CertificateRequest without names, an empty Certificate, then a refusal.",
     .client_hint = "Let the client ignore the empty list.",
     .server_hint = "Let the server send the names of its authorities.",
     .client_settings = empty_list_settings,
     .server_settings = authority_list_server_settings,
     .client_logs = missing_client_logs,
     .server_logs = missing_server_logs},
    {.cause = Cause::client_cert_sigalg_mismatch,
     .id = "client-cert-sigalg-mismatch",
     .fix_at = FixAt::both,
     .title = "the client's key is of a type that the server does not ask for",
     .meaning =
         "The certificate types or signature algorithms of the CertificateRequest exclude the "
         "client's key.",
     .looks_like = "CertificateRequest that lists RSA only (or ECDSA only), then an empty "
                   "Certificate, or a refusal after the CertificateVerify.",
     .client_hint = "Use a certificate with a key of an accepted type.",
     .server_hint = "Allow RSA and ECDSA signatures of clients.",
     .client_settings = configure_key_settings,
     .client_logs = missing_client_logs,
     .server_logs = missing_server_logs},
    {.cause = Cause::client_cert_untrusted_ca,
     .id = "client-cert-untrusted-ca",
     .fix_at = FixAt::server,
     .title = "it does not trust the issuer of the client's certificate",
     .meaning = "The client's chain ends in an authority that the server does not know.",
     .looks_like = "A client Certificate, then alert 48, 46, 42, 49 or 40, FIN or RST from the "
                   "server.",
     .client_hint = "Use a certificate of an authority that the server lists.",
     .server_hint = "Add the issuing authority to the truststore for clients.",
     .client_settings = configure_key_settings,
     .server_settings = authority_list_server_settings,
     .client_logs = rejected_client_logs,
     .server_logs = untrusted_server_logs},
    {.cause = Cause::client_cert_self_signed,
     .id = "client-cert-self-signed",
     .fix_at = FixAt::both,
     .title = "it does not accept the client's self-signed certificate",
     .meaning = "The client's certificate is its own issuer, and the server does not know it.",
     .looks_like = "One client certificate whose issuer is its subject, then a refusal.",
     .client_hint = "Use a certificate that an authority has issued.",
     .server_hint = "Or add this very certificate as trusted (DataPower: exact certificate).",
     .client_settings = configure_key_settings,
     .server_settings = authority_list_server_settings,
     .client_logs = rejected_client_logs,
     .server_logs = untrusted_server_logs},
    {.cause = Cause::client_cert_missing_intermediate,
     .id = "client-cert-missing-intermediate",
     .fix_at = FixAt::client,
     .title = "the client sends its certificate without the intermediate that issued it",
     .meaning = "The server knows the root perhaps, but not the authority between. Some servers "
                "remember intermediates of others, so that it can come and go.",
     .looks_like =
         "One client certificate whose issuer the server does not list, then alert 48, 46 "
         "or 42 from the server.",
     .client_hint = "Send the chain.",
     .server_hint = "As a stopgap add the intermediate to the truststore for clients.",
     .client_settings = chain_client_settings,
     .server_settings = depth_server_settings,
     .client_logs = rejected_client_logs,
     .server_logs = untrusted_server_logs},
    {.cause = Cause::client_cert_expired,
     .id = "client-cert-expired",
     .fix_at = FixAt::client,
     .title = "the client's certificate has expired, or is not valid yet",
     .meaning = "The dates of the client's certificate do not include now.",
     .looks_like = "A client certificate out of date, then alert 45, 46, 42 or 40 from the server.",
     .client_hint = "Renew the client's certificate.",
     .server_hint = "Check the server's clock.",
     .client_settings = configure_key_settings,
     .client_logs = rejected_client_logs,
     .server_logs = expired_server_logs},
    {.cause = Cause::client_cert_wrong_usage,
     .id = "client-cert-wrong-usage",
     .fix_at = FixAt::client,
     .title = "the client's certificate is not made for a TLS client",
     .meaning = "Its extended key usage lacks clientAuth.",
     .looks_like = "A client certificate for serverAuth only, then alert 43, 46 or 42 from the "
                   "server.",
     .client_hint = "Have it reissued with clientAuth.",
     .server_hint = "Tell the partner which usage is expected.",
     .client_logs = rejected_client_logs,
     .server_logs = usage_server_logs},
    {.cause = Cause::client_cert_weak,
     .id = "client-cert-weak",
     .fix_at = FixAt::client,
     .title = "the client's certificate is too weak for it",
     .meaning = "The key is too short, or a signature in the chain uses MD5 or SHA-1.",
     .looks_like = "A weak client certificate, then alert 42, 43 or 46 from the server.",
     .client_hint = "Have it reissued with RSA of 2048 bits or P-256, signed with SHA-256.",
     .client_logs = rejected_client_logs,
     .server_logs = untrusted_server_logs},
    {.cause = Cause::client_cert_v1,
     .id = "client-cert-v1",
     .fix_at = FixAt::client,
     .title = "the client's certificate is of X.509 version 1",
     .meaning = "Version 1 has no extensions; some servers (rustls) refuse it.",
     .looks_like = "A client certificate of version 1, then alert 40 or 42 from the server.",
     .client_hint = "Have it reissued as version 3.",
     .client_logs = rejected_client_logs,
     .server_logs = untrusted_server_logs},
    {.cause = Cause::client_cert_revoked,
     .id = "client-cert-revoked",
     .fix_at = FixAt::client,
     .title = "the client's certificate has been revoked",
     .meaning = "The server's revocation list or OCSP names it.",
     .looks_like = "A client certificate, then alert 44 from the server.",
     .client_hint = "Have a new certificate issued.",
     .client_logs = rejected_client_logs,
     .server_logs = revoked_server_logs},
    {.cause = Cause::client_cert_bad_proof,
     .id = "client-cert-bad-proof",
     .fix_at = FixAt::client,
     .title = "the client's signature does not prove that it holds the certificate's key",
     .meaning = "Key and certificate of the client do not belong together, or the handshake was "
                "altered on the way.",
     .looks_like = "A client certificate and CertificateVerify, then alert 51 (40, 49) or FIN from "
                   "the server.",
     .client_hint = "Check that key and certificate match.",
     .server_hint = "Look for a device that rewrites the handshake.",
     .client_logs = rejected_client_logs,
     .server_logs = proof_server_logs},
    {.cause = Cause::client_cert_refused_by_app,
     .id = "client-cert-refused-by-app",
     .fix_at = FixAt::server,
     .title = "the handshake is fine; the application behind it refuses the client's certificate",
     .meaning =
         "nginx, IIS and some gateways complete the handshake without a good certificate and "
         "answer 400 or 403 inside.",
     .looks_like = "CertificateRequest, no or a bad certificate, both Finished, a short answer, "
                   "close.",
     .client_hint = "Read the HTTP answer; configure a certificate that the server accepts.",
     .server_hint = "Look at the web server's client certificate settings and its access rules.",
     .client_settings = configure_key_settings,
     .server_settings = by_application_server_settings,
     .server_logs = by_application_server_logs},
    {.cause = Cause::client_cert_rejected,
     .id = "client-cert-rejected",
     .fix_at = FixAt::server,
     .title = "it refuses the client's certificate; why cannot be read",
     .meaning = "The server ended the connection after the client's certificate, in a way whose "
                "reason cannot be read on the wire.",
     .looks_like = "TLS 1.3: a long client flight, then a record of an alert's size and FIN from "
                   "the server.",
     .client_hint = "Check dates, usage and chain of the client's certificate.",
     .server_hint = "Read the server's own log.",
     .client_logs = rejected_client_logs,
     .server_logs = untrusted_server_logs},
    {.cause = Cause::late_client_auth_impossible,
     .id = "late-client-auth-impossible",
     .fix_at = FixAt::server,
     .title = "the server asks for a client certificate after the handshake, which cannot be done "
              "here",
     .meaning =
         "The certificate is asked for only for some URLs; TLS 1.3, HTTP/2, Go, BoringSSL and "
         "others do not renegotiate.",
     .looks_like = "An established connection, then a HelloRequest (encrypted handshake record) "
                   "from the server and an alert from the client.",
     .client_hint = "Use a client that renegotiates, or present the certificate at once.",
     .server_hint = "Ask for the certificate in the first handshake.",
     .server_settings = late_server_settings,
     .client_logs = late_client_logs},
};

}  // namespace

std::span<const CauseInfo> client_certificate_causes() { return causes; }

}  // namespace legible::proxy
