"""The failures that are reproduced with real peers, and what the verdict must be.

`|` separates readings that the wire allows alike. With the proxy relaying, a TLS 1.3 refusal that is
encrypted cannot be read: the cause is then the family's `...-rejected`.
"""

import clients
import peer_scenarios
import servers
from harness import Expected, Scenario
from parts import answer, close_after_hello, drain, pause, reset, say_and_wait

OLD = ("-cipher", "ALL:@SECLEVEL=0")
AUTH = ("-Verify", "3", "-verify_return_error")

# The server's certificate as the client judges it: in TLS 1.3 the alert of OpenSSL's clients is in
# clear, that of others is not.
UNREADABLE = "server-cert-rejected"
# unknown_ca and certificate_expired stand for more than one defect, and TLS 1.3 hides which.
ALIKE = {"server-cert-self-signed": "server-cert-untrusted-ca",
         "server-cert-missing-intermediate": "server-cert-untrusted-ca",
         "server-cert-v1|server-chain-not-ca": "server-cert-untrusted-ca",
         "server-chain-expired-ca": "server-cert-expired"}


def refused_by_client(cause, phase="server-auth|server-hello", mechanism="alert-fatal"):
    return Expected("client", phase, cause, mechanism)


def refused_by_server(cause, phase="client-hello", mechanism="alert-fatal"):
    return Expected("server", phase, cause, mechanism)


NEGOTIATION = [
    Scenario("T01", servers.nginx("ssl_protocols TLSv1.2 TLSv1.3;"), clients.openssl("-tls1", *OLD),
             refused_by_server("no-shared-version")),
    Scenario("T02", servers.openssl(), clients.openssl("-tls1", *OLD),
             refused_by_server("no-shared-version")),
    Scenario("T03", servers.openssl("good", "-tls1_2"), clients.openssl("-tls1_3"),
             refused_by_server("no-shared-version")),
    Scenario("T03-gnutls", servers.gnutls(priority="NORMAL:-VERS-ALL:+VERS-TLS1.2"),
             clients.openssl("-tls1_3"), refused_by_server("no-shared-version")),
    Scenario("T05", servers.gnutls(priority="NORMAL:-VERS-ALL:+VERS-TLS1.0"),
             clients.curl("--tlsv1.2", "--tls-max", "1.2"),
             refused_by_client("no-shared-version")),
    Scenario("T06", servers.openssl(), clients.openssl("-fallback_scsv", "-no_tls1_3"),
             refused_by_server("inappropriate-fallback")),
    Scenario("T07", servers.openssl("good", "-tls1_2", "-cipher", "ECDHE-RSA-AES256-GCM-SHA384"),
             clients.openssl("-tls1_2", "-cipher", "AES128-SHA"),
             refused_by_server("no-shared-cipher")),
    Scenario("T08", servers.openssl("good_ec", "-tls1_2"),
             clients.curl("--tls-max", "1.2", "--ciphers", "ECDHE-RSA-AES128-GCM-SHA256"),
             refused_by_server("no-shared-cipher")),
    Scenario("T09", servers.openssl("good", "-tls1_3", "-groups", "P-384"),
             clients.openssl("-tls1_3", "-groups", "P-256"),
             refused_by_server("no-shared-group|no-shared-cipher")),
    Scenario("T10", servers.openssl("good", "-tls1_2"),
             clients.openssl("-tls1_2", "-sigalgs", "ECDSA+SHA256"),
             refused_by_server("no-shared-sigalg")),
    Scenario("T12", servers.openssl("good", "-tls1_2", "-dhparam", "{peers}/dh1024.pem", "-cipher",
                                    "DHE:@SECLEVEL=0"),
             clients.openssl("-tls1_2", "-cipher", "DHE:@SECLEVEL=2"),
             refused_by_client("weak-dh-refused")),
    Scenario("T44", servers.openssl("good", "-servername", "a.test", "-servername_fatal",
                                    "-cert2", "{certs}/good.crt", "-key2", "{certs}/good.key"),
             clients.openssl(name="nosuch.test"), refused_by_server("sni-unrecognised")),
    Scenario("T46", servers.haproxy("strict-sni"), clients.openssl(name=""),
             refused_by_server("sni-missing")),
    Scenario("T47", servers.openssl("good", "-alpn", "h2"), clients.openssl("-alpn", "http/1.1"),
             refused_by_server("alpn-mismatch")),
]

