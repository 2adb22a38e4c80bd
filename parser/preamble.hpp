#pragma once
// The cleartext dialogues that may come before TLS on the same connection.
//
// None that is known needs the other direction to know where TLS begins: a TLS record cannot stand
// where the next line or message of any of these protocols stands. So each direction is read by
// itself, and a capture of one direction is read as well. The unknown one needs the turns.

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "parser/connection_observer.hpp"
#include "parser/observation.hpp"
#include "parser/tls_types.hpp"

namespace legible::parser {

/// What a dialogue made of the bytes it was given.
struct PreambleStep {
  enum class Next : std::uint8_t {
    proceed,    ///< `consumed` bytes were of the dialogue, which goes on
    need_more,  ///< the line or message is not whole: give it again, longer
    hand_over,  ///< after `consumed` bytes something else begins in this direction
    leave,      ///< no TLS will follow, or nothing that can be understood
  };
  Next next = Next::proceed;
  std::uint64_t consumed = 0;  ///< may exceed what was given: the rest needs no look
};

/// A dialogue in one of the protocols that lead to TLS. Sees both directions.
class Preamble {
 public:
  Preamble(Protocol protocol, std::uint32_t limit);
  virtual ~Preamble() = default;
  Preamble(const Preamble&) = delete;
  Preamble& operator=(const Preamble&) = delete;

  /// Whether a direction that begins as `protocol` takes part in this dialogue.
  virtual bool admits(Protocol protocol) const = 0;

  /// Reads one line or message at the start of `bytes`, which is not empty.
  virtual PreambleStep feed(Side from, std::span<const std::uint8_t> bytes) = 0;

  /// Whether it is read turn by turn: no message of it spans two turns of one side's, between which
  /// the other one spoke. Otherwise both may speak at once.
  virtual bool by_turns() const { return false; }
  /// What is fed next for `from` begins a turn; or ends one, and what may be missing of it does not
  /// come any more. Said again with the same bytes.
  virtual void begin_turn(Side /*from*/) {}
  virtual void end_turn(Side /*from*/) {}
  /// The client's TLS has begun, which was no part of the dialogue's turns so far.
  virtual void begin_tls() {}

  /// TLS begins in a packet of this protocol, and goes on in such packets (parser/tds_packets.hpp):
  /// what is left of the first one. 0: it stands by itself.
  virtual std::uint64_t packet_rest(Side /*from*/) const { return 0; }

  /// Whether reading can go on after a gap.
  virtual bool survives_gap() const { return false; }

  /// True for a header that the client sends and nobody answers.
  virtual bool one_sided() const { return false; }

  /// True when part of a message was consumed and the rest is awaited.
  virtual bool inside_message(Side) const { return false; }

  /// What is read at a time, as Incomplete names it.
  virtual std::string_view unit() const = 0;

  Protocol protocol() const { return dialogue_.protocol; }

  /// What was said so far, in `bytes` of the two sides' streams. Once taken, nothing more is
  /// collected.
  std::shared_ptr<const Dialogue> take(const std::array<std::uint64_t, 2>& bytes);

  /// No TLS will come of it: who has not joined by now need not.
  void abandon() { abandoned_ = true; }
  bool abandoned() const { return abandoned_; }

  /// It is held with the proxy that looks on, in the server's place.
  void is_with_proxy() { dialogue_.with_proxy = true; }

  /// More was said than the limit allows; the rest was not collected.
  bool overflowed() const { return overflowed_; }

 protected:
  void say(Side from, std::string_view line);
  void set_protocol(Protocol protocol) { dialogue_.protocol = protocol; }
  void set_target(std::string target) { dialogue_.target = std::move(target); }

 private:
  Dialogue dialogue_;
  std::uint32_t room_;
  bool overflowed_ = false;
  bool taken_ = false;
  bool abandoned_ = false;
};

/// Whether a command of SMTP, IMAP, POP3 or FTP tells credentials.
bool tells_credentials(std::string_view verb, std::string_view argument);

/// SMTP, IMAP, POP3, FTP: lines, of which one may ask for TLS.
std::unique_ptr<Preamble> make_line_preamble(Protocol protocol, const Limits& limits);

/// HTTP CONNECT (RFC 9110 section 9.3.6), refusals and further attempts included. A refusal is
/// reported to `sink` as PlainHttp.
std::unique_ptr<Preamble> make_connect_preamble(const Limits& limits, ObservationSink& sink);

/// SOCKS 4 and 4a; SOCKS 5 (RFC 1928) with user and password (RFC 1929).
std::unique_ptr<Preamble> make_socks4_preamble(const Limits& limits);
std::unique_ptr<Preamble> make_socks5_preamble(const Limits& limits);

/// One in a protocol that is not known; nothing of it is told but who said how much.
std::unique_ptr<Preamble> make_unknown_preamble(const Limits& limits);

/// A PROXY protocol header, version 1 or 2.
std::unique_ptr<Preamble> make_proxy_header_preamble(const Limits& limits);

/// LDAP's StartTLS operation (RFC 4511 section 4.14).
std::unique_ptr<Preamble> make_ldap_preamble(const Limits& limits);

/// PostgreSQL's SSLRequest.
std::unique_ptr<Preamble> make_postgresql_preamble(const Limits& limits);

/// MySQL's SSLRequest.
std::unique_ptr<Preamble> make_mysql_preamble(const Limits& limits);

/// XMPP's STARTTLS (RFC 6120 section 5).
std::unique_ptr<Preamble> make_xmpp_preamble(const Limits& limits);

/// NATS: the server greets in clear, and TLS begins behind that without being asked for.
std::unique_ptr<Preamble> make_nats_preamble(const Limits& limits);

/// TDS: TLS begins inside packets of it.
std::unique_ptr<Preamble> make_tds_preamble(const Limits& limits);

/// The dialogue that begins with `protocol`; null when none does.
std::unique_ptr<Preamble> make_preamble(Protocol protocol, const Limits& limits,
                                        ObservationSink& sink);

/// True for a byte that can be the first of a TLS record: nothing that is read here begins so.
constexpr bool begins_tls_record(std::uint8_t byte) {
  return byte >= content_type::change_cipher_spec.value && byte <= content_type::heartbeat.value;
}

/// Whether TLS, or a hello in the format of SSL 2.0, could begin with it.
constexpr bool may_begin_tls(std::uint8_t byte) {
  return begins_tls_record(byte) || (byte & 0x80) != 0;
}

/// host:port; an IPv6 address is put into brackets.
std::string host_and_port(std::string_view host, std::uint16_t port);

/// The text of an address of 4 or 16 bytes (RFC 5952).
std::string address_text(std::span<const std::uint8_t> address);

/// Bytes as characters.
inline std::string_view as_text(std::span<const std::uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

constexpr std::uint16_t read_u16(std::span<const std::uint8_t> bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

}  // namespace legible::parser
