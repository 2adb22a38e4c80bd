#include "parser/protocol_detector.hpp"

#include <algorithm>
#include <string_view>

#include "parser/ascii.hpp"
#include "parser/handshake_messages.hpp"
#include "parser/protocol_signatures.hpp"
#include "parser/tds_packets.hpp"

namespace legible::parser {
namespace {

using Bytes = std::span<const std::uint8_t>;

bool contains_in_any_case(Bytes bytes, std::string_view word) {
  const auto lower = [](auto c) { return ascii_lower(static_cast<char>(c)); };
  return !std::ranges::search(bytes, word, {}, lower, lower).empty();
}

/// Nothing while a signature is only partly there and more may come: it holds back those after it,
/// so that the order of preference is the same at every length.
std::optional<Protocol> try_signatures(Side from, Bytes bytes, bool all) {
  for (const Signature& signature : signatures_of(from)) {
    const Match match = signature.match(bytes);
    if (match == Match::yes) return signature.protocol;
    if (match == Match::partial && !all) return std::nullopt;
    // No text begins with the control character that is a record's type.
    if (match == Match::partial && signature.protocol == Protocol::tls) return Protocol::tls;
  }
  return Protocol::unknown;
}

/// SMTP and FTP greet in the same form; only the text tells them apart.
Protocol greeting_protocol(Bytes line, Protocol peer) {
  if (contains_in_any_case(line, "smtp")) return Protocol::smtp;
  const bool names_ftp =
      contains_in_any_case(line, "ftp") || contains_in_any_case(line, "filezilla");
  return names_ftp || peer == Protocol::ftp ? Protocol::ftp : Protocol::smtp;
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
    case Protocol::xmpp:
      return bytes[0] == '<';
    case Protocol::tds:
      return bytes[0] == tds::tabular_result || bytes[0] == tds::pre_login;
    default:
      return false;
  }
}

std::optional<Protocol> detect_client(Bytes bytes, Protocol peer, bool all) {
  const std::optional<Protocol> found = try_signatures(Side::client, bytes, all);
  if (found == Protocol::unknown && peer == Protocol::mysql) return peer;
  // CONNECT is a command of its own in NATS.
  if (found && found != Protocol::tls && peer == Protocol::nats) return peer;
  if (!found || !is_line_protocol(peer)) return found;
  // A banner that named its protocol says more than a command that several protocols have. One
  // that is taken for SMTP's may be another's: a command that is not SMTP's says more than it.
  const bool printable = bytes[0] >= 0x20 && bytes[0] < 0x7f;
  if (found == Protocol::unknown && printable) return peer;
  return is_line_protocol(*found) && peer != Protocol::smtp ? peer : found;
}

std::optional<Protocol> detect_server(Bytes bytes, Protocol peer, bool all) {
  if (answers(bytes, peer)) return peer;
  const Match code = match_greeting_code(bytes);
  if (code == Match::no) return try_signatures(Side::server, bytes, all);
  const auto line_end = std::ranges::find(bytes, '\n');
  if (!all && line_end == bytes.end()) return std::nullopt;
  return code == Match::yes ? greeting_protocol({bytes.begin(), line_end}, peer)
                            : Protocol::unknown;
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

bool begins_without_hello(std::span<const std::uint8_t> first) {
  constexpr std::size_t header = 5;
  if (first.empty()) return false;
  if (first[0] != content_type::handshake.value) return true;
  const bool message_begins = first.size() > header && (first[3] != 0 || first[4] != 0);
  return message_begins && first[header] != handshake_type::client_hello.value;
}

}  // namespace legible::parser
