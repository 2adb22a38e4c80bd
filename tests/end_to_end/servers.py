"""Servers for scenarios: each function gives a callable that starts one on a stage."""

import pathlib
import shutil

from harness import Skipped, Stage, free_port, openssl_identity, require, wait_listening

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


def nginx(settings: str, name="good"):
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
    listen 127.0.0.1:{port} ssl;
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


def source(language: str, text_file: str, *arguments):
    """A small server of our own in another language; prints its port as its first line."""
    def start(stage: Stage) -> int:
        require(language)
        port = free_port()
        command = {"java": ["java"], "node": ["node"], "go": ["go", "run"]}[language]
        return wait_listening(
            stage.start(*command, str(PEERS / text_file), str(port), str(stage.certificates),
                        *arguments), port)

    return start


def scripted(part):
    """A server of one connection that does what `part` says with its socket."""
    return lambda stage: stage.script(part)


def closed_port():
    return lambda stage: free_port()
