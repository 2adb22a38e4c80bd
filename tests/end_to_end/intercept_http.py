#!/usr/bin/env python3
"""intercept_http.py PROGRAM CERTIFICATES: the HTTP of real clients and servers, as events tell it,
inside intercepted TLS and in the clear.
"""

import contextlib
import http.server
import json
import shutil
import socket
import ssl
import subprocess
import threading
import unittest

import servers
from harness import PATIENCE, free_port, wait_listening
from intercepted import Intercepted, run_tests
from interception import INTERCEPT

NODE_SERVER = """
const fs = require('fs'), [certificate, key, port] = process.argv.slice(1);
const server = require('http2').createSecureServer(
  {cert: fs.readFileSync(certificate), key: fs.readFileSync(key)});
server.on('stream', (stream, headers) => {
  stream.on('error', () => {});
  if (headers[':path'] === '/reset') return stream.close(11);
  stream.respond({':status': 200, 'content-type': 'application/grpc'}, {waitForTrailers: true});
  stream.on('wantTrailers', () => stream.sendTrailers({'grpc-status': '5'}));
  stream.end('body');
});
server.listen(+port, '127.0.0.1');
"""


PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n"
BY_ALERT = b"\x15\x03\x01\x00\x02\x02\x0a"
BAD_ID = (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 7\r\nConnection: close\r\n\r\nbad id\n")


def hear(connection: socket.socket) -> bytes:
    """A request without content."""
    request = b""
    while b"\r\n\r\n" not in request:
        request += connection.recv(4096)
    return request


def answering(words: bytes):
    """A plain server's part: hears a request and says this."""
    def part(connection: socket.socket):
        hear(connection)
        connection.sendall(words)
    return part


def resetting(connection: socket.socket):
    """Ends, with bytes unread."""
    connection.recv(1)


class Http(Intercepted):
    def curl(self, port: int, *options: str, scheme="https"):
        subprocess.run(
            ["curl", "-sS", "-o", "/dev/null", "--max-time", "10",
             "--cacert", self.stage.certificate("root.crt"),
             "--resolve", f"a.test:{port}:127.0.0.1",
             *(each.format(at=f"{scheme}://a.test:{port}") for each in options)],
            check=False, timeout=PATIENCE, stderr=subprocess.DEVNULL)

    def plain(self, target: int):
        return self.stage.proxy(f"127.0.0.1:{target}")

    def told(self, proxy, connection=1):
        """Requests and responses of a connection that has ended."""
        proxy.verdict(connection)
        return [[each for each in proxy.find(event) if each["conn"] == connection]
                for event in ("request", "response")]

    def test_exchanges_of_a_kept_connection(self):
        proxy = self.proxy(servers.nginx("", "good_ec")(self.stage))
        self.curl(proxy.port, "--http1.1", "-u", "me:hunter2", "-b", "id=hunter2",
                  "{at}/one", "{at}/two?a=b")
        requests, responses = self.told(proxy)
        self.assertEqual([(each["id"], each["method"], each["target"]) for each in requests],
                         [(1, "GET", "/one"), (2, "GET", "/two?a=b")])
        self.assertEqual([(each["id"], each["target"], each["status"]) for each in responses],
                         [(1, "/one", 200), (2, "/two?a=b", 200)])
        for each in requests + responses:
            self.assertEqual((each["version"], each["complete"], each["flags"]), ("1.1", True, []))
        for each in responses:
            self.assertEqual(each["body_bytes"], 3)
            self.assertLess(0, each["ms"])
            self.assertLessEqual(each["ms"], each["total_ms"])
        self.assertIn(["Authorization", "***"], requests[0]["headers"])
        self.assertNotIn("hunter2", json.dumps(proxy.events))

    def test_http2_by_stream(self):
        proxy = self.proxy(servers.nginx("", "good_ec", http2=True)(self.stage))
        self.curl(proxy.port, "--http2", "{at}/one", "{at}/two")
        requests, responses = self.told(proxy)
        self.assertEqual([(each["stream"], each["target"], each["version"]) for each in requests],
                         [(1, "/one", "2"), (3, "/two", "2")])
        self.assertEqual([(each["id"], each["status"], each["body_bytes"]) for each in responses],
                         [(1, 200, 3), (3, 200, 3)])

    def test_http2_trailers_and_resets(self):
        if shutil.which("node") is None:
            self.skipTest("node")
        port = free_port()
        server = self.stage.start("node", "-e", NODE_SERVER, self.stage.certificate("good_ec.pem"),
                                  self.stage.certificate("good_ec.key"), str(port))
        proxy = self.proxy(wait_listening(server, port))
        self.curl(proxy.port, "--http2", "{at}/rpc", "{at}/reset")
        _, responses = self.told(proxy)
        self.assertEqual((responses[0]["grpc_status"], responses[0]["trailers"]),
                         (5, [["grpc-status", "5"]]))
        reset, = proxy.find("stream-reset")
        self.assertEqual((reset["leg"], reset["error"]["name"]), ("server", "ENHANCE_YOUR_CALM"))

    def test_an_upload_that_waits_for_100_continue(self):
        proxy = self.plain(self.python_server())
        body = self.stage.file("body", "x" * 3000)
        self.curl(proxy.port, "-T", body, "-H", "Expect: 100-continue", "{at}/up", scheme="http")
        self.curl(proxy.port, "-T", body, "-H", "Expect: 100-continue", "-H",
                  "Transfer-Encoding: chunked", "{at}/chunked", scheme="http")
        for connection in (1, 2):
            requests, responses = self.told(proxy, connection)
            self.assertEqual([each["body_bytes"] for each in requests], [3000])
            self.assertEqual([(each["id"], each["status"]) for each in responses],
                             [(1, 100), (1, 201)])

    def python_server(self) -> int:
        """Takes uploads, and answers each with 201."""
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_PUT(self):
                if "Content-Length" in self.headers:
                    self.rfile.read(int(self.headers["Content-Length"]))
                else:
                    while size := int(self.rfile.readline(), 16):
                        self.rfile.read(size + 2)
                    self.rfile.readline()
                self.send_response(201)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server.server_address[1]

    def test_pipelined_requests_in_the_clear(self):
        def serve(connection: socket.socket):
            received = b""
            while received.count(b"\r\n\r\n") < 3:
                received += connection.recv(4096)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na"
                               b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
                               b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")

        proxy = self.plain(self.stage.script(serve))
        with socket.create_connection(("127.0.0.1", proxy.port), PATIENCE) as client:
            client.sendall(b"GET /a HTTP/1.1\r\nHost: h\r\n\r\nHEAD /b HTTP/1.1\r\nHost: h\r\n\r\n"
                           b"GET /c HTTP/1.1\r\nHost: h\r\n\r\n")
            while client.recv(4096):
                pass
        _, responses = self.told(proxy)
        self.assertEqual([(each["target"], each["status"], each["body_bytes"])
                          for each in responses], [("/a", 200, 1), ("/b", 200, 0), ("/c", 204, 0)])

    def test_what_smuggles_passes_untouched_and_is_flagged(self):
        request = (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding : chunked\n"
                   b"\r\n0\r\n\r\n")
        received = bytearray()

        def serve(tls: ssl.SSLSocket):
            while len(received) < len(request):
                received.extend(tls.recv(4096))
            tls.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            with contextlib.suppress(OSError):
                tls.unwrap()

        proxy = self.proxy(servers.over_tls(serve, "good_ec")(self.stage))
        with self.client(proxy.port) as client:
            client.sendall(request)
            client.recv(4096)
        requests, _ = self.told(proxy)
        self.assertEqual(bytes(received), request)
        self.assertEqual(set(requests[0]["flags"]), {
            "bare-lf", "space-before-colon", "content-length-and-transfer-encoding"})

    def test_a_websocket(self):
        hello = b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"  # RFC 6455 section 5.7

        def serve(tls: ssl.SSLSocket):
            tls.recv(4096)
            tls.sendall(b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                        b"Upgrade: websocket\r\n\r\n")
            tls.recv(4096)
            tls.sendall(b"\x88\x05\x03\xe8bye")
            with contextlib.suppress(OSError):
                tls.unwrap()

        proxy = self.proxy(servers.over_tls(serve, "good_ec")(self.stage))
        with self.client(proxy.port) as client:
            client.sendall(b"GET /w HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\n"
                           b"Upgrade: websocket\r\n\r\n")
            client.recv(4096)
            client.sendall(hello)
            client.recv(4096)
        proxy.verdict()
        self.assertEqual(
            [(each["leg"], each["opcode"], each["bytes"], each["masked"], each.get("reason"))
             for each in proxy.find("websocket")],
            [("client", "text", 5, True, None), ("server", "close", 5, False, "bye")])

    def test_an_answer_that_is_cut_short_is_not_complete(self):
        def serve(tls: ssl.SSLSocket):
            tls.recv(4096)
            tls.sendall(b"HTTP/1.0 200 OK\r\n\r\nhalf of it")
            tls.close()  # without close_notify

        proxy = self.proxy(servers.over_tls(serve, "good_ec")(self.stage))
        self.try_page(proxy.port)
        _, responses = self.told(proxy)
        self.assertEqual([(each["body_bytes"], each["complete"]) for each in responses],
                         [(10, False)])

    def test_what_is_no_http_is_told_as_nothing(self):
        def serve(tls: ssl.SSLSocket):
            tls.sendall(b"220 mail ESMTP\r\n")
            tls.recv(4096)
            tls.sendall(b"221 bye\r\n")
            with contextlib.suppress(OSError):
                tls.unwrap()

        proxy = self.proxy(servers.over_tls(serve, "good_ec")(self.stage))
        with self.client(proxy.port) as client:
            client.recv(4096)
            client.sendall(b"QUIT\r\n")
            client.recv(4096)
        self.assertEqual(self.told(proxy), [[], []])
        self.assertEqual(proxy.find("malformed"), [])

    def fetch(self, *options: str) -> str:
        return subprocess.run(["curl", "-sS", "-i", "--max-time", "10", "--noproxy", "", *options],
                              check=False, timeout=PATIENCE, capture_output=True, text=True).stdout

    def test_plain_http_to_a_tls_port_gets_a_page(self):
        body = self.stage.file("body", "x" * 300_000)
        for name, port in (("nginx", servers.nginx("", "good_ec")(self.stage)),
                           ("no word", servers.openssl("good_ec")(self.stage)),
                           ("alert", self.stage.script(answering(BY_ALERT))),
                           ("reset", self.stage.script(resetting))):
            proxy = self.proxy(port)
            for options in ((), ("-d", f"@{body}")):
                if options and name in ("alert", "reset"):
                    continue  # which hear a single request
                with self.subTest(name, options=options):
                    page = self.fetch(*options, f"http://127.0.0.1:{proxy.port}/secret")
                    self.assertIn("HTTP/1.1 400 Bad Request\nServer: legible", page)
                    self.assertIn(f"127.0.0.1:{port} was sent it, and ", page)
                    self.assertIn("https://", page)
                    self.assertNotIn("nginx/", page)
            verdict = proxy.verdict()
            with self.subTest(name, verdict=verdict):
                self.assertEqual((verdict["cause"], verdict["outcome"], verdict["closer"]),
                                 ("plain-http-to-tls", "not-tls", "server"))
                self.assertIn(" was sent it, and ", " ".join(verdict["evidence"]))
                own = [each for each in proxy.find("closed")
                       if (each["conn"], each["leg"], each["by"]) == (1, "client", "proxy")]
                self.assertEqual([each["how"] for each in own], ["fin"])
            self.expect_one_verdict_each(proxy)

    def test_elsewhere_the_servers_own_answer_to_plain_http_is_heard(self):
        tls = servers.nginx("", "good_ec")(self.stage)
        for mode in ("relay", "auto"):
            proxy = self.proxy(tls, "--mode", mode)
            page = self.fetch(f"http://127.0.0.1:{proxy.port}/")
            self.assertIn("The plain HTTP request was sent to HTTPS port", page)
            self.assertEqual(proxy.verdict()["cause"], "plain-http-to-tls")

        # A server of plain HTTP, by any way and whatever it says.
        for words in (PAGE, BAD_ID):
            for way in ("fixed", "absolute", "tunnel"):
                with self.subTest(way, words=words):
                    target = self.stage.script(answering(words))
                    url = f"http://127.0.0.1:{target}/a"
                    if way == "fixed":
                        proxy = self.proxy(target)
                        page = self.fetch(f"http://127.0.0.1:{proxy.port}/a")
                    else:
                        proxy = self.stage.proxy_by(("--forward",), "--ca-dir", "{certs}/ca",
                                                    *INTERCEPT, threads=2)
                        through = ("-p",) if way == "tunnel" else ()
                        page = self.fetch(*through, "-x", f"http://127.0.0.1:{proxy.port}", url)
                    self.assertTrue(page.endswith(words.decode().replace("\r\n", "\n")), page)
                    requests, responses = self.told(proxy)
                    self.assertEqual([each["target"] for each in requests],
                                     [url if way == "absolute" else "/a"])
                    self.assertEqual(len(responses), 1)
                    self.assertEqual(proxy.verdict()["cause"], "none")

    def test_plain_http_to_a_tls_port_through_a_forward_proxy_gets_a_page(self):
        port = servers.openssl("good_ec")(self.stage)
        proxy = self.stage.proxy_by(("--forward",), "--ca-dir", "{certs}/ca", *INTERCEPT, threads=2)
        for connection, options in enumerate(((), ("-p",)), 1):
            page = self.fetch(*options, "-x", f"http://127.0.0.1:{proxy.port}",
                              f"http://127.0.0.1:{port}/")
            self.assertIn("400 Bad Request\nServer: legible", page)
            self.assertEqual(proxy.verdict(connection)["cause"], "plain-http-to-tls")

    def test_plain_http_where_the_hello_names_the_server_gets_a_page(self):
        for mode in ("relay", "intercept"):
            proxy = self.stage.proxy_by(("--by-sni", "443"), "--ca-dir", "{certs}/ca", "--mode",
                                        mode, threads=2)
            page = self.fetch(f"http://127.0.0.1:{proxy.port}/")
            self.assertIn("none was asked", page)
            verdict = proxy.verdict()
            self.assertEqual((verdict["cause"], verdict["closer"], verdict["outcome"]),
                             ("plain-http-to-tls", "proxy", "not-tls"))


if __name__ == "__main__":
    run_tests()
