#!/usr/bin/env python3
"""configuration.py PROGRAM CERTIFICATES: the configuration file, read at the start and again on
SIGHUP, and `legible check-config`.
"""

import contextlib
import signal
import socket
import ssl
import subprocess
import threading

import servers
from harness import PATIENCE, wait_until
from intercepted import REQUEST, Intercepted, run_tests

INTERCEPT_ONE = """
[host."a.test"]
mode = "intercept"
"""


class Pages:
    """A server that gives the page to each of several clients at once."""

    def __init__(self, stage):
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(stage.certificate("good_ec.pem"),
                                      stage.certificate("good_ec.key"))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self):
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._answer, args=(client,), daemon=True).start()

    def _answer(self, client: socket.socket):
        client.settimeout(PATIENCE)
        with client, contextlib.suppress(OSError), \
                self._context.wrap_socket(client, server_side=True) as tls:
            tls.recv(65536)
            tls.sendall(b"HTTP/1.0 200 ok\r\n\r\n")
            tls.unwrap()


class Configuration(Intercepted):
    def configured(self, text: str):
        """A proxy whose options of interception are the file's."""
        file = self.stage.file("legible.toml", text)
        pages = Pages(self.stage)
        self.addCleanup(pages.close)
        return self.stage.proxy(f"127.0.0.1:{pages.port}", "--ca-dir", "{certs}/ca", "--config", file,
                                threads=2)

    def reload(self, proxy, text: str) -> str:
        """What the proxy says to another file."""
        self.stage.file("legible.toml", text)
        before = len(proxy.find("notice"))
        proxy.signal(signal.SIGHUP)
        self.assertTrue(wait_until(lambda: len(proxy.find("notice")) > before, PATIENCE))
        return proxy.find("notice")[-1]["what"]

    def modes(self, proxy) -> list[str]:
        return [each["mode"] for each in proxy.find("target") if each.get("leg") != "server"]

    def test_a_host_has_its_own_mode(self):
        proxy = self.configured(INTERCEPT_ONE)
        self.assertIn(b"200 ok", self.page(proxy.port))
        proxy.verdict(1)
        self.assertEqual(set(self.modes(proxy)), {"intercept"})
        reason = proxy.find("target")[0]["reason"]
        self.assertIn("host a.test", reason)

        other = self.configured(INTERCEPT_ONE.replace("a.test", "b.test"))
        self.assertIn(b"200 ok", self.page(other.port))
        other.verdict(1)
        self.assertEqual(set(self.modes(other)), {"relay"})

    def test_read_again_it_counts_for_new_connections(self):
        proxy = self.configured("")
        with self.client(proxy.port) as open_before:
            said = self.reload(proxy, 'mode = "intercept"')
            self.assertIn("settings read again", said)
            self.assertIn(b"200 ok", self.page(proxy.port))
            proxy.verdict(2)
            self.assertIn("intercept", self.modes(proxy))
            # Nothing has changed for the one that was open.
            open_before.sendall(REQUEST)
            self.assertIn(b"200 ok", open_before.recv(65536))
        self.assertEqual(proxy.verdict(1)["outcome"], "ok")
        first = [each for each in proxy.find("target") if each["conn"] == 1]
        self.assertEqual({each["mode"] for each in first}, {"relay"})

    def test_a_bad_file_changes_nothing(self):
        proxy = self.configured('mode = "intercept"')
        for text, told in (
            ('\nmod = "relay"', "legible.toml:2: 'mod' is no setting here; did you mean mode?"),
            ("mode = ", "legible.toml:1: "),
            ('mode = "relay"\nclient-trust = "none.pem"', "none.pem"),
        ):
            said = self.reload(proxy, text)
            self.assertIn("not read again", said)
            self.assertIn(told, said)
        self.assertIn(b"200 ok", self.page(proxy.port))
        proxy.verdict(1)
        self.assertEqual(set(self.modes(proxy)), {"intercept"})

    def test_what_a_new_start_alone_changes_is_said(self):
        proxy = self.configured("max-connections = 50")
        said = self.reload(proxy, "max-connections = 60\nhandshake-timeout = 7")
        self.assertIn("only a new start changes max-connections", said)
        self.assertNotIn("handshake", said)

    def test_certificates_are_read_again_without_a_file(self):
        target = servers.openssl("good_ec")(self.stage)
        anchors = self.stage.file("anchors.pem", "")
        with open(self.stage.certificate("root2.crt"), encoding="ascii") as foreign:
            self.stage.file("anchors.pem", foreign.read())
        proxy = self.proxy(target, "--client-trust", anchors)
        proxy.signal(signal.SIGHUP)
        self.assertTrue(wait_until(lambda: proxy.find("notice"), PATIENCE))
        self.assertIn("settings read again", proxy.find("notice")[0]["what"])
        self.stage.file("anchors.pem", "nothing")
        proxy.signal(signal.SIGHUP)
        self.assertTrue(wait_until(lambda: len(proxy.find("notice")) > 1, PATIENCE))
        self.assertIn("anchors.pem", proxy.find("notice")[1]["what"])
        self.assertIn(b"200 ok", self.page(proxy.port))

    # --- check-config ---

    def check(self, text: str, *options: str) -> subprocess.CompletedProcess:
        file = self.stage.file("legible.toml", text)
        return subprocess.run([self.program, "check-config", file, *options], capture_output=True,
                              text=True, timeout=PATIENCE)

    def test_check_config_says_what_a_file_means(self):
        said = self.check('to = "a.test:443"\nlisten = [8443, "[::1]:9443"]\n' + INTERCEPT_ONE)
        self.assertEqual((said.returncode, said.stderr), (0, ""))
        self.assertEqual(said.stdout.splitlines()[0].rsplit(" ", 1)[1], "ok")
        for words in ("127.0.0.1:8443, to a.test:443", "[::1]:9443", "host a.test: mode intercept"):
            self.assertIn(words, said.stdout)
        self.assertEqual(self.check("", "--to", "a.test:443").returncode, 0)

    def test_check_config_tells_all_faults_with_their_lines(self):
        said = self.check('to = "a.test"\nidle-timeout = 0\n[host."x"]\nmod = "relay"\n')
        self.assertEqual((said.returncode, said.stdout), (1, ""))
        self.assertEqual([line.split(":")[1] for line in said.stderr.splitlines()], ["1", "2", "4"])
        # Files that are named are read, too.
        said = self.check('to = "a.test:443"\ntrust = "none.pem"\n[host."x"]\nclient-cert = "n.p12"')
        self.assertEqual(said.returncode, 1)
        self.assertEqual([line.split(":")[1] for line in said.stderr.splitlines()], ["2", "4"])


if __name__ == "__main__":
    run_tests()
