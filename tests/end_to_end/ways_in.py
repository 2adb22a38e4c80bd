#!/usr/bin/env python3
"""ways_in.py PROGRAM CERTIFICATES: how clients come in, and by what way the proxy goes out."""

import contextlib
import os
import pathlib
import shutil
import socket
import ssl
import struct
import subprocess
import threading
import unittest

import servers
from harness import PATIENCE, Proxy, free_port, require, wait_listening
from intercepted import Intercepted, run_tests

MODES = ("relay", "intercept", "auto")
PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n"


def page_server(tls: ssl.SSLSocket):
    request = b""
    while b"\r\n\r\n" not in request:
        request += tls.recv(65536)
    tls.sendall(PAGE)
    with contextlib.suppress(OSError):
        tls.unwrap()


class Served:
    """A plain server of many connections that remembers what it was sent first."""

    def __init__(self, answer: bytes = PAGE):
        self.heard: list[bytes] = []
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(PATIENCE)
                request = b""
                # A PROXY header of version 2 holds an empty line as well.
                while not (b"GET " in request and request.endswith(b"\r\n\r\n")):
                    if not (data := connection.recv(65536)):
                        break
                    request += data
                self.heard.append(request)
                connection.sendall(self._answer)

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


class WaysIn(Intercepted):
    def setUp(self):
        super().setUp()
        require("curl")

    def by(self, *way: str, mode="relay") -> Proxy:
        return self.stage.proxy_by(way, "--ca-dir", "{certs}/ca", "--mode", mode, threads=2)

    def serve(self, certificate="good_ec") -> int:
        """A TLS server of one connection."""
        return servers.over_tls(page_server, certificate)(self.stage)

    def curl(self, *words: str) -> subprocess.CompletedProcess:
        environment = {key: value for key, value in os.environ.items()
                       if not key.lower().endswith("_proxy")}
        return subprocess.run(
            ["curl", "--silent", "--show-error", "--max-time", str(int(PATIENCE)), "--cacert",
             self.stage.certificate("root.crt"), *words],
            capture_output=True, text=True, env=environment, timeout=PATIENCE + 5)

    def plain(self, answer: bytes = PAGE) -> Served:
        served = Served(answer)
        self.addCleanup(served.close)
        return served


