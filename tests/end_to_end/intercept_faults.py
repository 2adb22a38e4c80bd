"""What fails without the proxy fails through it, for the same reason.

Each client meets each fault twice, directly and through the proxy, and trusts the same CAs both
times: what it then says about the failure must be the same, word for word but for dates, names of
CAs and the like. Where a minted certificate cannot carry the defect, it must be what that client
says of an unknown CA.
"""

import contextlib
import dataclasses
import re
import clients
import servers
from harness import Result, Stage, wait_until
from interception import INTERCEPT, intercepting_stage
from plain_relay import PlainRelay

VERSIONS = {"1.2": "-tls1_2", "1.3": "-tls1_3"}

# What an error text is told by, for each stack; all that is found counts.
REASONS = {
    "openssl": r"verify error:num=\d+:[^\n]*|alert number \d+",
    "curl": r"curl: \(\d+\) [^\n]*",
    "gnutls": r"Status: [^\n]*|Fatal error: [^\n]*",
    "java": r"(?m)^\S+(?:Exception|Error)\b[^\n]*",
    "node": r"(?m)^(?:[A-Z0-9]+_)+[A-Z0-9_]+(?= )|^UNSPECIFIED [^\n]*",
    "go": r"(?:x509|tls|remote error): [^\n]*|\bEOF\b|\bread tcp[^\n]*",
}
UNKNOWN_CA = {
    "openssl": r"self-signed certificate in certificate chain|unable to get local issuer",
    "curl": r"self-signed certificate in certificate chain|unable to get local issuer",
    "gnutls": r"The certificate issuer is unknown",
    "java": r"unable to find valid certification path",
    "node": r"SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "go": r"certificate signed by unknown authority",
}
# Two runs differ in these.
VARYING = [
    (re.compile(r"\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.+]\S+|Z)?"), "TIME"),
    (re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \w{3} +\d+ [\d:]+ \w+ \d{4}"), "TIME"),
    (re.compile(r"127\.0\.0\.1:\d+(?:->127\.0\.0\.1:\d+)?"), "ADDRESS"),
    (re.compile(r"[0-9A-F]{8,}:error"), "error"),
    (re.compile(r"\.c:\d+"), ""),
    (re.compile(r' \(possibly because of .*\)'), ""),
]


PAGE = re.compile(r"HTTP/[12](?:\.[01])? 200|^200\b|Response code : 200", re.MULTILINE)


def words(pattern: str, text: str) -> str:
    """What of a text matches, each once."""
    for varying, instead in VARYING:
        text = varying.sub(instead, text)
    return "; ".join(dict.fromkeys(each.strip() for each in re.findall(pattern, text)))


def outcome(stack: str, text: str) -> str:
    """What a client says of a failure, else that it had its page."""
    return words(REASONS[stack], text) or ("the page" if PAGE.search(text) else "")


def difference(direct, through) -> str:
    """What is wrong, if anything: nothing said at all says nothing."""
    if not direct or not any(direct):
        return "nothing is said, not even without the proxy"
    return "" if through == direct else f"through the proxy {through!r}, not {direct!r}"


CLIENTS = {
    "openssl": lambda *extra: clients.openssl(*extra, name="a.test", hold=8.0),
    "curl": lambda *extra: clients.curl("-i", "--max-time", "12", *extra, host="a.test"),
    "gnutls": lambda *extra: clients.gnutls(*extra, name="a.test", hold=8.0),
    "java": lambda *_: clients.java_page(),
    "node": lambda *_: clients.peer("node"),
    "go": lambda *_: clients.peer("go"),
}
# certificate: whether a minted one can be bad in that way
CERTIFICATES = {
    "good": True,
    "unkca": True,
    "expired": True,
    "notyet": True,
    "selfs": True,
    "wronghost": True,
    "nochain": True,
    "wrongeku": True,
    "weak": False,
    "sha1": False,
    "constrained": False,
    "underv1": False,
    "expca": True,
}
OLD_KEYS = {"weak": ("-cipher", "ALL:@SECLEVEL=0"), "sha1": ("-cipher", "ALL:@SECLEVEL=0")}


@dataclasses.dataclass
class SameReason:
    """One client, every certificate, one version."""

    id: str
    stack: str
    version: str
    certificates: tuple[str, ...]

    def play(self, program: str, certificates: str) -> Result:
        rows, wrong = [], []
        servers_ = PlainRelay()
        with intercepting_stage(program, certificates) as stage, contextlib.closing(servers_):
            proxy = stage.proxy(f"127.0.0.1:{servers_.port}", "--ca-dir", "{certs}/ca", *INTERCEPT)
            said = {}
            for certificate in self.certificates:
                options = (VERSIONS[self.version], *OLD_KEYS.get(certificate, ()))
                servers_.target = servers.openssl(certificate, *options)(stage)
                said[certificate] = [self.hear(stage, port) for port in (servers_.target, proxy.port)]
        for certificate, (direct, through) in said.items():
            carried = CERTIFICATES[certificate]
            rows.append(f"{certificate}: {direct!r}")
            if carried and (complaint := difference(direct, through)):
                wrong.append(f"{certificate}: {complaint}")
            if not carried and not re.search(UNKNOWN_CA[self.stack], through):
                wrong.append(f"{certificate}: through the proxy {through!r}, not an unknown CA")
        return Result("\n  ".join(rows), "\n  ".join(wrong))

    def hear(self, stage: Stage, port: int) -> str:
        CLIENTS[self.stack]()(stage, port)
        return outcome(self.stack, stage.take_output("client.out"))


# The server's own log, and what of it says why.
SERVERS = {
    "openssl": (lambda tls: servers.openssl("good", VERSIONS[tls], *AUTH), "openssl.out",
                r"verify error:num=\d+:[^\n]*|(?<=:SSL routines:)[^\n]*"),
    "gnutls": (lambda tls: servers.gnutls("good", "-r", "--verify-client-cert",
                                          priority=f"NORMAL:-VERS-ALL:+VERS-TLS{tls}"),
               "gnutls-serv.out", r"Error[^\n]*"),
    "nginx": (lambda tls: servers.nginx("ssl_verify_client on; ssl_verify_depth 3; "
                                        "ssl_client_certificate {certs}/root.crt; "
                                        f"ssl_protocols TLSv{tls};"), "error.log",
              r"client sent no required SSL certificate|"
              r"client SSL certificate verify error: \([^)]*\)"),
    "java": (lambda tls: servers.peer("java", tls=tls, clients="require"), "java.out",
             r"(?m)^\S+(?:Exception|Error)\b[^\n]*"),
    "go": (lambda tls: servers.peer("go", tls=tls, clients="require"), "peer.out",
           r"(?:x509|tls|remote error): [^\n]*"),
}
IDENTITIES = ("client", "", "client_exp", "client_unk", "client_selfs", "client_seku")
AUTH = ("-Verify", "3", "-verify_return_error")


@dataclasses.dataclass
class SameRefusal:
    """One server that asks for a certificate, every bad one: the client and the proxy have it."""

    id: str
    stack: str
    version: str

    def play(self, program: str, certificates: str) -> Result:
        rows, wrong = [], []
        with intercepting_stage(program, certificates) as stage:
            port = SERVERS[self.stack][0](self.version)(stage)
            for identity in IDENTITIES:
                own = ["--client-cert", stage.certificate(f"{identity}.pem")] if identity else []
                proxy = stage.proxy(f"127.0.0.1:{port}", "--ca-dir", "{certs}/ca", *INTERCEPT, *own)
                direct = self.hear(stage, port, identity)
                through = self.hear(stage, proxy.port, identity)
                rows.append(f"{identity or 'none'}: {direct}")
                if complaint := difference(direct, through):
                    wrong.append(f"{identity or 'none'}: {complaint}")
        return Result("\n  ".join(rows), "\n  ".join(wrong))

    def hear(self, stage: Stage, port: int, identity: str) -> tuple[str, str]:
        """What the client and the server say of it."""
        _, log, told = SERVERS[self.stack]
        clients.openssl(VERSIONS[self.version], name="a.test", identity=identity,
                        hold=8.0)(stage, port)
        wait_until(lambda: False, 0.1)  # the server's line comes a moment later
        return (words(r"alert number \d+|HTTP/1.[01] \d+", stage.take_output("client.out")),
                words(told, stage.take_output(log)))


TO_ONE = ("-tls1_2", "-cipher", "ECDHE-RSA-AES256-GCM-SHA384")
KNOWS_A = ("-servername", "a.test", "-servername_fatal", "-cert2", "{certs}/good.crt", "-key2",
           "{certs}/good.key")
OPENSSL = CLIENTS["openssl"]
CURL = CLIENTS["curl"]
# The server, the client, and its stack.
NEGOTIATIONS = {
    "version-old": (servers.openssl("good", "-tls1_3"), OPENSSL("-tls1_2"), "openssl"),
    "version-new": (servers.openssl("good", "-tls1_2"), OPENSSL("-tls1_3"), "openssl"),
    "version-gnutls": (servers.gnutls(priority="NORMAL:-VERS-ALL:+VERS-TLS1.3"),
                       OPENSSL("-tls1_2"), "openssl"),
    "version-java": (servers.peer("java", tls="1.3"), OPENSSL("-tls1_2"), "openssl"),
    "version-curl": (servers.openssl("good", "-tls1_3"), CURL("--tls-max", "1.2"), "curl"),
    "version-of-java": (servers.openssl("good", "-tls1_2"), clients.peer("java", tls="1.3"), "java"),
    "version-of-go": (servers.openssl("good", "-tls1_2"), clients.peer("go", tls="1.3"), "go"),
    "version-of-node": (servers.openssl("good", "-tls1_2"), clients.peer("node", tls="1.3"), "node"),
    "cipher": (servers.openssl("good", *TO_ONE),
               OPENSSL("-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"), "openssl"),
    "cipher-1.3": (servers.openssl("good", "-ciphersuites", "TLS_AES_128_GCM_SHA256"),
                   OPENSSL("-tls1_3", "-ciphersuites", "TLS_AES_256_GCM_SHA384"), "openssl"),
    "key-type": (servers.openssl("good_ec", "-tls1_2"),
                 OPENSSL("-tls1_2", "-cipher", "ECDHE-RSA-AES128-GCM-SHA256"), "openssl"),
    "group": (servers.openssl("good", "-tls1_3", "-groups", "P-384"), OPENSSL("-groups", "P-256"),
              "openssl"),
    "signature": (servers.openssl("good", "-tls1_2"),
                  OPENSSL("-tls1_2", "-sigalgs", "ECDSA+SHA256"), "openssl"),
    "alpn": (servers.openssl("good", "-alpn", "h2"), OPENSSL("-alpn", "http/1.1"), "openssl"),
    "alpn-java": (servers.openssl("good", "-alpn", "h2"), clients.peer("java", alpn="http/1.1"),
                  "java"),
    "sni": (servers.openssl("good", *KNOWS_A), clients.openssl(name="b.test", hold=8.0), "openssl"),
    "no-sni": (servers.haproxy("strict-sni"), clients.openssl(name="", hold=8.0), "openssl"),
}


@dataclasses.dataclass
class SameNegotiation:
    """Client and server that have nothing in common."""

    id: str
    cases: dict

    def play(self, program: str, certificates: str) -> Result:
        rows, wrong = [], []
        for name, (start, run, stack) in self.cases.items():
            with intercepting_stage(program, certificates) as stage:
                port = start(stage)
                run(stage, port)
                direct = outcome(stack, stage.take_output("client.out"))
                proxy = stage.proxy(f"127.0.0.1:{port}", "--ca-dir", "{certs}/ca", *INTERCEPT)
                run(stage, proxy.port)
                through = outcome(stack, stage.take_output("client.out"))
            rows.append(f"{name}: {direct!r}")
            if complaint := difference(direct, through):
                wrong.append(f"{name}: {complaint}")
        return Result("\n  ".join(rows), "\n  ".join(wrong))


# Java takes most of a second to start.
FEW = ("good", "unkca", "expired", "selfs", "wronghost", "weak")
CHOSEN = {"openssl": "1.2", "curl": "1.3", "gnutls": "1.2", "node": "1.3", "go": "1.3", "java": "1.3",
          "nginx": "1.3"}


def same_reasons(chosen: bool):
    for stack in CLIENTS:
        for version in VERSIONS:
            if (CHOSEN[stack] == version) == chosen:
                certificates = FEW if chosen and stack == "java" else (*CERTIFICATES,)
                yield SameReason(f"same-reason-{stack}-{version}", stack, version, certificates)
    for stack in SERVERS:
        for version in VERSIONS:
            if (CHOSEN[stack] == version) == chosen:
                yield SameRefusal(f"same-refusal-{stack}-{version}", stack, version)


ALL = [*same_reasons(chosen=True), SameNegotiation("same-negotiation", NEGOTIATIONS)]
MATRIX = [*same_reasons(chosen=False)]
