"""First flights of a client that no library would send, as bytes, and the cause that each must get
from a server that refuses it (tests for servers that accept one end there).
"""

import os

TLS10, TLS11, TLS12, TLS13 = 0x0301, 0x0302, 0x0303, 0x0304
SUITES_13 = (0x1301, 0x1302, 0x1303)
SUITES_12 = (0xC02F, 0xC030, 0xC02B, 0xC02C, 0xCCA8, 0x009E, 0x009C, 0xC013, 0xC014, 0x002F, 0x0035)
ECDHE_RSA = (0xC02F, 0xC030)
OLD_SUITES = (0xC014, 0xC013, 0x0035, 0x002F, 0x000A)
FALLBACK = 0x5600
SCHEMES = (0x0403, 0x0503, 0x0603, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601)
ECDSA_SCHEMES = (0x0403, 0x0503)
X25519, P256, P384 = 0x001D, 0x0017, 0x0018


def vector(size: int, content: bytes) -> bytes:
    return len(content).to_bytes(size, "big") + content


def numbers(values) -> bytes:
    return b"".join(value.to_bytes(2, "big") for value in values)


def server_name(name: bytes) -> bytes:
    return vector(2, b"\0" + vector(2, name))


def hello(version=TLS12, supported=(), suites=None, groups=(X25519, P256, P384), schemes=SCHEMES,
          names=server_name(b"a.test"), alpn=(), compression=b"\0", key_share=True, padding=0,
          extensions=True) -> bytes:
    """A ClientHello, as a handshake message without its record."""
    new = TLS13 in supported
    if suites is None:
        suites = (*(SUITES_13 if new else ()), *(SUITES_12 if supported != (TLS13,) else ()))
    present = [(23, b""), (0xFF01, b"\0")]
    if names is not None:
        present.append((0, names))
    if groups:
        present += [(11, b"\1\0"), (10, vector(2, numbers(groups)))]
    if schemes:
        present.append((13, vector(2, numbers(schemes))))
    if alpn:
        present.append((16, vector(2, b"".join(vector(1, each) for each in alpn))))
    if supported:
        present.append((43, vector(1, numbers(supported))))
    if new:
        present.append((45, b"\1\1"))
        if key_share:
            key = b"\x09" + bytes(31)
            present.append((51, vector(2, numbers(groups[:1]) + vector(2, key))))
    if padding:
        present.append((21, bytes(padding)))
    body = numbers([version]) + os.urandom(32) + vector(1, os.urandom(32))
    body += vector(2, numbers(suites)) + vector(1, compression)
    if extensions:
        body += vector(2, b"".join(numbers([kind]) + vector(2, text) for kind, text in present))
    return b"\1" + vector(3, body)


def record(content: bytes, version=TLS10, kind=22) -> bytes:
    return bytes([kind]) + numbers([version]) + vector(2, content)


def records(content: bytes, size: int) -> bytes:
    return b"".join(record(content[at:at + size]) for at in range(0, len(content), size))


def sslv2_hello() -> bytes:
    suites = b"".join(b"\0" + numbers([suite]) for suite in (0x39, 0x35, 0x2F, 0x0A)) + b"\1\0\x80"
    body = b"\1\3\1" + numbers([len(suites), 0, 16]) + suites + os.urandom(16)
    return numbers([0x8000 | len(body)]) + body


ONLY_13, BOTH = (TLS13,), (TLS13, TLS12)
GOOD = record(hello(supported=BOTH))

