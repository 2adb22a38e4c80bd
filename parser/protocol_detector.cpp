#include "parser/protocol_detector.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace legible::parser {
namespace {

using Bytes = std::span<const std::uint8_t>;

/// `no` and `yes` hold for every longer input too: this makes a decision final.
enum class Match { no, partial, yes };

constexpr std::uint8_t lower(std::uint8_t byte) {
  return byte >= 'A' && byte <= 'Z' ? static_cast<std::uint8_t>(byte + ('a' - 'A')) : byte;
}

constexpr bool is_printable(std::uint8_t byte) { return byte >= 0x20 && byte < 0x7f; }

template <class Equal>
Match match_prefix(Bytes bytes, std::string_view prefix, Equal equal) {
  const std::size_t common = std::min(bytes.size(), prefix.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (!equal(bytes[i], static_cast<std::uint8_t>(prefix[i]))) return Match::no;
  }
  return bytes.size() >= prefix.size() ? Match::yes : Match::partial;
}

Match exactly(Bytes bytes, std::string_view prefix) {
  return match_prefix(bytes, prefix, [](std::uint8_t a, std::uint8_t b) { return a == b; });
}

Match in_any_case(Bytes bytes, std::string_view prefix) {
  return match_prefix(bytes, prefix,
                      [](std::uint8_t a, std::uint8_t b) { return lower(a) == lower(b); });
}

bool contains_in_any_case(Bytes bytes, std::string_view word) {
  const auto same = [](std::uint8_t a, char b) {
    return lower(a) == lower(static_cast<std::uint8_t>(b));
  };
  return std::ranges::search(bytes, word, same).begin() != bytes.end();
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

Match sslv2_header(Bytes bytes) {
  return byte_is(bytes, 0, [](std::uint8_t high) { return (high & 0x80) != 0; });
}

// RFC 5246 appendix E.2: msg_length with its top bit set, msg_type 1, version.
Match sslv2_client_hello(Bytes bytes) {
  const Match header =
      both(sslv2_header(bytes), byte_is(bytes, 2, [](std::uint8_t type) { return type == 1; }));
  if (header != Match::yes || bytes.size() < 5)
    return header == Match::no ? header : Match::partial;
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

struct Prefix {
  std::string_view text;
  Protocol protocol;
  Match (*match)(Bytes, std::string_view);
};

constexpr std::array client_prefixes{
    Prefix{"CONNECT ", Protocol::http_connect, exactly},
    Prefix{"GET ", Protocol::http, exactly},
    Prefix{"HEAD ", Protocol::http, exactly},
    Prefix{"POST ", Protocol::http, exactly},
    Prefix{"PUT ", Protocol::http, exactly},
    Prefix{"DELETE ", Protocol::http, exactly},
    Prefix{"OPTIONS ", Protocol::http, exactly},
    Prefix{"TRACE ", Protocol::http, exactly},
    Prefix{"PATCH ", Protocol::http, exactly},
    Prefix{"PRI * HTTP/2", Protocol::http, exactly},
    Prefix{"PROPFIND ", Protocol::http, exactly},
    Prefix{"PROPPATCH ", Protocol::http, exactly},
    Prefix{"MKCOL ", Protocol::http, exactly},
    Prefix{"COPY ", Protocol::http, exactly},
    Prefix{"MOVE ", Protocol::http, exactly},
    Prefix{"LOCK ", Protocol::http, exactly},
    Prefix{"UNLOCK ", Protocol::http, exactly},
    Prefix{"REPORT ", Protocol::http, exactly},
    Prefix{"SEARCH ", Protocol::http, exactly},
    Prefix{"PROXY ", Protocol::proxy_protocol, exactly},
    Prefix{"SSH-", Protocol::ssh, exactly},
    Prefix{"EHLO", Protocol::smtp, in_any_case},
    Prefix{"HELO", Protocol::smtp, in_any_case},
    Prefix{"LHLO", Protocol::smtp, in_any_case},
    Prefix{"STARTTLS", Protocol::smtp, in_any_case},
    Prefix{"AUTH TLS", Protocol::ftp, in_any_case},
    Prefix{"AUTH SSL", Protocol::ftp, in_any_case},
    Prefix{"USER ", Protocol::ftp, in_any_case},
    Prefix{"FEAT\r", Protocol::ftp, in_any_case},
    Prefix{"CAPA\r", Protocol::pop3, in_any_case},
    Prefix{"STLS\r", Protocol::pop3, in_any_case},
};

constexpr std::array server_prefixes{
    Prefix{"HTTP/", Protocol::http, exactly},
    Prefix{"<html", Protocol::http, in_any_case},
    Prefix{"<!DOCTYPE", Protocol::http, in_any_case},
    Prefix{"SSH-", Protocol::ssh, exactly},
    Prefix{"* OK", Protocol::imap, in_any_case},
    Prefix{"* PREAUTH", Protocol::imap, in_any_case},
    Prefix{"* BYE", Protocol::imap, in_any_case},
    Prefix{"+OK", Protocol::pop3, exactly},
};

struct Signature {
  Protocol protocol;
  Match (*match)(Bytes);
};

constexpr std::array client_signatures{
    Signature{Protocol::tls, tls_record},
    Signature{Protocol::sslv2_hello, sslv2_client_hello},
    Signature{Protocol::socks4, socks4_request},
    Signature{Protocol::socks5, socks5_greeting},
    Signature{Protocol::proxy_protocol, proxy_v2},
    Signature{Protocol::postgresql, postgresql_start},
    Signature{Protocol::ldap, ldap_message},
};

constexpr std::array server_signatures{
    Signature{Protocol::tls, tls_record},
    Signature{Protocol::sslv2_hello, sslv2_server_message},
    Signature{Protocol::ldap, ldap_message},
    Signature{Protocol::http, http2_settings},
};

/// Goes through candidates until one is told. A candidate that is only partly there holds back
/// those after it, so that the order of the tables is the order of preference at every length.
class Decision {
 public:
  /// True when nothing further need be tried.
  bool consider(Match match, Protocol protocol) {
    if (match == Match::no) return false;
    if (match == Match::yes && !waiting_) result_ = protocol;
    waiting_ = waiting_ || match == Match::partial;
    return result_.has_value();
  }

  bool waiting() const { return waiting_; }
  std::optional<Protocol> result() const { return result_; }

 private:
  bool waiting_ = false;
  std::optional<Protocol> result_;
};

template <class Signatures, class Prefixes>
Decision try_tables(Bytes bytes, const Signatures& signatures, const Prefixes& prefixes) {
  Decision decision;
  for (const Signature& signature : signatures) {
    if (decision.consider(signature.match(bytes), signature.protocol)) return decision;
  }
  for (const Prefix& prefix : prefixes) {
    if (decision.consider(prefix.match(bytes, prefix.text), prefix.protocol)) return decision;
  }
  return decision;
}

/// RFC 5321 section 4.2 and RFC 959 section 4.2 give the greeting the same form; only its text
/// tells them apart, so the whole of what may be looked at is awaited.
std::optional<Decision> reply_greeting(Bytes bytes, Protocol peer, bool all) {
  Match code = Match::no;
  for (const std::string_view known : {"220", "120", "421", "554"}) {
    const Match match = both(exactly(bytes, known), byte_is(bytes, 3, [](std::uint8_t separator) {
                               return separator == ' ' || separator == '-';
                             }));
    if (match != Match::no) code = match;
  }
  if (code == Match::no) return std::nullopt;
  Decision decision;
  const auto line_end = std::ranges::find(bytes, '\n');
  const bool whole = all || line_end != bytes.end();
  if (code == Match::partial || !whole) {
    decision.consider(Match::partial, Protocol::smtp);
    return decision;
  }
  const Bytes line{bytes.begin(), line_end};
  const bool names_smtp = contains_in_any_case(line, "smtp");
  const bool names_ftp =
      contains_in_any_case(line, "ftp") || contains_in_any_case(line, "filezilla");
  const bool ftp = !names_smtp && (names_ftp || peer == Protocol::ftp);
  decision.consider(Match::yes, ftp ? Protocol::ftp : Protocol::smtp);
  return decision;
}

/// Answers that mean something only to someone who asked.
bool answers(Bytes bytes, Protocol peer) {
  switch (peer) {
    case Protocol::socks4:
      return bytes[0] == 0;
    case Protocol::socks5:
      return bytes[0] == 5;
    case Protocol::postgresql:
      return bytes[0] == 'S' || bytes[0] == 'N' || bytes[0] == 'E' || bytes[0] == 'R';
    default:
      return false;
  }
}

std::optional<Protocol> detect_client(Bytes bytes, Protocol peer, bool all) {
  Decision decision = try_tables(bytes, client_signatures, client_prefixes);
  if (!decision.result()) decision.consider(imap_command(bytes), Protocol::imap);
  if (!decision.result() && decision.waiting() && !all) return std::nullopt;
  const Protocol found = decision.result().value_or(Protocol::unknown);
  // A banner that named its protocol says more than a command that several protocols have.
  const bool plain_text =
      is_line_protocol(found) || (found == Protocol::unknown && is_printable(bytes[0]));
  const bool sure = peer == Protocol::imap || peer == Protocol::pop3 || peer == Protocol::ftp;
  if (plain_text && (sure || (peer == Protocol::smtp && found == Protocol::unknown))) return peer;
  return found;
}

std::optional<Protocol> detect_server(Bytes bytes, Protocol peer, bool all) {
  if (answers(bytes, peer)) return peer;
  if (const std::optional<Decision> greeting = reply_greeting(bytes, peer, all)) {
    if (greeting->result() || !all) return greeting->result();
  }
  const Decision decision = try_tables(bytes, server_signatures, server_prefixes);
  if (decision.result()) return decision.result();
  if (decision.waiting() && !all) return std::nullopt;
  return Protocol::unknown;
}

}  // namespace

bool is_line_protocol(Protocol protocol) {
  return protocol == Protocol::smtp || protocol == Protocol::imap || protocol == Protocol::pop3 ||
         protocol == Protocol::ftp;
}

std::optional<Protocol> detect_protocol(Side from, std::span<const std::uint8_t> first,
                                        Protocol peer, bool ended) {
  if (first.empty()) return std::nullopt;
  const Bytes bytes = first.first(std::min(first.size(), detection_bytes));
  const bool all = ended || bytes.size() == detection_bytes;
  return from == Side::client ? detect_client(bytes, peer, all) : detect_server(bytes, peer, all);
}

}  // namespace legible::parser
