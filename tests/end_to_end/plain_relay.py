"""A relay between plain sockets, whose target can change, and which can reset its connections."""

import contextlib
import select
import socket
import struct
import threading
import time

from harness import PATIENCE


def reset(connection: socket.socket):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class PlainRelay:
    NEVER = 1 << 60

    def __init__(self, target: int = 0, delay: float = 0):
        self.delay = delay  # seconds that what comes back from the target waits
        self.target = target  # the port of the next connection
        self.after = self.NEVER  # the next connection is reset after so many bytes
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        # Closing alone does not wake a thread that accepts.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self.target), PATIENCE)
                threading.Thread(target=relay, args=(near, far, self.after, self.delay), daemon=True).start()


def relay(near: socket.socket, far: socket.socket, left: int, delay: float = 0):
    """FIN for FIN, and a reset for a reset, or after so many bytes."""
    ways = {near: far, far: near}
    try:
        while ways and left > 0:
            for source in select.select(list(ways), [], [])[0]:
                data = source.recv(min(left, 65536))
                left -= len(data)
                time.sleep(delay if source is far else 0)
                ways[source].sendall(data)
                if not data:
                    ways.pop(source).shutdown(socket.SHUT_WR)
    except OSError:
        left = 0
    for each in (near, far):
        reset(each) if left <= 0 else each.close()
