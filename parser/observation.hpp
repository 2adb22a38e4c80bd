#pragma once
// Everything that a parser can report: one typed fact about the bytes of one direction.
//
// An observation says what crossed the wire, never what it means; meaning is the diagnosis's work.
// Observations are small: what can be large is shared and immutable.

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "parser/client_hello.hpp"
#include "parser/server_hello.hpp"
#include "parser/tls_types.hpp"

namespace legible::parser {

/// What the first bytes of one direction are. The names of the `peeked` event.
enum class Protocol : std::uint8_t {
  tls,
  sslv2_hello,
  http,
  http_connect,
  socks4,
  socks5,
  ssh,
  smtp,
  imap,
  pop3,
  ftp,
  ldap,
  postgresql,
  mysql,
  xmpp,
  nats,
  tds,
  proxy_protocol,
  unknown,
  silent,
};

/// The first bytes of a direction, and what they are. Reported once for each side that sends
/// anything, as soon as it is decided; once more where TLS ends and TDS goes on in clear. `bytes`
/// holds at most 32 of them.
struct FirstBytes {
  Protocol protocol = Protocol::unknown;
  std::uint8_t count = 0;
  std::array<std::uint8_t, 32> bytes{};
};

/// The lines of a cleartext dialogue that ended in TLS (STARTTLS, CONNECT, SOCKS, a PROXY header,
/// PostgreSQL's or MySQL's SSLRequest, TDS). Lines are raw bytes; binary dialogues are told in
/// words.
struct Dialogue {
  Protocol protocol = Protocol::unknown;
  struct Line {
    Side from;
    std::string text;
  };
  std::vector<Line> lines;
  std::string target;  ///< host:port that CONNECT, SOCKS or a PROXY header names; empty if none
  bool with_proxy = false;  ///< it was held with the proxy that looks on, in the server's place
  std::array<std::uint64_t, 2> bytes{};  ///< of each side's stream, by Side, up to its end
};

/// The status line of an HTTP answer that could be read, or the request line of a request.
struct PlainHttp {
  int status = 0;      ///< 0 for a request
  std::string method;  ///< empty for a response
  std::string target;  ///< request target, raw
  std::string server;  ///< `Server` header of a response, `Host` header of a request
  std::string text;    ///< start of the content of an error, once that has been read
};

/// A Certificate message (TLS 1.2 and older in clear; TLS 1.3 after decryption). DER, in the order
/// sent. An empty chain is an empty Certificate message.
struct CertificateMessage {
  std::vector<std::vector<std::uint8_t>> chain;
};

/// CertificateRequest: RFC 5246 section 7.4.4, RFC 8446 section 4.3.2.
struct CertificateRequest {
  std::vector<ClientCertificateType> types;            ///< empty in TLS 1.3
  std::vector<SignatureScheme> signature_algorithms;   ///< empty before TLS 1.2
  std::vector<std::vector<std::uint8_t>> authorities;  ///< DER names; empty: none listed
};

/// ServerKeyExchange, as far as it can be read without the negotiated parameters' arithmetic.
struct ServerKeyExchange {
  std::optional<NamedGroup> group;             ///< ECDHE with a named curve
  std::optional<std::uint32_t> dh_prime_bits;  ///< DHE
  std::optional<SignatureScheme> scheme;       ///< TLS 1.2
  std::vector<std::uint8_t> parameters = {};   ///< what is signed, behind the two random values
  std::vector<std::uint8_t> signature = {};    ///< empty: unsigned
};

struct CertificateVerify {
  std::optional<SignatureScheme> scheme;  ///< absent before TLS 1.2
};

/// Handshake messages of which only the presence matters.
struct HandshakeMessage {
  HandshakeType type;
  std::uint32_t length = 0;
};

struct EncryptedExtensions {
  std::optional<std::string> alpn;
};

struct ChangeCipherSpec {};

/// An alert. Absent level and description: it was encrypted, and is known by its size only.
struct Alert {
  std::optional<AlertLevel> level = {};
  std::optional<AlertDescription> description = {};
  bool encrypted = false;  ///< it was encrypted on the wire, decrypted here or not
  bool inferred = false;   ///< told by the record's length and place, not by its content type
  ProtocolVersion record_version{};
};

/// What the length of an encrypted record suggests it holds, by suite and version.
enum class Content : std::uint8_t {
  unknown,
  alert,
  finished,
  empty_certificate,
  empty_certificate_and_finished,
  alert_or_empty_certificate,  ///< padded to 16 bytes, as mbedTLS does: too short to tell
  key_update,
  end_of_early_data,
  certificate_flight,
  application_data,  ///< certain: up to TLS 1.2 by the content type, in TLS 1.3 after decryption
};

/// An encrypted record of the handshake phase, or an encrypted handshake or alert record later on.
/// Application data is not reported record by record: see RecordTail.
struct EncryptedRecord {
  ContentType type;          ///< outer type
  std::uint16_t length = 0;  ///< of the record's header: payload bytes
  Content likely = Content::unknown;
};

/// Both sides have finished the handshake, as far as can be seen. In TLS 1.3 without keys this is
/// inferred from lengths: the *client* has sent its Finished and may still be refused.
struct HandshakeDone {
  bool inferred = false;
  bool resumed = false;
};

/// Bytes that break a rule. `what` is the message or structure, `field` the part of it.
struct Malformed {
  std::string what;
  std::string field;
  std::uint64_t offset = 0;  ///< of the offending byte in this direction's stream
};

/// Bytes that are not there: a gap in a capture, or a stream that ended inside a structure.
struct Incomplete {
  std::string what;
  std::uint64_t offset = 0;
  std::uint64_t missing = 0;  ///< bytes; 0 when not known
};

/// A limit was reached and something was not decoded in full.
struct LimitReached {
  std::string what;
  std::uint64_t limit = 0;
};

template <class T>
using Shared = std::shared_ptr<const T>;

using Observation =
    std::variant<FirstBytes, Shared<Dialogue>, Shared<PlainHttp>, Shared<ClientHello>,
                 Shared<ServerHello>, EncryptedExtensions, Shared<CertificateMessage>,
                 Shared<CertificateRequest>, ServerKeyExchange, CertificateVerify, HandshakeMessage,
                 ChangeCipherSpec, Alert, EncryptedRecord, HandshakeDone, Malformed, Incomplete,
                 LimitReached>;

/// How one direction of a stream ended.
enum class StreamEnd : std::uint8_t { fin, rst, timeout, error };

/// The last records of one direction, kept when records are no longer reported one by one.
struct RecordTail {
  struct Record {
    ContentType type;
    std::uint16_t length = 0;
  };
  static constexpr std::size_t kept = 4;

  std::uint64_t records = 0;            ///< all records of this direction, clear and encrypted
  std::uint64_t application_bytes = 0;  ///< payload of records of type application_data
  std::array<Record, kept> last{};      ///< newest first; unused ones have type 0
  bool inside_record = false;           ///< the stream stands inside an unfinished record
};

}  // namespace legible::parser
