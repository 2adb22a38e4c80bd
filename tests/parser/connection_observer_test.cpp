#include "parser/connection_observer.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <initializer_list>
#include <string>
#include <vector>

#include "support/bytes.hpp"
#include "support/hello_builder.hpp"
#include "support/observation_recorder.hpp"

namespace legible::parser {
namespace {

using namespace test;
using Lines = std::vector<std::string>;

/// One side's bytes, sent when the other has sent all of its own before.
struct Turn {
  Side from;
  Bytes bytes;
};

Turn client(std::string_view characters) { return {Side::client, text(characters)}; }
Turn server(std::string_view characters) { return {Side::server, text(characters)}; }
Turn client(Bytes bytes) { return {Side::client, std::move(bytes)}; }
Turn server(Bytes bytes) { return {Side::server, std::move(bytes)}; }

const Bytes hello = handshake_record(0x0301, client_hello({.sni = "partner.example"}));
const Bytes answer = handshake_record(0x0303, server_hello());
const Bytes refusal = alert_record(0x0303, 2, 40);

/// What is reported of `turns`, each fed in pieces; then both sides end.
ObservationRecorder observe(const std::vector<Turn>& turns, std::size_t piece,
                            const Limits& limits = {}) {
  ObservationRecorder recorder;
  ConnectionObserver observer(recorder, limits);
  for (const Turn& turn : turns) {
    for (std::size_t at = 0; at < turn.bytes.size(); at += piece) {
      const std::size_t size = std::min(piece, turn.bytes.size() - at);
      observer.feed(turn.from, std::span(turn.bytes).subspan(at, size));
    }
  }
  observer.end(Side::client, StreamEnd::fin);
  observer.end(Side::server, StreamEnd::fin);
  return recorder;
}

/// A line that is longer than a line.
std::string joined(std::initializer_list<const char*> parts) {
  std::string all;
  for (const char* part : parts) all += part;
  return all;
}

constexpr std::size_t whole = std::size_t{1} << 30;

struct Case {
  std::string name;
  std::vector<Turn> turns;
  Lines expected;
};

const Lines hello_lines{"client: ClientHello 4 ciphers partner.example"};

const std::vector<Case>& mixed_cases() {
  static const std::vector<Case> all{
      {"TLS on both sides",
       {client(hello), server(concat({answer, refusal}))},
       {"client: FirstBytes tls", "client: ClientHello 4 ciphers partner.example",
        "server: FirstBytes tls", "server: ServerHello 49199", "server: Alert 2 40"}},
      {"TLS to plain HTTP",
       {client(hello), server("HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n<html>")},
       {"client: FirstBytes tls", "client: ClientHello 4 ciphers partner.example",
        "server: FirstBytes http", "server: PlainHttp 400 nginx"}},
      {"TLS to a page without a head",
       {client(hello), server("<html><head><title>400</title>")},
       {"client: FirstBytes tls", "client: ClientHello 4 ciphers partner.example",
        "server: FirstBytes http"}},
      {"TLS to SMTP",
       {client(hello), server("220 mail.example ESMTP\r\n")},
       {"client: FirstBytes tls", "client: ClientHello 4 ciphers partner.example",
        "server: FirstBytes smtp", "server: Dialogue smtp | S 220 mail.example ESMTP"}},
      {"TLS to SSH",
       {server("SSH-2.0-OpenSSH_9.2\r\n"), client(hello)},
       {"server: FirstBytes ssh", "client: FirstBytes tls",
        "client: ClientHello 4 ciphers partner.example"}},
      {"plain HTTP to TLS, answered by an alert",
       {client("GET /status HTTP/1.1\r\nHost: partner.example\r\n\r\n"), server(refusal)},
       {"client: FirstBytes http", "client: PlainHttp GET /status partner.example",
        "server: FirstBytes tls", "server: Alert 2 40"}},
      {"plain HTTP to TLS, answered by a page",
       {client("GET / HTTP/1.1\r\nHost: h\r\n\r\n"),
        server("HTTP/1.1 400 Bad Request\r\nServer: nginx/1.22.1\r\n\r\n")},
       {"client: FirstBytes http", "client: PlainHttp GET / h", "server: FirstBytes http",
        "server: PlainHttp 400 nginx/1.22.1"}},
      {"HTTP/2 in clear to TLS",
       {client("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), server(refusal)},
       {"client: FirstBytes http", "client: PlainHttp PRI * ", "server: FirstBytes tls",
        "server: Alert 2 40"}},
      {"a lone alert from the client",
       {client(refusal)},
       {"client: FirstBytes tls", "client: Alert 2 40"}},
      {"a hello with rubbish behind it in its record",
       {client(handshake_record(0x0301, concat({client_hello(), Bytes(40, 0x7a)}))),
        client(refusal)},
       {"client: FirstBytes tls", "client: ClientHello 4 ciphers ",
        "client: Malformed handshake message: msg_type at 58", "client: Alert 2 40"}},
      {"EHLO to TLS, answered by an alert",
       {client("EHLO me\r\n"), server(refusal)},
       {"client: FirstBytes smtp", "server: FirstBytes tls", "client: Dialogue smtp | C EHLO me",
        "server: Alert 2 40"}},
  };
  return all;
}

const std::vector<Case>& dialogue_cases() {
  static const std::vector<Case> all{
      {"CONNECT",
       {client("CONNECT partner.example:443 HTTP/1.1\r\nHost: partner.example:443\r\n"
               "Proxy-Authorization: Basic c2VjcmV0\r\n\r\n"),
        server("HTTP/1.1 200 Connection established\r\n\r\n"), client(hello), server(refusal)},
       {"client: FirstBytes http-connect", "server: FirstBytes http",
        joined({"client: Dialogue http-connect to partner.example:443",
                " | C CONNECT partner.example:443 HTTP/1.1 | C Host: partner.example:443",
                " | C Proxy-Authorization: *** | S HTTP/1.1 200 Connection established"}),
        "client: ClientHello 4 ciphers partner.example", "server: Alert 2 40"}},
      {"CONNECT, refused once, then granted",
       {client("CONNECT a:443 HTTP/1.1\r\n\r\n"),
        server("HTTP/1.1 407 Who?\r\nServer: squid\r\nContent-Length: 4\r\n\r\nWho?"),
        client("CONNECT a:443 HTTP/1.1\r\nProxy-Authorization: x\r\n\r\n"),
        server("HTTP/1.1 200 OK\r\n\r\n"), client(hello), server(answer)},
       {"client: FirstBytes http-connect", "server: FirstBytes http", "server: PlainHttp 407 squid",
        joined({"client: Dialogue http-connect to a:443 | C CONNECT a:443 HTTP/1.1",
                " | S HTTP/1.1 407 Who? | S Server: squid | S Content-Length: 4",
                " | C CONNECT a:443 HTTP/1.1 | C Proxy-Authorization: *** | S HTTP/1.1 200 OK"}),
        "client: ClientHello 4 ciphers partner.example", "server: ServerHello 49199"}},
      {"CONNECT, refused for good",
       {client("CONNECT a:443 HTTP/1.1\r\n\r\n"),
        server("HTTP/1.1 403 Forbidden\r\nServer: squid\r\n\r\n")},
       {"client: FirstBytes http-connect", "server: FirstBytes http", "server: PlainHttp 403 squid",
        joined({"client: Dialogue http-connect to a:443 | C CONNECT a:443 HTTP/1.1",
                " | S HTTP/1.1 403 Forbidden | S Server: squid"})}},
      {"CONNECT and the hello in one go",
       {client(concat({text("CONNECT a:443 HTTP/1.0\r\n\r\n"), hello})),
        server(concat({text("HTTP/1.0 200 OK\r\n\r\n"), answer}))},
       {"client: FirstBytes http-connect",
        "client: Dialogue http-connect to a:443 | C CONNECT a:443 HTTP/1.0",
        "client: ClientHello 4 ciphers partner.example", "server: FirstBytes http",
        "server: ServerHello 49199"}},
      {"CONNECT, and STARTTLS inside",
       {client("CONNECT mail:25 HTTP/1.1\r\n\r\n"),
        server("HTTP/1.1 200 OK\r\n\r\n220 mail ESMTP\r\n"), client("STARTTLS\r\n"),
        server("220 go\r\n"), client(hello), server(answer)},
       {"client: FirstBytes http-connect", "server: FirstBytes http",
        joined({"client: Dialogue http-connect to mail:25 | C CONNECT mail:25 HTTP/1.1",
                " | S HTTP/1.1 200 OK"}),
        "server: Dialogue smtp | S 220 mail ESMTP | C STARTTLS | S 220 go",
        "client: ClientHello 4 ciphers partner.example", "server: ServerHello 49199"}},
      {"SOCKS 4",
       {client(hex("04 01 01bb 5db8d877 00")), server(hex("005a 99b4 0ab49cf9")), client(hello),
        server(answer)},
       {"client: FirstBytes socks4", "server: FirstBytes socks4",
        joined({"client: Dialogue socks4 to 93.184.216.119:443 | C CONNECT 93.184.216.119:443",
                " | S reply 0x5a"}),
        "client: ClientHello 4 ciphers partner.example", "server: ServerHello 49199"}},
      {"SOCKS 4a",
       {client(concat({hex("04 01 01bb 00000001"), text(std::string("joe\0www.example\0", 16))})),
        server(hex("005a 0000 00000000")), client(hello)},
       {"client: FirstBytes socks4", "server: FirstBytes socks4",
        "client: Dialogue socks4 to www.example:443 | C CONNECT www.example:443 | S reply 0x5a",
        "client: ClientHello 4 ciphers partner.example"}},
      {"SOCKS 4, refused",
       {client(hex("04 01 01bb 5db8d877 00")), server(hex("005b 0000 00000000"))},
       {"client: FirstBytes socks4", "server: FirstBytes socks4",
        joined({"client: Dialogue socks4 to 93.184.216.119:443 | C CONNECT 93.184.216.119:443",
                " | S reply 0x5b"})}},
      {"SOCKS 5 with a password",
       {client(hex("05 02 00 02")), server(hex("05 02")),
        client(hex("01 03 6a6f65 06 736563726574")), server(hex("01 00")),
        client(concat({hex("05 01 00 03 0b"), text("www.example"), hex("01bb")})),
        server(hex("05 00 00 01 0a000001 1f90")), client(hello), server(answer)},
       {"client: FirstBytes socks5", "server: FirstBytes socks5",
        joined({"client: Dialogue socks5 to www.example:443 | C methods 0x00 0x02 | S method 0x02",
                " | C AUTH *** | S authentication status 0x00 | C CONNECT www.example:443",
                " | S reply 0x00"}),
        "client: ClientHello 4 ciphers partner.example", "server: ServerHello 49199"}},
      {"SOCKS 5 to an IPv6 address",
       {client(hex("05 01 00")), server(hex("05 00")),
        client(hex("05 01 00 04 20010db8000000000000000000000001 01bb")),
        server(hex("05 00 00 04 00000000000000000000000000000000 0000")), client(hello)},
       {"client: FirstBytes socks5", "server: FirstBytes socks5",
        joined({"client: Dialogue socks5 to [2001:db8::1]:443 | C methods 0x00 | S method 0x00",
                " | C CONNECT [2001:db8::1]:443 | S reply 0x00"}),
        "client: ClientHello 4 ciphers partner.example"}},
      {"SOCKS 5 without a method in common",
       {client(hex("05 01 00")), server(hex("05 ff"))},
       {"client: FirstBytes socks5", "server: FirstBytes socks5",
        "client: Dialogue socks5 | C methods 0x00 | S method 0xff"}},
      {"PROXY version 1",
       {client(concat({text("PROXY TCP4 1.1.1.1 2.2.2.2 48502 443\r\n"), hello})), server(refusal)},
       {"client: FirstBytes proxy-protocol",
        joined({"client: Dialogue proxy-protocol to 2.2.2.2:443",
                " | C PROXY TCP4 1.1.1.1 2.2.2.2 48502 443"}),
        "client: ClientHello 4 ciphers partner.example", "server: FirstBytes tls",
        "server: Alert 2 40"}},
      {"PROXY version 1, of a connection not known",
       {client(concat({text("PROXY UNKNOWN\r\n"), hello}))},
       {"client: FirstBytes proxy-protocol", "client: Dialogue proxy-protocol | C PROXY UNKNOWN",
        "client: ClientHello 4 ciphers partner.example"}},
      {"PROXY version 2, with an extension",
       {client(concat({hex("0d0a0d0a000d0a515549540a 21 11 0010 01010101 02020202 bd76 01bb"
                           "04000100"),
                       hello})),
        server(answer)},
       {"client: FirstBytes proxy-protocol",
        "client: Dialogue proxy-protocol to 2.2.2.2:443 | C PROXY v2 1.1.1.1:48502 2.2.2.2:443",
        "client: ClientHello 4 ciphers partner.example", "server: FirstBytes tls",
        "server: ServerHello 49199"}},
      {"PROXY version 2 of the proxy itself",
       {client(concat({hex("0d0a0d0a000d0a515549540a 20 00 0000"), hello}))},
       {"client: FirstBytes proxy-protocol", "client: Dialogue proxy-protocol | C PROXY v2 LOCAL",
        "client: ClientHello 4 ciphers partner.example"}},
      {"a PROXY header and plain HTTP",
       {client("PROXY TCP4 1.1.1.1 2.2.2.2 1 80\r\nGET / HTTP/1.0\r\n\r\n")},
       {"client: FirstBytes proxy-protocol", "client: PlainHttp GET / ",
        "client: Dialogue proxy-protocol to 2.2.2.2:80 | C PROXY TCP4 1.1.1.1 2.2.2.2 1 80"}},
      {"SMTP STARTTLS",
       {server("220 mail ESMTP\r\n"), client("EHLO me\r\n"), server("250-mail\r\n250 STARTTLS\r\n"),
        client("STARTTLS\r\n"), server("220 go\r\n"), client(hello), server(answer)},
       {"server: FirstBytes smtp", "client: FirstBytes smtp",
        joined(
            {"server: Dialogue smtp | S 220 mail ESMTP | C EHLO me | S 250-mail | S 250 STARTTLS",
             " | C STARTTLS | S 220 go"}),
        "client: ClientHello 4 ciphers partner.example", "server: ServerHello 49199"}},
      {"SMTP STARTTLS, refused",
       {server("220 mail ESMTP\r\n"), client("STARTTLS\r\n"), server("454 not now\r\n"),
        client("QUIT\r\n"), server("221 bye\r\n")},
       {"server: FirstBytes smtp", "client: FirstBytes smtp",
        joined({"server: Dialogue smtp | S 220 mail ESMTP | C STARTTLS | S 454 not now | C QUIT",
                " | S 221 bye"})}},
      {"SMTP with a password in the clear",
       {server("220 mail ESMTP\r\n"), client("EHLO me\r\n"), server("250 AUTH LOGIN PLAIN\r\n"),
        client("AUTH LOGIN\r\n"), server("334 VXNlcm5hbWU6\r\n"), client("am9l\r\n"),
        server("334 UGFzc3dvcmQ6\r\n"), client("c2VjcmV0\r\n"), server("235 ok\r\n"),
        client("auth plain AGpvZQBzZWNyZXQ=\r\n"), server("503 again?\r\n"),
        client("MAIL FROM:<me@example>\r\n"), server("250 ok\r\n"),
        client("DATA\r\nwhat is written is nobody's business\r\n")},
       {"server: FirstBytes smtp", "client: FirstBytes smtp",
        joined(
            {"server: Dialogue smtp | S 220 mail ESMTP | C EHLO me | S 250 AUTH LOGIN PLAIN",
             " | C AUTH *** | S 334 VXNlcm5hbWU6 | C *** | S 334 UGFzc3dvcmQ6 | C *** | S 235 ok",
             " | C auth *** | S 503 again? | C MAIL"})}},
      {"SMTP that takes no mail in clear, and then STARTTLS",
       {server("220 mail ESMTP\r\n"), client("EHLO me\r\n"), server("250 STARTTLS\r\n"),
        client("MAIL FROM:<me@example>\r\n"), server("530 5.7.0 Must issue a STARTTLS command\r\n"),
        client("STARTTLS\r\n"), server("220 go\r\n"), client(hello), server(answer)},
       {"server: FirstBytes smtp", "client: FirstBytes smtp",
        joined({"server: Dialogue smtp | S 220 mail ESMTP | C EHLO me | S 250 STARTTLS | C MAIL",
                " | S 530 5.7.0 Must issue a STARTTLS command | C STARTTLS | S 220 go"}),
        "client: ClientHello 4 ciphers partner.example", "server: ServerHello 49199"}},
      {"SMTP that takes no mail in clear, from a client that does not wait",
       {server("220 mail ESMTP\r\n"),
        client("MAIL FROM:<me@example>\r\nRCPT TO:<you@example>\r\nDATA\r\nmy secret\r\n"),
        server("530-Must issue\r\n530 a STARTTLS command\r\n530 no\r\n530 no\r\n"),
        client("another secret\r\n")},
       {"server: FirstBytes smtp", "client: FirstBytes smtp",
        joined({"server: Dialogue smtp | S 220 mail ESMTP | C MAIL | S 530-Must issue",
                " | S 530 a STARTTLS command"})}},
      {"SMTP where greeting and mail come at once",
       {server("220 mail ESMTP\r\n"), client("EHLO me\r\nMAIL FROM:<me@example>\r\n"),
        server("250-mail\r\n250 STARTTLS\r\n530 5.7.0 Must issue a STARTTLS command\r\n"),
        client("STARTTLS\r\n"), server("220 go\r\n"), client(hello)},
       {"server: FirstBytes smtp", "client: FirstBytes smtp",
        joined({"server: Dialogue smtp | S 220 mail ESMTP | C EHLO me | C MAIL | S 250-mail",
                " | S 250 STARTTLS | S 530 5.7.0 Must issue a STARTTLS command | C STARTTLS",
                " | S 220 go"}),
        "client: ClientHello 4 ciphers partner.example"}},
      {"SMTP from a client that goes on with its password when that is refused",
       {server("220 mail ESMTP\r\n"), client("AUTH LOGIN\r\n"),
        server("530 Must issue STARTTLS\r\n"), client("am9l\r\n"), server("500 am9l?\r\n"),
        client("c2VjcmV0\r\n"), server("500 c2VjcmV0?\r\n")},
       {"server: FirstBytes smtp", "client: FirstBytes smtp",
        joined({"server: Dialogue smtp | S 220 mail ESMTP | C AUTH *** | S 530 Must issue STARTTLS",
                " | C ***"})}},
      {"SMTP from a client that goes on with its mail when that is refused",
       {server("220 mail ESMTP\r\n"), client("DATA\r\n"), server("503 no\r\n"),
        client("Top secret\r\n"), server("500 Top secret?\r\n")},
       {"server: FirstBytes smtp", "client: FirstBytes smtp",
        "server: Dialogue smtp | S 220 mail ESMTP | C DATA | S 503 no"}},
      {"IMAP that does nothing in clear",
       {server("* OK hello\r\n"), client("a SELECT INBOX\r\n"),
        server("* OK so far\r\n* BYE no\r\na BAD TLS first\r\n"), client("b LOGOUT\r\n")},
       {"server: FirstBytes imap", "client: FirstBytes imap",
        joined({"server: Dialogue imap | S * OK hello | C a SELECT | S * BYE no",
                " | S a BAD TLS first | C b LOGOUT"})}},
      {"IMAP STARTTLS",
       {server("* OK [CAPABILITY IMAP4rev1 STARTTLS] hello\r\n"), client(". CAPABILITY\r\n"),
        server("* CAPABILITY STARTTLS\r\n. OK done\r\n"), client(". STARTTLS\r\n"),
        server(". OK begin\r\n"), client(hello), server(answer)},
       {"server: FirstBytes imap", "client: FirstBytes imap",
        joined({"server: Dialogue imap | S * OK [CAPABILITY IMAP4rev1 STARTTLS] hello | C . "
                "CAPABILITY",
                " | S * CAPABILITY STARTTLS | S . OK done | C . STARTTLS | S . OK begin"}),
        "client: ClientHello 4 ciphers partner.example", "server: ServerHello 49199"}},
      {"IMAP with a password, in the line and as a literal",
       {server("* OK hello\r\n"), client("a LOGIN joe secret\r\n"), server("a NO\r\n"),
        client("b LOGIN {3}\r\n"), server("+ go on\r\n"), client("joe secret\r\n"),
        server("b OK\r\n"), client("c SELECT INBOX\r\n")},
       {"server: FirstBytes imap", "client: FirstBytes imap",
        joined({"server: Dialogue imap | S * OK hello | C a LOGIN *** | S a NO | C b LOGIN ***",
                " | S + go on | C *** | S b OK | C c SELECT"})}},
      {"POP3 STLS",
       {server("+OK ready\r\n"), client("STLS\r\n"), server("+OK begin\r\n"), client(hello),
        server(answer)},
       {"server: FirstBytes pop3", "client: FirstBytes pop3",
        "server: Dialogue pop3 | S +OK ready | C STLS | S +OK begin",
        "client: ClientHello 4 ciphers partner.example", "server: ServerHello 49199"}},
      {"POP3 with a password in the clear",
       {server("+OK ready\r\n"), client("USER joe\r\n"), server("+OK\r\n"),
        client("PASS secret\r\n"), server("+OK\r\n"), client("RETR 1\r\n"),
        server("+OK\r\nDear\r\n")},
       {"server: FirstBytes pop3", "client: FirstBytes pop3",
        "server: Dialogue pop3 | S +OK ready | C USER *** | S +OK | C PASS *** | S +OK | C RETR"}},
      {"FTP AUTH TLS",
       {server("220 (vsFTPd 3.0.3)\r\n"), client("AUTH TLS\r\n"), server("234 go\r\n"),
        client(hello), server(answer)},
       {"server: FirstBytes ftp", "client: FirstBytes ftp",
        "server: Dialogue ftp | S 220 (vsFTPd 3.0.3) | C AUTH TLS | S 234 go",
        "client: ClientHello 4 ciphers partner.example", "server: ServerHello 49199"}},
      {"FTP behind a banner that does not say so",
       {server("220 ready\r\n"), client("AUTH TLS\r\n"), server("234 go\r\n"), client(hello)},
       {"server: FirstBytes smtp", "client: FirstBytes ftp",
        "server: Dialogue ftp | S 220 ready | C AUTH TLS | S 234 go",
        "client: ClientHello 4 ciphers partner.example"}},
      {"LDAP StartTLS",
       {client(concat({hex("30 1d 02 01 01 77 18 80 16"), text("1.3.6.1.4.1.1466.20037")})),
        server(hex("30 0c 02 01 01 78 07 0a 01 00 04 00 04 00")), client(hello), server(answer)},
       {"client: FirstBytes ldap", "server: FirstBytes ldap",
        joined({"client: Dialogue ldap | C extendedRequest 1.3.6.1.4.1.1466.20037 (StartTLS)",
                " | S extendedResponse resultCode 0"}),
        "client: ClientHello 4 ciphers partner.example", "server: ServerHello 49199"}},
      {"LDAP, bound in the clear",
       {client(hex("30 14 02 01 01 60 0f 02 01 03 04 02 6f75 80 06 736563726574")),
        server(hex("30 0c 02 01 01 61 07 0a 01 31 04 00 04 00"))},
       {"client: FirstBytes ldap", "server: FirstBytes ldap",
        "client: Dialogue ldap | C bindRequest *** | S bindResponse resultCode 49"}},
      {"PostgreSQL SSLRequest",
       {client(hex("00000008 04d2162f")), server("S"), client(hello), server(answer)},
       {"client: FirstBytes postgresql", "server: FirstBytes postgresql",
        "client: Dialogue postgresql | C SSLRequest | S S",
        "client: ClientHello 4 ciphers partner.example", "server: ServerHello 49199"}},
      {"PostgreSQL, first asked for GSSAPI",
       {client(hex("00000008 04d21630")), server("N"), client(hex("00000008 04d2162f")),
        server("S"), client(hello)},
       {"client: FirstBytes postgresql", "server: FirstBytes postgresql",
        "client: Dialogue postgresql | C GSSENCRequest | S N | C SSLRequest | S S",
        "client: ClientHello 4 ciphers partner.example"}},
      {"MySQL SSLRequest",
       {server(
            concat({hex("15 000000 0a"), text("8.0.36"), hex("00 01000000 6162636465666768 00")})),
        client(concat({hex("20 000001 05aa7e00 00000001 2d"), Bytes(23, 0)})), client(hello),
        server(answer)},
       {"server: FirstBytes mysql", "client: FirstBytes mysql",
        "server: Dialogue mysql | S greeting 8.0.36 | C SSLRequest",
        "client: ClientHello 4 ciphers partner.example", "server: ServerHello 49199"}},
      {"MySQL without TLS",
       {server(
            concat({hex("15 000000 0a"), text("8.0.36"), hex("00 01000000 6162636465666768 00")})),
        client(concat({hex("22 000001 05a67e00 00000001 2d"), Bytes(23, 0), text("a"), hex("00")})),
        server(hex("07 000002 00 00 00 0200 0000"))},
       {"server: FirstBytes mysql", "client: FirstBytes mysql",
        "server: Dialogue mysql | S greeting 8.0.36 | C HandshakeResponse"}},
      {"MySQL that takes no log-in in clear",
       {server(
            concat({hex("15 000000 0a"), text("8.0.36"), hex("00 01000000 6162636465666768 00")})),
        client(concat({hex("22 000001 05a67e00 00000001 2d"), Bytes(23, 0), text("a"), hex("00")})),
        server(concat({hex("16 000002 ff 570c"), text("#HY000TLS is wanted")}))},
       {"server: FirstBytes mysql", "client: FirstBytes mysql",
        joined({"server: Dialogue mysql | S greeting 8.0.36 | C HandshakeResponse",
                " | S error 3159 TLS is wanted"})}},
      {"MySQL, no room for another client",
       {server(concat({hex("17 000000 ff 1004"), text("Too many connections")}))},
       {"server: FirstBytes mysql", "server: Dialogue mysql | S error 1040 Too many connections"}},
      {"NATS",
       {server("INFO {\"server_id\":\"N\"}\r\n"), client(hello), server(answer)},
       {"server: FirstBytes nats", "client: FirstBytes tls",
        "server: Dialogue nats | S INFO {\"server_id\":\"N\"}",
        "client: ClientHello 4 ciphers partner.example", "server: ServerHello 49199"}},
      {"NATS without TLS",
       {server("INFO {\"server_id\":\"N\"}\r\n"),
        client("CONNECT {\"user\":\"joe\",\"pass\":\"s3cret\"}\r\nPING\r\n")},
       {"server: FirstBytes nats", "client: FirstBytes nats",
        "server: Dialogue nats | S INFO {\"server_id\":\"N\"} | C CONNECT"}},
      {"XMPP STARTTLS",
       {client("<?xml version='1.0'?><stream:stream to='a.example'>"),
        server("<?xml version='1.0'?><stream:stream id='1'><stream:features>\n<starttls/>"),
        server("</stream:features>"), client("<starttls/>"), server("<proceed/>\n"), client(hello),
        server(answer)},
       {"client: FirstBytes xmpp", "server: FirstBytes xmpp",
        joined(
            {"client: Dialogue xmpp | C <?xml version='1.0'?> | C <stream:stream to='a.example'>",
             " | S <?xml version='1.0'?> | S <stream:stream id='1'> | S <stream:features>",
             " | S <starttls/> | S </stream:features> | C <starttls/> | S <proceed/>"}),
        "client: ClientHello 4 ciphers partner.example", "server: ServerHello 49199"}},
      {"XMPP without TLS",
       {client("<stream:stream to='a.example' version='1.0'>"), server("<stream:stream id='1'>"),
        client("<auth mechanism='PLAIN'>AGpvZQBzZWNyZXQ=</auth>")},
       {"client: FirstBytes xmpp", "server: FirstBytes xmpp",
        joined({"client: Dialogue xmpp | C <stream:stream to='a.example' version='1.0'>",
                " | S <stream:stream id='1'> | C <auth"})}},
      {"XMPP that takes no log-in in clear, and then STARTTLS",
       {client("<stream:stream to='a.example' version='1.0'>"), server("<stream:stream id='1'>"),
        client("<auth mechanism='PLAIN'>AGpvZQBzZWNyZXQ=</auth>"),
        server("<failure><encryption-required/><text>TLS first</text></failure>"),
        client("<starttls/>"), server("<proceed/>"), client(hello)},
       {"client: FirstBytes xmpp", "server: FirstBytes xmpp",
        joined({"client: Dialogue xmpp | C <stream:stream to='a.example' version='1.0'>",
                " | S <stream:stream id='1'> | C <auth | S <failure> | S <encryption-required/>",
                " | S <text> | S TLS first</text> | S </failure> | C <starttls/> | S <proceed/>"}),
        "client: ClientHello 4 ciphers partner.example"}},
      {"XMPP from a client that sends secrets behind a refusal",
       {client("<stream:stream to='a.example' version='1.0'>"), server("<stream:stream id='1'>"),
        client("<auth mechanism='PLAIN'>"), server("<failure/>"),
        client("AGpvZQBzZWNyZXQ=</auth>")},
       {"client: FirstBytes xmpp", "server: FirstBytes xmpp",
        joined({"client: Dialogue xmpp | C <stream:stream to='a.example' version='1.0'>",
                " | S <stream:stream id='1'> | C <auth | S <failure/>"})}},
      {"XMPP that takes a log-in in clear",
       {client("<stream:stream to='a.example' version='1.0'>"), server("<stream:stream id='1'>"),
        client("<auth mechanism='PLAIN'>AGpvZQBzZWNyZXQ=</auth>"), server("<success/>"),
        client("<message/>")},
       {"client: FirstBytes xmpp", "server: FirstBytes xmpp",
        joined({"client: Dialogue xmpp | C <stream:stream to='a.example' version='1.0'>",
                " | S <stream:stream id='1'> | C <auth"})}},
      {"PostgreSQL without TLS",
       {client(hex("00000008 04d2162f")), server("N"),
        client(hex("00000012 00030000 75736572 00 6a6f65 00 00"))},
       {"client: FirstBytes postgresql", "server: FirstBytes postgresql",
        "client: Dialogue postgresql | C SSLRequest | S N | C StartupMessage"}},
      {"PostgreSQL that takes no session in clear",
       {client(hex("00000012 00030000 75736572 00 6a6f65 00 00")),
        server(concat({hex("45 0000001d"), text("SFATAL"), hex("00"), text("C28000"), hex("00"),
                       text("Mno entry"), hex("00 00")}))},
       {"client: FirstBytes postgresql", "server: FirstBytes postgresql",
        joined({"client: Dialogue postgresql | C StartupMessage",
                " | S ErrorResponse 28000 no entry"})}},
      {"PostgreSQL that has a notice for a session in clear",
       {client(hex("00000012 00030000 75736572 00 6a6f65 00 00")), server(hex("4e 00000005 00"))},
       {"client: FirstBytes postgresql", "server: FirstBytes postgresql",
        "client: Dialogue postgresql | C StartupMessage"}},
      {"PostgreSQL that takes a session in clear",
       {client(hex("00000012 00030000 75736572 00 6a6f65 00 00")),
        server(hex("52 00000008 00000000")), client(hex("51 00000006 3b 00"))},
       {"client: FirstBytes postgresql", "server: FirstBytes postgresql",
        "client: Dialogue postgresql | C StartupMessage"}},
  };
  return all;
}

TEST_CASE("each side is named by what it sends first, and what can be read is read") {
  for (const Case& c : mixed_cases()) {
    INFO(c.name);
    CHECK(observe(c.turns, whole).lines() == c.expected);
  }
}

TEST_CASE("TLS is found behind a dialogue, and the dialogue is told") {
  for (const Case& c : dialogue_cases()) {
    INFO(c.name);
    CHECK(observe(c.turns, whole).lines() == c.expected);
  }
}

TEST_CASE("the same is observed however the bytes are cut") {
  for (const auto& cases : {mixed_cases(), dialogue_cases()}) {
    for (const Case& c : cases) {
      for (std::size_t piece = 1; piece <= 64; ++piece) {
        INFO(c.name << ", in pieces of " << piece);
        CHECK(observe(c.turns, piece).lines() == c.expected);
      }
    }
  }
}

TEST_CASE("one direction alone is read as far as it tells") {
  for (const Case& c : dialogue_cases()) {
    INFO(c.name);
    std::vector<Turn> turns = c.turns;
    std::erase_if(turns, [](const Turn& turn) { return turn.from == Side::server; });
    const bool has_hello = std::ranges::count(c.expected, hello_lines.front()) != 0;
    const bool needs_banner = c.name == "CONNECT, and STARTTLS inside";
    if (!has_hello || needs_banner) continue;
    CHECK(std::ranges::count(observe(turns, whole).lines(), hello_lines.front()) == 1);
  }
}

TEST_CASE("first bytes are the stream's, at most 32 of them") {
  ObservationRecorder recorder = observe({client(hello)}, whole);
  const std::vector<FirstBytes> first = recorder.all<FirstBytes>();
  REQUIRE(first.size() == 1);
  CHECK(first[0].count == 32);
  CHECK(std::ranges::equal(first[0].bytes, std::span(hello).first(32)));

  recorder = observe({client(text("QUIT\r\n"))}, whole);
  REQUIRE(recorder.all<FirstBytes>().size() == 1);
  CHECK(recorder.all<FirstBytes>()[0].count == 6);
}

TEST_CASE("offsets are those of the whole stream") {
  const std::string header = "PROXY TCP4 1.1.1.1 2.2.2.2 48502 443\r\n";
  Bytes cut = concat({text(header), hello});
  cut.erase(cut.end() - 7, cut.end());
  const auto incomplete = observe({client(cut)}, whole).all<Incomplete>();
  REQUIRE(incomplete.size() == 1);
  CHECK(incomplete[0].offset == cut.size());
}

TEST_CASE("an unfinished beginning is said to be incomplete") {
  const std::vector<Case> cases{
      {"no line end",
       {client("hello")},
       {"client: FirstBytes unknown", "client: Incomplete first bytes at 5 missing 0"}},
      {"half a banner",
       {server("220 mail")},
       {"server: FirstBytes smtp", "server: Incomplete first bytes at 8 missing 0"}},
      {"half a head",
       {client("GET / HTTP/1.1\r\nHos")},
       {"client: FirstBytes http", "client: Incomplete head of an HTTP message at 19 missing 0"}},
      {"half a CONNECT",
       {client("CONNECT a:1 HTTP/1.1\r\n")},
       {"client: FirstBytes http-connect",
        "client: Incomplete head of an HTTP message at 22 missing 0"}},
      {"half a line",
       {server("+OK\r\n+O")},
       {"server: FirstBytes pop3", "server: Incomplete line of a cleartext dialogue at 7 missing 0",
        "server: Dialogue pop3 | S +OK"}},
      {"half a PROXY header",
       {client("PROXY TCP4 1.1")},
       {"client: FirstBytes proxy-protocol", "client: Incomplete PROXY header at 14 missing 0"}},
      {"an LDAP message that was announced",
       {client(hex("30 70 02 01 01 63 6b"))},
       {"client: FirstBytes ldap", "client: Incomplete LDAP message at 7 missing 0"}},
  };
  for (const Case& c : cases) {
    INFO(c.name);
    CHECK(observe(c.turns, whole).lines() == c.expected);
    CHECK(observe(c.turns, 1).lines() == c.expected);
  }
}

TEST_CASE("much plain text is no long hello") {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}, whole}) {
    CHECK(observe({client(Bytes(100000, 'A'))}, piece).lines() ==
          Lines{"client: FirstBytes unknown"});
  }
}

TEST_CASE("a dialogue that goes on too long is cut short") {
  Limits limits;
  limits.dialogue_bytes = 100;
  std::string many;
  for (int i = 0; i < 1000; ++i) many += "250 hello\r\n";
  const Lines lines = observe({server("220 ready\r\n"), server(many)}, whole, limits).lines();
  REQUIRE(lines.size() == 3);
  CHECK(lines[1] == "server: LimitReached cleartext dialogue 100");
  CHECK(lines[2].size() < 200);
}

TEST_CASE("TLS is found behind a CONNECT with more fields than are told") {
  Limits limits;
  limits.dialogue_bytes = 100;
  const std::string request =
      "CONNECT a:443 HTTP/1.1\r\nX: " + std::string(200, 'x') + "\r\nY: y\r\n\r\n";
  CHECK(observe({client(request), client(hello)}, 1, limits).lines() ==
        Lines{"client: FirstBytes http-connect", "client: LimitReached cleartext dialogue 100",
              "client: Dialogue http-connect to a:443 | C CONNECT a:443 HTTP/1.1",
              "client: ClientHello 4 ciphers partner.example"});
}

TEST_CASE("endless refusals are told a few times") {
  std::string refusals;
  for (int i = 0; i < 5000; ++i) refusals += "HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n";
  const ObservationRecorder recorder =
      observe({client("CONNECT a:443 HTTP/1.1\r\n\r\n"), server(refusals)}, whole);
  CHECK(recorder.entries.size() < 16);
}

TEST_CASE("a head that goes on too long is not awaited") {
  Limits limits;
  limits.http_head_bytes = 100;
  const std::string head = "GET / HTTP/1.1\r\nX: " + std::string(200, 'x');
  CHECK(observe({client(head)}, 1, limits).lines() ==
        Lines{"client: FirstBytes http", "client: LimitReached head of an HTTP message 100"});
}

TEST_CASE("HTTP that breaks the grammar is said to be malformed") {
  CHECK(observe({client(hello), server("HTTP/1.1 what?\r\n\r\n")}, whole).lines().back() ==
        "server: Malformed head of an HTTP message: syntax at 0");
}

TEST_CASE("a gap is told, and what follows is read where it can be") {
  ObservationRecorder recorder;
  ConnectionObserver observer(recorder, {});
  observer.feed(Side::server, text("220 mail ESMTP\r\n250-ma"));
  observer.gap(Side::server, 1000);
  observer.feed(Side::server, text("220 go\r\n"));
  observer.feed(Side::server, answer);
  CHECK(recorder.lines() ==
        Lines{"server: FirstBytes smtp",
              "server: Incomplete line of a cleartext dialogue at 22 missing 1000",
              "server: Dialogue smtp | S 220 mail ESMTP | S 220 go", "server: ServerHello 49199"});
}

TEST_CASE("nothing is said of first bytes that were lost") {
  ObservationRecorder recorder;
  ConnectionObserver observer(recorder, {});
  observer.gap(Side::client, 10);
  observer.feed(Side::client, text("GET / HTTP/1.1\r\n\r\n"));
  CHECK(recorder.all<FirstBytes>().empty());
  CHECK(recorder.all<Incomplete>().size() == 1);
}

TEST_CASE("a direction that is no TLS has no records") {
  ObservationRecorder recorder;
  ConnectionObserver observer(recorder, {});
  observer.feed(Side::client, text("GET / HTTP/1.1\r\n\r\n"));
  observer.end(Side::client, StreamEnd::fin);
  CHECK(observer.tail(Side::client).records == 0);
  CHECK_FALSE(observer.tail(Side::client).inside_record);
}

TEST_CASE("a side that ends twice is told of once") {
  ObservationRecorder recorder;
  ConnectionObserver observer(recorder, {});
  observer.feed(Side::client, text("hello"));
  observer.end(Side::client, StreamEnd::rst);
  const std::size_t told = recorder.entries.size();
  observer.end(Side::client, StreamEnd::fin);
  CHECK(recorder.entries.size() == told);
}

}  // namespace
}  // namespace legible::parser
