#!/usr/bin/env python3
"""intercept_violations.py PROGRAM CERTIFICATES: peers that break the protocol. Who broke it is
named, on its own leg, with the alert that RFC 5246 and RFC 8446 ask for; the next peer is served.
"""

import contextlib
import dataclasses
import socket
import ssl
from typing import Callable

import hellos
import servers
from harness import PATIENCE
from intercepted import REQUEST, Intercepted, SteppedClient, run_tests

BOTH = (hellos.TLS13, hellos.TLS12)
GOODBYE = hellos.record(b"\1\0", hellos.TLS12, kind=21)
CHANGE = hellos.record(b"\1", hellos.TLS12, kind=20)
EMPTY_DATA = hellos.record(b"", hellos.TLS12, kind=23)
OVERLONG = b"\x17\3\3\xff\xff"
HELLO, CERTIFICATE = 2, 11
FINISHED_IN_CLEAR = hellos.record(b"\x14\0\0\x20" + bytes(32), hellos.TLS12)


def hello_with_share(key: bytes) -> bytes:
    return hellos.hello(supported=BOTH).replace(b"\x09" + bytes(31), key)


def interleaved(message: bytes) -> bytes:
    return hellos.record(message[:100]) + EMPTY_DATA + hellos.record(message[100:])


@dataclasses.dataclass
class OfClient:
    """What a client says first, and what comes of it."""

    says: bytes
    alert: int
    closer: str
    cause: str


HELLOS = {
    "a key share that is no point": OfClient(hellos.record(hello_with_share(bytes(32))), 47, "proxy",
                                             "protocol-violation"),
    # The server says what it thinks of these.
    "data between the records of a hello": OfClient(
        interleaved(hellos.hello(supported=BOTH)), 10, "server", "protocol-violation"),
    "TLS 1.3 under a version that is none": OfClient(
        hellos.record(hellos.hello(version=0x0103, supported=BOTH)), 70, "server",
        "hello-malformed"),
}


@dataclasses.dataclass
class Spoken:
    """What a client adds in clear, before or after its own Finished of TLS 1.3."""

    says: bytes
    finished: bool
    alert: str
    cause: str


WORDS = {
    "a Finished in clear": Spoken(FINISHED_IN_CLEAR, False, "unexpected_message",
                                  "protocol-violation"),
    "a ChangeCipherSpec behind the Finished": Spoken(CHANGE, True, "unexpected_message",
                                                     "protocol-violation"),
    "a record that is too long": Spoken(OVERLONG, True, "record_overflow", "record-overflow"),
}


@dataclasses.dataclass
class OfServer:
    """How a server's records are changed."""

    version: str
    change: Callable[[bytes], bytes]
    closer: str
    cause: str


def begins(record: bytes, message: int) -> bool:
    return record[0] == 22 and record[5] == message


ANSWERS = {
    "a goodbye after the Certificate": OfServer(
        "1.2", lambda record: record + GOODBYE if begins(record, CERTIFICATE) else record, "server",
        "unknown"),
    "a second ServerHello": OfServer(
        "1.3", lambda record: record * 2 if begins(record, HELLO) else record, "proxy",
        "protocol-violation"),
    "a record that is too long": OfServer(
        "1.3", lambda record: OVERLONG if record[0] == 23 else record, "proxy", "record-overflow"),
}


class Violations(Intercepted):
    def check(self, proxy, leg: str, closer: str, cause: str):
        verdict = proxy.verdict()
        told = {field: verdict[field] for field in ("outcome", "leg", "closer", "cause")}
        self.assertEqual(told, {"outcome": "failed", "leg": leg, "closer": closer, "cause": cause})
        self.assertIn(b"200 ok", self.page(proxy.port))
        self.expect_one_verdict_each(proxy)

    def test_a_client_whose_hello_no_server_may_take(self):
        port = servers.openssl("good_ec")(self.stage)
        for name, each in HELLOS.items():
            with self.subTest(name):
                proxy = self.proxy(port)
                with socket.create_connection(("127.0.0.1", proxy.port), PATIENCE) as plain:
                    plain.sendall(each.says)
                    said = b"".join(iter(lambda: plain.recv(100), b""))
                    self.assertEqual((said[0], said[5:]), (21, bytes((2, each.alert))))
                leg = "client" if each.closer == "proxy" else "server"
                self.check(proxy, leg, each.closer, each.cause)

    def test_a_client_that_breaks_the_protocol_later(self):
        port = servers.openssl("good_ec")(self.stage)
        for name, each in WORDS.items():
            with self.subTest(name):
                proxy = self.proxy(port)
                with SteppedClient(self.trusting(), proxy.port) as client:
                    client.send_hello()
                    if each.finished:
                        client.step(client.tls.do_handshake)
                    client.socket.sendall(each.says)
                    with self.assertRaisesRegex(ssl.SSLError, each.alert.replace("_", " ")):
                        client.step(client.tls.do_handshake)
                        client.read_to_end()
                self.check(proxy, "client", "proxy", each.cause)

    def test_a_server_that_breaks_the_protocol(self):
        for name, each in ANSWERS.items():
            with self.subTest(name):
                behind = servers.openssl("good_ec", f"-tls1_{each.version[-1]}")
                proxy = self.proxy(servers.altered(behind, each.change)(self.stage))
                # No certificate may look good that its server has not proven to be its own.
                with self.assertRaises(OSError), self.client(proxy.port, each.version):
                    pass
                verdict = proxy.verdict()
                self.assertEqual((verdict["leg"], verdict["closer"], verdict["cause"]),
                                 ("server", each.closer, each.cause))
                self.expect_one_verdict_each(proxy)


if __name__ == "__main__":
    run_tests()
