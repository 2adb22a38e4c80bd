"""The processes of the benchmark: a server, and the proxies in front of it."""

import contextlib
import os
import pathlib
import resource
import shutil
import socket
import subprocess
import time

BODY_BYTES = 1024
START_LIMIT = 20  # seconds
NGINX_MODULES = pathlib.Path("/usr/lib/nginx/modules")


def most_descriptors() -> int:
    """Raises the limit of open files as far as allowed, for all that is started from here."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


def free_port() -> int:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return listener.getsockname()[1]


class Process:
    """A server process with its children, counted together. With `target`, the port of a server, it
    is a forward proxy."""

    def __init__(self, name: str, command: list, port: int, folder: pathlib.Path, target=None):
        self.name = name
        self.port = port
        self.target = target
        self._output = open(folder / f"{name.replace(' ', '-')}.out", "wb")
        self._process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self._output, stderr=subprocess.STDOUT)
        self._wait_until_listening()

    def _wait_until_listening(self):
        end = time.monotonic() + START_LIMIT
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                if self._process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(f"{self.name} did not start: see {self._output.name}")
                time.sleep(0.05)

    def _pids(self) -> list:
        pids = [self._process.pid]
        for pid in pids:
            children = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
            pids += [int(child) for child in children.read_text().split()]
        return pids

    def cpu_seconds(self) -> float:
        """Time on a processor so far, of all threads, as the scheduler counts it (nanoseconds;
        `stat` has steps of 10 ms)."""
        threads = (thread for pid in self._pids() for thread in pathlib.Path(f"/proc/{pid}/task").iterdir())
        return sum(int((thread / "schedstat").read_text().split()[0]) for thread in threads) / 1e9

    def memory(self) -> int:
        """Bytes of the proportional set size."""
        total = 0
        for pid in self._pids():
            for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
        return total

    def stop(self):
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._output.close()


def _nginx_command(folder: pathlib.Path, name: str, text: str) -> list:
    prefix = folder / name
    prefix.mkdir()
    configuration = prefix / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    configuration.write_text(f"""
daemon off; worker_processes 1; pid {prefix}/pid; error_log {prefix}/error.log; {user}
worker_rlimit_nofile {most_descriptors()};
{text}
""")
    return ["nginx", "-p", str(prefix), "-c", str(configuration), "-e", f"{prefix}/error.log"]


def server(folder: pathlib.Path, bulk_mib: int) -> Process:
    """TLS 1.3 only; / is 1 KiB, /bulk is `bulk_mib` MiB."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-subj", "/CN=bench.example", "-days", "2",
         "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True)
    pages = folder / "pages"
    pages.mkdir()
    with open(pages / "bulk", "wb") as file:
        file.truncate(bulk_mib << 20)
    port = free_port()
    return Process("server", _nginx_command(folder, "server", f"""
events {{ worker_connections {most_descriptors()}; }}
http {{
  access_log off; keepalive_timeout 600; keepalive_requests 1000000000; tcp_nodelay on;
  large_client_header_buffers 4 512k;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{
    listen 127.0.0.1:{port} ssl backlog=4096;
    ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
    ssl_protocols TLSv1.3; ssl_session_tickets off; ssl_session_cache off;
    location = / {{ return 200 "{'x' * BODY_BYTES}"; }}
    location = /bulk {{ root {pages}; }}
  }}
}}
"""), port, folder)


def legible(folder: pathlib.Path, program: str, target: int) -> Process:
    """One event loop, with every event as a JSON line in a file."""
    port = free_port()
    return Process("legible", [
        program, "run", "--listen", f"127.0.0.1:{port}", "--to", f"127.0.0.1:{target}",
        "--threads", "1", "--format", "json"], port, folder)


def haproxy(folder: pathlib.Path, target: int, telling: bool = False) -> Process:
    """In TCP mode; the ClientHello is inspected for its SNI. `telling`: a log line for each
    connection, in a file."""
    name = "HAProxy+log" if telling else "HAProxy"
    port = free_port()
    configuration = folder / f"{name}.cfg"
    configuration.write_text(f"""
global
  nbthread 1
  {"log stdout format raw local0" if telling else ""}
  maxconn {most_descriptors() // 2 - 100}
defaults
  mode tcp
  {"log global" if telling else ""}
  {"option tcplog" if telling else ""}
  timeout connect 10s
  timeout client 600s
  timeout server 600s
frontend clients
  bind 127.0.0.1:{port} backlog 4096
  tcp-request inspect-delay 5s
  tcp-request content accept if {{ req.ssl_hello_type 1 }}
  use_backend named if {{ req.ssl_sni bench.example }}
  default_backend unnamed
backend named
  server target 127.0.0.1:{target}
backend unnamed
  server target 127.0.0.1:{target}
""")
    return Process(name, ["haproxy", "-db", "-f", configuration], port, folder)


