#!/usr/bin/env python3
"""transparent_inside.py PROGRAM CERTIFICATES: redirected connections. To be run in a network
namespace of its own, where it plays the gateway: the client is in a second one behind it.
"""

import contextlib
import json
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

from harness import wait_until

GATEWAY, CLIENT, SERVER = "10.77.0.1", "10.77.0.2", "192.0.2.1"
GATEWAY6, CLIENT6, SERVER6 = "fd77::1", "fd77::2", "2001:db8::1"
LISTENER = 8443
CANNOT = 77

RULES = f"""
table inet legible {{
  chain redirected {{
    type nat hook prerouting priority dstnat
    iifname near tcp dport 443 redirect to :{LISTENER}
  }}
  chain looping {{
    type nat hook output priority -100
    tcp dport 445 redirect to :{LISTENER}
  }}
  chain intercepted {{
    type filter hook prerouting priority mangle
    iifname near tcp dport 444 meta nfproto ipv4 tproxy ip to 127.0.0.1:{LISTENER + 1} meta mark set 1 accept
  }}
}}
"""


def run(*command: str, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options)


@contextlib.contextmanager
def running(*command: str, **options):
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, **options)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(10)


def set_up(client: int):
    """Addresses, routes and rules; `client` is a process in the client's namespace."""
    inside = ("nsenter", "--net", "--target", str(client))
    run("ip", "link", "set", "lo", "up")
    run("ip", "link", "add", "near", "type", "veth", "peer", "name", "far", "netns", str(client))
    for address in (f"{SERVER}/32", f"{SERVER6}/128"):
        run("ip", "address", "add", address, "dev", "lo")
    for address in (f"{GATEWAY}/24", f"{GATEWAY6}/64"):
        run("ip", "address", "add", address, "dev", "near", *nodad(address))
    run("ip", "link", "set", "near", "up")
    run(*inside, "ip", "link", "set", "lo", "up")
    for address in (f"{CLIENT}/24", f"{CLIENT6}/64"):
        run(*inside, "ip", "address", "add", address, "dev", "far", *nodad(address))
    run(*inside, "ip", "link", "set", "far", "up")
    run(*inside, "ip", "route", "add", "default", "via", GATEWAY)
    run(*inside, "ip", "-6", "route", "add", "default", "via", GATEWAY6)
    run("nft", "-f", "-", input=RULES)
    run("ip", "rule", "add", "fwmark", "1", "lookup", "100")
    run("ip", "route", "add", "local", "default", "dev", "lo", "table", "100")
    return inside


def nodad(address: str) -> tuple[str, ...]:
    return ("nodad",) if ":" in address else ()


def wait_for_server(address: str, port: int):
    def answers():
        with contextlib.suppress(OSError), socket.create_connection((address, port), 1):
            return True
    wait_until(answers, 10)


def curl(inside, certificates: pathlib.Path, address: str, port: int) -> str:
    done = subprocess.run(
        [*inside, "curl", "--silent", "--show-error", "--max-time", "10", "--cacert",
         str(certificates / "root.crt"), "--connect-to", f"a.test:{port}:[{address}]:{port}",
         f"https://a.test:{port}/page.txt"], capture_output=True, text=True, timeout=20)
    return done.stdout + done.stderr


def main() -> int:
    program, certificates = sys.argv[1], pathlib.Path(sys.argv[2])
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / "page.txt").write_text("ok\n")
        client = stack.enter_context(running("unshare", "--net", "sleep", "50"))
        time.sleep(0.3)
        try:
            inside = set_up(client.pid)
        except subprocess.CalledProcessError as error:
            print(f"this kernel or container does not let it: {error.cmd}: {error.stderr}")
            return CANNOT
        for address in (f"{SERVER}:443", f"[{SERVER6}]:443", f"{SERVER}:444"):
            stack.enter_context(running(
                "openssl", "s_server", "-WWW", "-accept", address,
                "-cert", str(certificates / "good_ec.crt"), "-key", str(certificates / "good_ec.key"),
                "-cert_chain", str(certificates / "good_ec.ints"),
                cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        log = folder / "log.jsonl"
        errors = open(folder / "errors", "w+")
        stack.callback(errors.close)
        proxy = stack.enter_context(running(
            program, "run", "--transparent", "--listen", f"0.0.0.0:{LISTENER}", "--listen",
            f"[::]:{LISTENER}", "--listen", f"127.0.0.1:{LISTENER + 1}", "--log", str(log),
            "--trust", str(certificates / "root.crt"), stdout=subprocess.DEVNULL, stderr=errors))
        for address, port in ((SERVER, 443), (SERVER6, 443), (SERVER, 444)):
            wait_for_server(address, port)
        wait_until(lambda: f":{LISTENER + 1}" in (folder / "errors").read_text(), 10)
        answers = {
            "REDIRECT": curl(inside, certificates, SERVER, 443),
            "REDIRECT, IPv6": curl(inside, certificates, SERVER6, 443),
            "TPROXY": curl(inside, certificates, SERVER, 444),
            "nobody redirected it": curl(inside, certificates, GATEWAY, LISTENER),
            "the proxy itself is redirected": curl((), certificates, SERVER, 445),
        }
        proxy.send_signal(signal.SIGTERM)
        proxy.wait(10)
        events = [json.loads(line) for line in log.read_text().splitlines()]
        told = [{event["event"]: event for event in events if event.get("conn") == connection}
                for connection in range(1, 7)]
        # The client's connection, and the one that it led to, which is where it ends.
        assert not any(event.get("conn", 0) > 6 for event in events), len(events)
        for looped in told[4:6]:
            assert looped["verdict"]["cause"] == "proxy-policy", looped
            assert "redirected back" in looped["verdict"]["summary"], looped["verdict"]
        told = told[:4]
        found = [(each["target"]["host"], each["target"]["port"], each["target"]["found_by"],
                  each["verdict"]["cause"]) for each in told]
        wanted = [(SERVER, 443, "redirect", "none"), (SERVER6, 443, "redirect", "none"),
                  (SERVER, 444, "redirect", "none"),
                  (GATEWAY, LISTENER, "redirect", "proxy-policy")]
        errors.seek(0)
        assert found == wanted, (found, answers, errors.read())
        assert all("ok\n" in answer for answer in list(answers.values())[:3]), answers
    return 0


if __name__ == "__main__":
    sys.exit(main())
