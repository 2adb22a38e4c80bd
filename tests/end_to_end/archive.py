#!/usr/bin/env python3
"""archive.py PROGRAM CERTIFICATES: what `--har` writes while curl speaks through the program."""

import base64
import contextlib
import gzip
import http.server
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
import unittest

from harness import PATIENCE, free_port, wait_listening, wait_until
from intercepted import Intercepted, run_tests

PAGE = '{"greeting":"grüß dich"}' * 100


class Pages(http.server.BaseHTTPRequestHandler):
    """A coded page to GET; what was sent, to POST."""

    protocol_version = "HTTP/1.1"

    def answer(self, content: bytes, **fields: str):
        self.send_response(200)
        for name, value in fields.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self):
        size = int(self.path.partition("size=")[2] or 0)
        if size:
            return self.answer(os.urandom(size), Content_Type="application/octet-stream")
        self.answer(gzip.compress(PAGE.encode()), Content_Encoding="gzip",
                    Content_Type="application/json", Set_Cookie="sid=s3cret; Path=/; HttpOnly")

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers["Content-Length"])))

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        """Clients are killed here."""


class Archive(Intercepted):
    def setUp(self):
        super().setUp()
        self.file = self.stage.folder / "exchanges.har"

    def server(self, tls=True) -> int:
        server = Server(("127.0.0.1", 0), Pages)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.stage.certificate("good_ec.pem"),
                                    self.stage.certificate("good_ec.key"))
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server.server_address[1]

    def archiving(self, target: int, *options: str):
        return self.proxy(target, "--har", str(self.file), *options)

    def curl(self, port: int, path: str, *options: str, scheme="https"):
        return subprocess.run(
            ["curl", "-sS", "--max-time", str(PATIENCE), "--cacert", self.stage.certificate("root.crt"),
             "--noproxy", "*", "--resolve", f"a.test:{port}:127.0.0.1", *options,
             f"{scheme}://a.test:{port}{path}"], capture_output=True, check=True).stdout

    def entries(self, file=None) -> list[dict]:
        """Of the file, which a second parser can read, too."""
        file = file or self.file
        subprocess.run([sys.executable, "-m", "json.tool", file], check=True, capture_output=True)
        return json.loads(file.read_text())["log"]["entries"]

    def wait_for(self, count: int) -> list[dict]:
        self.assertTrue(wait_until(lambda: self.file.read_text().count("\n{") >= count, PATIENCE))
        return self.entries()

    def test_exchanges_inside_tls_are_entries(self):
        proxy = self.archiving(self.server())
        self.assertEqual(self.entries(), [])
        self.curl(proxy.port, "/page?a=1", "-b", "id=7", "--compressed")
        self.curl(proxy.port, "/form", "-d", "name=J%C3%B6&x=y")
        binary = bytes(range(256)) * 10
        sent = self.stage.folder / "sent"
        sent.write_bytes(binary)
        self.curl(proxy.port, "/binary", "--data-binary", f"@{sent}", "-H", "Content-Type: x/y")
        page, form, upload = self.wait_for(3)

        self.assertEqual(page["request"]["url"], f"https://a.test:{proxy.port}/page?a=1")
        self.assertEqual(page["request"]["cookies"][0]["value"], "7")
        self.assertEqual(page["response"]["content"]["text"], PAGE)
        self.assertEqual(page["response"]["cookies"][0]["value"], "s3cret")
        self.assertEqual(page["_tls"]["client"]["version"], "TLS 1.3")
        self.assertEqual(page["serverIPAddress"], "127.0.0.1")
        parameters = form["request"]["postData"]["params"]
        self.assertEqual(parameters[0], {"name": "name", "value": "Jö"})
        self.assertEqual(base64.b64decode(upload["request"]["postData"]["text"]), binary)
        self.assertEqual(base64.b64decode(upload["response"]["content"]["text"]), binary)
        self.assertEqual(self.file.stat().st_mode & 0o777, 0o600)
        # Events go on masking what the archive tells.
        self.assertNotIn("s3cret", json.dumps(proxy.events))

    def test_plain_http_is_archived_without_interception(self):
        proxy = self.archiving(self.server(tls=False), "--mode", "relay")
        self.curl(proxy.port, "/page", scheme="http")
        [entry] = self.wait_for(1)
        self.assertEqual(entry["request"]["url"], f"http://a.test:{proxy.port}/page")
        self.assertNotIn("_tls", entry)

    @unittest.skipUnless(shutil.which("node"), "node is not installed")
    def test_streams_of_http2_are_entries(self):
        port = free_port()
        script = self.stage.file("http2.js", f"""
            const fs = require("fs"), http2 = require("http2"), zlib = require("zlib");
            const server = http2.createSecureServer({{
              cert: fs.readFileSync({json.dumps(self.stage.certificate("good_ec.pem"))}),
              key: fs.readFileSync({json.dumps(self.stage.certificate("good_ec.key"))})}});
            server.on("stream", stream => {{
              stream.respond({{":status": 200, "content-encoding": "br", "content-type": "text/plain"}});
              stream.end(zlib.brotliCompressSync({json.dumps(PAGE)}));
            }});
            server.listen({port}, "127.0.0.1");""")
        wait_listening(self.stage.start("node", script), port)
        proxy = self.archiving(port)
        self.curl(proxy.port, "/h2", "--http2")
        [entry] = self.wait_for(1)
        self.assertEqual(entry["request"]["httpVersion"], "HTTP/2")
        self.assertEqual(entry["request"]["url"], f"https://a.test:{proxy.port}/h2")
        self.assertEqual(entry["response"]["content"]["text"], PAGE)

    def test_a_kill_between_writes_leaves_a_whole_file(self):
        proxy = self.archiving(self.server(tls=False), "--mode", "relay")
        self.curl(proxy.port, "/page?[1-20]", scheme="http")
        self.wait_for(20)
        with socket.create_connection(("127.0.0.1", proxy.port), PATIENCE) as client:
            client.sendall(b"GET /half HTTP/1.1\r\nHo")
            proxy.signal(signal.SIGKILL)
            proxy.status()
        self.assertEqual(len(self.entries()), 20)

    def test_a_kill_under_load_costs_no_exchange_that_was_written(self):
        target = self.server(tls=False)
        for killed in range(5):
            proxy = self.archiving(target, "--mode", "relay")
            whole = len(self.entries())  # what a kill has cut is mended
            self.assertGreaterEqual(whole, 10 * killed)
            loader = threading.Thread(target=self.try_pages, args=(proxy.port,), daemon=True)
            loader.start()
            size = self.file.stat().st_size
            self.assertTrue(wait_until(lambda: self.file.stat().st_size > size + 80_000, PATIENCE))
            proxy.signal(signal.SIGKILL)
            proxy.status()
            loader.join(PATIENCE)

    def try_pages(self, port: int):
        with contextlib.suppress(subprocess.CalledProcessError):
            self.curl(port, "/page?[1-200]", scheme="http")

    def test_a_file_that_was_moved_away_is_left(self):
        proxy = self.archiving(self.server(tls=False), "--mode", "relay")
        self.curl(proxy.port, "/page", scheme="http")
        self.wait_for(1)
        moved = self.file.rename(self.file.with_suffix(".old"))
        proxy.signal(signal.SIGUSR1)
        self.assertTrue(wait_until(self.file.exists, PATIENCE))
        self.curl(proxy.port, "/page", scheme="http")
        self.wait_for(1)
        self.assertEqual(len(self.entries(moved)), 1)

    @unittest.skipUnless(os.geteuid() == 0, "only root can mount a small disk")
    def test_a_full_disk_harms_no_connection(self):
        disk = self.stage.folder / "disk"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk])
        if mounted.returncode != 0:
            self.skipTest("no disk can be mounted here")
        self.addCleanup(subprocess.run, ["umount", "-l", disk], check=True)
        self.file = disk / "exchanges.har"
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(600_000))
        proxy = self.archiving(self.server(tls=False), "--mode", "relay")
        for _ in range(8):
            self.assertEqual(len(self.curl(proxy.port, "/?size=100000", scheme="http")), 100_000)
        self.assertTrue(wait_until(lambda: proxy.find("notice"), PATIENCE))
        self.assertIn("No space left on device", proxy.find("notice")[0]["what"])
        self.assertIn(len(self.entries()), range(1, 5))
        ballast.unlink()
        # On a slow machine the last exchange may have met the full disk, and be lost by now.
        self.curl(proxy.port, "/?size=1000", scheme="http")
        self.assertTrue(wait_until(
            lambda: any("is written again" in each["what"] for each in proxy.find("notice")),
            PATIENCE), proxy.find("notice"))
        self.wait_for(4)

    def test_an_archive_that_may_stay_empty_is_said(self):
        for way, said in (("--to", "127.0.0.1:1"), True), (("--forward",), False):
            program = subprocess.Popen(
                [self.program, "run", *way, "--listen", "127.0.0.1:0", "--har", self.file],
                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            self.addCleanup(program.stderr.close)
            self.assertIn("listening on", program.stderr.readline())
            time.sleep(0.2)  # for what follows it
            program.terminate()
            self.assertEqual("--har gets plain HTTP only" in program.stderr.read(), said)
            program.wait(PATIENCE)

    def test_what_is_no_file_is_refused(self):
        proxy = subprocess.run(
            [self.program, "run", "--to", "127.0.0.1:1", "--listen", "127.0.0.1:0", "--har", "/dev/null"],
            capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(proxy.returncode, 1)
        self.assertIn("--har /dev/null: is no regular file", proxy.stderr)


if __name__ == "__main__":
    run_tests()
