"""Stacks crossed with faults: every client with every bad server certificate, every server with
every bad client, in TLS 1.2 and 1.3, and with every odd hello. Run by `run.py --matrix`.
"""

import clients
import hellos
import servers
from harness import Expected, Run, Scenario
from parts import send_and_leave

VERSIONS = {"12": "-tls1_2", "13": "-tls1_3"}

CLIENTS = {
    "java": clients.peer("java"),
    "go": clients.peer("go"),
    "node": clients.peer("node"),
    "python": clients.peer("python"),
    "openssl": clients.openssl(name="a.test"),
    "gnutls": clients.gnutls(name="a.test"),
    "curl": clients.curl(host="a.test"),
    "nss": clients.nss(name="a.test"),
    "wget": clients.wget(),
    "nginx": clients.nginx(),
    "haproxy": clients.haproxy(),
    "stunnel": clients.stunnel(),
}
# certificate: its cause, and the causes whose alert OpenSSL's clients send in clear in TLS 1.3.
BAD_SERVERS = {
    "unkca": ("server-cert-untrusted-ca", "server-cert-untrusted-ca"),
    "selfs": ("server-cert-self-signed", "server-cert-untrusted-ca"),
    "nochain": ("server-cert-missing-intermediate", "server-cert-untrusted-ca"),
    "expired": ("server-cert-expired", "server-cert-expired"),
    "notyet": ("server-cert-not-yet-valid", "server-cert-rejected"),
    "wronghost": ("server-cert-name-mismatch", "server-cert-rejected"),
    "wrongeku": ("server-cert-wrong-usage", "server-cert-wrong-usage"),
    "expca": ("server-chain-expired-ca", "server-cert-expired"),
    "underv1": ("server-cert-v1|server-chain-not-ca", "server-cert-untrusted-ca"),
}
ALERTS_IN_CLEAR = ("python", "openssl", "curl", "haproxy", "stunnel")
OK = Expected("client|server", "established|closing",
              "none|client-satisfied|truncated-close|reset-after-close")


def refusal_of_server(client: str, fault: str, version: str) -> Expected:
    cause, readable = BAD_SERVERS[fault]
    if client == "curl" and fault == "wronghost":
        # It completes the handshake and judges the name afterwards.
        quiet = "server-cert-rejected|server-cert-pinned|client-satisfied|tls-health-check"
        return Expected("client", "post-handshake|closing", cause if version == "12" else quiet)
    if client == "wget" and fault == "wrongeku":
        return OK  # it does not ask what the certificate is for
    if client == "wget":
        late = cause if version == "12" else "server-cert-rejected"
        return Expected("client", "post-handshake", late, "fin|rst")
    if client == "nginx":
        late = cause if version == "12" else "client-satisfied|server-cert-rejected"
        return Expected("client", "post-handshake", late, "alert-encrypted")
    if client == "nss" and version == "12":
        return Expected("client", "key-exchange|post-handshake", cause, "alert-encrypted")
    if client == "node":
        # It never sends an alert; in TLS 1.2 it completes the handshake first.
        if version == "12":
            return Expected("client", "post-handshake", cause, "fin")
        return Expected("client", "server-auth", "server-cert-rejected", "fin")
    if version == "12":
        return Expected("client", "server-auth|server-hello", cause, "alert-fatal")
    if client in ALERTS_IN_CLEAR:
        return Expected("client", "server-auth", readable, "alert-fatal")
    return Expected("client", "server-auth", "server-cert-rejected", "alert-encrypted")


def bad_servers():
    for client, run in CLIENTS.items():
        for fault in BAD_SERVERS:
            for version, option in VERSIONS.items():
                yield Scenario(f"{client}-{fault}-{version}", servers.openssl(fault, option), run,
                               refusal_of_server(client, fault, version))


AUTH = ("-Verify", "3", "-verify_return_error")
STUNNEL = ("CAfile = {certs}/root.crt", "verifyChain = yes", "requireCert = yes")
SERVERS = {
    "java": servers.peer("java", clients="require"),
    "go": servers.peer("go", clients="require"),
    "node": servers.peer("node", clients="require"),
    "python": servers.peer("python", clients="require"),
    "openssl": servers.openssl("good", *AUTH),
    "gnutls": servers.gnutls("good", "-r", "--verify-client-cert"),
    "haproxy": servers.haproxy("ca-file {certs}/root.crt verify required"),
    "stunnel": servers.stunnel(*STUNNEL),
    "apache": servers.apache("SSLVerifyClient require\nSSLVerifyDepth 3\n"
                             "SSLCACertificateFile {certs}/root.crt"),
    "nginx": servers.nginx("ssl_verify_client on; ssl_client_certificate {certs}/root.crt; "
                           "ssl_protocols TLSv1.2 TLSv1.3;"),
}
BAD_CLIENTS = {
    "": "client-cert-missing",
    "client_unk": "client-cert-untrusted-ca",
    "client_exp": "client-cert-expired",
}


def refusal_of_client(server: str, identity: str, version: str) -> Expected:
    cause = BAD_CLIENTS[identity]
    if server == "nginx":
        # It completes the handshake and answers 400: readable only as a short reply.
        return Expected("server|client", "established|closing", "client-cert-refused-by-app")
    # It closes without an alert, and resets what the client has already sent after its Finished.
    silent = "fin|rst" if server == "node" and identity else ""
    if version == "12":
        return Expected("server", "client-auth|post-handshake", cause, silent or "alert-fatal")
    if identity:
        cause = "client-cert-rejected"
    return Expected("server", "client-auth|post-handshake|established", cause,
                    silent or "alert-encrypted")


