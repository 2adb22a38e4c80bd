"""Further stacks on either side: Java, Go, Node, Python, NSS, wget, stunnel, lighttpd.

Expectations are written as in scenarios.py; matrix.py crosses stacks with faults.
"""

import clients
import servers
from harness import Expected, Scenario
from parts import reset, spoil, split_hello

OLD = ("-cipher", "ALL:@SECLEVEL=0")
AUTH = ("-Verify", "3", "-verify_return_error")
MBEDTLS_2 = "libmbedtls.so.14"  # it knows no TLS 1.3, and no hello in several records
JAVA_12 = clients.peer("java", tls="1.2")
GO_12 = clients.peer("go", tls="1.2")
UNTRUSTED_12 = servers.openssl("unkca", "-tls1_2")
ONE_SUITE = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"


def by_client(cause, mechanism="alert-fatal", phase="server-auth|server-hello"):
    return Expected("client", phase, cause, mechanism)


def by_server(cause, mechanism="alert-fatal", phase="client-hello"):
    return Expected("server", phase, cause, mechanism)


NEGOTIATION = [
    Scenario("T04", servers.lighttpd("mbedtls", library=MBEDTLS_2), clients.openssl("-tls1_3"),
             by_server("no-shared-version")),
    Scenario("T11", servers.peer("java", tls="1.2", ciphers=ONE_SUITE),
             clients.openssl("-tls1_2", "-cipher", "AES128-SHA256"),
             by_server("no-shared-cipher")),
    Scenario("T45", servers.openssl("good", "-tls1_2", "-servername", "a.test", "-cert2",
                                    "{certs}/good.crt", "-key2", "{certs}/good.key"),
             clients.peer("java", tls="1.2", name="b.test"),
             by_client("sni-warning-not-tolerated", "alert-fatal|alert-warning",
                       "server-auth|server-hello|client-hello")),
    Scenario("T54-java", servers.scripted(reset), clients.peer("java"),
             by_server("server-drops-hello", "rst")),
    Scenario("T61", servers.lighttpd("mbedtls", library=MBEDTLS_2),
             clients.raw(split_hello("a.test", 100)),
             by_server("fragmented-hello-refused|server-drops-hello", "fin",
                       "pre-hello|client-hello")),
]

