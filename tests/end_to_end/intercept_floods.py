#!/usr/bin/env python3
"""intercept_floods.py PROGRAM CERTIFICATES: peers that send without end what brings nothing forward
are left, and cost the others nothing. The empty records of an open connection are in `legible lab`.
"""

import contextlib
import socket
import statistics
import threading
import time

import hellos
import servers
from harness import PATIENCE
from intercepted import Intercepted, run_tests

COUNT = 300
FLOODS = {
    "warning alerts": hellos.record(b"\1\x5a", hellos.TLS12, 21) * COUNT,
    "empty handshake records": hellos.record(b"", hellos.TLS12) * COUNT,
    "ChangeCipherSpecs": hellos.record(b"\1", hellos.TLS12, 20) * COUNT,
}


def send_all_and_wait(connection: socket.socket, flood: bytes):
    with contextlib.suppress(OSError):
        connection.sendall(flood)
        while connection.recv(4096):
            pass


class Floods(Intercepted):
    def expect_left(self, proxy, sender, cause="proxy-limit", outcome="aborted"):
        verdict = proxy.verdict()
        self.assertEqual((verdict["closer"], verdict["cause"]), ("proxy", cause), sender)
        self.assertEqual(verdict["outcome"], outcome, sender)

    def test_a_client_that_floods_is_left(self):
        target = servers.openssl("good_ec")(self.stage)
        for what, flood in FLOODS.items():
            proxy = self.proxy(target)
            with socket.create_connection(("127.0.0.1", proxy.port), PATIENCE) as client:
                client.sendall(hellos.GOOD)
                # The server's flight is there: the client's turn.
                self.assertTrue(client.recv(1))
                begin = time.monotonic()
                send_all_and_wait(client, flood)
                self.assertLess(time.monotonic() - begin, 5, what)
            # Behind the ServerHello of TLS 1.3 a ChangeCipherSpec alone may be in clear.
            broken = ("protocol-violation", "failed") if what != "ChangeCipherSpecs" else ()
            self.expect_left(proxy, f"client: {what}", *broken)

    def test_a_server_that_floods_is_left(self):
        for what, flood in FLOODS.items():
            def serve(connection: socket.socket, flood=flood):
                connection.recv(4096)
                send_all_and_wait(connection, flood)

            proxy = self.proxy(self.stage.script(serve))
            with socket.create_connection(("127.0.0.1", proxy.port), PATIENCE) as client:
                send_all_and_wait(client, hellos.GOOD)
            # RFC 5246 section 6.2.1: no message is in an empty record.
            empty = what == "empty handshake records"
            broken = ("protocol-violation", "failed") if empty else ()
            self.expect_left(proxy, f"server: {what}", *broken)

    def test_other_clients_hardly_wait_meanwhile(self):
        proxy = self.proxy(servers.openssl("good_ec")(self.stage))
        over = threading.Event()

        def flood():
            while not over.is_set():
                for each in FLOODS.values():
                    with contextlib.suppress(OSError), \
                            socket.create_connection(("127.0.0.1", proxy.port), 1) as client:
                        client.sendall(hellos.GOOD)
                        client.settimeout(1)
                        client.recv(1)
                        send_all_and_wait(client, each * 10)

        def time_of_page() -> float:
            begin = time.monotonic()
            self.assertIn(b"200 ok", self.page(proxy.port))
            return time.monotonic() - begin

        def added_by_floods() -> float:
            before = statistics.median(time_of_page() for _ in range(20))
            over.clear()
            flooding = [threading.Thread(target=flood) for _ in range(4)]
            for thread in flooding:
                thread.start()
            try:
                return statistics.median(time_of_page() for _ in range(20)) - before
            finally:
                over.set()
                for thread in flooding:
                    thread.join()

        # Others may want the machine for a while: what the proxy costs shows in every round.
        self.assertTrue(any(added_by_floods() < 0.1 for _ in range(4)))


if __name__ == "__main__":
    run_tests()
