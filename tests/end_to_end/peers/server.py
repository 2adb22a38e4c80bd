"""server.py PORT CERTIFICATES [KEY=VALUE...]: answers one request a connection, on Python's ssl.

Keys, of every server here: identity, tls (1.2 or 1.3), ciphers, alpn, clients (require: ask for a
client certificate and insist), name (the only SNI that is served).
As many Python servers do, it closes without close_notify.
"""

import contextlib
import socket
import ssl
import sys

port, certificates = int(sys.argv[1]), sys.argv[2]
options = dict(each.split("=", 1) for each in sys.argv[3:])
identity = f"{certificates}/{options.get('identity', 'good')}"

context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(f"{identity}.pem", f"{identity}.key")
if "tls" in options:
    version = ssl.TLSVersion["TLSv" + options["tls"].replace(".", "_")]
    context.minimum_version = context.maximum_version = version
if "ciphers" in options:
    context.set_ciphers(options["ciphers"])
if "alpn" in options:
    context.set_alpn_protocols([options["alpn"]])
if options.get("clients") == "require":
    context.load_verify_locations(f"{certificates}/root.crt")
    context.verify_mode = ssl.CERT_REQUIRED
if "name" in options:
    context.sni_callback = lambda _, name, __: (
        None if name == options["name"] else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
    )

with socket.create_server(("127.0.0.1", port)) as listener:
    while True:
        connection, _ = listener.accept()
        connection.settimeout(10)
        with contextlib.suppress(OSError), connection:
            with context.wrap_socket(connection, server_side=True) as tls:
                tls.recv(65536)
                tls.sendall(b"HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nok\n")
