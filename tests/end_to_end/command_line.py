#!/usr/bin/env python3
"""command_line.py LEGIBLE: the program as a process: exit statuses, signals, standard streams."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

PROGRAM = ""
PATIENCE = 15.0
DATA = pathlib.Path(__file__).parent.parent / "data"


def legible(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run([PROGRAM, *words], capture_output=True, text=True, timeout=PATIENCE)


class Running:
    """`legible run` in front of a port; its listeners' lines have been read."""

    def __init__(self, target: int, *words: str, listeners=("127.0.0.1:0",), **streams):
        options = [word for address in listeners for word in ("--listen", address)]
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
        self.process = subprocess.Popen(
            [PROGRAM, "run", "--to", f"127.0.0.1:{target}", *options, *words],
            stdin=subprocess.DEVNULL, text=True, **streams,
        )
        self.addresses = []
        if self.process.stderr:
            lines = [self.process.stderr.readline().strip() for _ in listeners]
            self.addresses = [line.removeprefix("listening on ") for line in lines]

    def connect(self, number: int = 0) -> socket.socket:
        host, port = self.addresses[number].rsplit(":", 1)
        return socket.create_connection((host.strip("[]"), int(port)), PATIENCE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.communicate()


class WithTarget(unittest.TestCase):
    def setUp(self):
        self.target = socket.create_server(("127.0.0.1", 0))
        self.target.settimeout(PATIENCE)
        self.port = self.target.getsockname()[1]
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.addCleanup(self.target.close)
        self.folder = pathlib.Path(folder.name)

    def exchange(self, client: socket.socket):
        """What the client says reaches the target, and the answer comes back; then both close."""
        with client, self.target.accept()[0] as server:
            server.settimeout(PATIENCE)
            client.sendall(b"question")
            self.assertEqual(server.recv(100), b"question")
            server.sendall(b"answer")
            self.assertEqual(client.recv(100), b"answer")


class Usage(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def test_wrong_usage_is_one_line_that_names_it_and_status_2(self):
        for words, named in [
            ([], "a command"), (["frob"], "frob"), (["ca"], "ca"), (["run"], "--to"),
            (["run", "--to", "a:1", "--frob"], "--frob"), (["run", "--to", "a:1", "--forward"], "--forward"),
            (["run", "--to", "a:1", "--mode", "frob"], "--mode frob"),
            (["run", "--to", "127.0.0.1:8443"], "--to 127.0.0.1:8443 is --listen 127.0.0.1:8443"),
            (["run", "--to", "[::1]:443", "--listen", "[::]:443"], "--listen [::]:443"), (["read"], "FILE"),
            (["read", "a", "--frob"], "--frob"), (["summary"], "LOG"),
            (["run", "extra", "--to", "a:1"], "extra"),
            (["summary", "a", "--format", "xml"], "--format xml"),
            (["run", "--to", "a:99999"], "from 1 to 65535"), (["run", "--to", "a:0"], "from 1 to"),
            (["run", "--to", "a:1", "--listen", "65536"], "from 0 to 65535"),
            (["run", "--to", "https://a.example/"], "without https://"),
            (["lab", "--format", "xml"], "--format xml"), (["lab", "--format"], "--format"),
            (["lab", "--report", "--json"], "--report"),
            (["summary", "a", "--frob"], "--frob"), (["explain", "frob"], "frob"),
            (["explain", "none", "frob"], "frob"), (["lab", "frob"], "frob"),
            (["lab", "--frob"], "--frob"),
            (["ca", "frob"], "frob"), (["ca", "export", "--form", "der"], "--form der"),
            (["ca", "show", "--frob"], "--frob"),
            (["check-config"], "FILE"), (["check-config", "--frob"], "FILE"),
        ]:
            with self.subTest(words=words):
                outcome = legible(*words)
                self.assertEqual(outcome.returncode, 2)
                self.assertEqual(outcome.stdout, "")
                self.assertEqual(outcome.stderr.count("\n"), 1)
                self.assertIn(named, outcome.stderr)

    def test_what_the_machine_refuses_is_one_line_that_names_it_and_status_1(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = f"127.0.0.1:{taken.getsockname()[1]}"
            for words, named in [
                (["run", "--to", "a:1", "--listen", port], port),
                (["run", "--to", "a:1", "--listen", "0", "--listen", port], port),
                (["run", "--to", "a:1", "--listen", "0", "--trust", "/none"], "/none"),
                (["run", "--to", "a:1", "--listen", "0", "--trust", __file__], __file__),
                (["run", "--to", "a:1", "--listen", "0", "--client-trust", "/none"], "/none"),
                (["run", "--to", "a:1", "--listen", "0", "--crl", "/none"], "/none"),
                (["run", "--to", "a:1", "--listen", port], "--listen chooses another port"),
                (["run", "--to", "a:1", "--listen", "0", "--log", "/none/log"], "--log /none/log: cannot be opened"),
                (["run", "--to", "a:1", "--listen", "0", "--mode", "auto", "--ca-dir", self.folder,
                  "--keylog", "/none/keys"], "--keylog /none/keys: cannot be opened"),
                (["read", "/none"], "/none"), (["read", __file__], __file__),
                (["summary", "/none"], "/none"), (["summary", __file__], "no line of it"),
                (["ca", "export", "--ca-dir", __file__], __file__),
                (["ca", "show", "--ca-dir", f"{__file__}/below"], __file__),
            ]:
                with self.subTest(words=words):
                    outcome = legible(*words)
                    self.assertEqual(outcome.returncode, 1)
                    self.assertEqual(outcome.stderr.count("\n"), 1)
                    self.assertIn(named, outcome.stderr)

    def test_help_and_version_go_to_standard_output(self):
        for words in (["--help"], ["-h"], ["help"], ["--version"], ["-v"], ["-V"], ["version"], *([each, flag] for flag in ("--help", "-h")
                      for each in ("run", "lab", "read", "ca", "explain", "summary",
                                   "check-config"))):
            with self.subTest(words=words):
                outcome = legible(*words)
                self.assertEqual((outcome.returncode, outcome.stderr), (0, ""))
                self.assertIn("legible", outcome.stdout)

    def test_help_comes_for_a_command_wherever_it_is_asked_for(self):
        for words in (["help", "run"], ["--help", "run"]):
            self.assertEqual(legible(*words).stdout, legible("run", "--help").stdout)
        self.assertEqual(legible("help", "frob").returncode, 2)

    def test_output_that_cannot_be_written_is_no_success(self):
        capture = next((DATA / "captures").glob("*.pcap*"))
        log = pathlib.Path(self.folder, "empty.jsonl")
        log.touch()
        for words in (
            ["--help"], ["--version"], ["run", "--help"], ["read", "--help"], ["read", str(capture)],
            ["read", str(capture), "--json"], ["summary", str(log)], ["summary", str(log), "--json"],
            ["summary", "--help"], ["explain"], ["explain", "none"], ["explain", "--markdown"],
            ["lab", "--list"], ["lab", "--help"], ["ca", "--help"], ["check-config", "--help"],
        ):
            with self.subTest(words=words), open("/dev/full", "w") as full:
                outcome = subprocess.run([PROGRAM, *words], stdout=full, stderr=subprocess.PIPE, text=True,
                                         timeout=PATIENCE)
                self.assertEqual(outcome.returncode, 1)
                self.assertIn("standard output", outcome.stderr)
                self.assertIn("No space left on device", outcome.stderr)

    def test_what_is_no_id_is_told_with_its_neighbours(self):
        outcome = legible("explain", "server-cert")
        self.assertEqual((outcome.returncode, outcome.stdout), (2, ""))
        self.assertIn("\n  server-cert-expired ", outcome.stderr)

    def test_an_alert_is_explained_as_a_log_writes_it(self):
        self.assertEqual(legible("explain", "UNKNOWN_CA").stdout, legible("explain", "48").stdout)

    def test_logs_that_were_rotated_are_read_as_one(self):
        lines = ['{"v":1,"time":"2026-03-01T12:00:00Z","event":"accepted","conn":1,"peer":"10.0.0.1:5"}',
                 '{"v":1,"time":"2026-03-01T12:00:01Z","event":"verdict","conn":1,"outcome":"failed",'
                 '"closer":"client","cause":"server-cert-expired"}']
        paths = [pathlib.Path(self.folder, name) for name in ("day.1", "day.2")]
        for path, line in zip(paths, lines):
            path.write_text(line + "\n")
        outcome = legible("summary", "--json", *map(str, paths))
        self.assertEqual((outcome.returncode, outcome.stderr), (0, ""))
        summary = json.loads(outcome.stdout)
        self.assertEqual((summary["connections"], summary["unfinished"]), (1, 0))
        self.assertEqual(summary["partners"][0]["peer"], "10.0.0.1")
        outcome = legible("summary", str(paths[0]), __file__)
        self.assertEqual(outcome.returncode, 1)
        self.assertIn("command_line.py: no line of it", outcome.stderr)

    def test_scenarios_are_listed_in_json_as_well(self):
        names = [line.split()[0] for line in legible("lab", "--list").stdout.splitlines()]
        lines = legible("lab", "--list", "--json").stdout.splitlines()
        self.assertEqual([json.loads(line)["scenario"] for line in lines], names)


class CertificateAuthority(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def export(self, *words: str, **environment: str) -> bytes:
        outcome = subprocess.run([PROGRAM, "ca", "export", *words], capture_output=True, check=True,
                                 timeout=PATIENCE, env={**os.environ, **environment})
        self.assertEqual(outcome.stderr, b"")
        return outcome.stdout

    def test_processes_that_start_together_make_one_ca_for_its_owner_only(self):
        place = self.folder / "ca"
        command = [PROGRAM, "ca", "export", "--ca-dir", str(place)]
        together = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(4)]
        exported = {process.communicate(timeout=PATIENCE)[0] for process in together}
        self.assertEqual(exported, {(place / "ca.pem").read_bytes()})
        self.assertEqual(exported.pop().count(b"BEGIN CERTIFICATE"), 2)
        self.assertEqual(place.stat().st_mode & 0o777, 0o700)
        self.assertEqual((place / "ca-key.pem").stat().st_mode & 0o777, 0o600)

    def test_a_ca_that_is_made_by_the_way_is_told(self):
        place = self.folder / "shown"
        first, second = (legible("ca", "show", "--ca-dir", str(place)) for _ in range(2))
        self.assertEqual(first.stderr, f"legible ca: made a new CA in {place}\n")
        self.assertEqual((second.returncode, second.stderr), (0, ""))
        place = self.folder / "run"
        said = []
        for _ in range(2):
            with Running(1, "--mode", "auto", "--ca-dir", str(place)) as proxy:
                proxy.process.terminate()
                proxy.process.wait(PATIENCE)
                said.append(proxy.process.stderr.read())
        self.assertEqual(said, [f"notice: made a new CA in {place}; clients must trust it: "
                                f"legible ca show --ca-dir {place}\n", ""])

    def test_javas_recipe_names_the_password_without_which_java_reads_nothing(self):
        recipe = legible("ca", "show", "--ca-dir", str(self.folder)).stdout
        self.assertIn("-Djavax.net.ssl.trustStore=truststore.jks -Djavax.net.ssl.trustStorePassword=changeit", recipe)

    def test_it_lives_in_the_users_data_folder(self):
        exported = self.export(XDG_DATA_HOME=str(self.folder))
        self.assertEqual((self.folder / "legible" / "ca.pem").read_bytes(), exported)
        at_home = self.export(XDG_DATA_HOME="", HOME=str(self.folder))
        self.assertEqual((self.folder / ".local/share/legible/ca.pem").read_bytes(), at_home)
        self.assertNotEqual(exported, at_home)

    def test_each_form_is_what_openssl_reads(self):
        place = ("--ca-dir", str(self.folder))
        for form, key, reader in [
            ("pem", "rsa", ["x509"]), ("der", "ec", ["x509", "-inform", "der"]),
            ("p12", "rsa", ["pkcs12", "-nokeys", "-passin", "pass:changeit"]),
        ]:
            with self.subTest(form=form):
                if form == "p12" and "OpenSSL" not in legible("--version").stdout:
                    continue
                bytes_ = self.export(*place, "--form", form, "--key", key)
                read = subprocess.run(["openssl", *reader], input=bytes_, capture_output=True)
                alone = self.export(*place, "--key", key)
                self.assertIn(alone.strip(), read.stdout)

    def test_a_key_that_others_can_read_is_refused_in_one_line(self):
        self.export("--ca-dir", str(self.folder))
        key = self.folder / "ca-key.pem"
        key.chmod(0o644)
        for word in ("show", "export"):
            outcome = legible("ca", word, "--ca-dir", str(self.folder))
            self.assertEqual((outcome.returncode, outcome.stdout), (1, ""))
            self.assertEqual(outcome.stderr.count("\n"), 1)
            self.assertIn(str(key), outcome.stderr)


class Run(WithTarget):
    def test_each_listener_is_told_and_serves(self):
        with Running(self.port, "--json", listeners=("0", "[::1]:0")) as proxy:
            events = [json.loads(proxy.process.stdout.readline()) for _ in range(2)]
            self.assertEqual([each["event"] for each in events], ["listening", "listening"])
            self.assertEqual([each["address"] for each in events], proxy.addresses)
            for number in range(2):
                self.exchange(proxy.connect(number))

    def test_a_signal_that_is_not_for_the_end_ends_nothing(self):
        log = self.folder / "log"
        with Running(self.port, "--log", str(log)) as proxy:
            for number in (signal.SIGHUP, signal.SIGUSR1):
                proxy.process.send_signal(number)
                self.exchange(proxy.connect())
            proxy.process.terminate()
            self.assertEqual(proxy.process.wait(PATIENCE), 0)
        self.assertEqual(log.read_text().count('"event":"verdict"'), 2)

    def test_interrupted_it_takes_nobody_new_and_ends_with_the_last_connection(self):
        self.stop_with_an_open_connection(signal.SIGINT)

    def test_terminated_it_takes_nobody_new_and_ends_with_the_last_connection(self):
        self.stop_with_an_open_connection(signal.SIGTERM)

    def stop_with_an_open_connection(self, number: signal.Signals):
        with Running(self.port, "--json") as proxy, proxy.connect() as client:
            server = self.target.accept()[0]
            proxy.process.send_signal(number)
            self.wait_until_refused(proxy)
            client.sendall(b"still served")
            self.assertEqual(server.recv(100), b"still served")
            client.close()
            server.close()
            self.assertEqual(proxy.process.wait(PATIENCE), 0)
            self.assertIn('"event":"verdict"', proxy.process.stdout.read())

    def test_a_second_signal_ends_at_once_whatever_loop_has_the_connection(self):
        for attempt in range(4):
            with self.subTest(attempt=attempt), socket.create_server(("127.0.0.1", 0)) as target, \
                 Running(target.getsockname()[1], "--json", "--threads", "4") as proxy, \
                 proxy.connect(), target.accept()[0]:
                proxy.process.terminate()
                self.assertRegex(proxy.process.stderr.readline(), "stopping: 1 connection may go on for 5 s")
                self.wait_until_refused(proxy)
                begin = time.monotonic()
                proxy.process.send_signal(signal.SIGINT)
                self.assertEqual(proxy.process.wait(PATIENCE), 0)
                self.assertLess(time.monotonic() - begin, 3)
                self.assertIn('"event":"verdict"', proxy.process.stdout.read())

    def test_standard_streams_that_nobody_reads_end_nothing(self):
        log = self.folder / "log"
        port = free_port()
        for redirections in (">&-", "2>&-", "<&- >&- 2>&-", ">/dev/full", "2>/dev/full"):
            with self.subTest(redirections=redirections):
                log.unlink(missing_ok=True)
                command = f'exec "$0" "$@" {redirections}'
                process = subprocess.Popen(
                    ["sh", "-c", command, PROGRAM, "run", "--to", f"127.0.0.1:{self.port}",
                     "--listen", f"127.0.0.1:{port}", "--json", "--log", str(log)],
                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                )
                try:
                    self.exchange(connect_when_listening(port))
                    process.terminate()
                    self.assertEqual(process.wait(PATIENCE), 0)
                finally:
                    process.kill()
                    process.wait()
                lines = [json.loads(line) for line in log.read_text().splitlines()]
                self.assertEqual(lines[-1]["event"], "verdict")

    def test_a_reader_that_leaves_ends_nothing(self):
        with Running(self.port, "--json") as proxy:
            proxy.process.stdout.close()
            for _ in range(3):
                self.exchange(proxy.connect())
            proxy.process.terminate()
            self.assertEqual(proxy.process.wait(PATIENCE), 0)
            self.assertIn("standard output cannot be written", proxy.process.stderr.read())

    def wait_until_refused(self, proxy: Running):
        limit = time.monotonic() + PATIENCE
        while time.monotonic() < limit:
            try:
                proxy.connect().close()
            except (ConnectionRefusedError, ConnectionResetError):
                return
            time.sleep(0.01)
        self.fail("it still takes clients")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def connect_when_listening(port: int) -> socket.socket:
    limit = time.monotonic() + PATIENCE
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), PATIENCE)
        except ConnectionRefusedError:
            if time.monotonic() > limit:
                raise
            time.sleep(0.01)


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
