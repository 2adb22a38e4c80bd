"""What test cases of an intercepting proxy have in common."""

import contextlib
import os
import socket
import ssl
import sys
import unittest

from harness import PATIENCE, Proxy, wait_until
from interception import INTERCEPT, intercepting_stage

REQUEST = b"GET / HTTP/1.0\r\n\r\n"
VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


class Intercepted(unittest.TestCase):
    """A case with an intercepting proxy, and a client that trusts its CA. Two loops share what
    they share in real use."""

    program = certificates = ""

    def setUp(self):
        self.stage = intercepting_stage(self.program, self.certificates)
        self.addCleanup(self.stage.__exit__)

    def proxy(self, target: int, *options: str) -> Proxy:
        mode = () if "--mode" in options else INTERCEPT
        return self.stage.proxy(f"127.0.0.1:{target}", "--ca-dir", "{certs}/ca", *mode, *options,
                                threads=2)

    def trusting(self, version="1.3") -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.stage.certificate("root.crt"))
        context.minimum_version = context.maximum_version = VERSIONS[version]
        return context

    @contextlib.contextmanager
    def client(self, port: int, version="1.3"):
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as plain:
            with self.trusting(version).wrap_socket(plain, server_hostname="a.test") as tls:
                yield tls

    def page(self, port: int, version="1.3") -> bytes:
        answer = b""
        with self.client(port, version) as tls:
            tls.sendall(REQUEST)
            while data := tls.recv(65536):
                answer += data
        return answer

    def try_page(self, port: int, version="1.3"):
        with contextlib.suppress(OSError):
            self.page(port, version)

    def expect_one_verdict_each(self, proxy: Proxy, seconds=PATIENCE):
        def all_told():
            # The log comes a moment after what it tells.
            accepted = proxy.find("accepted")
            return accepted and len(proxy.find("verdict")) >= len(accepted)
        wait_until(all_told, seconds)
        told = [each["conn"] for each in proxy.find("verdict")]
        self.assertEqual(sorted(told), sorted(each["conn"] for each in proxy.find("accepted")))
        self.assertTrue(proxy.running(), "the program has ended")


class SteppedClient:
    """A TLS client whose bytes are carried when the test says so."""

    def __init__(self, context: ssl.SSLContext, port: int):
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname="a.test")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send_hello(self):
        with contextlib.suppress(ssl.SSLWantReadError):
            self.tls.do_handshake()
        self.flush()

    def flush(self):
        if self._outgoing.pending:
            self.socket.sendall(self._outgoing.read())

    def step(self, call):
        """Calls until there is a result, carrying bytes both ways meanwhile."""
        while True:
            try:
                result = call()
                self.flush()
                return result
            except ssl.SSLWantReadError:
                self.flush()
                data = self.socket.recv(65536)
                self._incoming.write(data) if data else self._incoming.write_eof()

    def read_to_end(self) -> bytes:
        """To the close_notify."""
        everything = b""
        with contextlib.suppress(ssl.SSLZeroReturnError):
            while data := self.step(lambda: self.tls.read(65536)):
                everything += data
        return everything


def run_tests():
    """The main program of a file of such cases: FILE PROGRAM CERTIFICATES."""
    Intercepted.program, Intercepted.certificates = (
        os.path.abspath(sys.argv.pop(1)) for _ in range(2))
    unittest.main()
