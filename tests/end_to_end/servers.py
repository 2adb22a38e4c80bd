"""Servers for scenarios: each function gives a callable that starts one on a stage."""

import contextlib
import pathlib
import shutil
import socket
import ssl
import threading

import peers
from harness import PATIENCE, Skipped, Stage, free_port, openssl_identity, wait_listening
from parts import pass_on, records

PEERS = pathlib.Path(__file__).parent / "peers"


def openssl(name="good", *options):
    """openssl s_server with the certificate of that name."""

    def start(stage: Stage) -> int:
        port = free_port()
        command = ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-www",
                   *openssl_identity(stage, name), "-CAfile", stage.certificate("root.crt")]
        command += [each.format(certs=stage.certificates, peers=PEERS) for each in options]
        return wait_listening(stage.start(*command), port)

    return start


def gnutls(name="good", *options, priority="NORMAL"):
    def start(stage: Stage) -> int:
        port = free_port()
        return wait_listening(
            stage.start("gnutls-serv", "--http", "--port", str(port), "--priority", priority,
                        "--x509certfile", stage.certificate(f"{name}.pem"),
                        "--x509keyfile", stage.certificate(f"{name}.key"),
                        "--x509cafile", stage.certificate("root.crt"), *options),
            port)

    return start


def nginx(settings: str, name="good", http2=False):
    """nginx with one TLS server block and these settings in it."""

    def start(stage: Stage) -> int:
        program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
        if program is None:
            raise Skipped("nginx")
        port = free_port()
        both = stage.file("chain.pem", open(stage.certificate(f"{name}.crt")).read()
                          + open(stage.certificate(f"{name}.ints")).read())
        conf = stage.file("nginx.conf", f"""
daemon off; master_process off; pid {stage.folder}/nginx.pid; error_log {stage.folder}/error.log info;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {stage.folder}/body; proxy_temp_path {stage.folder}/proxy;
  fastcgi_temp_path {stage.folder}/fastcgi; uwsgi_temp_path {stage.folder}/uwsgi;
  scgi_temp_path {stage.folder}/scgi;
  server {{
    listen 127.0.0.1:{port} ssl{" http2" if http2 else ""};
    ssl_certificate {both}; ssl_certificate_key {stage.certificate(name + '.key')};
    {settings.format(certs=stage.certificates)}
    location / {{ return 200 "ok\\n"; }}
  }}
}}
""")
        return wait_listening(
            stage.start(program, "-e", f"{stage.folder}/start.log", "-c", conf, "-p",
                        str(stage.folder)), port)

    return start


def apache(settings: str, name="good"):
    """Apache with one TLS virtual host and these settings in it."""

    def start(stage: Stage) -> int:
        program = shutil.which("apache2") or shutil.which("apache2", path="/usr/sbin")
        if program is None:
            raise Skipped("apache2")
        modules = pathlib.Path("/usr/lib/apache2/modules")
        port = free_port()
        stage.file("index.html", "ok\n")
        stage.folder.chmod(0o755)
        both = stage.file("chain.pem", open(stage.certificate(f"{name}.crt")).read()
                          + open(stage.certificate(f"{name}.ints")).read())
        load = "\n".join(f"LoadModule {each}_module {modules}/mod_{each}.so" for each in
                         ("mpm_event", "authz_core", "reqtimeout", "ssl"))
        conf = stage.file("apache.conf", f"""
ServerRoot {stage.folder}
ServerName a.test
PidFile {stage.folder}/apache.pid
ErrorLog {stage.folder}/error.log
Mutex file:{stage.folder} default
{load}
User nobody
Group nogroup
SSLSessionCache none
Listen 127.0.0.1:{port} https
<VirtualHost *:{port}>
  DocumentRoot {stage.folder}
  SSLEngine on
  SSLCertificateFile {both}
  SSLCertificateKeyFile {stage.certificate(name + '.key')}
  {settings.format(certs=stage.certificates)}
</VirtualHost>
""")
        return wait_listening(stage.start(program, "-DFOREGROUND", "-f", conf), port)

    return start


