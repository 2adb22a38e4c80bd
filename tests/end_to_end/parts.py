"""What scripted servers and clients do with their socket."""

import contextlib
import socket
import ssl
import struct
import time


def say_and_wait(data):
    def part(connection):
        connection.sendall(data)
        drain(connection)
    return part


def greet(data):
    """Over TLS: speaks first, and leaves when the client does."""
    def part(tls):
        tls.sendall(data)
        drain(tls)
        tls.unwrap()
    return part


def drain(connection):
    try:
        while connection.recv(65536):
            pass
    except OSError:
        pass


def answer(data):
    def part(connection):
        connection.recv(65536)
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        drain(connection)
    return part


def reset(connection):
    connection.recv(65536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def close_after_hello(connection):
    connection.recv(65536)
    connection.shutdown(socket.SHUT_WR)
    drain(connection)


def pause(seconds):
    def part(connection):
        time.sleep(seconds)
    return part


def send_and_leave(data):
    """Sends that, and leaves once the server has answered with a handshake message, or has gone."""
    def part(connection):
        connection.settimeout(4)
        try:
            connection.sendall(data)
            while connection.recv(65536)[:1] not in (b"", b"\x16"):
                pass
        except OSError:
            pass
    return part


def pass_on(source, destination):
    """Hands on what comes, and its end."""
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            destination.sendall(data)
        destination.shutdown(socket.SHUT_WR)


def records(connection):
    """The TLS records that come, whole, each with its header."""
    with connection.makefile("rb") as stream:
        while len(header := stream.read(5)) == 5:
            yield header + stream.read(int.from_bytes(header[3:], "big"))


def spoil(message: int):
    """Turns over the last bit of a clear record that begins with that handshake message."""
    def change(record):
        if record[0] != 22 or record[5] != message:
            return record
        return record[:-1] + bytes([record[-1] ^ 1])
    return change


def split_hello(name: str, fragment: int):
    """Sends a ClientHello in records of that many bytes."""
    def part(connection):
        hello = client_hello(name)
        for start in range(0, len(hello), fragment):
            body = hello[start : start + fragment]
            connection.sendall(b"\x16\x03\x01" + struct.pack(">H", len(body)) + body)
        drain(connection)
    return part


def client_hello(name: str) -> bytes:
    """What Python's own stack would send, as a handshake message without its record."""
    outgoing = ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=name)
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return outgoing.read()[5:]