# certificate, cause, extra options of the server
BAD_SERVER_CERTIFICATES = [
    ("unkca", "server-cert-untrusted-ca", ()),
    ("selfs", "server-cert-self-signed", ()),
    ("nochain", "server-cert-missing-intermediate", ()),
    ("expired", "server-cert-expired", ()),
    ("expca", "server-chain-expired-ca", ()),
    ("notyet", "server-cert-not-yet-valid", ()),
    ("wronghost", "server-cert-name-mismatch", ()),
    ("wrongeku", "server-cert-wrong-usage", ()),
    ("underv1", "server-cert-v1|server-chain-not-ca", ()),
    ("sha1", "server-cert-weak", OLD),
]


def bad_server_certificates():
    for name, cause, options in BAD_SERVER_CERTIFICATES:
        yield Scenario(f"openssl-{name}-12", servers.openssl(name, "-tls1_2", *options),
                       clients.openssl(), refused_by_client(cause))
        yield Scenario(f"openssl-{name}-13", servers.openssl(name, "-tls1_3", *options),
                       clients.openssl(),
                       refused_by_client(f"{cause}|{UNREADABLE}|{ALIKE.get(cause, UNREADABLE)}"))
        yield Scenario(f"gnutls-{name}-12", servers.openssl(name, "-tls1_2", *options),
                       clients.gnutls(), refused_by_client(cause))
        yield Scenario(f"gnutls-{name}-13", servers.openssl(name, "-tls1_3", *options),
                       clients.gnutls(),
                       refused_by_client(f"{cause}|{UNREADABLE}", mechanism="alert-encrypted"))


