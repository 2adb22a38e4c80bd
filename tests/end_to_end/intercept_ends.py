#!/usr/bin/env python3
"""intercept_ends.py PROGRAM CERTIFICATES: how connections end through an intercepting proxy, when
that is not how a browser does it.
"""

import contextlib
import os
import socket
import ssl
import threading
import time
import unittest

import hellos
import servers
from harness import PATIENCE, free_port, wait_listening, wait_until
from intercepted import VERSIONS, Intercepted, SteppedClient, run_tests
from plain_relay import PlainRelay, reset

KIB = 1 << 10
MIB = 1 << 20


class Stream:
    """A server's part: sends until it is told that nobody listens, and remembers when."""

    def __init__(self, pause=0.0, block=KIB):
        self.ended = threading.Event()
        self._pause, self._block = pause, bytes(block)

    def __call__(self, tls: ssl.SSLSocket):
        with contextlib.suppress(OSError):
            while True:
                tls.sendall(self._block)
                time.sleep(self._pause)
        self.ended.set()


class Ends(Intercepted):
    def test_a_server_that_speaks_and_leaves_is_heard(self):
        words = b"421 too many connections\r\n" * 100

        def serve(tls: ssl.SSLSocket):
            tls.sendall(words)
            tls.settimeout(0.1)  # and waits for no answer
            with contextlib.suppress(OSError):
                tls.unwrap()

        for version in VERSIONS:
            proxy = self.proxy(servers.over_tls(serve, "good_ec")(self.stage))
            with SteppedClient(self.trusting(version), proxy.port) as client:
                client.send_hello()
                # The server leg's whole life.
                self.assertTrue(wait_until(
                    lambda: [each for each in proxy.find("closed") if each["leg"] == "server"],
                    PATIENCE))
                client.step(client.tls.do_handshake)
                self.assertEqual(client.read_to_end(), words)
            self.assertEqual(proxy.verdict()["outcome"], "ok")

    def test_a_kept_connection_that_the_server_has_given_up(self):
        patience = 4.6

        def serve(tls: ssl.SSLSocket):
            tls.recv(KIB)
            tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
            time.sleep(patience)
            # A FIN without close_notify; what comes then is read, and not answered.
            with socket.socket(fileno=os.dup(tls.fileno())) as plain:
                plain.settimeout(PATIENCE)
                plain.shutdown(socket.SHUT_WR)
                while plain.recv(KIB):
                    pass

        ask = b"GET / HTTP/1.1\r\nHost: a.test\r\nX-Long: " + b"x" * 100 + b"\r\n\r\n"
        with contextlib.ExitStack() as clients:
            proxies = [self.proxy(servers.over_tls(serve, "good_ec")(self.stage), "--mode", mode)
                       for mode in ("relay", "intercept")]
            kept = [clients.enter_context(self.client(proxy.port)) for proxy in proxies]
            for tls in kept:
                tls.sendall(ask)
                self.assertIn(b"200 OK", tls.recv(KIB))
            time.sleep(patience + 1)
            for tls in kept:
                tls.sendall(ask)
                with contextlib.suppress(OSError):
                    self.assertEqual(tls.recv(KIB), b"")
        for proxy in proxies:
            verdict = proxy.verdict()
            self.assertEqual((verdict["outcome"], verdict["cause"], verdict["confidence"]),
                             ("failed", "stale-connection", "high"))
            self.assertEqual((verdict["closer"], verdict["mechanism"]), ("server", "fin"))

    def test_what_a_client_sends_during_a_renegotiation_arrives(self):
        port = free_port()
        server = self.stage.start("openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-tls1_2",
                                  *servers.openssl_identity(self.stage, "good_ec"))
        wait_listening(server, port)
        # Room for a client to speak between two flights.
        slow = PlainRelay(port, delay=0.2)
        self.addCleanup(slow.close)
        proxy = self.proxy(slow.port)
        with self.client(proxy.port, "1.2") as tls:
            tls.sendall(b"first\n")
            server.stdin.write(b"r\n")
            server.stdin.flush()
            for _ in range(1000):
                tls.sendall(bytes(KIB))
                time.sleep(0.001)
            tls.sendall(b"\nthe last\n")
            arrived = []
            self.assertTrue(wait_until(
                lambda: arrived.append(self.stage.take_output("openssl.out")) or
                "the last" in "".join(arrived), PATIENCE))
        self.assertEqual(proxy.verdict()["outcome"], "ok")

    def test_a_warning_about_the_name_is_passed_on(self):
        certificate = ["-cert2", self.stage.certificate("good.pem"), "-key2",
                       self.stage.certificate("good.key")]
        server = servers.openssl("good", "-tls1_2", "-servername", "other.test", *certificate)
        proxy = self.proxy(server(self.stage))
        self.assertIn(b"s_server", self.page(proxy.port, "1.2"))
        verdict = proxy.verdict()
        self.assertEqual(verdict["outcome"], "ok")
        self.assertIsNone(verdict["masking"])
        warnings = [(each["leg"], each["from"]) for each in proxy.find("alert")
                    if each["description"] == "unrecognized_name"]
        self.assertEqual(warnings, [("server", "server"), ("client", "proxy")])

    def test_a_client_that_resets_after_its_fin_is_missed(self):
        for version in VERSIONS:
            stream = Stream(pause=0.005)
            proxy = self.proxy(servers.over_tls(stream, "good_ec")(self.stage))
            with self.client(proxy.port, version) as tls:
                tls.recv(100)
                tls.shutdown(socket.SHUT_WR)
                time.sleep(0.3)
                reset(tls)
            self.assertTrue(stream.ended.wait(5), "the server still sends")
            proxy.verdict()

    def test_a_slow_reader_gets_the_end(self):
        size = 4 * MIB

        def serve(tls: ssl.SSLSocket):
            tls.sendall(bytes(size))
            with contextlib.suppress(OSError):
                tls.unwrap()

        proxy = self.proxy(servers.over_tls(serve, "good_ec")(self.stage), "--idle-timeout", "1")
        plain = socket.socket()
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 * KIB)
        plain.settimeout(PATIENCE)
        plain.connect(("127.0.0.1", proxy.port))
        with self.trusting().wrap_socket(plain, server_hostname="a.test") as tls:
            with socket.socket(fileno=os.dup(tls.fileno())) as same:
                same.shutdown(socket.SHUT_WR)
            got = 0
            while data := tls.recv(16 * KIB):
                got += len(data)
                time.sleep(0.02)
        self.assertEqual(got, size)

    def test_who_is_dropped_is_told_goodbye(self):
        for version in VERSIONS:
            goodbyes = []

            def serve(tls: ssl.SSLSocket):
                tls.suppress_ragged_eofs = False
                goodbyes.append(tls.recv(100))

            proxy = self.proxy(servers.over_tls(serve, "good_ec")(self.stage),
                               "--idle-timeout", "1")
            with SteppedClient(self.trusting(version), proxy.port) as client:
                client.step(client.tls.do_handshake)
                self.assertEqual(client.read_to_end(), b"")
            self.assertTrue(wait_until(lambda: goodbyes, PATIENCE))
            self.assertEqual(goodbyes, [b""])
            self.assertEqual(proxy.verdict()["cause"], "idle-timeout")

    def test_a_server_that_heeds_no_alert_costs_no_memory(self):
        proxy = self.proxy(servers.over_tls(Stream(block=MIB), "good_ec")(self.stage))
        with SteppedClient(self.trusting(), proxy.port) as client:
            client.step(client.tls.do_handshake)
            client.step(lambda: client.tls.read(100))
            before = proxy.memory()
            client.socket.sendall(hellos.record(bytes(48), hellos.TLS12, kind=23))
            most = []
            wait_until(lambda: most.append(proxy.memory()) or proxy.find("verdict"), PATIENCE)
            self.assertLess(max(most) - before, 8 * MIB)
        self.assertEqual(proxy.verdict()["closer"], "proxy")

    def test_a_hello_that_the_library_does_not_take_harms_nobody_else(self):
        both = (hellos.TLS13, hellos.TLS12)
        too_long = (
            hellos.hello(supported=both, names=hellos.server_name(b"a" * 300)),
            hellos.hello(supported=both, alpn=[b"protocol-%06d" % i for i in range(1500)]),
        )
        proxy = self.proxy(servers.openssl("good_ec")(self.stage))
        for message in too_long:
            with socket.create_connection(("127.0.0.1", proxy.port), PATIENCE) as plain:
                plain.sendall(hellos.records(message, 16000))
                self.assertEqual(plain.recv(1), b"\x15")
        self.assertIn(b"200 ok", self.page(proxy.port))
        wait_until(lambda: len(proxy.find("verdict")) > len(too_long), PATIENCE)
        self.expect_one_verdict_each(proxy)
        causes = [each["cause"] for each in proxy.find("verdict")]
        self.assertEqual(causes[:2], ["proxy-limit"] * 2)

    def test_a_client_that_stalls_does_not_hold_up_a_refusal(self):
        target = servers.openssl("good", "-tls1_2", "-Verify", "1", "-verify_return_error")
        proxy = self.proxy(target(self.stage))
        with SteppedClient(self.trusting("1.2"), proxy.port) as client:
            begin = time.monotonic()
            client.send_hello()
            verdict = proxy.verdict()
            self.assertLess(time.monotonic() - begin, 4)
            self.assertEqual(verdict["closer"], "server")

    def test_a_refusal_reaches_a_client_at_once(self):
        for version, option in (("1.2", "-tls1_2"), ("1.3", "-tls1_3")):
            target = servers.openssl("good", option, "-Verify", "1", "-verify_return_error")
            proxy = self.proxy(target(self.stage))
            # The first one may have to wait for the proxy's key.
            for limit in (PATIENCE, 2):
                begin = time.monotonic()
                with self.assertRaisesRegex(OSError, "alert"):
                    self.page(proxy.port, version)
                self.assertLess(time.monotonic() - begin, limit)
            self.assertTrue(wait_until(lambda: len(proxy.find("verdict")) == 2, PATIENCE))
            self.assertEqual([each["closer"] for each in proxy.find("verdict")], ["server"] * 2)

    def test_a_client_that_leaves_after_its_hello_is_passed_on(self):
        proxy = self.proxy(self.stage.script(lambda plain: (plain.recv(1 << 16), plain.recv(1))))
        begin = time.monotonic()
        with socket.create_connection(("127.0.0.1", proxy.port), PATIENCE) as plain:
            plain.sendall(hellos.GOOD)
        self.assertEqual(proxy.verdict()["closer"], "client")
        self.assertLess(time.monotonic() - begin, 2)


if __name__ == "__main__":
    run_tests()
