"""What works without the proxy works with one that intercepts, and what it cannot end it relays."""

import subprocess

import clients
import peers
import servers
from harness import Expected, Stage, free_port, wait_listening
from hellos import REFUSED
from interception import INTERCEPT, Interception, Served
from parts import greet, say_and_wait, send_and_leave

V = {"1.2": "-tls1_2", "1.3": "-tls1_3"}
REQUEST = "GET / HTTP/1.0\r\n\r\n"
AUTH = ("-Verify", "3", "-verify_return_error")
OWN = ("--client-cert", "{certs}/client.pem")



def openssl(*options, **more):
    """It leaves when the server does, in its own time."""
    return clients.openssl(*options, hold=8.0, **{"name": "a.test", **more})


def curl(*options, **more):
    return clients.curl("--max-time", "12", *options, **more)


CLIENTS = {
    "openssl": openssl(),
    "gnutls": clients.gnutls(name="a.test", hold=8.0),
    "curl": curl("-i", host="a.test"),
    "java": clients.peer("java"),
    "java-page": clients.java_page(),
    "go": clients.peer("go"),
    "node": clients.peer("node"),
    "python": clients.peer("python"),
}
GNUTLS = {"1.2": "NORMAL:-VERS-ALL:+VERS-TLS1.2", "1.3": "NORMAL:-VERS-ALL:+VERS-TLS1.3"}


def server(stack: str, version: str, **options):
    if stack == "openssl":
        return servers.openssl("good_ec", V[version])
    if stack == "gnutls":
        return servers.gnutls("good_ec", priority=GNUTLS[version])
    if stack == "nginx":
        return servers.nginx(f"ssl_protocols TLSv{version};", "good_ec")
    return servers.peer(stack, tls=version, **options)


def stacks():
    for name, run in CLIENTS.items():
        for version, option in V.items():
            yield Interception(f"intercept-{name}-{version}", servers.openssl("good", option), run,
                               Served(version))
    for stack in ("openssl", "gnutls", "nginx", "java", "go", "node"):
        for version in V:
            yield Interception(f"intercept-to-{stack}-{version}", server(stack, version),
                               curl("-i", host="a.test"), Served(version))


def twice(client):
    """Keeps the session of a first connection and brings it to a second one."""

    def run(stage: Stage, port: int):
        for session in ("-sess_out", "-sess_in"):
            openssl(*client, session, f"{stage.folder}/session")(stage, port)

    return run


def with_pkcs12(scenario: Interception) -> Interception:
    """The proxy's own certificate comes from a PKCS#12 file."""
    start = scenario.server

    def prepared(stage: Stage) -> int:
        peers.pkcs12(stage, "client")
        stage.file("password", "legible\n")
        return start(stage)

    scenario.server = prepared
    scenario.options += ("--client-cert", "{stage}/client.p12",
                         "--client-key-password-file", "{stage}/password")
    return scenario


def ed25519(stage: Stage) -> int:
    """A server whose key mbedTLS does not know."""
    port = free_port()
    files = [stage.folder / name for name in ("ed25519.key", "ed25519.crt")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", "/CN=a.test",
                    "-keyout", files[0], "-out", files[1]], check=True, timeout=20,
                   capture_output=True)
    server = stage.start("openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-www",
                         "-key", str(files[0]), "-cert", str(files[1]))
    return wait_listening(server, port)


def early_data(stage: Stage, port: int):
    """Brings early data to the proxy, with a ticket that the server itself has given."""
    session = str(stage.folder / "session")
    openssl("-sess_out", session)(stage, stage.server_port)
    openssl("-sess_in", session, "-early_data", stage.file("early", REQUEST))(stage, port)


def known(start):
    """Clients may go to the server directly, too."""

    def noted(stage: Stage) -> int:
        stage.server_port = start(stage)
        return stage.server_port

    return noted


MUTUAL_SERVERS = {
    "openssl": lambda version: servers.openssl("good", V[version], *AUTH),
    "gnutls": lambda version: servers.gnutls("good", "-r", "--verify-client-cert",
                                             priority=GNUTLS[version]),
    "nginx": lambda version: servers.nginx(
        f"ssl_verify_client on; ssl_verify_depth 3; ssl_client_certificate {{certs}}/root.crt; "
        f"ssl_protocols TLSv{version};"),
    "java": lambda version: servers.peer("java", tls=version, clients="require"),
    "go": lambda version: servers.peer("go", tls=version, clients="require"),
    "node": lambda version: servers.peer("node", tls=version, clients="require"),
}


def mutual():
    for name, start in MUTUAL_SERVERS.items():
        for version in V:
            yield Interception(f"intercept-mutual-{name}-{version}", start(version),
                               curl("-i", "--cert", "{certs}/client.pem", host="a.test"),
                               Served(version), (*INTERCEPT, *OWN))
    for version in V:
        # The client's own certificate is asked for in turn.
        yield Interception(f"intercept-mutual-java-client-{version}",
                           MUTUAL_SERVERS["openssl"](version),
                           clients.peer("java", identity="client"), Served(version),
                           (*INTERCEPT, *OWN, "--client-trust", "{certs}/servers-root.crt"))
        yield with_pkcs12(Interception(f"intercept-pkcs12-{version}",
                                       MUTUAL_SERVERS["openssl"](version),
                                       openssl(identity="client"),
                                       Served(version)))