# A server that knows no TLS 1.3 sees no version that it knows.
NEW = "|no-shared-version"
REFUSED = {
    "tls10": (record(hello(TLS10, suites=OLD_SUITES, schemes=())), "no-shared-version"),
    "tls11": (record(hello(TLS11, suites=OLD_SUITES, schemes=())), "no-shared-version"),
    "ssl3": (record(hello(0x0300, suites=OLD_SUITES, extensions=False), 0x0300),
             "no-shared-version"),
    "sslv2": (sslv2_hello(), "sslv2-format-hello"),
    "unknown-version": (record(hello(supported=(0x0305,))), "no-shared-version"),
    "scsv-11": (record(hello(TLS11, suites=(*OLD_SUITES, FALLBACK), schemes=())),
                "inappropriate-fallback|no-shared-version"),
    "rc4": (record(hello(suites=(5, 4))), "no-shared-cipher"),
    "unusual-13": (record(hello(supported=ONLY_13, suites=(0x1306, 0x1307))),
                   "no-shared-cipher" + NEW),
    "ecdsa-suites": (record(hello(suites=(0xC02B, 0xC02C, 0xC009))), "no-shared-cipher"),
    "group-12": (record(hello(suites=ECDHE_RSA, groups=(0x0015,))), "no-shared-group"),
    "group-13": (record(hello(supported=ONLY_13, groups=(0x001A,))), "no-shared-group" + NEW),
    "no-key-share": (record(hello(supported=ONLY_13, key_share=False)), "hello-malformed" + NEW),
    "no-schemes-13": (record(hello(supported=ONLY_13, schemes=())), "hello-malformed" + NEW),
    "no-schemes-12": (record(hello(suites=ECDHE_RSA, schemes=())),
                      "no-shared-sigalg|no-shared-cipher"),
    "ecdsa-schemes-12": (record(hello(suites=ECDHE_RSA, schemes=ECDSA_SCHEMES)),
                         "no-shared-sigalg"),
    "ecdsa-schemes-13": (record(hello(supported=ONLY_13, schemes=ECDSA_SCHEMES)),
                         "no-shared-sigalg" + NEW),
    "sha1": (record(hello(suites=ECDHE_RSA, schemes=(0x0201, 0x0203))), "no-shared-sigalg"),
    "deflate": (record(hello(compression=b"\1")), "compression-unacceptable"),
    "empty-name": (record(hello(supported=BOTH, names=server_name(b""))), "sni-malformed"),
    "no-names": (record(hello(supported=BOTH, names=b"\0\0")), "sni-malformed"),
    "long-name": (record(hello(supported=BOTH, names=server_name(b"a" * 300))), "sni-malformed"),
    "fragments-100": (records(hello(supported=BOTH), 100), "fragmented-hello-refused"),
    "fragments-1": (records(hello(supported=BOTH), 1), "fragmented-hello-refused"),
    "20-kb": (records(hello(supported=BOTH, padding=20000), 16384), "fragmented-hello-refused"),
    "broken": (record(b"\1" + vector(3, b"\3\3" + bytes(33) + b"\xff\xff\1\2")), "hello-malformed"),
    "server-hello": (record(b"\2" + vector(3, b"\3\3" + bytes(36))), "protocol-violation"),
    "data-first": (record(b"hello world", TLS12, 23), "protocol-violation"),
    "change-cipher-spec-first": (record(b"\1", TLS12, 20) + GOOD, "protocol-violation"),
    "length-ffff": (b"\x16\3\1\xff\xff" + bytes(100), "hello-malformed|record-overflow"),
    "http": (b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n", "plain-http-to-tls"),
    "http2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "plain-http-to-tls"),
    "ssh": (b"SSH-2.0-OpenSSH_9.2p1\r\n", "plain-other-to-tls"),
    "smtp": (b"EHLO client.test\r\n", "plain-other-to-tls"),
    "zeros": (bytes(64), "plain-other-to-tls"),
    "proxy-1": (b"PROXY TCP4 10.0.0.1 10.0.0.2 1234 443\r\n" + GOOD, "proxy-header-to-tls"),
    "proxy-2": (bytes.fromhex("0d0a0d0a000d0a515549540a2111000c0a0000010a00000204d201bb") + GOOD,
                "proxy-header-to-tls"),
}
