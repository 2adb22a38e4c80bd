"""Clients for scenarios: each function gives a callable that runs one against a port."""

import shutil
import socket

import peers
from harness import Skipped, Stage, free_port, openssl_identity, require, wait_listening

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


def gnutls(*options, name="localhost", priority="NORMAL", hold=1.0):
    def run(stage: Stage, port: int):
        stage.run("gnutls-cli", "--port", str(port), "--x509cafile", stage.certificate("root.crt"),
                  "--sni-hostname", name, "--verify-hostname", name, "--priority", priority,
                  *(each.format(certs=stage.certificates) for each in options), "127.0.0.1",
                  send=REQUEST, hold=hold)

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


def java_page(**options):
    """HttpsURLConnection, as most Java programs make their calls."""

    def run(stage: Stage, port: int):
        stage.run(*peers.command(stage, "java", "page", port, options))

    return run


def raw(part):
    """Does what `part` says with a socket that is connected to the proxy."""

    def run(stage: Stage, port: int):
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            part(connection)

    return run


def nginx(*settings, name="a.test"):
    """nginx that fetches a page over TLS and verifies: it looks at the result after the handshake."""

    def run(stage: Stage, port: int):
        program = installed("nginx")
        own = free_port()
        lines = " ".join(settings)
        conf = stage.file("client.conf", f"""
daemon off; master_process off; pid {stage.folder}/client.pid; error_log {stage.folder}/client.log;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {stage.folder}/b; proxy_temp_path {stage.folder}/p;
  fastcgi_temp_path {stage.folder}/f; uwsgi_temp_path {stage.folder}/u; scgi_temp_path {stage.folder}/s;
  server {{
    listen 127.0.0.1:{own};
    location / {{
      proxy_pass https://127.0.0.1:{port}; proxy_read_timeout 5s; {lines}
      proxy_ssl_verify on; proxy_ssl_verify_depth 3; proxy_ssl_protocols TLSv1.2 TLSv1.3;
      proxy_ssl_trusted_certificate {stage.certificate("root.crt")};
      proxy_ssl_server_name on; proxy_ssl_name {name};
    }}
  }}
}}
""")
        start = stage.start(program, "-e", f"{stage.folder}/client.log", "-c", conf, "-p",
                            str(stage.folder))
        fetch(stage, wait_listening(start, own))

    return run


def haproxy(name="a.test"):
    """HAProxy with a TLS server behind it, whose chain and name it verifies."""

    def run(stage: Stage, port: int):
        program = installed("haproxy")
        own = free_port()
        conf = stage.file("client.cfg", f"""
defaults
  mode http
  retries 0
  timeout client 5s
  timeout server 5s
  timeout connect 5s
frontend plain
  bind 127.0.0.1:{own}
  default_backend tls
backend tls
  server one 127.0.0.1:{port} ssl verify required ca-file {stage.certificate("root.crt")} sni str({name}) verifyhost {name}
""")
        fetch(stage, wait_listening(stage.start(program, "-f", conf, "-db"), own))

    return run


def stunnel(name="a.test"):
    """stunnel as a client that verifies chain and name."""

    def run(stage: Stage, port: int):
        own = free_port()
        conf = stage.file("client.conf", f"""
foreground = yes
pid =
[tls]
client = yes
accept = 127.0.0.1:{own}
connect = 127.0.0.1:{port}
CAfile = {stage.certificate("root.crt")}
verifyChain = yes
checkHost = {name}
sni = {name}
""")
        fetch(stage, wait_listening(stage.start("stunnel", conf), own))

    return run


def fetch(stage: Stage, port: int):
    """Makes a gateway call its server, by asking it for a page in clear."""
    stage.run("curl", "-sS", "--max-time", "8", f"http://127.0.0.1:{port}/")


def installed(program: str) -> str:
    path = shutil.which(program) or shutil.which(program, path="/usr/sbin")
    if path is None:
        raise Skipped(program)
    return path
