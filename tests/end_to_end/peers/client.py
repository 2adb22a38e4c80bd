"""client.py PORT CERTIFICATES [KEY=VALUE...]: a careful client, on Python's ssl. It prints the
answer, or what went wrong.

Keys, of every client here: name (SNI and the name to verify), tls (1.2 or 1.3), ciphers, alpn,
identity (of the client certificate).
"""

import socket
import ssl
import sys

port, certificates = int(sys.argv[1]), sys.argv[2]
options = dict(each.split("=", 1) for each in sys.argv[3:])

context = ssl.create_default_context(cafile=f"{certificates}/root.crt")
if "tls" in options:
    version = ssl.TLSVersion["TLSv" + options["tls"].replace(".", "_")]
    context.minimum_version = context.maximum_version = version
if "ciphers" in options:
    context.set_ciphers(options["ciphers"])
if "alpn" in options:
    context.set_alpn_protocols([options["alpn"]])
if "identity" in options:
    name = options["identity"]
    context.load_cert_chain(f"{certificates}/{name}.pem", f"{certificates}/{name}.key")

def exchange():
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        with context.wrap_socket(connection, server_hostname=options.get("name", "a.test")) as tls:
            tls.sendall(b"GET / HTTP/1.0\r\n\r\n")
            while answer := tls.recv(65536):
                sys.stdout.write(answer.decode())
            tls.unwrap()


try:
    exchange()
except OSError as error:
    print(error, file=sys.stderr)