SERVER_KEY_EXCHANGE = 12
SPOILT = servers.altered(servers.openssl("good", "-tls1_2"), spoil(SERVER_KEY_EXCHANGE))
SERVER_CERTIFICATES = [
    # Java says handshake_failure, Go unexpected_message, OpenSSL decrypt_error.
    *(Scenario(f"bad-signature-{name}", SPOILT, client, by_client("server-cert-key-mismatch"))
      for name, client in (("java", JAVA_12), ("go", GO_12), ("openssl", clients.openssl()))),
    Scenario("T16", servers.openssl("expired", "-tls1_2"), JAVA_12,
             by_client("server-cert-expired")),
    Scenario("T17", servers.openssl("expired", "-tls1_3"), clients.peer("java"),
             by_client("server-cert-rejected", "alert-encrypted")),
    Scenario("T19", servers.openssl("wronghost", "-tls1_2"), clients.peer("python"),
             by_client("server-cert-name-mismatch")),
    Scenario("T24", servers.openssl("nochain", "-tls1_2"), JAVA_12,
             by_client("server-cert-missing-intermediate")),
    Scenario("T25", UNTRUSTED_12, clients.peer("node"),
             by_client("server-cert-untrusted-ca", "fin", "post-handshake")),
    Scenario("T26", servers.openssl("unkca", "-tls1_3"), clients.peer("node"),
             by_client("server-cert-rejected", "fin")),
    Scenario("T27", servers.openssl("underv1", "-tls1_2"), GO_12,
             by_client("server-chain-not-ca|server-cert-v1")),
    Scenario("T28", servers.openssl("v1leaf", "-tls1_2"), GO_12,
             by_client("server-cert-v1|server-cert-name-mismatch")),
    Scenario("T29", servers.openssl("sha1", "-tls1_2", *OLD), clients.peer("python"),
             by_client("server-cert-weak")),
    Scenario("T30", servers.openssl("longchain", "-tls1_2"), JAVA_12,
             by_client("server-chain-too-long")),
    Scenario("nss-unkca-12", UNTRUSTED_12, clients.nss(),
             by_client("server-cert-untrusted-ca", "alert-encrypted",
                       "server-auth|key-exchange|post-handshake")),
    Scenario("nss-unkca-13", servers.openssl("unkca", "-tls1_3"), clients.nss(),
             by_client("server-cert-rejected", "alert-encrypted")),
    Scenario("wget-unkca-12", UNTRUSTED_12, clients.wget(),
             by_client("server-cert-untrusted-ca", "fin|rst", "post-handshake")),
    Scenario("wget-unkca-13", servers.openssl("unkca", "-tls1_3"), clients.wget(),
             by_client("server-cert-rejected", "fin|rst", "post-handshake")),
    # Gateways as clients: nginx judges after the handshake, HAProxy and stunnel refuse a wrong name
    # with internal_error.
    Scenario("nginx-expired-12", servers.openssl("expired", "-tls1_2"), clients.nginx(),
             by_client("server-cert-expired", "alert-encrypted", "post-handshake")),
    Scenario("nginx-unkca-13", servers.openssl("unkca", "-tls1_3"), clients.nginx(),
             by_client("client-satisfied|server-cert-rejected", "alert-encrypted",
                       "post-handshake")),
    Scenario("haproxy-wronghost-12", servers.openssl("wronghost", "-tls1_2"), clients.haproxy(),
             by_client("server-cert-name-mismatch")),
    Scenario("stunnel-wronghost-13", servers.openssl("wronghost", "-tls1_3"), clients.stunnel(),
             by_client("server-cert-rejected")),
]

CLIENT_CERTIFICATES = [
    Scenario("T35", servers.peer("java", tls="1.2", clients="require"), clients.openssl("-tls1_2"),
             by_server("client-cert-missing", phase="client-auth")),
    Scenario("T37", servers.openssl("good", "-tls1_2", *AUTH),
             clients.peer("java", tls="1.2", identity="client_unk"),
             by_server("client-cert-no-ca-match|client-cert-missing", phase="client-auth")),
    Scenario("T40-haproxy", servers.haproxy("ca-file {certs}/root.crt verify required"),
             clients.openssl("-tls1_2", identity="client_seku"),
             by_server("client-cert-wrong-usage", phase="client-auth")),
    Scenario("T42", servers.peer("node", clients="require"),
             clients.openssl("-tls1_2", identity="client_unk"),
             by_server("client-cert-untrusted-ca", "fin", "client-auth|post-handshake")),
]

LATE = ("SSLVerifyDepth 3\nSSLCACertificateFile {certs}/root.crt\n"
        "<Location />\nSSLVerifyClient require\n</Location>")
SESSION = [
    Scenario("late-client-cert", servers.apache(LATE),
             clients.curl("--tls-max", "1.2", "--cert", "{certs}/client.pem", host="a.test"),
             Expected("client|server", "established|closing", "none|client-satisfied")),
    Scenario("late-client-cert-refused", servers.apache(LATE),
             clients.curl("--tls-max", "1.2", "--cert", "{certs}/client_unk.pem", host="a.test"),
             by_server("client-cert-rejected", "alert-encrypted", "renegotiation")),
    Scenario("T60", servers.peer("python", tls="1.2"), clients.curl(),
             # curl may have had all that it wanted, and have said so, before the server's FIN.
             Expected("server|client", "established|closing", "truncated-close|client-satisfied")),
]

ALL = [*NEGOTIATION, *SERVER_CERTIFICATES, *CLIENT_CERTIFICATES, *SESSION]
