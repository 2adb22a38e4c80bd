"""Clients for scenarios: each function gives a callable that runs one against a port."""

import socket

import peers
from harness import Stage, openssl_identity, require

REQUEST = b"GET / HTTP/1.0\r\n\r\n"


def openssl(*options, name="localhost", identity="", send=REQUEST, hold=1.0):
    """openssl s_client that verifies chain and name, as a careful client does."""

    def run(stage: Stage, port: int):
        sni = ["-servername", name] if name else ["-noservername"]
        stage.run("openssl", "s_client", "-connect", f"127.0.0.1:{port}", *sni,
                  "-CAfile", stage.certificate("root.crt"), "-verify_return_error",
                  "-verify_hostname", name or "localhost",
                  *(openssl_identity(stage, identity) if identity else []),
                  *(each.format(certs=stage.certificates) for each in options),
                  send=send, hold=hold)

    return run


def curl(*options, scheme="https", host="localhost"):
    def run(stage: Stage, port: int):
        stage.run("curl", "-sS", "--max-time", "5", "--cacert", stage.certificate("root.crt"),
                  "--connect-to", f"{host}:443:127.0.0.1:{port}",
                  "--connect-to", f"{host}:80:127.0.0.1:{port}",
                  *(each.format(certs=stage.certificates) for each in options),
                  f"{scheme}://{host}/")

    return run


def gnutls(*options, name="localhost", priority="NORMAL"):
    def run(stage: Stage, port: int):
        stage.run("gnutls-cli", "--port", str(port), "--x509cafile", stage.certificate("root.crt"),
                  "--sni-hostname", name, "--verify-hostname", name, "--priority", priority,
                  *(each.format(certs=stage.certificates) for each in options), "127.0.0.1",
                  send=REQUEST, hold=1.0)

    return run


def wget(*options):
    def run(stage: Stage, port: int):
        stage.run("wget", "-q", "-O", "/dev/null", "--tries=1", "--timeout=5",
                  f"--ca-certificate={stage.certificate('root.crt')}", *options,
                  f"https://localhost:{port}/")

    return run


def nss(*options, versions="tls1.2:tls1.3", name="a.test"):
    """tstclnt with a database that trusts the root."""

    def run(stage: Stage, port: int):
        require("tstclnt")
        database = f"sql:{stage.folder}"
        stage.run("certutil", "-N", "-d", database, "--empty-password")
        stage.run("certutil", "-A", "-d", database, "-n", "root", "-t", "C,,",
                  "-i", stage.certificate("root.crt"))
        stage.run("tstclnt", "-h", "127.0.0.1", "-p", str(port), "-a", name, "-d", database,
                  "-V", versions, *options, send=REQUEST, hold=1.0)

    return run


def peer(language, **options):
    """A client of peers/ (java, go, node, python); the options are those of peers/client.py."""

    def run(stage: Stage, port: int):
        stage.run(*peers.command(stage, language, "client", port, options))

    return run


def raw(part):
    """Does what `part` says with a socket that is connected to the proxy."""

    def run(stage: Stage, port: int):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            part(connection)

    return run
