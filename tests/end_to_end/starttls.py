#!/usr/bin/env python3
"""starttls.py PROGRAM CERTIFICATES: TLS that begins after a dialogue in clear, relayed and
intercepted.
"""

import contextlib
import ftplib
import imaplib
import os
import poplib
import shutil
import smtplib
import socket
import ssl
import subprocess
import time
import unittest

import tds
from harness import PATIENCE, free_port, wait_listening
from intercepted import Intercepted, run_tests

MODES = ("relay", "intercept", "auto")

DOVECOT = """
protocols = imap pop3
base_dir = {folder}/run
state_dir = {folder}/run
listen = 127.0.0.1
log_path = {folder}/dovecot.log
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid=65534 gid=65534 home={folder}
}}
first_valid_uid = 1
mail_location = maildir:{folder}/mail
default_internal_user = nobody
default_internal_group = nogroup
default_login_user = nobody
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = 0
  }}
}}
"""


class StartTls(Intercepted):
    def proxy_of(self, port: int, mode: str):
        return self.stage.proxy(f"127.0.0.1:{port}", "--ca-dir", "{certs}/ca", "--mode", mode,
                                threads=2)

    def in_each_mode(self, port: int):
        for mode in MODES:
            with self.subTest(mode=mode):
                yield mode, self.proxy_of(port, mode)

    def expect_success(self, proxy, mode: str, protocol: str):
        verdict = proxy.verdict()
        self.assertEqual((verdict["outcome"], verdict["legs"]["client"]["version"] is not None),
                         ("ok", True), verdict["summary"])
        self.assertEqual([each["protocol"] for each in proxy.find("starttls")], [protocol])
        self.assertEqual(proxy.find("target")[-1]["mode"],
                         "relay" if mode == "relay" else "intercept")
        judged = [each for each in proxy.find("certificate-verified") if each["of"] == "server"]
        if mode != "relay":
            self.assertTrue(judged and judged[0]["ok"], judged)

    def dovecot(self, settings: str = "") -> dict[str, int]:
        program = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin")
        if program is None or os.geteuid() != 0:
            self.skipTest("dovecot is not installed, or this is not root")
        if not os.path.exists("/usr/lib/dovecot/pop3"):
            self.skipTest("dovecot-pop3d is not installed")
        ports = {"imap": free_port(), "pop3": free_port()}
        # Its processes run as nobody.
        self.stage.folder.chmod(0o755)
        conf = self.stage.file("dovecot.conf", DOVECOT.format(
            folder=self.stage.folder, certificate=self.stage.certificate("good_ec.pem"),
            key=self.stage.certificate("good_ec.key"), **ports) + settings)
        server = self.stage.start(program, "-F", "-c", conf)
        for port in ports.values():
            wait_listening(server, port)
        return ports

    def test_imap_with_dovecot(self):
        for mode, proxy in self.in_each_mode(self.dovecot()["imap"]):
            with imaplib.IMAP4("127.0.0.1", proxy.port, timeout=PATIENCE) as client:
                client.host = "a.test"  # whom the certificate is for
                client.starttls(self.trusting())
                self.assertEqual(client.noop()[0], "OK")
            self.expect_success(proxy, mode, "imap")

    def test_dovecot_refuses_a_client_without_a_certificate(self):
        ports = self.dovecot(f"""
ssl_ca = <{self.stage.certificate("root.crt")}
ssl_verify_client_cert = yes
auth_ssl_require_client_cert = yes
""")
        for mode, proxy in self.in_each_mode(ports["imap"]):
            with imaplib.IMAP4("127.0.0.1", proxy.port, timeout=PATIENCE) as client:
                client.host = "a.test"
                client.starttls(self.trusting())
                with self.assertRaises(imaplib.IMAP4.error):
                    client.login("joe", "secret")
            verdict = proxy.verdict()
            if mode == "relay":
                self.assertEqual(verdict["outcome"], "ok")
                self.assertIn(verdict["confidence"], ("low", "medium"))
                self.assertIn("client-cert-refused-by-app",
                              [each["cause"] for each in verdict["alternatives"]])
            else:
                self.assertEqual((verdict["outcome"], verdict["closer"], verdict["mechanism"]),
                                 ("failed", "server", "app-refusal"))
                self.assertEqual(verdict["cause"], "client-cert-refused-by-app")
                self.assertIn("valid SSL certificate", " ".join(verdict["evidence"]))

    def test_pop3_with_dovecot(self):
        for mode, proxy in self.in_each_mode(self.dovecot()["pop3"]):
            client = poplib.POP3("127.0.0.1", proxy.port, timeout=PATIENCE)
            client.host = "a.test"
            client.stls(self.trusting())
            self.assertIn("USER", client.capa())
            client.quit()
            self.expect_success(proxy, mode, "pop3")

    def served(self, part, certificate="good_ec"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.stage.certificate(f"{certificate}.pem"),
                                self.stage.certificate(f"{certificate}.key"))
        return self.stage.script(lambda connection: part(connection, context))

    @staticmethod
    def line(connection) -> bytes:
        line = b""
        while not line.endswith(b"\n") and (byte := connection.recv(1)):
            line += byte
        return line

    def greeted_and_left(self, connection: socket.socket, context: ssl.SSLContext):
        with context.wrap_socket(connection, server_side=True) as tls:
            self.line(tls)
            tls.sendall(b"250 mail.test\r\n")
            self.line(tls)
            tls.sendall(b"221 bye\r\n")
            with contextlib.suppress(OSError):
                tls.unwrap()

    def smtp_server(self, connection: socket.socket, context: ssl.SSLContext):
        connection.sendall(b"220 mail.test ESMTP\r\n")
        self.line(connection)
        connection.sendall(b"250-mail.test\r\n250 STARTTLS\r\n")
        self.line(connection)
        connection.sendall(b"220 go ahead\r\n")
        self.greeted_and_left(connection, context)

    def test_smtp(self):
        for mode in MODES:
            with self.subTest(mode=mode):
                proxy = self.stage.proxy(f"127.0.0.1:{self.served(self.smtp_server)}", "--ca-dir",
                                         "{certs}/ca", "--mode", mode)
                client = smtplib.SMTP("127.0.0.1", proxy.port, timeout=PATIENCE)
                client._host = "a.test"
                client.starttls(context=self.trusting())
                client.ehlo()
                client.quit()
                self.expect_success(proxy, mode, "smtp")

    def test_the_greeting_does_not_wait_long_for_a_hello(self):
        def server(connection: socket.socket, context: ssl.SSLContext):
            connection.sendall(b"220 mail.test ESMTP\r\n")
            self.line(connection)

        waited: dict[str, float] = {}
        for mode in MODES * 3:
            proxy = self.proxy_of(self.served(server), mode)
            began = time.monotonic()
            with socket.create_connection(("127.0.0.1", proxy.port), PATIENCE) as client:
                self.assertTrue(self.line(client).startswith(b"220 "))
                took = time.monotonic() - began
                client.sendall(b"QUIT\r\n")
            waited[mode] = min(took, waited.get(mode, took))
        self.assertLess(max(waited.values()), 1.2, waited)

    def test_a_word_that_could_become_a_command_is_not_held_back(self):
        def server(connection: socket.socket, context: ssl.SSLContext):
            connection.sendall(b"login: ")
            if connection.recv(4) == b"root":
                connection.sendall(b"Password: ")

        for mode in MODES:
            proxy = self.proxy_of(self.served(server), mode)
            with socket.create_connection(("127.0.0.1", proxy.port), PATIENCE) as client:
                self.assertEqual(client.recv(7), b"login: ")
                client.sendall(b"root")
                self.assertEqual(client.recv(10), b"Password: ")

    def test_a_hello_that_comes_late_is_intercepted(self):
        def server(connection: socket.socket, context: ssl.SSLContext):
            with context.wrap_socket(connection, server_side=True) as inside:
                self.line(inside)
                inside.sendall(b"pong\r\n")

        for mode in MODES:
            proxy = self.proxy_of(self.served(server), mode)
            with socket.create_connection(("127.0.0.1", proxy.port), PATIENCE) as client:
                time.sleep(0.8)
                with self.trusting().wrap_socket(client, server_hostname="a.test") as inside:
                    inside.sendall(b"ping\r\n")
                    self.assertEqual(self.line(inside), b"pong\r\n")
            self.assertEqual(proxy.verdict()["outcome"], "ok")
            self.assertEqual(proxy.find("target")[-1]["mode"],
                             "relay" if mode == "relay" else "intercept")

    def test_tls_behind_a_dialogue_that_is_not_known_is_relayed(self):
        asks, agrees = bytes.fromhex("03000013 0ee0"), bytes.fromhex("03000013 0ed0")

        def server(connection: socket.socket, context: ssl.SSLContext):
            self.assertEqual(connection.recv(len(asks)), asks)
            connection.sendall(agrees)
            with context.wrap_socket(connection, server_side=True) as inside:
                inside.sendall(self.line(inside))

        for mode in MODES:
            proxy = self.proxy_of(self.served(server), mode)
            with socket.create_connection(("127.0.0.1", proxy.port), PATIENCE) as client:
                client.sendall(asks)
                self.assertEqual(client.recv(len(agrees)), agrees)
                with self.trusting().wrap_socket(client, server_hostname="a.test") as inside:
                    inside.sendall(b"ping\r\n")
                    self.assertEqual(self.line(inside), b"ping\r\n")
            verdict = proxy.verdict()
            self.assertEqual(verdict["outcome"], "ok", verdict)
            self.assertEqual(proxy.find("client-hello")[0]["sni"], "a.test")
            self.assertEqual({each["mode"] for each in proxy.find("target")}, {"relay"})

    def test_a_server_certificate_that_smtp_clients_refuse(self):
        for mode in MODES:
            with self.subTest(mode=mode):
                port = self.served(self.smtp_server, "expired")
                proxy = self.stage.proxy(f"127.0.0.1:{port}", "--ca-dir", "{certs}/ca", "--mode",
                                         mode)
                client = smtplib.SMTP("127.0.0.1", proxy.port, timeout=PATIENCE)
                client._host = "a.test"
                with self.assertRaises(ssl.SSLError):
                    client.starttls(context=self.trusting("1.2"))
                client.close()
                verdict = proxy.verdict()
                self.assertEqual((verdict["closer"], verdict["cause"]),
                                 ("client", "server-cert-expired"))

    def test_a_hello_that_comes_with_the_command_is_not_lost(self):
        """Against RFC 3207, but some clients do it."""

        def server(connection: socket.socket, context: ssl.SSLContext):
            connection.sendall(b"220 mail.test ESMTP\r\n")
            self.line(connection)
            connection.sendall(b"220 go ahead\r\n")
            with context.wrap_socket(connection, server_side=True) as tls:
                tls.sendall(tls.recv(100))

        for mode in MODES:
            with self.subTest(mode=mode):
                proxy = self.stage.proxy(f"127.0.0.1:{self.served(server)}", "--ca-dir",
                                         "{certs}/ca", "--mode", mode)
                incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
                tls = self.trusting().wrap_bio(incoming, outgoing, server_hostname="a.test")
                with contextlib.suppress(ssl.SSLWantReadError):
                    tls.do_handshake()
                with socket.create_connection(("127.0.0.1", proxy.port), PATIENCE) as client:
                    self.line(client)
                    client.sendall(b"STARTTLS\r\n" + outgoing.read())
                    self.assertEqual(self.line(client), b"220 go ahead\r\n")
                    while True:
                        try:
                            tls.do_handshake()
                            break
                        except ssl.SSLWantReadError:
                            client.sendall(outgoing.read())
                            incoming.write(client.recv(65536))
                    tls.write(b"echo")
                    client.sendall(outgoing.read())
                    while True:
                        with contextlib.suppress(ssl.SSLWantReadError):
                            self.assertEqual(tls.read(100), b"echo")
                            break
                        incoming.write(client.recv(65536))
                self.assertIn(proxy.verdict()["cause"], ("none", "truncated-close"))
                self.assertEqual(proxy.find("target")[-1]["mode"],
                                 "relay" if mode == "relay" else "intercept")

    def test_a_refusal_of_tls_is_told_in_the_servers_words(self):
        def server(answers: dict[bytes, bytes]):
            def part(connection: socket.socket, _):
                connection.sendall(answers[b""])
                while line := self.line(connection):
                    verb = line.split()[0]
                    connection.sendall(answers.get(verb, b"221 bye\r\n"))
                    if verb == b"QUIT":
                        return
            return part

        offered = {b"": b"220 mail.test ESMTP\r\n", b"ehlo": b"250-mail.test\r\n250 STARTTLS\r\n",
                   b"STARTTLS": b"454 4.7.0 TLS not available\r\n"}
        lacking = {**offered, b"ehlo": b"250-mail.test\r\n250 SIZE 100\r\n"}
        for mode in MODES:
            for answers, cause in ((offered, "starttls-refused"), (lacking, "starttls-not-offered")):
                proxy = self.stage.proxy(f"127.0.0.1:{self.served(server(answers))}", "--ca-dir",
                                         "{certs}/ca", "--mode", mode)
                client = smtplib.SMTP("127.0.0.1", proxy.port, timeout=PATIENCE)
                with contextlib.suppress(smtplib.SMTPException):
                    client.starttls(context=self.trusting())
                client.quit()
                with self.subTest(mode=mode, cause=cause):
                    verdict = proxy.verdict()
                    self.assertEqual((verdict["outcome"], verdict["cause"]), ("not-tls", cause))
                    if answers is offered:
                        self.assertIn("454 4.7.0 TLS not available", " ".join(verdict["evidence"]))

    def test_a_service_that_takes_nothing_in_clear(self):
        def server(connection: socket.socket, context: ssl.SSLContext):
            connection.sendall(b"220 mail.test ESMTP\r\n")
            while verb := self.line(connection).split()[:1]:
                if verb == [b"STARTTLS"]:
                    connection.sendall(b"220 go ahead\r\n")
                    self.greeted_and_left(connection, context)
                    return
                answers = {b"ehlo": b"250-mail.test\r\n250 STARTTLS\r\n", b"QUIT": b"221 bye\r\n"}
                connection.sendall(answers.get(verb[0], b"530 5.7.0 Must issue a STARTTLS command\r\n"))
                if verb == [b"QUIT"]:
                    return

        for mode in MODES:
            for begins_tls in (False, True):
                proxy = self.stage.proxy(f"127.0.0.1:{self.served(server)}", "--ca-dir",
                                         "{certs}/ca", "--mode", mode)
                client = smtplib.SMTP("127.0.0.1", proxy.port, timeout=PATIENCE)
                client._host = "a.test"
                client.ehlo()
                self.assertEqual(client.mail("me@a.test")[0], 530)
                if begins_tls:
                    client.starttls(context=self.trusting())
                    client.ehlo()
                client.quit()
                with self.subTest(mode=mode, begins_tls=begins_tls):
                    if begins_tls:
                        self.expect_success(proxy, mode, "smtp")
                        continue
                    verdict = proxy.verdict()
                    self.assertEqual((verdict["outcome"], verdict["cause"], verdict["confidence"]),
                                     ("not-tls", "tls-required", "high"))
                    self.assertIn("530 5.7.0 Must issue", " ".join(verdict["evidence"]))

    def test_a_server_that_drops_the_hello_after_the_dialogue(self):
        def server(connection: socket.socket, _):
            connection.sendall(b"220 mail.test ESMTP\r\n")
            self.line(connection)
            connection.sendall(b"250-mail.test\r\n250 STARTTLS\r\n")
            self.line(connection)
            connection.sendall(b"220 go ahead\r\n")
            connection.recv(65536)

        for mode in MODES:
            proxy = self.stage.proxy(f"127.0.0.1:{self.served(server)}", "--ca-dir", "{certs}/ca",
                                     "--mode", mode)
            client = smtplib.SMTP("127.0.0.1", proxy.port, timeout=PATIENCE)
            with self.assertRaises(OSError):
                client.starttls(context=ssl.create_default_context())
            with self.subTest(mode=mode):
                verdict = proxy.verdict()
                self.assertEqual((verdict["outcome"], verdict["closer"], verdict["cause"]),
                                 ("failed", "server", "server-drops-hello"))

    def test_a_client_that_goes_back_to_clear_has_refused_the_certificate(self):
        """As OpenLDAP's does, which compares the certificate's name after the handshake."""

        def ldap(connection: socket.socket, context: ssl.SSLContext):
            connection.recv(1000)
            connection.sendall(bytes.fromhex("300c02010178070a010004000400"))
            with contextlib.suppress(OSError), context.wrap_socket(connection,
                                                                   server_side=True) as tls:
                tls.recv(1)

        for mode in MODES:
            proxy = self.stage.proxy(f"127.0.0.1:{self.served(ldap)}", "--ca-dir", "{certs}/ca",
                                     "--mode", mode)
            with socket.create_connection(("127.0.0.1", proxy.port), PATIENCE) as client:
                client.sendall(bytes.fromhex(
                    "301d02010177188016312e332e362e312e342e312e313436362e3230303337"))
                client.recv(1000)
                tls = self.trusting().wrap_socket(client, server_hostname="a.test")
                plain = socket.socket(fileno=tls.detach())
                plain.sendall(bytes.fromhex("30050201024200"))  # unbindRequest
                plain.close()
            with self.subTest(mode=mode):
                verdict = proxy.verdict()
                self.assertEqual((verdict["outcome"], verdict["closer"]), ("failed", "client"))
                causes = [verdict["cause"], *(each["cause"] for each in verdict["alternatives"])]
                self.assertIn("server-cert-name-mismatch", causes)

    def test_a_mail_dialogue_without_tls_stays_one(self):
        def server(connection: socket.socket, _):
            connection.sendall(b"220 mail.test ESMTP\r\n")
            while line := self.line(connection):
                connection.sendall(b"221 bye\r\n" if line.startswith(b"QUIT") else b"250 ok\r\n")
                if line.startswith(b"QUIT"):
                    return

        for mode in MODES:
            with self.subTest(mode=mode):
                proxy = self.stage.proxy(f"127.0.0.1:{self.served(server)}", "--ca-dir",
                                         "{certs}/ca", "--mode", mode)
                client = smtplib.SMTP("127.0.0.1", proxy.port, timeout=PATIENCE)
                client.noop()
                client.quit()
                verdict = proxy.verdict()
                self.assertEqual((verdict["outcome"], verdict["cause"]), ("not-tls", "none"))

    def openssl(self, proxy, protocol: str) -> str:
        done = subprocess.run(
            ["openssl", "s_client", "-connect", f"127.0.0.1:{proxy.port}", "-starttls", protocol,
             "-servername", "a.test", "-verify_return_error", "-CAfile",
             self.stage.certificate("root.crt")],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE)
        return done.stdout

    def test_binary_dialogues(self):
        """LDAP's StartTLS and PostgreSQL's SSLRequest, as OpenSSL's client speaks them."""

        def postgres(connection: socket.socket, context: ssl.SSLContext):
            self.assertEqual(connection.recv(8), bytes([0, 0, 0, 8, 4, 210, 22, 47]))
            connection.sendall(b"S")
            with context.wrap_socket(connection, server_side=True) as tls:
                tls.recv(1)

        def ldap(connection: socket.socket, context: ssl.SSLContext):
            request = connection.recv(1000)
            self.assertIn(b"1.3.6.1.4.1.1466.20037", request)
            connection.sendall(bytes.fromhex("300c02010178070a010004000400"))
            with context.wrap_socket(connection, server_side=True) as tls:
                tls.recv(1)

        for protocol, server, name in (("postgres", postgres, "postgresql"),
                                       ("ldap", ldap, "ldap")):
            for mode in MODES:
                with self.subTest(protocol=protocol, mode=mode):
                    proxy = self.stage.proxy(f"127.0.0.1:{self.served(server)}", "--ca-dir",
                                             "{certs}/ca", "--mode", mode)
                    self.assertIn("Verify return code: 0 (ok)", self.openssl(proxy, protocol))
                    self.assertEqual(proxy.verdict()["outcome"], "ok")
                    self.assertEqual([each["protocol"] for each in proxy.find("starttls")], [name])
                    self.assertEqual(proxy.find("target")[-1]["mode"],
                                     "relay" if mode == "relay" else "intercept")

    def test_sql_server(self):
        """TLS inside TDS's packets, whose sizes are none of TLS's business."""

        def server(connection: socket.socket, context: ssl.SSLContext):
            tds.receive_packet(connection)
            connection.sendall(tds.pre_login(tds.TABULAR_RESULT, tds.ON))
            context.maximum_version = ssl.TLSVersion.TLSv1_2  # as TDS has it here
            tls = tds.Tls(connection, context, server_side=True)
            try:
                tls.handshake(packet_size=100)
                tls.send(tls.receive())
            except (ssl.SSLError, EOFError, ConnectionError):
                pass

        def call(proxy, trust: str) -> bytes:
            context = ssl.create_default_context(cafile=self.stage.certificate(trust))
            with socket.create_connection(("127.0.0.1", proxy.port), PATIENCE) as connection:
                connection.sendall(tds.pre_login(tds.PRE_LOGIN, tds.ON))
                tds.receive_packet(connection)
                tls = tds.Tls(connection, context, server_hostname="a.test")
                tls.handshake()
                tls.send(b"a log-in")
                return tls.receive()

        for mode in MODES:
            with self.subTest(mode=mode):
                proxy = self.proxy_of(self.served(server), mode)
                self.assertEqual(call(proxy, "root.crt"), b"a log-in")
                verdict = proxy.verdict()
                self.assertEqual(verdict["outcome"], "ok", verdict["summary"])
                self.assertTrue(proxy.find("certificate-verified"), "no chain was read")
                self.assertEqual(
                    [line["text"] for line in proxy.find("starttls")[0]["lines"]],
                    ["PRELOGIN encryption on", "PRELOGIN encryption on"])
                self.assertEqual(proxy.find("target")[-1]["mode"], "relay")

                proxy = self.proxy_of(self.served(server), mode)
                with self.assertRaises(ssl.SSLCertVerificationError):
                    call(proxy, "root2.crt")
                refused = proxy.verdict()
                self.assertEqual(
                    (refused["closer"], refused["mechanism"], refused["cause"]),
                    ("client", "alert-fatal", "server-cert-untrusted-ca"), refused["summary"])


if __name__ == "__main__":
    run_tests()
