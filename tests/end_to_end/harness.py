"""Real peers on loopback with the proxy between them, and the verdict that comes out.

A scenario names a server and a client; both are ordinary programs (openssl, gnutls-serv, curl,
nginx, java ...). Every process is bounded in time and ended by its own handle.
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest
from typing import Callable

PATIENCE = 15.0  # seconds for anything to happen at all


class Skipped(unittest.SkipTest):
    """A peer that the scenario needs is not installed; the text names it."""


@dataclasses.dataclass
class Expected:
    """What the verdict must say; each field but the closer may allow several."""

    closer: str
    phase: str
    cause: str
    mechanism: str = ""

    def complaint(self, run: "Run") -> str:
        verdict, wrong = run.verdict, []
        for field in ("closer", "phase", "cause", "mechanism"):
            allowed = getattr(self, field)
            if allowed and verdict[field] not in allowed.split("|"):
                wrong.append(f"{field} is {verdict[field]}, not {allowed}")
        return "; ".join(wrong)


@dataclasses.dataclass
class Run:
    """What came of a connection: its verdict, all events, what the client printed."""

    verdict: dict
    events: list[dict]
    client: str


@dataclasses.dataclass
class Result:
    """Of a scenario: in short, and what is wrong with it, if anything."""

    told: str
    complaint: str = ""
    details: str = ""


@dataclasses.dataclass
class Scenario:
    id: str
    server: Callable[["Stage"], int]  # starts it and returns its port
    client: Callable[["Stage", int], None]  # runs it against a port
    expected: Expected
    options: tuple[str, ...] = ()  # of the proxy

    def play(self, program: str, certificates: str) -> Result:
        with Stage(program, certificates) as stage:
            return self.play_on(stage)

    def play_on(self, stage: "Stage") -> Result:
        port = self.server(stage)
        proxy = stage.proxy(f"127.0.0.1:{port}", *self.options)
        self.client(stage, proxy.port)
        verdict = proxy.verdict()
        run = Run(verdict, proxy.events, stage.take_output("client.out"))
        told = " / ".join(verdict[field] for field in
                          ("closer", "phase", "mechanism", "cause", "confidence"))
        details = json.dumps(verdict, indent=1, ensure_ascii=False) + "\n" + run.client
        return Result(told, self.expected.complaint(run), details)


class Stage:
    """One scenario's processes, files and ports."""

    def __init__(self, program: str, certificates: str):
        self.program = program
        self.certificates = pathlib.Path(certificates)
        self.anchors = "root.crt"  # by which the proxy judges servers
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="legible-"))
        self._taken: dict[str, int] = {}
        self._cleanup = contextlib.ExitStack()
        self._cleanup.callback(shutil.rmtree, self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._cleanup.close()

    def certificate(self, name: str) -> str:
        return str(self.certificates / name)

    def file(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text)
        return str(path)

    def take_output(self, name: str) -> str:
        """What a program has written to that file since this was asked last."""
        path = self.folder / name
        everything = path.read_bytes() if path.exists() else b""
        new = everything[self._taken.get(name, 0):]
        self._taken[name] = len(everything)
        return new.decode(errors="replace")

    def start(self, *command: str, **options) -> subprocess.Popen:
        """A process that runs until the scenario ends; its output is in `output`."""
        require(command[0])
        output = open(self.folder / f"{pathlib.Path(command[0]).name}.out", "ab")
        self._cleanup.callback(output.close)
        # Its own input stays open: several of these tools leave when it ends.
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, stderr=output, cwd=self.folder, **options
        )
        self._cleanup.callback(end, process)
        return process

    def run(self, *command: str, send: bytes = b"", patience: float = PATIENCE, hold: float = 0.0):
        """Runs a client to its end; with `hold`, its input stays open that many seconds."""
        require(command[0])
        output = open(self.folder / "client.out", "ab")
        with output:
            process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=output, stderr=output, cwd=self.folder
            )
            try:
                with contextlib.suppress(BrokenPipeError):
                    process.stdin.write(send)
                    process.stdin.flush()
                    wait_until(lambda: process.poll() is not None, hold)
                    process.stdin.close()
                process.wait(patience)
            except subprocess.TimeoutExpired:
                pass
            finally:
                end(process)

    def script(self, part: Callable[[socket.socket], None]) -> int:
        """A server of one connection that plays `part`; returns its port."""
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(PATIENCE)

        def serve():
            with contextlib.suppress(OSError):
                connection, _ = listener.accept()
                connection.settimeout(PATIENCE)
                with connection:
                    part(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        self._cleanup.callback(thread.join, PATIENCE)
        self._cleanup.callback(listener.close)
        return listener.getsockname()[1]

    def proxy(self, target: str, *options: str, threads: int = 1) -> "Proxy":
        return self.proxy_by(("--to", target), *options, threads=threads)

    def proxy_by(self, way: tuple[str, ...], *options: str, threads: int = 1) -> "Proxy":
        proxy = Proxy(self, way, *options, threads=threads)
        self._cleanup.callback(proxy.stop)
        return proxy


class Proxy:
    """`legible run` with one listener, and the options that tell where it leads."""

    def __init__(self, stage: Stage, way: tuple[str, ...], *options: str, threads: int = 1):
        self._process = subprocess.Popen(
            [stage.program, "run", "--listen", "127.0.0.1:0", *way, "--format", "json",
             "--trust", stage.certificate(stage.anchors), "--threads", str(threads),
             *(each.format(certs=stage.certificates, stage=stage.folder) for each in options)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            # AddressSanitizer keeps freed memory; tests of what is used do not want much of it.
            env={"ASAN_OPTIONS": "quarantine_size_mb=1", **os.environ},
        )
        self.events: list[dict] = []
        self._arrived = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        listening = self._wait(lambda: self.find("listening"))
        self.port = int(listening[0]["address"].rsplit(":", 1)[1])

    def _read(self):
        for line in self._process.stdout:
            with self._arrived:
                self.events.append(json.loads(line))
                self._arrived.notify_all()

    def _wait(self, condition):
        with self._arrived:
            if not self._arrived.wait_for(condition, PATIENCE):
                raise AssertionError(f"nothing came; events so far: {self.events}")
            return condition()

    def find(self, event: str) -> list[dict]:
        return [each for each in self.events if each["event"] == event]

    def verdict(self, connection: int = 1) -> dict:
        """The verdict on that connection."""
        return self._wait(
            lambda: [each for each in self.find("verdict") if each["conn"] == connection]
        )[0]

    def running(self) -> bool:
        return self._process.poll() is None

    def signal(self, number: int):
        self._process.send_signal(number)

    def status(self) -> int:
        """Of the exit, once it is there."""
        return self._process.wait(PATIENCE)

    def memory(self) -> int:
        """Resident bytes."""
        pages = pathlib.Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self._process.pid}/fd"))

    def stop(self):
        end(self._process)
        self._reader.join(PATIENCE)
        self._process.stdout.close()


def openssl_identity(stage: Stage, name: str) -> list[str]:
    """The options that give openssl a certificate, its key, and its chain if it has one."""
    options = ["-cert", stage.certificate(f"{name}.crt"), "-key", stage.certificate(f"{name}.key")]
    chain = pathlib.Path(stage.certificate(f"{name}.ints"))
    return [*options, "-cert_chain", str(chain)] if chain.stat().st_size else options


def require(program: str):
    if shutil.which(program) is None:
        raise Skipped(program)


def end(process: subprocess.Popen):
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(8)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdin and not process.stdin.closed:
        with contextlib.suppress(BrokenPipeError):
            process.stdin.close()


def wait_until(condition, seconds: float) -> bool:
    limit = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= limit:
            return False
        time.sleep(0.01)
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_listening(port: int) -> bool:
    """Asks the kernel, as a connection would be seen by the server."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if os.path.exists(table):
            for line in pathlib.Path(table).read_text().splitlines()[1:]:
                local, state = line.split()[1], line.split()[3]
                if state == "0A" and int(local.rsplit(":", 1)[1], 16) == port:
                    return True
    return False


def wait_listening(process: subprocess.Popen, port: int) -> int:
    if not wait_until(lambda: is_listening(port) or process.poll() is not None, PATIENCE):
        raise AssertionError("the server does not listen")
    if process.poll() is not None:
        raise AssertionError(f"the server ended with status {process.returncode}")
    return port
