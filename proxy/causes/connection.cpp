// Causes below TLS: connecting, silence, monitors, and bytes that are no TLS.

#include "proxy/causes/families.hpp"

namespace legible::proxy {
namespace {

constexpr StackNote refused_logs[] = {
    {"JSSE", "java.net.ConnectException: Connection refused"},
    {"curl", "Failed to connect to HOST port PORT: Connection refused"},
    {"nginx", "connect() failed (111: Connection refused) while connecting to upstream"},
    {"Node", "connect ECONNREFUSED"},
};
constexpr StackNote connect_timeout_logs[] = {
    {"JSSE", "java.net.SocketTimeoutException: connect timed out"},
    {"curl", "Connection timed out"},
    {"nginx", "upstream timed out (110: Connection timed out) while connecting to upstream"},
};
constexpr StackNote unresolved_logs[] = {
    {"JSSE", "java.net.UnknownHostException"},
    {"curl", "Could not resolve host"},
    {"Node", "getaddrinfo ENOTFOUND"},
};
constexpr StackNote read_timeout_logs[] = {
    {"JSSE", "java.net.SocketTimeoutException: Read timed out"},
    {"curl", "SSL connection timeout"},
};
constexpr StackNote dropped_client_logs[] = {
    {"JSSE",
     "javax.net.ssl.SSLHandshakeException: Remote host terminated the handshake (FIN), or "
     "java.net.SocketException: Connection reset (RST)"},
    {"IAIK/webMethods", "SSLException while handshaking: unexpected end of stream"},
    {"OpenSSL", "unexpected eof while reading, or SSL_ERROR_SYSCALL"},
    {"Node", "Client network socket disconnected before secure TLS connection was established"},
    {"Go", "EOF, or read: connection reset by peer"},
};
constexpr StackNote dropped_server_logs[] = {
    {"IIS", "System log, source Schannel, events 36871, 36874 or 36888"},
};
constexpr StackNote probe_server_logs[] = {
    {"OpenSSL", "unexpected eof while reading"},
    {"JSSE", "Remote host terminated the handshake"},
    {"nginx", "client closed connection while SSL handshaking (level info)"},
    {"HAProxy", "Connection closed during SSL handshake"},
    {"DataPower", "peer did not return a certificate (a red herring: nothing was asked for)"},
};
constexpr StackNote http_to_tls_server_logs[] = {
    {"OpenSSL", "http request"},
    {"DataPower", "http request, then: peer did not return a certificate (a red herring)"},
    {"nginx", "client sent plain HTTP request to HTTPS port"},
    {"JSSE", "Unsupported or unrecognized SSL message"},
    {"Go", "client sent an HTTP request to an HTTPS server"},
};
constexpr StackNote no_tls_server_logs[] = {
    {"OpenSSL", "wrong version number (it is not a version problem: the bytes were no TLS)"},
    {"JSSE", "Unsupported or unrecognized SSL message"},
    {"Go", "tls: first record does not look like a TLS handshake"},
};
constexpr StackNote no_tls_client_logs[] = {
    {"OpenSSL", "wrong version number, or packet length too long (the answer was no TLS)"},
    {"JSSE", "Unsupported or unrecognized SSL message"},
    {"IAIK/webMethods", "SSLException: unexpected record or message"},
    {"Go", "tls: first record does not look like a TLS handshake"},
    {"NSS", "SSL_ERROR_RX_RECORD_TOO_LONG"},
};
constexpr StackNote plain_http_client_settings[] = {
    {"webMethods", "pub.client:http: a url that begins with https://"},
    {"DataPower", "back-side URL: https://, with a TLS client profile"},
    {"HAProxy", "health checks: option httpchk with check-ssl"},
};
constexpr StackNote tls_listener_settings[] = {
    {"nginx", "listen 443 ssl;"},
    {"Apache", "SSLEngine on"},
    {"IIS", "site binding of type https with a certificate"},
    {"webMethods", "an HTTPS port (Security > Ports), not an HTTP port"},
};
constexpr StackNote proxy_header_server_settings[] = {
    {"nginx", "listen ... ssl proxy_protocol"},
    {"HAProxy", "bind ... accept-proxy"},
};
constexpr StackNote proxy_header_missing_logs[] = {
    {"nginx", "broken header while reading PROXY protocol"},
    {"HAProxy", "Received something which does not look like a PROXY protocol header"},
    {"Apache", "RemoteIPProxyProtocol: no valid PROXY header found"},
};
constexpr StackNote proxy_header_client_settings[] = {
    {"HAProxy", "remove send-proxy or send-proxy-v2 from the server line"},
    {"nginx", "proxy_protocol off;"},
};
constexpr StackNote starttls_server_settings[] = {
    {"Postfix", "smtpd_tls_security_level = may, smtpd_tls_chain_files"},
    {"Exim", "tls_advertise_hosts = *, tls_certificate, tls_privatekey"},
    {"Dovecot",
     "ssl = yes, ssl_cert, ssl_key (since 2.4 ssl_server_cert_file, ssl_server_key_file)"},
    {"OpenLDAP", "olcTLSCertificateFile, olcTLSCertificateKeyFile"},
    {"PostgreSQL", "ssl = on, ssl_cert_file, ssl_key_file"},
    {"MariaDB", "ssl_cert, ssl_key"},
    {"vsftpd", "ssl_enable=YES, rsa_cert_file, rsa_private_key_file"},
};
constexpr StackNote starttls_refused_logs[] = {
    {"Postfix", "TLS is required, but was not offered by host / cannot start TLS"},
    {"OpenLDAP", "ldap_start_tls: Protocol error (2)"},
    {"PostgreSQL", "server does not support SSL, but SSL was required"},
    {"MariaDB", "SSL is required, but the server does not support it"},
};
constexpr StackNote tls_required_client_settings[] = {
    {"curl", "--ssl-reqd, or smtps://, imaps://, ftps://"},
    {"Jakarta Mail", "mail.smtp.starttls.enable=true and mail.smtp.starttls.required=true"},
    {"Python", "starttls() before login() and sendmail(); ftplib.FTP_TLS"},
    {"Nodemailer", "requireTLS: true, or secure: true with port 465"},
    {"OpenLDAP", "ldapsearch -ZZ, or ldaps://"},
    {"PostgreSQL", "sslmode=require, better verify-full"},
    {"MySQL/MariaDB", "--ssl-mode=REQUIRED, or --ssl"},
};
constexpr StackNote tls_required_server_settings[] = {
    {"Postfix", "smtpd_tls_security_level = encrypt, smtpd_tls_auth_only = yes"},
    {"Dovecot", "disable_plaintext_auth = yes, ssl = required; 2.4: auth_allow_cleartext = no"},
    {"vsftpd", "force_local_logins_ssl=YES, force_anon_logins_ssl=YES"},
    {"ProFTPD", "TLSRequired on"},
    {"OpenLDAP", "olcSecurity: tls=1, or ssf="},
    {"PostgreSQL", "hostssl lines alone in pg_hba.conf"},
    {"MySQL/MariaDB", "require_secure_transport = ON"},
};
constexpr StackNote no_v2_hello_settings[] = {
    {"JSSE", "remove SSLv2Hello from the enabled protocols"},
    {"IAIK/webMethods", "use JSSE: watt.net.ssl.client.useJSSE=true"},
    {"OpenSSL", "0.9.8 and older: disable the v2-compatible hello (SSL_OP_NO_SSLv2), or update"},
};
constexpr StackNote ssl_hello_chk_settings[] = {
    {"HAProxy", "replace option ssl-hello-chk by check-ssl, with option httpchk if wanted"},
};

constexpr CauseInfo causes[] = {
    {.cause = Cause::none,
     .id = "none",
     .fix_at = FixAt::nobody,
     .benign = true,
     .title = "nothing failed",
     .meaning = "The handshake completed, data could flow, and the connection ended in order.",
     .looks_like = "Both Finished, application data, close_notify or FIN."},
    {.cause = Cause::tcp_refused,
     .id = "tcp-refused",
     .fix_at = FixAt::server,
     .title = "the server's port refuses connections",
     .meaning = "The SYN to the server was answered with RST: nobody listens there, or a firewall "
                "rejects.",
     .looks_like = "The connect to the server fails at once; no byte of TLS was exchanged with it.",
     .client_hint = "Check host and port in the client's configuration.",
     .server_hint = "Check that the service is up and bound to that address and port, and that no "
                    "firewall rejects.",
     .client_logs = refused_logs},
    {.cause = Cause::tcp_connect_timeout,
     .id = "tcp-connect-timeout",
     .fix_at = FixAt::network,
     .title = "the server does not answer at all: no TCP connection came about",
     .meaning = "The SYN to the server was never answered: a firewall drops it, the address is "
                "wrong, or routing is missing, on the server's side or on that of the machine that "
                "connects.",
     .looks_like = "The connect to the server runs into a time-out or is unreachable.",
     .client_hint = "Test from this host and from a host in the server's network; ask the network "
                    "team for the firewall rule.",
     .server_hint = "Check that the client's public address is allowed by the firewall.",
     .client_logs = connect_timeout_logs},
    {.cause = Cause::name_not_resolved,
     .id = "name-not-resolved",
     .fix_at = FixAt::network,
     .title = "the server's name does not resolve on this machine",
     .meaning = "The name of the server could not be turned into an address on the machine that "
                "connects to it. That the name is wrong is one reason; that this machine asks "
                "another name server than those who know it, or that its own does not answer, are "
                "others.",
     .looks_like = "The name lookup fails; nothing was sent to the server.",
     .client_hint = "Correct the host name, or the DNS or hosts file of the machine that looks it "
                    "up.",
     .proxy_hint = "Look the name up where the proxy runs (getent hosts NAME) and where the client "
                   "does. If only the latter knows it, give its address: --to ADDRESS:PORT, or the "
                   "table [hosts] of a configuration file.",
     .client_logs = unresolved_logs},
    {.cause = Cause::upstream_proxy_unreachable,
     .id = "upstream-proxy-unreachable",
     .fix_at = FixAt::proxy,
     .title = "the proxy in front (--via) cannot be reached",
     .meaning = "All connections to servers go through another proxy, and no connection to that "
                "one came about. The server was never asked.",
     .looks_like = "Connecting to the address of --via fails.",
     .proxy_hint = "Check the address and port of --via, and that this machine may reach it."},
    {.cause = Cause::upstream_proxy_silent,
     .id = "upstream-proxy-silent",
     .fix_at = FixAt::network,
     .title = "the proxy in front (--via) took the connection, and did not answer in time",
     .meaning = "The proxy through which servers are reached was connected to and asked for the "
                "server, and had said neither yes nor no when the time to connect was up: it is "
                "busy, or still tries to reach the server, or speaks another protocol.",
     .looks_like = "A CONNECT or SOCKS request to the address of --via, and no whole answer.",
     .proxy_hint =
         "Give it more time (--connect-timeout); check that --via names the protocol that "
         "it speaks; ask those who run it whether it reaches the server."},
    {.cause = Cause::upstream_proxy_refused,
     .id = "upstream-proxy-refused",
     .fix_at = FixAt::network,
     .title = "the proxy in front (--via) opened no connection to the server",
     .meaning = "The proxy through which servers are reached answered the CONNECT or SOCKS request "
                "with a refusal: its rules forbid the server or the port, or it could not reach "
                "the server itself (502, 503, 504, SOCKS replies 3 to 6).",
     .looks_like = "An HTTP status other than 2xx, or a SOCKS reply other than 0, instead of a "
                   "tunnel.",
     .proxy_hint = "Ask those who run that proxy to allow the server and its port; its log says "
                   "which rule refused, or why the server was not reached. One that does not speak "
                   "as --via expects is of another kind (http, socks5), or listens elsewhere."},
    {.cause = Cause::upstream_proxy_auth_required,
     .id = "upstream-proxy-auth-required",
     .fix_at = FixAt::proxy,
     .title = "the proxy in front (--via) wants a user and a password, or others",
     .meaning = "The proxy through which servers are reached serves only those who give a user and "
                "a password (Basic, or SOCKS 5's), and none were given, or wrong ones.",
     .looks_like = "HTTP 407, or a SOCKS 5 method or login that is refused.",
     .proxy_hint = "Give them: USER:PASSWORD@ before --via's host. Negotiate and NTLM are not "
                   "spoken here: a proxy that speaks them (cntlm, px) can stand between."},
    {.cause = Cause::server_silent,
     .id = "server-silent",
     .fix_at = FixAt::server,
     .title = "the server took the ClientHello and never answered",
     .meaning = "TCP is up and the ClientHello was delivered, but not one byte came back: the port "
                "does not speak TLS, a worker is exhausted, or a device swallows the hello.",
     .looks_like = "A whole ClientHello, then nothing until somebody's timer fires.",
     .client_hint = "Try a small hello (TLS 1.2 only); if that is answered, see "
                    "large-client-hello-blocked.",
     .server_hint = "Check that this port speaks TLS, that workers are free, and what stands in "
                    "front of it.",
     .client_logs = read_timeout_logs},
    {.cause = Cause::server_drops_hello,
     .id = "server-drops-hello",
     .fix_at = FixAt::server,
     .title = "the server closed after the ClientHello, without a word",
     .meaning =
         "FIN or RST came right after the ClientHello, with no alert: an address allow-list, "
         "an SNI filter, a dead backend behind a balancer, or a stack that refuses version or "
         "cipher silently (Schannel, lighttpd with GnuTLS, old Node, mbedTLS).",
     .looks_like = "ClientHello, then FIN or RST from the server without any byte of TLS.",
     .client_hint = "Repeat with other versions, another SNI, another source address: what changes "
                    "the answer is the cause.",
     .server_hint =
         "Check that this port speaks TLS at all; look at the allow-lists, at the health "
         "of the backends, and at the log of the device in front.",
     .client_logs = dropped_client_logs,
     .server_logs = dropped_server_logs},
    {.cause = Cause::client_silent,
     .id = "client-silent",
     .fix_at = FixAt::client,
     .title = "the client connected and never sent a whole ClientHello",
     .meaning =
         "The client waits for a banner, is dead, or only opens connections; or it was granted TLS "
         "(STARTTLS) and could not begin it.",
     .looks_like =
         "No byte, or half a ClientHello, until somebody's timer fires; or no ClientHello "
         "after the server had granted STARTTLS.",
     .client_hint =
         "For protocols in which the server speaks first use STARTTLS or the plain port; "
         "else look at the client's connection pool and monitors.",
     .server_logs = probe_server_logs},
    {.cause = Cause::tcp_health_check,
     .id = "tcp-health-check",
     .fix_at = FixAt::client,
     .benign = true,
     .title = "a connection without a byte, as a monitor makes it",
     .meaning = "Somebody connected and closed again. It is no failure of TLS.",
     .looks_like = "Accepted, then FIN or RST from the client with zero bytes.",
     .client_hint =
         "If it is a monitor: let it do a TLS check, or keep its address out of reports.",
     .server_logs = probe_server_logs},
    {.cause = Cause::tls_health_check,
     .id = "tls-health-check",
     .fix_at = FixAt::client,
     .benign = true,
     .title = "a handshake and nothing more, as a monitor makes it",
     .meaning = "The handshake completed and the client left without sending data, as monitors and "
                "scanners do at intervals.",
     .looks_like =
         "Both Finished, no application data, then close_notify, FIN or RST by the client.",
     .client_hint = "If it is no monitor: compare the certificate's names with the name the client "
                    "uses; some clients reject a certificate only now."},
    {.cause = Cause::obsolete_health_check,
     .id = "obsolete-health-check",
     .fix_at = FixAt::client,
     .title = "a monitor that says hello in SSLv3",
     .meaning =
         "HAProxy's `option ssl-hello-chk` sends an SSLv3 hello without extensions; a modern "
         "server must refuse it.",
     .looks_like = "An SSLv3 ClientHello without extensions, repeated, answered by an alert.",
     .client_hint = "Replace the check by one that speaks TLS.",
     .client_settings = ssl_hello_chk_settings,
     .server_logs = probe_server_logs},
    {.cause = Cause::scanner_probe,
     .id = "scanner-probe",
     .fix_at = FixAt::client,
     .benign = true,
     .title = "a probe: somebody scans this service",
     .meaning =
         "A burst of connections with differing hellos, most cut short, is a security scan; so is "
         "a heartbeat request that announces more than it holds (Heartbleed).",
     .looks_like =
         "Ten or more connections within seconds from one address, with differing offers; or a "
         "malformed heartbeat.",
     .client_hint = "Nothing to mend; ask who scans."},
    {.cause = Cause::plain_http_to_tls,
     .id = "plain-http-to-tls",
     .fix_at = FixAt::client,
     .title = "the client speaks plain HTTP to a TLS port",
     .meaning = "The client's first bytes are an HTTP request, not a TLS record.",
     .looks_like = "GET, POST, HEAD, CONNECT, PRI ... as the first bytes of the client.",
     .client_hint = "Use https:// in the client's URL, or connect to the plain port; switch load "
                    "balancers' checks to HTTPS.",
     .server_hint = "Nothing is wrong with the server's TLS.",
     .client_settings = plain_http_client_settings,
     .client_logs = {},
     .server_logs = http_to_tls_server_logs},
    {.cause = Cause::plain_other_to_tls,
     .id = "plain-other-to-tls",
     .fix_at = FixAt::client,
     .title = "the client speaks something that is no TLS to a TLS port",
     .meaning = "The client's first bytes are neither TLS nor HTTP: a wrong port, or a client set "
                "to STARTTLS on a port of implicit TLS.",
     .looks_like = "SSH-, EHLO, binary or other bytes as the first bytes of the client.",
     .client_hint =
         "Check the port; for mail and LDAP choose implicit TLS instead of STARTTLS here.",
     .server_logs = no_tls_server_logs},
    {.cause = Cause::proxy_header_to_tls,
     .id = "proxy-header-to-tls",
     .fix_at = FixAt::client,
     .title =
         "a PROXY protocol header comes before the ClientHello, and the server does not expect "
         "it",
     .meaning = "A balancer in front announces the client's address by the PROXY protocol; this "
                "listener takes it for garbage.",
     .looks_like = "`PROXY TCP4 ...` or the version 2 signature, then a ClientHello.",
     .client_hint = "Switch the header off at the balancer.",
     .server_hint = "Or let the listener accept it.",
     .client_settings = proxy_header_client_settings,
     .server_settings = proxy_header_server_settings,
     .server_logs = no_tls_server_logs},
    {.cause = Cause::proxy_header_missing,
     .id = "proxy-header-missing",
     .fix_at = FixAt::proxy,
     .title = "the server may wait for a PROXY header, which nobody sent",
     .meaning = "A server that stands behind a load balancer may be set to read a PROXY header "
                "before anything else; one that gets none closes without a word. On the wire that "
                "is a hello that is dropped: only the server's log or settings, or a repetition "
                "with a header, can tell.",
     .looks_like = "A whole ClientHello, then FIN or RST at once and no byte, to whatever hello.",
     .client_hint = "Connect to the load balancer, and not to the server behind it.",
     .server_hint = "Accept connections without a PROXY header on this port, or name another one.",
     .proxy_hint = "Start it with --send-proxy-protocol.",
     .server_settings = proxy_header_server_settings,
     .server_logs = proxy_header_missing_logs},
    {.cause = Cause::tls_to_plain_http,
     .id = "tls-to-plain-http",
     .fix_at = FixAt::both,
     .title = "the client speaks TLS to a plain HTTP port",
     .meaning =
         "The server answered the ClientHello in plain HTTP: TLS is not enabled on this port.",
     .looks_like = "A ClientHello, then `HTTP/1.1 400` or an HTML page from the server.",
     .client_hint = "Use http://, or the server's TLS port.",
     .server_hint = "Enable TLS on this listener, or tell the partner the right port.",
     .server_settings = tls_listener_settings,
     .client_logs = no_tls_client_logs},
    {.cause = Cause::tls_to_starttls_service,
     .id = "tls-to-starttls-service",
     .fix_at = FixAt::client,
     .title = "the client speaks TLS at once to a service that begins in clear",
     .meaning = "The server sent the greeting of a mail, FTP, directory or database service: TLS "
                "begins there only after STARTTLS.",
     .looks_like = "`220 `, `* OK` or `+OK` from the server where a ServerHello should be.",
     .client_hint = "Use STARTTLS (openssl s_client -starttls smtp), or the port of implicit TLS "
                    "(465, 993, 995, 990, 636).",
     .client_logs = no_tls_client_logs},
    {.cause = Cause::tls_to_ssh,
     .id = "tls-to-ssh",
     .fix_at = FixAt::client,
     .title = "the client speaks TLS to an SSH server",
     .meaning = "The server's first bytes are an SSH banner: this is the wrong port.",
     .looks_like = "`SSH-2.0-` from the server.",
     .client_hint = "Correct the port.",
     .client_logs = no_tls_client_logs},
    {.cause = Cause::tls_to_other_plain,
     .id = "tls-to-other-plain",
     .fix_at = FixAt::client,
     .title = "the client speaks TLS to a service that does not",
     .meaning = "The server answered the ClientHello with bytes that are no TLS.",
     .looks_like = "Bytes from the server that are no TLS record.",
     .client_hint = "Check the port; the first bytes in the evidence show what answers there.",
     .server_hint = "Check that TLS is enabled on this port.",
     .client_logs = no_tls_client_logs},
    {.cause = Cause::starttls_not_offered,
     .id = "starttls-not-offered",
     .fix_at = FixAt::server,
     .title = "the service does not offer to begin TLS, and the client did not go on",
     .meaning =
         "The client asked what the service can do, found no STARTTLS (STLS, AUTH TLS) in "
         "the list, and left without anything done: it wants TLS, and does not go on without "
         "it. A device in front may take the word out of the list.",
     .looks_like = "EHLO, CAPABILITY, CAPA or FEAT, a list without STARTTLS, then QUIT or the end.",
     .client_hint = "Use the port of implicit TLS (465, 993, 995, 990, 636), if there is one.",
     .server_hint =
         "Enable TLS: give the service a certificate. If it is enabled, look for a device "
         "on the way that rewrites the list (Cisco's ESMTP inspection writes XXXX).",
     .server_settings = starttls_server_settings},
    {.cause = Cause::starttls_refused,
     .id = "starttls-refused",
     .fix_at = FixAt::server,
     .title = "the service refused to begin TLS, and the client did not go on",
     .meaning =
         "The client asked for TLS (STARTTLS, STLS, AUTH TLS, StartTLS, SSLRequest), and the "
         "service said no: TLS is not set up there or fails for a reason of its own (a key "
         "that cannot be read), or the client asked out of order.",
     .looks_like = "454 or 5xx, NO or BAD, -ERR, resultCode other than 0, <failure/>, or \"N\", "
                   "where the handshake would begin.",
     .client_hint = "Ask in the right order (EHLO comes before STARTTLS), and not twice.",
     .server_hint = "Its own log says why; check that certificate and key can be read.",
     .server_settings = starttls_server_settings,
     .client_logs = starttls_refused_logs},
    {.cause = Cause::tls_required,
     .id = "tls-required",
     .fix_at = FixAt::client,
     .title = "the service wants TLS first, and the client went on without it",
     .meaning =
         "The client gave a command in clear that the service takes inside TLS only. It has to "
         "begin TLS first (STARTTLS, STLS, AUTH TLS, StartTLS, SSLRequest), or to use the port of "
         "implicit TLS.",
     .looks_like = "530 Must issue a STARTTLS command first, NO [PRIVACYREQUIRED], resultCode 13 "
                   "(confidentialityRequired), <encryption-required/>, or words like these.",
     .client_hint = "Turn TLS on in the client: explicit TLS (STARTTLS) on this port, or implicit "
                    "TLS on its own (465, 993, 995, 990, 636).",
     .server_hint = "It does what it is told: this setting demands TLS of everybody.",
     .client_settings = tls_required_client_settings,
     .server_settings = tls_required_server_settings},
    {.cause = Cause::sslv2_format_hello,
     .id = "sslv2-format-hello",
     .fix_at = FixAt::client,
     .title = "the client says hello in the format of SSL 2.0",
     .meaning =
         "The ClientHello is framed as in SSL 2.0, which modern servers refuse; the client's "
         "stack is older than about 2010, or its SSLv2Hello is enabled.",
     .looks_like =
         "First byte 0x80 or above, third byte 1; answered by alert 40, 70 or 80, by FIN, "
         "by RST or by silence.",
     .client_hint = "Disable the SSLv2-compatible hello, or update the client's stack.",
     .client_settings = no_v2_hello_settings,
     .server_logs = no_tls_server_logs},
};

}  // namespace

std::span<const CauseInfo> connection_causes() { return causes; }

}  // namespace legible::proxy