SERVER_CERTIFICATES = [
    *bad_server_certificates(),
    Scenario("T18", servers.openssl("notyet", "-tls1_2"), clients.curl(),
             refused_by_client("server-cert-not-yet-valid")),
    Scenario("T20", servers.openssl("wronghost", "-tls1_2"), clients.curl(),
             Expected("client", "post-handshake|closing", "server-cert-name-mismatch")),
    Scenario("T21", servers.openssl("wronghost", "-tls1_3"), clients.curl(),
             Expected("client", "post-handshake|closing",
                      "server-cert-rejected|server-cert-pinned|client-satisfied|tls-health-check")),
    Scenario("T31", servers.openssl("revoked", "-tls1_2"),
             clients.curl("--crlfile", "{certs}/inter.crl"),
             refused_by_client("server-cert-revoked")),
    Scenario("T32", servers.openssl("muststaple", "-tls1_2"), clients.gnutls(),
             refused_by_client("server-staple-missing")),
    Scenario("T59", servers.openssl(),
             clients.curl("--pinnedpubkey", "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
             Expected("client", "post-handshake|closing",
                      "server-cert-pinned|client-satisfied|server-cert-rejected|tls-health-check")),
]

# Where the certificate was refused by its content, TLS 1.2 shows it and TLS 1.3 does not.
CLIENT_CERTIFICATES = [
    Scenario("T33", servers.openssl("good", "-tls1_2", *AUTH), clients.curl(),
             refused_by_server("client-cert-missing", "client-auth")),
    Scenario("T34", servers.openssl("good", "-tls1_3", *AUTH), clients.curl(),
             refused_by_server("client-cert-missing", "client-auth|post-handshake",
                               "alert-encrypted")),
    Scenario("T36", servers.gnutls("good", "-r", "--verify-client-cert"), clients.openssl("-tls1_2"),
             refused_by_server("client-cert-missing", "client-auth")),
    Scenario("T36-13", servers.gnutls("good", "-r", "--verify-client-cert"),
             clients.openssl("-tls1_3"),
             refused_by_server("client-cert-missing", "client-auth|post-handshake",
                               "alert-encrypted")),
    *(Scenario(f"{id}-12", servers.openssl("good", "-tls1_2", *AUTH),
               clients.openssl(identity=name),
               refused_by_server(cause, "client-auth"))
      for id, name, cause in [
          ("T38", "client_unk", "client-cert-untrusted-ca"),
          ("T39", "client_exp", "client-cert-expired"),
          ("T40", "client_seku", "client-cert-wrong-usage"),
          ("client-selfs", "client_selfs", "client-cert-self-signed"),
          ("client-nochain", "client_nochain",
           "client-cert-untrusted-ca|client-cert-missing-intermediate"),
      ]),
    Scenario("T39", servers.openssl("good", "-tls1_3", *AUTH),
             clients.openssl(identity="client_exp"),
             refused_by_server("client-cert-rejected", "client-auth|post-handshake",
                               "alert-encrypted")),
    Scenario("T41", servers.nginx("ssl_verify_client on; ssl_client_certificate {certs}/root.crt; "
                                  "ssl_protocols TLSv1.2;"), clients.curl(),
             Expected("server|client", "established|closing", "client-cert-refused-by-app")),
    Scenario("T41-13", servers.nginx("ssl_verify_client on; ssl_client_certificate "
                                     "{certs}/root.crt; ssl_protocols TLSv1.3;"),
             clients.openssl(name="a.test", identity="client_exp"),
             Expected("server|client", "established|closing", "client-cert-refused-by-app")),
    Scenario("T43", servers.openssl("good", "-tls1_2", *AUTH, "-client_sigalgs", "RSA+SHA256"),
             clients.openssl(identity="client_ec"),
             refused_by_server("client-cert-sigalg-mismatch|client-cert-missing", "client-auth")),
    Scenario("client-validated", servers.openssl("good", "-tls1_2", *AUTH),
             clients.curl("--cert", "{certs}/client.pem"),
             Expected("client|server", "established|closing", "none|client-satisfied")),
]

CONNECTION = [
    Scenario("T48", servers.openssl(), clients.curl(scheme="http"),
             Expected("server", "pre-hello", "plain-http-to-tls")),
    Scenario("T49", servers.nginx(""), clients.curl(scheme="http"),
             Expected("server", "pre-hello", "plain-http-to-tls", "plaintext-reply")),
    Scenario("T50", servers.scripted(answer(b"<!DOCTYPE HTML><html><body>Bad request</body></html>")),
             clients.curl(), Expected("server", "client-hello", "tls-to-plain-http",
                                      "plaintext-reply")),
    Scenario("T51", servers.scripted(say_and_wait(b"220 mail.test ESMTP\r\n")), clients.openssl(),
             Expected("client|server", "pre-hello|client-hello", "tls-to-starttls-service")),
    Scenario("T52", servers.scripted(drain), clients.curl("--max-time", "3"),
             Expected("client", "client-hello", "server-silent", "timeout|fin")),
    Scenario("T53", servers.scripted(close_after_hello), clients.openssl(),
             Expected("server", "client-hello", "server-drops-hello", "fin")),
    Scenario("T54", servers.scripted(reset), clients.curl(),
             Expected("server", "client-hello", "server-drops-hello", "rst")),
    Scenario("T55", servers.closed_port(), clients.curl(),
             Expected("proxy", "server-connect", "tcp-refused", "connect-failed")),
    Scenario("T56", servers.haproxy(""), clients.raw(pause(0)),
             Expected("client", "pre-hello", "tcp-health-check", "fin")),
    Scenario("T57", servers.nginx("client_header_timeout 2s;"),
             clients.raw(say_and_wait(b"\x16\x03\x01")),
             Expected("server", "pre-hello", "client-silent", "timeout|fin")),
    Scenario("tls-to-ssh", servers.scripted(say_and_wait(b"SSH-2.0-OpenSSH_9.2\r\n")),
             clients.curl(), Expected("client|server", "pre-hello|client-hello", "tls-to-ssh")),
]

SESSION = [
    Scenario("T58", servers.openssl("good", "-tls1_2"),
             clients.openssl("-tls1_2", send=b"R\n", hold=1.5),
             Expected("server|client", "renegotiation", "renegotiation-refused")),
    Scenario("ok-12", servers.openssl("good", "-tls1_2"), clients.curl(),
             Expected("client|server", "established|closing", "none|client-satisfied")),
    Scenario("ok-13", servers.openssl("good", "-tls1_3"), clients.curl(),
             Expected("client|server", "established|closing",
                      "none|client-satisfied|truncated-close|reset-after-close")),
    # gnutls-serv asks for a certificate that it does not need.
    Scenario("ok-gnutls", servers.gnutls(), clients.gnutls(),
             Expected("client|server", "established|closing",
                      "none|client-satisfied|truncated-close|reset-after-close")),
    Scenario("ok-nginx", servers.nginx(""), clients.curl(),
             Expected("client|server", "established|closing", "none|client-satisfied")),
]

ALL = [*NEGOTIATION, *SERVER_CERTIFICATES, *CLIENT_CERTIFICATES, *CONNECTION, *SESSION,
       *peer_scenarios.ALL]