def haproxy(bind_options: str, name="good"):
    def start(stage: Stage) -> int:
        program = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")
        if program is None:
            raise Skipped("haproxy")
        port = free_port()
        conf = stage.file("haproxy.cfg", f"""
global
  ssl-default-bind-options ssl-min-ver TLSv1.2
defaults
  mode http
  timeout client 5s
  timeout server 5s
  timeout connect 5s
frontend tls
  bind 127.0.0.1:{port} ssl crt {stage.certificate(name + '.pem')} {bind_options.format(certs=stage.certificates)}
  http-request return status 200 content-type text/plain string "ok"
""")
        return wait_listening(stage.start(program, "-f", conf, "-db"), port)

    return start


def stunnel(*settings, name="good"):
    """stunnel in front of a command that answers; each setting is a line of its service."""

    def start(stage: Stage) -> int:
        port = free_port()
        answer = stage.file("answer.sh", "printf 'HTTP/1.0 200 OK\\r\\n\\r\\nok\\n'\n")
        lines = "\n".join(each.format(certs=stage.certificates) for each in settings)
        conf = stage.file("stunnel.conf", f"""
foreground = yes
pid =
[tls]
accept = 127.0.0.1:{port}
exec = /bin/sh
execArgs = sh {answer}
cert = {stage.certificate(name + '.pem')}
key = {stage.certificate(name + '.key')}
{lines}
""")
        return wait_listening(stage.start("stunnel", conf), port)

    return start


def lighttpd(module, *settings, name="good", library=""):
    """lighttpd with one of its TLS modules: openssl, gnutls, mbedtls, wolfssl.

    `library`: the module must be linked with this one, where a later one behaves differently.
    """

    def start(stage: Stage) -> int:
        program = shutil.which("lighttpd") or shutil.which("lighttpd", path="/usr/sbin")
        if program is None:
            raise Skipped("lighttpd")
        plugin = pathlib.Path(f"/usr/lib/lighttpd/mod_{module}.so")
        if not plugin.exists() or library.encode() not in plugin.read_bytes():
            raise Skipped(f"lighttpd's mod_{module} {library}".rstrip())
        port = free_port()
        lines = "\n".join(each.format(certs=stage.certificates) for each in settings)
        conf = stage.file("lighttpd.conf", f"""
server.modules = ("mod_{module}")
server.document-root = "{stage.folder}"
server.bind = "127.0.0.1"
server.port = {port}
ssl.engine = "enable"
ssl.pemfile = "{stage.certificate(name + '.pem')}"
ssl.privkey = "{stage.certificate(name + '.key')}"
{lines}
""")
        return wait_listening(stage.start(program, "-D", "-f", conf), port)

    return start


def peer(language, **options):
    """A server of peers/ (java, go, node, python); the options are those of peers/server.py."""

    def start(stage: Stage) -> int:
        port = free_port()
        return wait_listening(
            stage.start(*peers.command(stage, language, "server", port, options)), port)

    return start


def scripted(part):
    """A server of one connection that does what `part` says with its socket."""
    return lambda stage: stage.script(part)


def over_tls(part, name="good"):
    """A server of one connection that plays `part` with its TLS socket."""

    def start(stage: Stage) -> int:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(stage.certificate(f"{name}.pem"), stage.certificate(f"{name}.key"))

        def secured(connection):
            with context.wrap_socket(connection, server_side=True) as tls:
                part(tls)

        return stage.script(secured)

    return start


def altered(server, change):
    """That server, with `change` made to each record that it sends."""

    def start(stage: Stage) -> int:
        behind = server(stage)

        def part(connection):
            with socket.create_connection(("127.0.0.1", behind), timeout=PATIENCE) as other:
                upwards = threading.Thread(target=pass_on, args=(connection, other), daemon=True)
                upwards.start()
                with contextlib.suppress(OSError):
                    for record in records(other):
                        connection.sendall(change(record))
                    connection.shutdown(socket.SHUT_WR)
                upwards.join(PATIENCE)

        return stage.script(part)

    return start


def closed_port():
    return lambda stage: free_port()
