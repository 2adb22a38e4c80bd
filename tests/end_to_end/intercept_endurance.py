#!/usr/bin/env python3
"""intercept_endurance.py PROGRAM CERTIFICATES [--thorough]: many, slow, large and broken connections
through an intercepting proxy: one verdict each, memory and descriptors as before.
"""

import contextlib
import hashlib
import os
import signal
import socket
import ssl
import sys
import threading
import time

import servers
from harness import PATIENCE, Proxy, wait_until
from intercepted import REQUEST, VERSIONS, Intercepted, SteppedClient, run_tests
from plain_relay import PlainRelay, reset

THOROUGH = False
MIB = 1 << 20


class Endurance(Intercepted):
    # --- clients that say too little ---

    def test_clients_that_say_little_are_dropped_and_cost_little(self):
        target = servers.openssl("good_ec")(self.stage)
        proxy = self.proxy(target, "--handshake-timeout", "3")
        self.page(proxy.port)
        before = proxy.memory()
        half = bytes.fromhex("16030102000100")
        idle = [socket.create_connection(("127.0.0.1", proxy.port), PATIENCE) for _ in range(600)]
        begin = time.monotonic()
        for connection in idle[::2]:
            connection.sendall(half)
        begin_page = time.monotonic()
        self.assertIn(b"200 ok", self.page(proxy.port))
        self.assertLess(time.monotonic() - begin_page, 3)
        self.assertLess((proxy.memory() - before) / len(idle), 100_000)
        for connection in idle:
            with connection:
                connection.settimeout(max(0.1, begin + 5 + 1 - time.monotonic()))
                with contextlib.suppress(ConnectionResetError):
                    self.assertEqual(connection.recv(100), b"")
        self.assertLess(time.monotonic() - begin, 3 + 2)
        self.expect_one_verdict_each(proxy)

    # --- resets ---

    def test_a_reset_at_any_byte_of_the_client_leg_has_its_verdict(self):
        for version in VERSIONS:
            target = servers.openssl("good_ec")(self.stage)
            proxy = self.proxy(target)
            cut = PlainRelay(proxy.port)
            self.addCleanup(cut.close)
            self.reset_at_offsets(proxy, cut, cut.port, version)

    def test_a_reset_at_any_byte_of_the_server_leg_has_its_verdict(self):
        for version in VERSIONS:
            cut = PlainRelay(servers.openssl("good_ec")(self.stage))
            self.addCleanup(cut.close)
            proxy = self.proxy(cut.port)
            self.reset_at_offsets(proxy, cut, proxy.port, version)

    def reset_at_offsets(self, proxy: Proxy, cut: PlainRelay, port: int, version: str):
        self.page(port, version)
        self.expect_one_verdict_each(proxy)
        descriptors = proxy.descriptors()
        offsets = range(1, 2000, 7 if THOROUGH else 60)
        for cut.after in offsets:
            self.try_page(port, version)
        cut.after = PlainRelay.NEVER
        self.assertIn(b"200 ok", self.page(port, version))
        self.expect_one_verdict_each(proxy)
        # The last one may still wait to be accepted, by another loop.
        self.assertTrue(wait_until(
            lambda: len(proxy.find("verdict")) == len(offsets) + 2, PATIENCE))
        failed = [each for each in proxy.find("verdict") if each["outcome"] != "ok"]
        self.assertGreater(len(failed), len(offsets) / 4)
        # Nobody but the one that was cut off has ended any of them.
        blamed = {each["closer"] for each in failed}
        self.assertNotIn("proxy", blamed)
        # The other loop opened its spare one with its first client.
        self.assertTrue(wait_until(lambda: proxy.descriptors() <= descriptors + 1, PATIENCE))

    # --- large ones ---

    def test_what_is_large_arrives_whole_and_waits_for_its_reader(self):
        size = 50 * MIB
        block = os.urandom(MIB)
        digest = hashlib.sha256(block * (size // MIB)).hexdigest()
        for version in VERSIONS:
            received = []
            go_on = threading.Event()

            def serve(tls: ssl.SSLSocket):
                """Takes it all, but stops for a while at first, and gives it all back."""
                go_on.wait(PATIENCE)
                received.append(read_all(tls, size))
                for _ in range(size // MIB):
                    tls.sendall(block)
                with contextlib.suppress(OSError):
                    tls.unwrap()

            proxy = self.proxy(servers.over_tls(serve, "good_ec")(self.stage))
            idle = proxy.memory()
            with self.client(proxy.port, version) as tls:
                tls.settimeout(60)
                uploading = threading.Thread(
                    target=lambda: [tls.sendall(block) for _ in range(size // MIB)], daemon=True)
                uploading.start()
                self.assert_stalls(proxy, idle)
                go_on.set()
                uploading.join(60)
                # Now the server sends, and this client does not read.
                self.assertTrue(wait_until(lambda: received, 60))
                self.assert_stalls(proxy, idle)
                self.assertEqual(read_all(tls, size), digest)
            self.assertEqual(received, [digest])
            self.expect_one_verdict_each(proxy)

    def assert_stalls(self, proxy: Proxy, idle: int):
        """The proxy's memory stands still once the kernel's buffers are full."""
        memory = [proxy.memory()]

        def stands_still() -> bool:
            wait_until(lambda: False, 1.0)
            memory.append(proxy.memory())
            return memory[-1] - memory[-2] < MIB

        self.assertTrue(wait_until(stands_still, PATIENCE), memory)
        self.assertLess(proxy.memory() - idle, 40 * MIB)

    # --- half-close ---

    def test_a_side_that_has_ended_is_still_answered(self):
        for version in VERSIONS:
            target = servers.over_tls(answer_after_end, "good_ec")(self.stage)
            proxy = self.proxy(target)
            with SteppedClient(self.trusting(version), proxy.port) as client:
                client.step(client.tls.do_handshake)
                client.tls.write(b"question")
                with contextlib.suppress(ssl.SSLWantReadError):
                    client.tls.unwrap()  # says close_notify, and has not read the server's
                client.flush()
                client.socket.shutdown(socket.SHUT_WR)
                self.assertEqual(client.step(lambda: client.tls.read(100)), b"answer to question")
            self.assertEqual(proxy.verdict()["outcome"], "ok")

    # --- the end ---

    def test_terminated_it_lets_open_connections_finish(self):
        release = threading.Event()

        def serve(tls: ssl.SSLSocket):
            release.wait(PATIENCE)
            tls.sendall(b"late answer")
            tls.unwrap()

        proxy = self.proxy(servers.over_tls(serve, "good_ec")(self.stage))
        with self.client(proxy.port) as tls:
            proxy.signal(signal.SIGTERM)
            wait_until(lambda: False, 0.5)
            release.set()
            self.assertEqual(tls.recv(100), b"late answer")
        self.assertEqual(proxy.status(), 0)
        self.assertEqual(proxy.verdict()["outcome"], "ok")

    # --- many ---

    def test_many_mixed_connections_leave_nothing_behind(self):
        proxy = self.proxy(servers.openssl("good_ec")(self.stage), "--handshake-timeout", "5")
        kinds = [self.page, self.try_distrusting, self.try_garbage, self.try_leave, self.try_page]
        half = 1500 if THOROUGH else 120

        def play(count: int):
            def work(first: int):
                for i in range(first, count, 4):
                    with contextlib.suppress(OSError):
                        kinds[i % len(kinds)](proxy.port, ("1.2", "1.3")[i % 2])
            threads = [threading.Thread(target=work, args=(first,)) for first in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.expect_one_verdict_each(proxy)

        play(half)
        descriptors, memory = proxy.descriptors(), proxy.memory()
        play(half)
        self.assertTrue(wait_until(lambda: proxy.descriptors() <= descriptors, PATIENCE))
        self.assertLess(proxy.memory() - memory, MIB)

    def try_distrusting(self, port: int, version: str):
        context = ssl.create_default_context(cafile=self.stage.certificate("root2.crt"))
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as plain:
            context.wrap_socket(plain, server_hostname="a.test")

    def try_garbage(self, port: int, version: str):
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as plain:
            plain.sendall(b"\x16\x03\x01\x00\x20" + os.urandom(32))
            plain.recv(100)

    def try_leave(self, port: int, version: str):
        plain = socket.create_connection(("127.0.0.1", port), PATIENCE)
        tls = self.trusting(version).wrap_socket(plain, server_hostname="a.test")
        tls.sendall(REQUEST)
        reset(tls)


def answer_after_end(tls: ssl.SSLSocket):
    """Reads to the client's close_notify and answers then: the socket's own API would close."""
    question = b""
    while data := tls.recv(100):
        question += data
    tls.sendall(b"answer to " + question)
    tls.unwrap()


def read_all(tls: ssl.SSLSocket, size: int) -> str:
    digest = hashlib.sha256()
    while size > 0 and (data := tls.recv(min(size, MIB))):
        digest.update(data)
        size -= len(data)
    return digest.hexdigest()


if __name__ == "__main__":
    if "--thorough" in sys.argv:
        sys.argv.remove("--thorough")
        THOROUGH = True
    run_tests()
