"""What scenarios with an intercepting proxy share: clients that trust its CA, what a success is."""

import contextlib
import dataclasses
import fcntl
import os
import pathlib
import re
import subprocess

from harness import Expected, Result, Run, Scenario, Stage

PAGE = re.compile(r"HTTP/[12](\.[01])? 200", re.IGNORECASE)
INTERCEPT = ("--mode", "intercept")


def trusting_folder(program: str, certificates: str) -> str:
    """The certificates for clients that trust the proxy's CA beside the servers' root.

    Its root.crt holds both; servers-root.crt is the latter alone. Made once for all runs with the
    same certificates.
    """
    plain = pathlib.Path(certificates).resolve()
    folder = plain / "trusting"
    servers_root = (plain / "root.crt").read_bytes()
    both = folder / "root.crt"
    with open(plain / "trusting.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not both.exists() or not both.read_bytes().startswith(servers_root):
            folder.mkdir(exist_ok=True)
            for each in plain.iterdir():
                if each.is_file() and each.name != "root.crt" and each.suffix != ".lock":
                    link(each, folder / each.name)
            link(plain / "root.crt", folder / "servers-root.crt")
            ca = subprocess.run([program, "ca", "export", "--ca-dir", str(folder / "ca")],
                                check=True, timeout=60, capture_output=True).stdout
            unfinished = folder / "root.crt.new"
            unfinished.write_bytes(servers_root + ca)
            os.replace(unfinished, both)
    return str(folder)


def link(target: pathlib.Path, name: pathlib.Path):
    with contextlib.suppress(FileExistsError):
        name.symlink_to(target)


def intercepting_stage(program: str, certificates: str) -> Stage:
    stage = Stage(program, trusting_folder(program, certificates))
    stage.anchors = "servers-root.crt"
    return stage


@dataclasses.dataclass
class Interception(Scenario):
    """A scenario whose client trusts the proxy's CA."""

    options: tuple[str, ...] = INTERCEPT

    def play(self, program: str, certificates: str) -> Result:
        with intercepting_stage(program, certificates) as stage:
            self.options = ("--ca-dir", "{certs}/ca", *self.options)
            return self.play_on(stage)


class Served(Expected):
    """The client has its page, over TLS that ends in the proxy on both legs."""

    def __init__(self, version="", alpn="", says="", mode="intercept", **also):
        super().__init__("", "", "")
        self.version = version
        self.alpn = alpn
        self.says = re.compile(says) if says else PAGE
        self.mode = mode
        self.also = also  # fields that an event must have: {"client-hello": {"sni": ...}}

    def complaint(self, run: Run) -> str:
        wrong = []
        if not self.says.search(run.client):
            wrong.append(f"the client did not print {self.says.pattern}")
        # A client that is slow to say hello was taken for one that waits for the server.
        modes = [each["mode"] for each in run.events
                 if each["event"] == "target" and each["conn"] == 1]
        if modes[-1:] != [self.mode]:
            wrong.append(f"it is {modes}, not {self.mode}")
        if run.verdict["outcome"] != "ok":
            wrong.append(f"outcome is {run.verdict['outcome']}")
        if run.verdict["masking"]:
            wrong.append(f"masking: {run.verdict['masking']}")
        hellos = [each for each in run.events if each["event"] == "server-hello"
                  and each["conn"] == run.verdict["conn"]]
        if self.mode == "intercept" and len({each["leg"] for each in hellos}) != 2:
            wrong.append(f"{len(hellos)} legs have a ServerHello")
        for hello in hellos:
            if self.version and hello["version"] != f"TLS {self.version}":
                wrong.append(f"{hello['leg']} leg: {hello['version']}, not TLS {self.version}")
        return "; ".join(wrong)
