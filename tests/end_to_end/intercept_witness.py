"""tshark as the witness: with --keylog it reads what was said on both legs."""

import dataclasses
import pathlib
import subprocess

import clients
import servers
from harness import PATIENCE, Result, Skipped, Stage, end, require, wait_until
from interception import INTERCEPT, intercepting_stage


class Capture:
    """Of these ports on loopback."""

    def __init__(self, stage: Stage, *ports: int):
        require("dumpcap")
        require("tshark")
        self.file = stage.folder / "loopback.pcapng"
        self._ports = ports
        self._log = stage.folder / "dumpcap.out"
        condition = " or ".join(f"tcp port {port}" for port in ports)
        self._process = stage.start("dumpcap", "-q", "-i", "lo", "-f", condition, "-w", str(self.file))
        wait_until(lambda: self._says("File:") or self._process.poll() is not None, PATIENCE)
        if not self._says("File:"):
            raise Skipped("the right to capture packets")

    def _says(self, text: str) -> bool:
        return self._log.exists() and text in self._log.read_text(errors="replace")

    def requests(self, key_log: pathlib.Path) -> dict[int, list[str]]:
        """The request lines that tshark reads, by the port that they were sent to."""
        # The kernel hands over what it has captured some times a second.
        wait_until(lambda: False, 1.0)
        end(self._process)
        decode = [word for port in self._ports for word in ("-d", f"tcp.port=={port},tls")]
        rows = subprocess.run(
            ["tshark", "-r", str(self.file), "-o", f"tls.keylog_file:{key_log}", *decode,
             "-Y", "http.request", "-T", "fields", "-e", "tcp.dstport", "-e", "http.request.uri"],
            capture_output=True, text=True, timeout=60, check=True).stdout
        found: dict[int, list[str]] = {port: [] for port in self._ports}
        for row in rows.splitlines():
            port, uri = row.split("\t")
            found[int(port)].append(uri)
        return found


@dataclasses.dataclass
class Witnessed:
    id: str
    version: str
    server_option: str

    def play(self, program: str, certificates: str) -> Result:
        with intercepting_stage(program, certificates) as stage:
            port = servers.openssl("good", self.server_option)(stage)
            log = stage.folder / "keys.log"
            proxy = stage.proxy(f"127.0.0.1:{port}", "--ca-dir", "{certs}/ca", *INTERCEPT,
                                "--keylog", str(log))
            capture = Capture(stage, proxy.port, port)
            clients.curl("--max-time", "12", "https://a.test/witness", host="a.test")(stage, proxy.port)
            proxy.verdict()
            found = capture.requests(log)
            wrong = [f"tshark reads {uris} on port {each}" for each, uris in found.items()
                     if "/witness" not in uris]
            if log.stat().st_mode & 0o077:
                wrong.append("others can read the key log")
            labels = sorted({line.split()[0] for line in log.read_text().splitlines()})
            return Result(", ".join(labels), "; ".join(wrong), log.read_text())


ALL = [Witnessed("witness-1.2", "1.2", "-tls1_2"), Witnessed("witness-1.3", "1.3", "-tls1_3")]