def handshakes():
    for version, option in V.items():
        for protocol, says in (("h2", "HTTP/2 200"), ("http/1.1", "HTTP/1.1 200")):
            flag = "--http2" if protocol == "h2" else "--http1.1"
            yield Interception(
                f"intercept-{protocol.replace('/', '-')}-{version}",
                servers.nginx(f"ssl_protocols TLSv{version};", http2=True),
                curl("-i", flag, host="a.test"), Served(version, says=says))
        yield Interception(f"intercept-resumed-{version}", servers.openssl("good", option),
                           twice((option,)), Served(version, says=rf"Reused, TLSv{version}"))
        # In TLS 1.3 the second client gets what the server gives: no ticket, and no resumption.
        found = "Reused, TLSv1.2" if version == "1.2" else r"(?s)New, TLSv1.3.*New, TLSv1.3"
        yield Interception(f"intercept-no-tickets-{version}",
                           servers.openssl("good", option, "-no_ticket", "-no_cache", "-num_tickets", "0"),
                           twice((option,)), Served(version, says=found))
    yield Interception("intercept-hello-retry", servers.openssl("good", "-tls1_3", "-groups", "P-384"),
                       openssl("-groups", "P-256:P-384"), Served("1.3"))
    yield Interception("intercept-hello-retry-client", servers.openssl("good", "-tls1_3"),
                       openssl("-groups", "X448:P-384:P-256"), Served("1.3"))
    yield Interception("intercept-sans", servers.openssl("sans120"), openssl(),
                       Served())
    yield Interception("intercept-fourints", servers.openssl("fourints"), curl("-i"), Served())
    yield Interception("intercept-no-sni", servers.openssl(), openssl(name=""), Served())
    yield Interception("intercept-keep-alive", servers.nginx(""), clients.curl(
        "-i", "--http1.1", "https://a.test/again", host="a.test"),
        Served(says=r"(?s)HTTP/1.1 200.*HTTP/1.1 200"))
    yield Interception("intercept-greeting", servers.over_tls(greet(b"220 a.test ESMTP\r\n")),
                       openssl("-quiet"), Served(says="220 a.test ESMTP"))


def refusals():
    """What a client of the proxy may not do."""
    yield Interception("intercept-early-data",
                       known(servers.nginx("ssl_early_data on; ssl_protocols TLSv1.3;")),
                       early_data, Served("1.3", says="Early data was rejected"))
    # Relayed, so that the server says what is wrong.
    for name in ("broken", "data-first", "length-ffff"):
        data, cause = REFUSED[name]
        yield Interception(f"intercept-hello-{name}", servers.openssl(),
                           clients.raw(send_and_leave(data)), Expected("server", "pre-hello", cause))
    yield Interception("intercept-renegotiation", servers.openssl("good", "-tls1_2"),
                       openssl("-tls1_2", send=b"R\n"),
                       Expected("client|proxy", "renegotiation", "renegotiation-refused"))
    yield Interception("intercept-ed25519", ed25519, openssl(),
                       Expected("proxy|server", "client-hello", "proxy-limit"))


OLD = ("-cipher", "ALL:@SECLEVEL=0")
AUTO = ("--mode", "auto")


def automatic():
    """What cannot be ended here is relayed, and the verdict is that of a relay."""
    yield Interception("auto", servers.openssl(), curl("-i"), Served(), AUTO)
    for name, version in {"1.0": "-tls1", "1.1": "-tls1_1"}.items():
        yield Interception(f"auto-tls-{name}", servers.openssl("good", version, *OLD),
                           openssl(version, *OLD),
                           Served(name, mode="relay"), AUTO)
    yield Interception("auto-static-rsa", servers.openssl("good", "-tls1_2"),
                       openssl("-tls1_2", "-cipher", "AES128-GCM-SHA256"),
                       Served("1.2", mode="relay"), AUTO)
    yield Interception("auto-plain-http", servers.nginx(""), curl("-i", scheme="http"),
                       Expected("server", "pre-hello", "plain-http-to-tls", "plaintext-reply"), AUTO)
    yield Interception("auto-banner", servers.scripted(say_and_wait(b"SSH-2.0-OpenSSH_9.2\r\n")),
                       clients.raw(send_and_leave(b"SSH-2.0-client\r\n")),
                       Expected("client|server", "pre-hello", "none"), AUTO)
    for options, mode in (("--relay *.test --mode intercept", "relay"),
                          ("--relay *.example --mode intercept", "intercept"),
                          ("--intercept a.* --relay * --mode relay", "intercept"),
                          ("--relay a.test --intercept * --mode auto", "relay")):
        name = options.replace("--", "").replace(" ", "-").replace("*", "any")
        yield Interception(f"glob-{name}", servers.openssl(), curl("-i", host="a.test"),
                           Served(mode=mode), tuple(options.split()))
    # Refused with the proxy alone: its own limit, named as such.
    for id, option in {"tls-1.0": ("-tls1", *OLD),
                       "static-rsa": ("-tls1_2", "-cipher", "AES128-GCM-SHA256")}.items():
        yield Interception(f"intercept-{id}", servers.openssl("good", "-cipher", "ALL:@SECLEVEL=0"),
                           openssl(*option),
                           Expected("proxy", "client-hello", "proxy-limit"))


def is_chosen(scenario: Interception) -> bool:
    """Each stack once or twice is enough for every run; the others are in the matrix."""
    both_versions = ("openssl", "curl", "nginx", "resumed", "h2")
    other = "1.2" if any(each in scenario.id for each in ("java", "gnutls")) else "1.3"
    return not scenario.id.endswith(other) or any(each in scenario.id for each in both_versions)


EVERY = [*stacks(), *mutual(), *handshakes(), *refusals(), *automatic()]
ALL = [each for each in EVERY if is_chosen(each)]
MATRIX = [each for each in EVERY if not is_chosen(each)]