class Forward(WaysIn):
    def test_connect_and_socks_lead_to_the_server_that_the_client_names(self):
        ways = {"connect": "http", "socks5": "socks5h", "socks4": "socks4a"}
        for mode in MODES:
            proxy = self.by("--forward", mode=mode)
            for connection, (found_by, scheme) in enumerate(ways.items(), 1):
                port = self.serve()
                done = self.curl("--proxy", f"{scheme}://127.0.0.1:{proxy.port}",
                                 "--connect-to", f"a.test:443:localhost:{port}",
                                 f"https://a.test/")
                with self.subTest(mode=mode, way=found_by):
                    self.assertEqual(done.stdout, "ok\n", done.stderr)
                    verdict = proxy.verdict(connection)
                    self.assertEqual(verdict["outcome"], "ok")
                    self.assertIn(verdict["cause"], ("none", "client-satisfied"))
                    target = [each for each in proxy.find("target") if each["conn"] == connection]
                    self.assertEqual(len(target), 1)
                    self.assertEqual((target[0]["host"], target[0]["port"], target[0]["found_by"]),
                                     ("localhost", port, found_by))
                    self.assertEqual(target[0]["mode"], "relay" if mode == "relay" else "intercept")
                    hello = [each for each in proxy.find("client-hello")
                             if each["conn"] == connection]
                    self.assertEqual(hello[0]["sni"], "a.test")

    def test_a_refusal_inside_the_tunnel_has_its_own_cause(self):
        for mode in MODES:
            proxy = self.by("--forward", mode=mode)
            port = self.serve("expired_ec" if self.has("expired_ec") else "expired")
            done = self.curl("--proxy", f"http://127.0.0.1:{proxy.port}",
                             "--connect-to", f"a.test:443:localhost:{port}", "https://a.test/")
            self.assertNotEqual(done.returncode, 0)
            with self.subTest(mode=mode):
                verdict = proxy.verdict()
                self.assertEqual((verdict["closer"], verdict["cause"]),
                                 ("client", "server-cert-expired"))

    def has(self, name: str) -> bool:
        return pathlib.Path(self.stage.certificate(f"{name}.crt")).exists()

    def test_a_plain_request_is_put_into_origin_form(self):
        proxy = self.by("--forward")
        served = self.plain()
        done = self.curl("--proxy", f"http://u:p@127.0.0.1:{proxy.port}",
                         f"http://localhost:{served.port}/path?query")
        self.assertEqual(done.stdout, "ok\n", done.stderr)
        self.assertTrue(served.heard[0].startswith(b"GET /path?query HTTP/1.1\r\nHost: localhost:"))
        self.assertNotIn(b"proxy", served.heard[0].lower())
        self.assertEqual(proxy.verdict()["outcome"], "not-tls")

    def test_whom_it_does_not_reach_the_client_is_told(self):
        proxy = self.by("--forward")
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            port = unused.getsockname()[1]
            refused = self.curl("--proxy", f"http://127.0.0.1:{proxy.port}",
                                f"http://localhost:{port}/")
            self.assertIn("502 Bad Gateway", refused.stdout)
            by_socks = self.curl("--proxy", f"socks5h://127.0.0.1:{proxy.port}",
                                 f"https://localhost:{port}/")
            self.assertEqual(by_socks.returncode, 97, by_socks.stderr)
        unknown = self.curl("--proxy", f"http://127.0.0.1:{proxy.port}", "http://no.such.invalid/")
        self.assertIn("does not resolve", unknown.stdout)
        metadata = self.curl("--proxy", f"http://127.0.0.1:{proxy.port}", "https://169.254.169.254/",
                             "--write-out", "%{http_connect}")
        self.assertEqual(metadata.stdout, "403")
        itself = self.curl("--proxy", f"http://127.0.0.1:{proxy.port}",
                           f"https://127.0.0.1:{proxy.port}/", "--write-out", "%{http_connect}")
        self.assertEqual(itself.stdout, "508")
        causes = [proxy.verdict(connection)["cause"] for connection in range(1, 6)]
        self.assertEqual(causes, ["tcp-refused", "tcp-refused", "name-not-resolved",
                                  "proxy-policy", "proxy-policy"])

    def test_a_user_and_a_password_are_wanted_where_they_are_set(self):
        proxy = self.stage.proxy_by(("--forward", "--proxy-auth", "u:p"), threads=2)
        port = self.serve()
        to = ("--connect-to", f"a.test:443:localhost:{port}", "https://a.test/")
        without = self.curl("--proxy", f"http://127.0.0.1:{proxy.port}", *to, "--write-out",
                            "%{http_connect}")
        self.assertEqual(without.stdout, "407")
        verdict = proxy.verdict(1)
        self.assertEqual((verdict["closer"], verdict["cause"], verdict["outcome"]),
                         ("proxy", "proxy-auth-required", "aborted"))
        wrong = self.curl("--proxy", f"socks5h://u:q@127.0.0.1:{proxy.port}", *to)
        self.assertEqual(wrong.returncode, 97)
        self.assertEqual(proxy.verdict(2)["cause"], "proxy-policy")
        # curl tries without them first, and again on the same connection.
        asked = self.curl("--proxy-anyauth", "--proxy-user", "u:p", "--proxy",
                          f"http://127.0.0.1:{proxy.port}", *to)
        self.assertEqual(asked.stdout, "ok\n", asked.stderr)
        self.assertEqual(proxy.verdict(3)["outcome"], "ok")
        secrets = [each for each in map(str, proxy.events) if "dTpw" in each or "u:p" in each]
        self.assertEqual(secrets, [])

    def test_who_and_what_is_allowed_can_be_limited(self):
        port = self.serve()
        to = ("--connect-to", f"a.test:443:localhost:{port}", "https://a.test/")
        narrow = self.stage.proxy_by(("--forward", "--allow-to", "*.example"))
        done = self.curl("--proxy", f"http://127.0.0.1:{narrow.port}", *to, "--write-out",
                         "%{http_connect}")
        self.assertEqual(done.stdout, "403")
        verdict = narrow.verdict()
        self.assertEqual((verdict["closer"], verdict["cause"]), ("proxy", "proxy-policy"))
        self.assertIn("--allow-to", verdict["summary"])
        foreign = self.stage.proxy_by(("--forward", "--allow-from", "10.0.0.0/8,2001:db8::/32"))
        self.assertNotEqual(self.curl("--proxy", f"http://127.0.0.1:{foreign.port}", *to).returncode, 0)
        self.assertIn("--allow-from", foreign.verdict()["summary"])
        both = self.stage.proxy_by(("--forward", "--allow-from", "127.0.0.0/8", "--allow-to",
                                    f"localhost:{port}"))
        self.assertEqual(self.curl("--proxy", f"http://127.0.0.1:{both.port}", *to).stdout, "ok\n")

    def test_a_client_that_knows_of_no_proxy_is_told_apart(self):
        proxy = self.by("--forward")
        self.assertNotEqual(self.curl(f"https://127.0.0.1:{proxy.port}/").returncode, 0)
        verdict = proxy.verdict()
        self.assertEqual((verdict["closer"], verdict["cause"], verdict["outcome"]),
                         ("proxy", "proxy-policy", "aborted"))
        self.assertIn("named no target", verdict["summary"])

    def test_the_ca_is_fetched_through_the_proxy(self):
        proxy = self.by("--forward", mode="intercept")
        page = self.curl("--proxy", f"http://127.0.0.1:{proxy.port}", "http://legible.internal/")
        self.assertIn("keytool -importcert", page.stdout)
        self.assertIn('href="/legible-ec.crt"', page.stdout)
        for path in ("/", "/ca.pem"):
            direct = self.curl(f"http://127.0.0.1:{proxy.port}{path}")
            self.assertIn("BEGIN CERTIFICATE" if path != "/" else "SHA-256", direct.stdout)
        pem = self.curl("--proxy", f"http://127.0.0.1:{proxy.port}",
                        "http://legible.internal/ca.pem").stdout
        exported = subprocess.run([self.program, "ca", "export", "--ca-dir",
                                   self.stage.certificate("ca")], capture_output=True, text=True)
        self.assertEqual(pem, exported.stdout)
        self.assertEqual(proxy.verdict()["cause"], "none")
        missing = self.curl("--proxy", f"http://127.0.0.1:{proxy.port}", "--write-out",
                            "%{http_code}", "http://legible.internal/../ca-key.pem")
        self.assertIn("404", missing.stdout)

    def test_a_browser_browses(self):
        for program in ("chromium", "certutil"):
            if shutil.which(program) is None:
                self.skipTest(f"{program} is not installed")
        config = self.stage.file("hosts.toml", "[hosts]\n'a.test' = '127.0.0.1'\n")
        proxy = self.by("--forward", "--config", config, mode="intercept")
        port = free_port()
        server = self.stage.start("openssl", "s_server", "-www", "-accept", f"127.0.0.1:{port}",
                                  *servers.openssl_identity(self.stage, "good_ec"))
        wait_listening(server, port)
        home = self.stage.folder / "home"
        store = home / ".pki/nssdb"
        store.mkdir(parents=True)
        database = f"sql:{store}"
        subprocess.run(["certutil", "-N", "-d", database, "--empty-password"], check=True)
        for name in ("legible-ec", "legible-rsa"):
            ca = self.stage.folder / f"{name}.pem"
            page = self.curl("--proxy", f"http://127.0.0.1:{proxy.port}", "--output", str(ca),
                             f"http://legible.internal/{name}.pem")
            self.assertEqual(page.returncode, 0, page.stderr)
            subprocess.run(["certutil", "-A", "-d", database, "-n", name, "-t", "C,,", "-i", str(ca)],
                           check=True)
        done = subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
             f"--user-data-dir={home}/profile", f"--proxy-server=http://127.0.0.1:{proxy.port}",
             "--disable-background-networking", "--dump-dom", f"https://a.test:{port}/"],
            capture_output=True, text=True, timeout=60, env={**os.environ, "HOME": str(home)})
        self.assertIn("s_server -www", done.stdout, done.stderr[-2000:])
        seen = [each["host"] for each in proxy.find("target") if each["mode"] == "intercept"]
        self.assertIn("127.0.0.1", seen)

    def test_who_speaks_first_in_a_tunnel_is_heard(self):
        for mode in MODES:
            port = self.stage.script(lambda connection: (connection.sendall(b"SSH-2.0-x\r\n"),
                                                         connection.recv(100)))
            proxy = self.by("--forward", mode=mode)
            with socket.create_connection(("127.0.0.1", proxy.port), PATIENCE) as client:
                client.sendall(f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n".encode())
                answer = b""
                while not answer.endswith(b"SSH-2.0-x\r\n"):
                    answer += client.recv(1000)
                client.sendall(b"SSH-2.0-y\r\n")
            with self.subTest(mode=mode):
                self.assertTrue(answer.startswith(b"HTTP/1.1 200 "))
                self.assertEqual(proxy.verdict()["outcome"], "not-tls")
                peeked = {each["leg"]: each["protocol"] for each in proxy.find("peeked")}
                self.assertEqual(peeked, {"client": "ssh", "server": "ssh"})


class BySni(WaysIn):
    def test_the_hello_names_the_server(self):
        for mode in MODES:
            port = self.serve("localhost") if self.exists("localhost") else self.serve()
            proxy = self.by("--by-sni", str(port), mode=mode)
            done = self.curl("--insecure", "--connect-to", f"localhost:443:127.0.0.1:{proxy.port}",
                             "https://localhost/")
            with self.subTest(mode=mode):
                self.assertEqual(done.stdout, "ok\n", done.stderr)
                target = proxy.find("target")[0]
                self.assertEqual((target["host"], target["port"], target["found_by"]),
                                 ("localhost", port, "sni"))
                self.assertEqual(proxy.verdict()["outcome"], "ok")

    def exists(self, name: str) -> bool:
        return pathlib.Path(self.stage.certificate(f"{name}.crt")).exists()

    def test_a_hello_without_a_name_leads_nowhere(self):
        proxy = self.by("--by-sni", "443")
        self.curl(f"https://127.0.0.1:{proxy.port}/")
        with socket.create_connection(("127.0.0.1", proxy.port), PATIENCE) as client:
            client.sendall(b"EHLO me\r\n")
            with self.assertRaises(ConnectionResetError):
                client.recv(1)
        for connection in (1, 2):
            verdict = proxy.verdict(connection)
            self.assertEqual((verdict["closer"], verdict["cause"], verdict["outcome"]),
                             ("proxy", "proxy-policy", "aborted"))


class ProxyHeader(WaysIn):
    def exchange(self, proxy: Proxy, header: bytes) -> bytes:
        with socket.create_connection(("127.0.0.1", proxy.port), PATIENCE) as client:
            client.sendall(header + b"GET / HTTP/1.0\r\n\r\n")
            answer = b""
            while data := client.recv(65536):
                answer += data
            return answer

    V2 = b"\r\n\r\n\0\r\nQUIT\n\x21\x11" + struct.pack(
        "!H4s4sHH", 12, bytes([192, 0, 2, 7]), bytes([192, 0, 2, 8]), 1234, 443)
    V1 = b"PROXY TCP4 192.0.2.7 192.0.2.8 1234 443\r\n"

    def test_of_a_trusted_peer_it_is_believed_and_not_passed_on(self):
        for header in (self.V1, self.V2):
            for split in (0, 1, 20):
                served = self.plain()
                proxy = self.stage.proxy(f"127.0.0.1:{served.port}", "--accept-proxy-protocol")
                with self.subTest(header=header, split=split):
                    with socket.create_connection(("127.0.0.1", proxy.port), PATIENCE) as client:
                        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                        client.sendall(header[:split])
                        client.sendall(header[split:] + b"GET / HTTP/1.0\r\n\r\n")
                        self.assertTrue(client.recv(65536).startswith(b"HTTP/1.1 200"))
                    self.assertEqual(served.heard, [b"GET / HTTP/1.0\r\n\r\n"])
                    self.assertEqual(proxy.verdict()["outcome"], "not-tls")
                    self.assertEqual([each["peer"] for each in proxy.find("represented")],
                                     ["192.0.2.7:1234"])

    def test_of_anybody_else_it_is_relayed(self):
        served = self.plain()
        for options in ((), ("--accept-proxy-protocol=192.0.2.0/24",)):
            proxy = self.stage.proxy(f"127.0.0.1:{served.port}", *options)
            self.exchange(proxy, self.V1)
            self.assertEqual(served.heard.pop(), self.V1 + b"GET / HTTP/1.0\r\n\r\n")
            proxy.verdict()
            self.assertEqual(proxy.find("represented"), [])

    def test_a_balancer_that_checks_the_server_is_told_as_that(self):
        local = b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"
        for option, outcome in (("--accept-proxy-protocol", "ok"), ("--idle-timeout=60", "not-tls")):
            served = self.plain()
            proxy = self.stage.proxy(f"127.0.0.1:{served.port}", option)
            with socket.create_connection(("127.0.0.1", proxy.port), PATIENCE) as client:
                client.sendall(local)
            verdict = proxy.verdict()
            self.assertEqual((verdict["cause"], verdict["confidence"], verdict["outcome"]),
                             ("tcp-health-check", "high", outcome))

    def test_a_trusted_peer_need_not_send_one(self):
        served = self.plain()
        proxy = self.stage.proxy(f"127.0.0.1:{served.port}", "--accept-proxy-protocol")
        self.exchange(proxy, b"")
        self.assertEqual(served.heard, [b"GET / HTTP/1.0\r\n\r\n"])

    def test_a_broken_one_ends_the_connection(self):
        served = self.plain()
        proxy = self.stage.proxy(f"127.0.0.1:{served.port}", "--accept-proxy-protocol")
        with self.assertRaises(ConnectionResetError):
            self.exchange(proxy, b"PROXY " + b"x" * 120)
        self.assertEqual(proxy.verdict()["cause"], "proxy-policy")
        self.assertEqual(served.heard, [])

    def test_it_is_sent_for_the_client_or_for_whom_that_speaks(self):
        served = self.plain()
        for version in ("v1", "v2"):
            proxy = self.stage.proxy(f"127.0.0.1:{served.port}", f"--send-proxy-protocol={version}",
                                     "--accept-proxy-protocol")
            self.exchange(proxy, b"")
            own = served.heard.pop()
            if version == "v1":
                self.assertRegex(own, rb"\APROXY TCP4 127\.0\.0\.1 127\.0\.0\.1 \d+ "
                                 + str(proxy.port).encode() + rb"\r\nGET / ")
            else:
                self.assertEqual(own[:20], self.V2[:16] + bytes([127, 0, 0, 1]))
                self.assertTrue(own[28:].startswith(b"GET / "))
            self.exchange(proxy, self.V1)
            wanted = self.V1 if version == "v1" else self.V2
            self.assertEqual(served.heard.pop(), wanted + b"GET / HTTP/1.0\r\n\r\n")

    def test_an_intercepted_server_hears_it_before_the_hello(self):
        heard = []

        def serve(connection: socket.socket):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.stage.certificate("good_ec.pem"),
                                    self.stage.certificate("good_ec.key"))
            line = b""
            while not line.endswith(b"\r\n"):
                line += connection.recv(1)
            heard.append(line)
            with context.wrap_socket(connection, server_side=True) as tls:
                page_server(tls)

        port = self.stage.script(serve)
        proxy = self.proxy(port, "--send-proxy-protocol")
        done = self.curl("--connect-to", f"a.test:443:127.0.0.1:{proxy.port}", "https://a.test/")
        self.assertEqual(done.stdout, "ok\n", done.stderr)
        self.assertTrue(heard[0].startswith(b"PROXY TCP4 127.0.0.1 127.0.0.1 "))


