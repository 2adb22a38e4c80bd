"""SQL Server's TDS, as far as its TLS goes (MS-TDS section 2.2.6.5): the handshake comes in packets
PRELOGIN, and the records stand by themselves behind it. Python's ssl (OpenSSL) is either side.
"""

import socket
import ssl
import struct

PRE_LOGIN = 0x12
TABULAR_RESULT = 0x04
ON = 1

HEADER = struct.Struct(">BBHHBB")


def packet(kind: int, content: bytes) -> bytes:
    return HEADER.pack(kind, 1, HEADER.size + len(content), 0, 1, 0) + content


def pre_login(kind: int, encryption: int) -> bytes:
    """With the options VERSION and ENCRYPTION."""
    return packet(kind, bytes.fromhex("00000b00060100110001ff0f0007d00000") + bytes([encryption]))


def receive(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def receive_packet(connection: socket.socket) -> bytes:
    header = receive(connection, HEADER.size)
    return receive(connection, HEADER.unpack(header)[2] - HEADER.size)


class Tls:
    """TLS over `connection`, once both have said PRELOGIN."""

    def __init__(self, connection: socket.socket, context: ssl.SSLContext, **side):
        self._connection = connection
        self._received, self._to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._received, self._to_send, **side)

    def handshake(self, packet_size: int = 4088):
        finished = False
        while not finished:
            try:
                self._tls.do_handshake()
                finished = True
            except ssl.SSLWantReadError:
                pass
            finally:
                flight = self._to_send.read()
                for at in range(0, len(flight), packet_size):
                    self._connection.sendall(packet(PRE_LOGIN, flight[at:at + packet_size]))
            if not finished:
                self._received.write(receive_packet(self._connection))

    def send(self, data: bytes):
        self._tls.write(data)
        self._connection.sendall(self._to_send.read())

    def receive(self) -> bytes:
        while True:
            try:
                return self._tls.read(65536)
            except ssl.SSLWantReadError:
                more = self._connection.recv(65536)
                if not more:
                    return b""
                self._received.write(more)