def nginx(folder: pathlib.Path, target: int, preread: bool) -> Process:
    """The stream module: with ssl_preread, or relaying only."""
    port = free_port()
    module = NGINX_MODULES / "ngx_stream_module.so"
    load = f"load_module {module};" if module.exists() else ""
    name = "nginx preread" if preread else "nginx bare"
    where = "ssl_preread on; proxy_pass $upstream;" if preread else "proxy_pass unnamed;"
    return Process(name, _nginx_command(folder, name.replace(" ", "-"), f"""
{load}
events {{ worker_connections {most_descriptors()}; }}
stream {{
  upstream named {{ server 127.0.0.1:{target}; }}
  upstream unnamed {{ server 127.0.0.1:{target}; }}
  map $ssl_preread_server_name $upstream {{ bench.example named; default unnamed; }}
  proxy_timeout 600s; tcp_nodelay on;
  server {{ listen 127.0.0.1:{port} backlog=4096; {where} }}
}}
"""), port, folder)


def legible_intercepting(folder: pathlib.Path, program: str, target: int) -> Process:
    """The same as above, with TLS ended on both legs."""
    port = free_port()
    return Process("legible", [
        program, "run", "--listen", f"127.0.0.1:{port}", "--to", f"127.0.0.1:{target}",
        "--threads", "1", "--format", "json", "--mode", "intercept", "--ca-dir", folder / "ca",
        "--trust", folder / "cert.pem"], port, folder)


def haproxy_terminating(folder: pathlib.Path, target: int) -> Process:
    """With a certificate of its own, and TLS to the server; nothing is minted."""
    port = free_port()
    both = folder / "both.pem"
    both.write_text((folder / "cert.pem").read_text() + (folder / "key.pem").read_text())
    configuration = folder / "haproxy-tls.cfg"
    configuration.write_text(f"""
global
  nbthread 1
  maxconn {most_descriptors() // 2 - 100}
  ssl-default-server-options no-tls-tickets
defaults
  mode tcp
  timeout connect 10s
  timeout client 600s
  timeout server 600s
listen clients
  bind 127.0.0.1:{port} backlog 4096 ssl crt {both} no-tls-tickets
  server target 127.0.0.1:{target} ssl verify none no-ssl-reuse
""")
    return Process("HAProxy", ["haproxy", "-db", "-f", configuration], port, folder)


# Those that follow mint a leaf under a CA, as legible does.

def make_authority(folder: pathlib.Path) -> tuple:
    """Files with the key and the certificate of a CA."""
    key, certificate = folder / "ca-key.pem", folder / "ca-cert.pem"
    if not key.exists():
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=bench CA",
             "-days", "2", "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return key, certificate


def sslsplit(folder: pathlib.Path, target: int) -> Process:
    port = free_port()
    key, certificate = make_authority(folder)
    return Process("sslsplit", [
        "sslsplit", "-P", "-k", key, "-c", certificate,
        "-u", "root", "ssl", "127.0.0.1", str(port), "127.0.0.1", str(target)], port, folder)


def squid(folder: pathlib.Path, target: int) -> Process:
    port = free_port()
    both = folder / "ca-both.pem"
    both.write_text("".join(each.read_text() for each in make_authority(folder)))
    # As root it takes another user's rights.
    folder.chmod(0o711)
    own = folder / "squid"
    own.mkdir()
    helper = "/usr/lib/squid/security_file_certgen"
    subprocess.run([helper, "-c", "-s", own / "leaves", "-M", "4MB"], check=True,
                   capture_output=True)
    if os.geteuid() == 0:
        for each in (own, *own.rglob("*")):
            shutil.chown(each, "proxy")
    # It believes no Host header whose name it cannot resolve.
    (folder / "hosts").write_text("127.0.0.1 bench.example\n")
    configuration = folder / "squid.conf"
    configuration.write_text(f"""
http_port 127.0.0.1:{port} ssl-bump tls-cert={both} generate-host-certificates=on
sslcrtd_program {helper} -s {own}/leaves -M 4MB
acl hello at_step SslBump1
ssl_bump peek hello
ssl_bump bump all
sslproxy_cert_error allow all
tls_outgoing_options flags=DONT_VERIFY_PEER
http_access allow all
cache deny all
hosts_file {folder}/hosts
access_log none
cache_log {own}/log
pid_filename {own}/pid
shutdown_lifetime 1 second
max_filedescriptors {most_descriptors()}
""")
    return Process("Squid", ["squid", "-N", "-n", f"bench{port}", "-f", configuration], port, folder, target)


def mitmproxy(folder: pathlib.Path, target: int) -> Process:
    port = free_port()
    return Process("mitmproxy", [
        "mitmdump", "--quiet", "--mode", f"reverse:https://127.0.0.1:{target}",
        "--listen-host", "127.0.0.1", "--listen-port", str(port), "--ssl-insecure",
        "--set", f"confdir={folder}/mitmproxy",
        "--set", "stream_large_bodies=1m"], port, folder)


def missing_programs() -> list:
    return [name for name in ("nginx", "haproxy", "openssl") if shutil.which(name) is None]