class Via(WaysIn):
    def test_servers_are_reached_through_a_proxy_in_front(self):
        for scheme in ("http", "socks5"):
            for mode in MODES:
                front = self.stage.proxy_by(("--forward", "--proxy-auth", "us%er:p@ss"))
                port = self.serve()
                proxy = self.stage.proxy(
                    f"localhost:{port}", "--via",
                    f"{scheme}://us%25er:p%40ss@127.0.0.1:{front.port}", "--mode", mode,
                    "--ca-dir", "{certs}/ca", "--server-name", "a.test")
                done = self.curl("--connect-to", f"a.test:443:127.0.0.1:{proxy.port}",
                                 "https://a.test/")
                with self.subTest(scheme=scheme, mode=mode):
                    self.assertEqual(done.stdout, "ok\n", done.stderr)
                    self.assertEqual(proxy.verdict()["outcome"], "ok")
                    self.assertEqual(front.find("target")[0]["host"], "localhost")

    def test_its_refusals_have_causes_of_their_own(self):
        cases = (
            (("--forward", "--proxy-auth", "a:b"), "upstream-proxy-auth-required"),
            (("--forward", "--allow-to", "*.example"), "upstream-proxy-refused"),
        )
        for scheme in ("http", "socks5"):
            for way, cause in cases:
                front = self.stage.proxy_by(way)
                proxy = self.stage.proxy("localhost:443", "--via",
                                         f"{scheme}://127.0.0.1:{front.port}")
                self.curl("--connect-to", f"a.test:443:127.0.0.1:{proxy.port}", "https://a.test/")
                with self.subTest(scheme=scheme, cause=cause):
                    verdict = proxy.verdict()
                    self.assertEqual((verdict["closer"], verdict["phase"], verdict["cause"]),
                                     ("proxy", "server-connect", cause))
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            proxy = self.stage.proxy("localhost:443", "--via",
                                     f"http://127.0.0.1:{unused.getsockname()[1]}")
            self.curl("--connect-to", f"a.test:443:127.0.0.1:{proxy.port}", "https://a.test/")
            self.assertEqual(proxy.verdict()["cause"], "upstream-proxy-unreachable")

    def test_one_that_says_nothing_is_given_up(self):
        silent = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(silent.close)
        proxy = self.stage.proxy("localhost:443", "--via",
                                 f"http://127.0.0.1:{silent.getsockname()[1]}",
                                 "--connect-timeout", "1")
        self.curl("--connect-to", f"a.test:443:127.0.0.1:{proxy.port}", "https://a.test/")
        verdict = proxy.verdict()
        self.assertEqual(verdict["cause"], "upstream-proxy-silent")
        self.assertIn("tcp-connect-timeout", [each["cause"] for each in verdict["alternatives"]])

    def test_it_is_no_way_to_forbidden_addresses(self):
        front = self.stage.proxy_by(("--forward",))
        proxy = self.stage.proxy_by(("--forward", "--via", f"http://127.0.0.1:{front.port}"))
        for connection, host in enumerate(("169.254.169.254", "0xa9fea9fe", "169.254.43518"), 1):
            done = self.curl("--proxy", f"http://127.0.0.1:{proxy.port}", "--proxytunnel",
                             f"http://{host}/", "--write-out", "%{http_connect}")
            self.assertEqual(done.stdout, "403", host)
            self.assertEqual(proxy.verdict(connection)["cause"], "proxy-policy")
        self.assertEqual(front.find("accepted"), [])

    def test_what_the_server_says_first_is_not_lost(self):
        def grant(connection: socket.socket):
            while not connection.recv(65536).endswith(b"\r\n\r\n"):
                pass
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n220 mail\r\n")
            connection.recv(1)

        front = self.stage.script(grant)
        proxy = self.stage.proxy("mail.test:25", "--via", f"http://127.0.0.1:{front}")
        with socket.create_connection(("127.0.0.1", proxy.port), PATIENCE) as client:
            self.assertEqual(client.recv(100), b"220 mail\r\n")


