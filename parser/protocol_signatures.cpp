#include "parser/protocol_signatures.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "parser/ascii.hpp"

namespace legible::parser {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr bool is_printable(std::uint8_t byte) { return byte >= 0x20 && byte < 0x7f; }

template <class Same>
Match match_prefix(Bytes bytes, std::string_view prefix, Same same) {
  const std::size_t common = std::min(bytes.size(), prefix.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (!same(static_cast<char>(bytes[i]), prefix[i])) return Match::no;
  }
  return bytes.size() >= prefix.size() ? Match::yes : Match::partial;
}

Match exactly(Bytes bytes, std::string_view prefix) {
  return match_prefix(bytes, prefix, [](char a, char b) { return a == b; });
}

Match in_any_case(Bytes bytes, std::string_view prefix) {
  return match_prefix(bytes, prefix,
                      [](char a, char b) { return ascii_lower(a) == ascii_lower(b); });
}

/// Requires that byte `index` satisfies `rule`; the requirements of one signature are joined by
/// `both`, in the order of the bytes.
template <class Rule>
Match byte_is(Bytes bytes, std::size_t index, Rule rule) {
  if (index >= bytes.size()) return Match::partial;
  return rule(bytes[index]) ? Match::yes : Match::no;
}

Match both(Match first, Match second) {
  if (first == Match::no || second == Match::no) return Match::no;
  return first == Match::yes ? second : Match::partial;
}

// RFC 8446 section 5.1: type, legacy_record_version. The minor version is not judged.
Match tls_record(Bytes bytes) {
  return both(byte_is(bytes, 0,
                      [](std::uint8_t type) {
                        return type >= content_type::change_cipher_spec.value &&
                               type <= content_type::heartbeat.value;
                      }),
              byte_is(bytes, 1, [](std::uint8_t major) { return major == 3; }));
}

// RFC 5246 section 7.2: an alert in clear says what it is whatever version stands in its header.
Match clear_alert(Bytes bytes) {
  if (!bytes.empty() && bytes[0] != content_type::alert.value) return Match::no;
  const auto is = [](std::uint8_t wanted) {
    return [wanted](std::uint8_t byte) { return byte == wanted; };
  };
  const auto level = [](std::uint8_t byte) {
    return byte == alert_level::warning.value || byte == alert_level::fatal.value;
  };
  return both(both(byte_is(bytes, 3, is(0)), byte_is(bytes, 4, is(2))), byte_is(bytes, 5, level));
}

Match sslv2_header(Bytes bytes) {
  return byte_is(bytes, 0, [](std::uint8_t high) { return (high & 0x80) != 0; });
}

// RFC 5246 appendix E.2: msg_length with its top bit set, msg_type 1, version.
Match sslv2_client_hello(Bytes bytes) {
  const Match header =
      both(sslv2_header(bytes), byte_is(bytes, 2, [](std::uint8_t type) { return type == 1; }));
  if (header != Match::yes) return header;
  if (bytes.size() < 5) return Match::partial;
  const bool known = bytes[3] == 3 || (bytes[3] == 0 && bytes[4] == 2);
  return known ? Match::yes : Match::no;
}

// SSL 2.0: SERVER-HELLO (type 4, session id hit, certificate type, version 2), ERROR (type 0).
Match sslv2_server_message(Bytes bytes) {
  const Match error = exactly(bytes, std::string_view("\x80\x03\x00\x00", 4));
  if (error == Match::yes) return error;
  const auto is = [bytes](std::size_t index, std::uint8_t low, std::uint8_t high) {
    return byte_is(bytes, index, [=](std::uint8_t b) { return b >= low && b <= high; });
  };
  const Match hello = both(both(sslv2_header(bytes), is(2, 4, 4)),
                           both(both(is(3, 0, 1), is(4, 0, 1)), both(is(5, 0, 0), is(6, 2, 2))));
  return error == Match::partial && hello == Match::no ? error : hello;
}

// SOCKS 4: VN 4, CD 1 (CONNECT) or 2 (BIND).
Match socks4_request(Bytes bytes) {
  return both(byte_is(bytes, 0, [](std::uint8_t version) { return version == 4; }),
              byte_is(bytes, 1, [](std::uint8_t command) { return command == 1 || command == 2; }));
}

// RFC 1928 section 3: VER 5, NMETHODS. Ten methods are registered; more than 16 are not believed.
Match socks5_greeting(Bytes bytes) {
  return both(byte_is(bytes, 0, [](std::uint8_t version) { return version == 5; }),
              byte_is(bytes, 1, [](std::uint8_t count) { return count >= 1 && count <= 16; }));
}

constexpr std::string_view proxy_v2_signature{"\r\n\r\n\0\r\nQUIT\n", 12};

Match proxy_v2(Bytes bytes) { return exactly(bytes, proxy_v2_signature); }

// An untyped first message: its length, then a request code (SSLRequest, GSSENCRequest,
// CancelRequest) or the protocol version 3.x of a StartupMessage.
Match postgresql_start(Bytes bytes) {
  const Match length = both(exactly(bytes, std::string_view("\0\0", 2)),
                            byte_is(bytes, 2, [](std::uint8_t high) { return high < 0x28; }));
  if (length != Match::yes) return length;
  if (bytes.size() < 4) return Match::partial;
  if (bytes[2] == 0 && bytes[3] < 8) return Match::no;
  const Bytes code = bytes.subspan(4);
  if (const Match startup = exactly(code, std::string_view("\x00\x03\x00", 3));
      startup != Match::no) {
    return both(startup, byte_is(code, 3, [](std::uint8_t) { return true; }));
  }
  return both(exactly(code, "\x04\xd2\x16"),
              byte_is(code, 3, [](std::uint8_t low) { return low >= 0x2e && low <= 0x30; }));
}

// A packet's length (3, little-endian) and number. The server's first begins with the protocol
// version 10 and the server's version, or is an error (0xff) of a number above 1024; an SSLRequest
// has a fixed length, and CLIENT_SSL set.
Match mysql_greeting(Bytes bytes) {
  const auto is = [bytes](std::size_t index, std::uint8_t wanted) {
    return byte_is(bytes, index, [wanted](std::uint8_t byte) { return byte == wanted; });
  };
  const Match greeting = both(is(4, 10), byte_is(bytes, 5, is_printable));
  const Match error = both(is(4, 0xff), is(6, 4));
  return both(both(is(1, 0), both(is(2, 0), is(3, 0))), greeting == Match::no ? error : greeting);
}

Match mysql_ssl_request(Bytes bytes) {
  return both(exactly(bytes, std::string_view("\x20\0\0\1", 4)),
              byte_is(bytes, 5, [](std::uint8_t flags) { return (flags & 0x08) != 0; }));
}

// MS-TDS sections 2.2.3.1 and 2.2.6.5: a packet PRELOGIN, the only one of its message, with SPID
// and window 0, and the option VERSION first.
Match tds_pre_login(Bytes bytes) {
  const auto is_zero = [bytes](std::size_t index) {
    return byte_is(bytes, index, [](std::uint8_t byte) { return byte == 0; });
  };
  return both(both(exactly(bytes, "\x12\x01"), both(is_zero(4), is_zero(5))),
              both(is_zero(7), is_zero(8)));
}

// RFC 6120 section 4: the stream's opening tag, with an XML declaration before it or without.
Match xmpp_stream(Bytes bytes) {
  constexpr std::string_view opening = "<stream:";
  const Match declaration = exactly(bytes, "<?xml ");
  if (declaration != Match::yes) {
    const Match bare = exactly(bytes, opening);
    return bare == Match::no ? declaration : bare;
  }
  constexpr std::string_view end = "?>";
  const auto found = std::ranges::search(bytes, end);
  if (found.empty()) {
    constexpr std::size_t enough = 32;
    return bytes.size() < enough ? Match::partial : Match::no;
  }
  const auto begin =
      std::ranges::find_if(found.end(), bytes.end(), [](std::uint8_t byte) { return byte > ' '; });
  return exactly({begin, bytes.end()}, opening);
}

// RFC 4511 section 4.1.1: LDAPMessage ::= SEQUENCE { messageID INTEGER, protocolOp CHOICE ... },
// each operation an APPLICATION tag.
Match ldap_message(Bytes bytes) {
  const auto is = [](std::uint8_t wanted) {
    return [wanted](std::uint8_t byte) { return byte == wanted; };
  };
  if (const Match sequence = byte_is(bytes, 0, is(0x30)); sequence != Match::yes) return sequence;
  if (bytes.size() < 2) return Match::partial;
  if (bytes[1] > 0x84 || bytes[1] == 0x80) return Match::no;
  const std::size_t id = 2 + (bytes[1] > 0x80 ? bytes[1] & 0x7fu : 0u);
  if (const Match tag = byte_is(bytes, id, is(0x02)); tag != Match::yes) return tag;
  if (bytes.size() <= id + 1) return Match::partial;
  const std::size_t id_length = bytes[id + 1];
  if (id_length < 1 || id_length > 4) return Match::no;
  return byte_is(bytes, id + 2 + id_length, [](std::uint8_t tag) { return (tag & 0xc0) == 0x40; });
}

// RFC 9113 section 3.4: a server's connection preface is a SETTINGS frame on stream 0.
Match http2_settings(Bytes bytes) {
  return both(both(exactly(bytes, std::string_view("\0", 1)),
                   byte_is(bytes, 3, [](std::uint8_t type) { return type == 4; })),
              both(byte_is(bytes, 4, [](std::uint8_t flags) { return flags == 0; }),
                   exactly(bytes.subspan(std::min<std::size_t>(bytes.size(), 5)),
                           std::string_view("\0\0\0\0", 4))));
}

// RFC 9051 section 2.2.1: a command begins with a tag, here one that needs no literal.
Match imap_command(Bytes bytes) {
  constexpr std::array<std::string_view, 7> commands{
      "CAPABILITY", "STARTTLS", "LOGIN ", "AUTHENTICATE ", "NOOP", "LOGOUT", "ID "};
  constexpr std::size_t longest_tag = 16;
  std::size_t tag = 0;
  while (tag < bytes.size() && is_printable(bytes[tag]) && bytes[tag] != ' ') ++tag;
  if (tag > longest_tag) return Match::no;
  if (tag == bytes.size()) return Match::partial;
  if (tag == 0 || bytes[tag] != ' ') return Match::no;
  Match found = Match::no;
  for (const std::string_view command : commands) {
    const Match match = in_any_case(bytes.subspan(tag + 1), command);
    if (match == Match::yes) return match;
    if (match == Match::partial) found = match;
  }
  return found;
}

/// The text that a protocol's first line begins with.
template <std::size_t size>
struct Literal {
  consteval Literal(const char (&text)[size]) { std::ranges::copy(text, characters); }
  constexpr std::string_view view() const { return {characters, size - 1}; }
  char characters[size]{};
};

template <Literal text>
Match keyword(Bytes bytes) {
  return exactly(bytes, text.view());
}

template <Literal text>
Match command(Bytes bytes) {
  return in_any_case(bytes, text.view());
}

constexpr std::array client_signatures{
    Signature{Protocol::tls, tls_record},
    Signature{Protocol::sslv2_hello, sslv2_client_hello},
    Signature{Protocol::socks4, socks4_request},
    Signature{Protocol::socks5, socks5_greeting},
    Signature{Protocol::proxy_protocol, proxy_v2},
    Signature{Protocol::postgresql, postgresql_start},
    Signature{Protocol::mysql, mysql_ssl_request},
    Signature{Protocol::tds, tds_pre_login},
    Signature{Protocol::xmpp, xmpp_stream},
    Signature{Protocol::ldap, ldap_message},
    Signature{Protocol::http_connect, keyword<"CONNECT ">},
    Signature{Protocol::http, keyword<"GET ">},
    Signature{Protocol::http, keyword<"HEAD ">},
    Signature{Protocol::http, keyword<"POST ">},
    Signature{Protocol::http, keyword<"PUT ">},
    Signature{Protocol::http, keyword<"DELETE ">},
    // SIP and RTSP have this method, too, and targets of their own.
    Signature{Protocol::http, keyword<"OPTIONS /">},
    Signature{Protocol::http, keyword<"OPTIONS *">},
    Signature{Protocol::http, keyword<"OPTIONS http">},
    Signature{Protocol::http, keyword<"TRACE ">},
    Signature{Protocol::http, keyword<"PATCH ">},
    Signature{Protocol::http, keyword<"PRI * HTTP/2">},
    Signature{Protocol::http, keyword<"PROPFIND ">},
    Signature{Protocol::http, keyword<"PROPPATCH ">},
    Signature{Protocol::http, keyword<"MKCOL ">},
    Signature{Protocol::http, keyword<"COPY ">},
    Signature{Protocol::http, keyword<"MOVE ">},
    Signature{Protocol::http, keyword<"LOCK ">},
    Signature{Protocol::http, keyword<"UNLOCK ">},
    Signature{Protocol::http, keyword<"REPORT ">},
    Signature{Protocol::http, keyword<"SEARCH ">},
    Signature{Protocol::proxy_protocol, keyword<"PROXY ">},
    Signature{Protocol::ssh, keyword<"SSH-">},
    Signature{Protocol::smtp, command<"EHLO">},
    Signature{Protocol::smtp, command<"HELO">},
    Signature{Protocol::smtp, command<"LHLO">},
    Signature{Protocol::ftp, command<"AUTH TLS">},
    Signature{Protocol::ftp, command<"AUTH SSL">},
    Signature{Protocol::ftp, command<"USER ">},
    Signature{Protocol::ftp, command<"FEAT\r">},
    Signature{Protocol::pop3, command<"CAPA\r">},
    Signature{Protocol::pop3, command<"STLS\r">},
    Signature{Protocol::imap, imap_command},
};

constexpr std::array server_signatures{
    Signature{Protocol::tls, tls_record},
    Signature{Protocol::tls, clear_alert},
    Signature{Protocol::sslv2_hello, sslv2_server_message},
    Signature{Protocol::ldap, ldap_message},
    Signature{Protocol::http, http2_settings},
    Signature{Protocol::http, keyword<"HTTP/">},
    Signature{Protocol::http, command<"<html">},
    Signature{Protocol::http, command<"<!DOCTYPE">},
    Signature{Protocol::ssh, keyword<"SSH-">},
    Signature{Protocol::imap, command<"* OK">},
    Signature{Protocol::imap, command<"* PREAUTH">},
    Signature{Protocol::imap, command<"* BYE">},
    Signature{Protocol::pop3, keyword<"+OK">},
    Signature{Protocol::xmpp, xmpp_stream},
    Signature{Protocol::nats, keyword<"INFO {">},
    Signature{Protocol::mysql, mysql_greeting},
};

}  // namespace

std::span<const Signature> signatures_of(Side side) {
  if (side == Side::client) return client_signatures;
  return server_signatures;
}

Match match_greeting_code(Bytes bytes) {
  Match found = Match::no;
  for (const std::string_view code : {"220", "120", "421", "554"}) {
    const Match match = both(exactly(bytes, code), byte_is(bytes, 3, [](std::uint8_t separator) {
                               return separator == ' ' || separator == '-';
                             }));
    if (match != Match::no) found = match;
  }
  return found;
}

}  // namespace legible::parser
