"""The clients and servers of peers/: one behaviour in several languages' TLS stacks."""

import fcntl
import os
import pathlib
import subprocess
import sys
import tempfile

from harness import Stage, require

SOURCES = pathlib.Path(__file__).parent / "peers"


def command(stage: Stage, language: str, role: str, port: int, options: dict) -> list[str]:
    """The command line of that language's client or server."""
    where = [str(port), str(stage.certificates)]
    if language == "java":
        # The code is small and lives for a second: optimising it costs more than it gains.
        start = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", built(stage, "java"),
                 "Peer", role]
        if role == "server" or "identity" in options:
            options = {**options, "identity": pkcs12(stage, options.get("identity", "good"))}
    elif language == "go":
        start = [f"{built(stage, 'go')}/peer", role]
    elif language == "node":
        require("node")
        start = ["node", str(SOURCES / f"{role}.js")]
    else:
        start = [sys.executable, str(SOURCES / f"{role}.py")]
    return [*start, *where, *(f"{key}={value}" for key, value in options.items())]


def built(stage: Stage, language: str) -> str:
    """The folder with the compiled program, which is compiled once for all runs."""
    compiler, source, target = {
        "java": (["javac", "-d", "."], SOURCES / "Peer.java", "Peer.class"),
        "go": (["go", "build", "-o", "peer"], SOURCES / "peer.go", "peer"),
    }[language]
    require(compiler[0])
    folder = stage.certificates / "peers"
    folder.mkdir(exist_ok=True)
    with open(folder / f"{language}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        program = folder / target
        if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
            with tempfile.TemporaryDirectory(dir=folder) as scratch:
                subprocess.run([*compiler, str(source)], cwd=scratch, check=True, timeout=100)
                os.replace(f"{scratch}/{target}", program)
    return str(folder)


def pkcs12(stage: Stage, identity: str) -> str:
    """The identity as Java reads it."""
    require("openssl")
    file = str(stage.folder / f"{identity}.p12")
    subprocess.run(["openssl", "pkcs12", "-export", "-passout", "pass:legible", "-out", file,
                    "-inkey", stage.certificate(f"{identity}.key"),
                    "-in", stage.certificate(f"{identity}.pem")],
                   check=True, timeout=20, capture_output=True)
    return file