def bad_clients():
    for server, start in SERVERS.items():
        for identity in BAD_CLIENTS:
            for version, option in VERSIONS.items():
                yield Scenario(f"{server}-refuses-{identity or 'none'}-{version}", start,
                               clients.openssl(option, name="a.test", identity=identity),
                               refusal_of_client(server, identity, version))


PEERS = ("java", "go", "node", "python")
SUITE = {"java": "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
         "go": "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
         "node": "ECDHE-RSA-AES256-GCM-SHA384",
         "python": "ECDHE-RSA-AES256-GCM-SHA384"}


def refused_hello(cause: str, mechanism="alert-fatal") -> Expected:
    return Expected("server", "client-hello", cause, mechanism)


def alpn_refusal(server: str) -> Expected:
    if server == "python":
        return OK
    if server == "go":
        # It has sent its ServerHello by then: the alert is encrypted.
        return Expected("server", "server-hello", "alpn-mismatch", "alert-encrypted")
    return refused_hello("alpn-mismatch")


def negotiation():
    for server in PEERS:
        yield Scenario(f"{server}-version-old", servers.peer(server, tls="1.2"),
                       clients.openssl("-tls1_3"), refused_hello("no-shared-version"))
        yield Scenario(f"{server}-version-new", servers.peer(server, tls="1.3"),
                       clients.openssl("-tls1_2"), refused_hello("no-shared-version"))
        yield Scenario(f"{server}-cipher", servers.peer(server, tls="1.2", ciphers=SUITE[server]),
                       clients.openssl("-tls1_2", "-cipher", "AES128-SHA"),
                       refused_hello("no-shared-cipher"))
        yield Scenario(f"{server}-sni", servers.peer(server, name="a.test"),
                       clients.openssl(name="nosuch.test"),
                       refused_hello("server-drops-hello|sni-unrecognised", "fin")
                       if server == "node" else refused_hello("sni-unrecognised"))
        # Go forgives a client that offers http/1.1 alone, and Python any.
        yield Scenario(f"{server}-alpn", servers.peer(server, alpn="h2"),
                       clients.openssl("-alpn", "imap"),
                       alpn_refusal(server))
        yield Scenario(f"{server}-plain", servers.peer(server), clients.curl(scheme="http"),
                       Expected("server", "pre-hello", "plain-http-to-tls"))
    for client in PEERS:
        yield Scenario(f"{client}-asks-old", servers.openssl("good", "-tls1_3"),
                       clients.peer(client, tls="1.2"), refused_hello("no-shared-version"))
        yield Scenario(f"{client}-asks-new", servers.openssl("good", "-tls1_2"),
                       clients.peer(client, tls="1.3"), refused_hello("no-shared-version"))
        yield Scenario(f"{client}-asks-h2", servers.openssl("good", "-alpn", "http/1.1"),
                       clients.peer(client, alpn="h2"), refused_hello("alpn-mismatch"))
        yield Scenario(f"{client}-asks-cipher",
                       servers.openssl("good", "-tls1_2", "-cipher", "AES128-SHA"),
                       clients.peer(client, ciphers=SUITE[client], tls="1.2"),
                       refused_hello("no-shared-cipher"))
    for peer in PEERS:
        for version in ("1.2", "1.3"):
            digits = version.replace(".", "")
            yield Scenario(f"{peer}-ok-{digits}", servers.peer(peer, tls=version),
                           clients.peer(peer), OK)
    for name, start in {"stunnel": servers.stunnel(), "haproxy": servers.haproxy(""),
                        "gnutls": servers.gnutls(), "lighttpd": servers.lighttpd("openssl")}.items():
        yield Scenario(f"{name}-plain", start, clients.curl(scheme="http"),
                       Expected("server", "pre-hello", "plain-http-to-tls"))


class RefusedBy(Expected):
    """Holds where the server refuses; one that accepts, or waits for more, is left by the client."""

    def complaint(self, run: Run) -> str:
        return super().complaint(run) if run.verdict["closer"] == self.closer else ""


# Those that answer one connection as they answer the next.
HELLO_SERVERS = {
    **{name: servers.peer(name) for name in PEERS},
    "openssl": servers.openssl(),
    "gnutls": servers.gnutls(),
    "nginx": servers.nginx("ssl_protocols TLSv1.2 TLSv1.3;"),
    "apache": servers.apache(""),
    "haproxy": servers.haproxy(""),
    "stunnel": servers.stunnel(),
    **{f"lighttpd-{module}": servers.lighttpd(module)
       for module in ("openssl", "gnutls", "mbedtls", "wolfssl")},
}
# It answers nothing but a bare FIN: which of the reasons it was stays open.
MUTE = ("lighttpd-gnutls",)


def odd_hellos():
    for server, start in HELLO_SERVERS.items():
        for name, (data, cause) in hellos.REFUSED.items():
            silent = "|server-drops-hello|fragmented-hello-refused" if server in MUTE else ""
            yield Scenario(f"{server}-hello-{name}", start, clients.raw(send_and_leave(data)),
                           RefusedBy("server", "pre-hello|client-hello|server-hello",
                                     cause + silent))


ALL = [*bad_servers(), *bad_clients(), *negotiation(), *odd_hellos()]