@unittest.skipUnless(os.geteuid() == 0, "root is needed for a network namespace")
class Transparent(unittest.TestCase):
    """Redirection by the kernel, in a network namespace of its own."""

    def test_redirected_connections_go_where_they_were_sent_to(self):
        for tool in ("nft", "ip", "unshare"):
            if shutil.which(tool, path=os.environ["PATH"] + ":/usr/sbin:/sbin") is None:
                self.skipTest(f"{tool} is not installed")
        inner = pathlib.Path(__file__).with_name("transparent_inside.py")
        done = subprocess.run(["unshare", "--net", "python3", str(inner), Intercepted.program,
                               Intercepted.certificates], capture_output=True, text=True, timeout=60)
        if done.returncode == 77:
            self.skipTest(done.stdout)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


    def test_a_notice_says_that_tproxy_lacks_its_right(self):
        if shutil.which("setpriv") is None:
            self.skipTest("setpriv is not installed")
        process = subprocess.Popen(
            ["setpriv", "--bounding-set", "-net_admin,-net_raw", Intercepted.program, "run", "--transparent",
             "--listen", "127.0.0.1:0"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        with process:
            process.stderr.readline()  # listening
            process.terminate()
            self.assertIn("CAP_NET_ADMIN", process.stderr.read())


if __name__ == "__main__":
    run_tests()
