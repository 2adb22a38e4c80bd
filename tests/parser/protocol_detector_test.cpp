#include "parser/protocol_detector.hpp"

#include <catch2/catch_test_macros.hpp>
#include <optional>
#include <string>
#include <vector>

#include "support/bytes.hpp"

namespace legible::parser {
namespace {

using test::Bytes;
using test::hex;
using test::text;

struct Case {
  std::string name;
  Side from;
  Bytes bytes;
  Protocol expected;
  Protocol peer = Protocol::unknown;
};

const std::vector<Case>& cases() {
  using enum Protocol;
  constexpr Side client = Side::client;
  constexpr Side server = Side::server;
  static const std::vector<Case> all{
      {"a ClientHello", client, hex("16 0301 00c8 01 0000c4 0303"), tls},
      {"a record of an impossible length", client, hex("16 0301 ffff 01"), tls},
      {"a lone alert", client, hex("15 0301 0002 0228"), tls},
      {"data before any hello", client, hex("17 0303 0010 00"), tls},
      {"a ChangeCipherSpec first", client, hex("14 0303 0001 01"), tls},
      {"a heartbeat first", client, hex("18 0302 0003 014000"), tls},
      {"BearSSL's alert of version 0", server, hex("15 0000 0002 0246"), tls},
      {"mbedTLS's alert of the version that the client asked for", server, hex("15 0400 0002 0246"),
       tls},
      {"the look of an alert, of no level", server, hex("15 0400 0002 0546"), unknown},
      {"a future minor version", client, hex("16 037f 0100"), tls},
      {"an SSLv2 hello that offers TLS 1.0", client, hex("80 4c 01 0301 0033 0000 0010"),
       sslv2_hello},
      {"an SSLv2 hello that offers SSL 2.0", client, hex("80 2e 01 0002 0015 0000 0010"),
       sslv2_hello},
      {"the look of an SSLv2 hello, of no version", client, hex("80 2e 01 0004 0015"), unknown},
      {"GET", client, text("GET / HTTP/1.1\r\n"), http},
      {"POST", client, text("POST /a HTTP/1.1\r\n"), http},
      {"OPTIONS of a health check", client, text("OPTIONS / HTTP/1.0\r\n\r\n"), http},
      {"OPTIONS of all", client, text("OPTIONS * HTTP/1.1\r\n\r\n"), http},
      {"OPTIONS of SIP", client, text("OPTIONS sip:a.test SIP/2.0\r\n"), Protocol::unknown},
      {"OPTIONS of RTSP", client, text("OPTIONS rtsp://a.test/ RTSP/1.0\r\n"), Protocol::unknown},
      {"XML that opens no stream", client, text("<?xml version=\"1.0\"?><a/>"), Protocol::unknown},
      {"HTTP/2's preface", client, text("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), http},
      {"WebDAV", client, text("PROPFIND /dav HTTP/1.1\r\n"), http},
      {"a method in lower case", client, text("get / HTTP/1.1\r\n"), unknown},
      {"CONNECT", client, text("CONNECT a.example:443 HTTP/1.1\r\n"), http_connect},
      {"SOCKS 4", client, hex("04 01 01bb 5db8d877 00"), socks4},
      {"SOCKS 5, two methods", client, hex("05 02 00 01"), socks5},
      {"SOCKS 5 without a method", client, hex("05 00 00 01"), unknown},
      {"SSH from a client", client, text("SSH-2.0-OpenSSH_9.2\r\n"), ssh},
      {"EHLO", client, text("EHLO partner.example\r\n"), smtp},
      {"helo in lower case", client, text("helo partner.example\r\n"), smtp},
      {"IMAP with a tag of letters", client, text("a001 CAPABILITY\r\n"), imap},
      {"IMAP with a dot as its tag", client, text(". CAPABILITY\r\n"), imap},
      {"IMAP STARTTLS", client, text("tag7 starttls\r\n"), imap},
      {"FTP AUTH TLS", client, text("AUTH TLS\r\n"), ftp},
      {"USER alone", client, text("USER joe\r\n"), ftp},
      {"USER after a POP3 banner", client, text("USER joe\r\n"), pop3, pop3},
      {"POP3 CAPA", client, text("CAPA\r\n"), pop3},
      {"AUTH TLS after a banner that could be SMTP", client, text("AUTH TLS\r\n"), ftp, smtp},
      {"a command unknown here, after a banner", client, text("XCLIENT NAME=a\r\n"), smtp, smtp},
      {"a ClientHello after a banner", client, hex("16 0301 00c8"), tls, smtp},
      {"an LDAP bind", client, hex("30 0c 02 01 01 60 07 02 01 03 04 00 80 00"), ldap},
      {"LDAP with Microsoft's long lengths", client,
       hex("30 84 00000010 02 01 01 77 84 00000007 80"), ldap},
      {"BER that is no LDAP", client, hex("30 0c 02 01 01 30 07"), unknown},
      {"PostgreSQL SSLRequest", client, hex("00000008 04d2162f"), postgresql},
      {"PostgreSQL GSSENCRequest", client, hex("00000008 04d21630"), postgresql},
      {"PostgreSQL StartupMessage", client, hex("00000055 00030000 75736572"), postgresql},
      {"MySQL SSLRequest", client, hex("20000001 05aa7e00 00000001 2d"), mysql},
      {"MySQL HandshakeResponse, to its server", client, hex("b2000001 05a67e00"), mysql, mysql},
      {"MySQL HandshakeResponse to anybody else", client, hex("b2000001 05a67e00"), unknown},
      {"a ClientHello after MySQL's greeting", client, hex("16 0301 00c8"), tls, mysql},
      {"XMPP", client, text("<stream:stream xmlns='jabber:client'"), xmpp},
      {"XMPP with a declaration", client, text("<?xml version='1.0'?><stream:stream to='a'>"),
       xmpp},
      {"other XML", client, text("<?xml version='1.0'?><request id='17'/>"), unknown},
      {"PROXY version 1", client, text("PROXY TCP4 1.1.1.1 2.2.2.2 48502 443\r\n"), proxy_protocol},
      {"PROXY version 2", client, hex("0d0a0d0a000d0a515549540a 21 11 000c"), proxy_protocol},
      {"zeros", client, Bytes(16, 0), unknown},
      {"four line ends", client, text("\r\n\r\n\r\n\r\n"), unknown},
      {"text of no protocol", client, text("hello, is anybody there?\r\n"), unknown},
      {"much text without a line end", client, Bytes(20000, 'A'), unknown},
      {"RDP", client, hex("03 00 00 13 0e e0"), unknown},

      {"a ServerHello", server, hex("16 0303 007a 02"), tls},
      {"an alert in answer", server, hex("15 0301 0002 020a"), tls},
      {"an SSL 2.0 SERVER-HELLO", server, hex("83b4 04 00 01 0002 0387"), sslv2_hello},
      {"an SSL 2.0 ERROR", server, hex("8003 00 0001"), sslv2_hello},
      {"an HTTP answer", server, text("HTTP/1.1 400 Bad Request\r\n"), http},
      {"a page without a head", server, text("<html><head>"), http},
      {"a page with a type", server, text("<!doctype html>"), http},
      {"HTTP/2 SETTINGS", server, hex("000012 04 00 00000000 0003"), http},
      {"SSH from a server", server, text("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"), ssh},
      {"an SMTP banner", server, text("220 mail.example ESMTP Postfix\r\n"), smtp},
      {"a banner of a long name", server,
       text("220 a-host-with-a-very-long-name.mail.example ESMTP\r\n"), smtp},
      {"a refusal to serve", server, text("554 No SMTP service here\r\n"), smtp},
      {"an FTP banner", server, text("220 (vsFTPd 3.0.3)\r\n"), ftp},
      {"an FTP banner of several lines", server, text("220-FileZilla Server 1.7\r\n"), ftp},
      {"an SMTP server called ftp", server, text("220 ftp.example ESMTP\r\n"), smtp},
      {"a banner that does not say, to a client of FTP", server, text("220 ready\r\n"), ftp, ftp},
      {"a banner that does not say", server, text("220 ready\r\n"), smtp},
      {"an IMAP banner", server, text("* OK [CAPABILITY IMAP4rev1] ready\r\n"), imap},
      {"a POP3 banner", server, text("+OK ready\r\n"), pop3},
      {"an LDAP answer", server, hex("30 0c 02 01 01 78 07 0a 01 00 04 00 04 00"), ldap},
      {"PostgreSQL's yes, to its client", server, text("S"), postgresql, postgresql},
      {"PostgreSQL's error, to its client", server, text("E\0\0\0\x10"), postgresql, postgresql},
      {"an S to anybody else", server, text("S?"), unknown},
      {"SOCKS 4 granted, to its client", server, hex("005a 99b4 0ab49cf9"), socks4, socks4},
      {"SOCKS 5 method, to its client", server, hex("0500"), socks5, socks5},
      {"bytes of SOCKS 5 to anybody else", server, hex("0500"), unknown},
      {"a client's method from a server", server, text("GET / HTTP/1.1\r\n"), unknown},
      {"MySQL", server, hex("4a0000000a352e352e35"), mysql},
      {"NATS", server, text("INFO {\"server_id\":"), nats},
      {"NATS, in clear", client, text("CONNECT {\"verbose\":"), nats, nats},
      {"NATS, then TLS", client, hex("16 0301 0200"), tls, nats},
      {"TDS", client, hex("12 01 002f 0000 00 00 00 001a 0006"), tds},
      {"a byte like TDS's", client, hex("12 01 002f 0100 00 00 00 001a 0006"), unknown},
      {"TDS's answer, to its client", server, hex("04 01 002b 0000 01 00"), tds, tds},
      {"TDS's answer to anybody else", server, hex("0a 01 002b 0000 01 00"), unknown},
      {"XMPP's answer", server, text("<?xml version='1.0'?><stream:stream id='1'"), xmpp},
      {"XMPP's answer, to its client", server, text("<features"), xmpp, xmpp},
  };
  return all;
}

TEST_CASE("first bytes are named") {
  for (const Case& c : cases()) {
    INFO(c.name);
    CHECK(detect_protocol(c.from, c.bytes, c.peer, true) == c.expected);
  }
}

TEST_CASE("first bytes are named without waiting for the stream's end") {
  for (const Case& c : cases()) {
    INFO(c.name);
    if (c.expected == Protocol::unknown) continue;
    CHECK(detect_protocol(c.from, c.bytes, c.peer) == c.expected);
  }
}

TEST_CASE("a decision is the same for every longer beginning") {
  for (const Case& c : cases()) {
    INFO(c.name);
    Bytes bytes = c.bytes;
    bytes.resize(std::max<std::size_t>(bytes.size(), 2 * detection_bytes), 'x');
    std::optional<Protocol> decided;
    for (std::size_t size = 1; size <= bytes.size(); ++size) {
      const auto now = detect_protocol(c.from, std::span(bytes).first(size), c.peer);
      if (decided) CHECK(now == decided);
      if (size >= detection_bytes) CHECK(now);
      decided = now;
    }
  }
}

TEST_CASE("a TLS record is told by two bytes") {
  CHECK_FALSE(detect_protocol(Side::client, hex("16")));
  CHECK(detect_protocol(Side::client, hex("16 03")) == Protocol::tls);
  CHECK_FALSE(detect_protocol(Side::server, hex("15")));
  CHECK(detect_protocol(Side::server, hex("15 03")) == Protocol::tls);
}

TEST_CASE("a stream that ended after a record's type was TLS") {
  CHECK(detect_protocol(Side::client, hex("16"), Protocol::unknown, true) == Protocol::tls);
  CHECK(detect_protocol(Side::server, hex("15"), Protocol::unknown, true) == Protocol::tls);
  CHECK(detect_protocol(Side::server, hex("19"), Protocol::unknown, true) == Protocol::unknown);
}

TEST_CASE("nothing is known of no bytes") {
  CHECK_FALSE(detect_protocol(Side::client, {}));
  CHECK_FALSE(detect_protocol(Side::client, {}, Protocol::unknown, true));
}

}  // namespace
}  // namespace legible::parser
