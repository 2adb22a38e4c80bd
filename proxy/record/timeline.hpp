#pragma once
// A connection's facts in order: what the diagnosis reads, and what the sinks write.

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "certs/certificate.hpp"
#include "certs/chain_judge.hpp"
#include "certs/mirror_plan.hpp"
#include "parser/http2_types.hpp"
#include "parser/observation.hpp"
#include "parser/refusal_reader.hpp"

namespace legible::proxy {

using Time = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;
using Leg = parser::Side;  ///< client leg or server leg, named after the peer on it

/// Whose conversation a timeline tells. Through a relay the client and the server speak with each
/// other. An intercepted connection is two conversations, in each of which the proxy plays the side
/// that is missing: the server towards the client, the client towards the server.
enum class Scope : std::uint8_t { relayed, client_leg, server_leg };

enum class Party : std::uint8_t { client, server, proxy };

/// Who speaks as `side`.
constexpr Party party(Scope scope, parser::Side side) {
  if (scope == Scope::client_leg && side == parser::Side::server) return Party::proxy;
  if (scope == Scope::server_leg && side == parser::Side::client) return Party::proxy;
  return side == parser::Side::client ? Party::client : Party::server;
}

/// The TCP connection on which `side` speaks.
constexpr Leg leg_of(Scope scope, parser::Side side) {
  if (scope == Scope::relayed) return side;
  return scope == Scope::client_leg ? Leg::client : Leg::server;
}

/// The client's TCP connection was accepted (`read`: was first seen).
struct Accepted {
  std::string peer;      ///< address:port
  std::string listener;  ///< address:port; `read`: the capture's file name
  /// The proxy took no further client until one left (--max-connections): this one may have waited.
  bool after_limit = false;
};

/// The client speaks for another one, as its PROXY header says.
struct Represented {
  std::string peer;  ///< address:port
};

/// What named the target.
enum class FoundBy : std::uint8_t {
  option,         ///< --to
  connect,        ///< HTTP CONNECT
  absolute_form,  ///< an HTTP request in absolute form
  socks4,
  socks5,
  sni,
  redirect,  ///< the redirected socket
  capture,   ///< the packets
};

struct Target {
  std::string host;
  std::uint16_t port = 0;
  std::string_view mode;     ///< "relay" or "intercept"
  std::string reason;        ///< "fixed target", "capture", "--mode auto"
  bool host_is_name = true;  ///< false: `host` is an address that the client may know by a name
  FoundBy found_by = FoundBy::option;
};

struct Connected {
  std::string address;
  std::optional<std::chrono::microseconds> took;  ///< not known when a capture lacks it
  bool announced = false;  ///< the proxy sent a PROXY header of its own first
  /// address:port of this end, by which the server's own log, and a firewall's, knows the
  /// connection; empty in a capture, where it is the client's.
  std::string local{};
};

enum class ConnectError : std::uint8_t {
  refused,
  timeout,
  dns,
  unreachable,
  own_listener,             ///< the proxy did not try: it would have reached itself
  not_allowed,              ///< nor here: see Reach
  upstream_unreachable,     ///< the proxy that all goes through (--via) was not reached
  upstream_silent,          ///< it was, and has not answered in time
  upstream_refused,         ///< it said no, or something else than its protocol
  upstream_authentication,  ///< it wants a user and a password, or others
};

struct ConnectFailed {
  ConnectError error;
  std::string address;  ///< the last one tried; empty for `dns`; of an upstream proxy its name
  std::string detail;
  /// Of `dns` and `unreachable`: this machine itself could not ask, or send. No other one said no.
  bool here = false;
};

/// A peer's certificates, parsed. Shared between connections that saw the same chain.
struct ChainSeen {
  std::shared_ptr<const std::vector<certs::Certificate>> chain;
};

/// A peer's chain was judged, for the name that the client used.
struct ChainJudged {
  std::string name;  ///< what was matched; empty when no name is known
  std::shared_ptr<const certs::Judgement> judgement;
};

/// One leg's TCP connection ended in the direction peer → proxy, or the proxy closed it. Where the
/// proxy plays a side, its own end is that side's, and no end "by the proxy".
struct LegClosed {
  bool by_proxy = false;
  parser::StreamEnd how = parser::StreamEnd::fin;
  std::uint64_t bytes_in = 0;   ///< that this side sent
  std::uint64_t bytes_out = 0;  ///< that were sent to it
  parser::RecordTail tail;      ///< of the peer's direction at that moment
};

/// The proxy's own reason for ending a connection.
enum class ProxyReason : std::uint8_t {
  handshake_timeout,
  idle_timeout,
  shutdown,
  resources,
  server_certificate,  ///< intercept: --bad-server-cert refuse
  not_terminable,      ///< intercept: the client offers nothing that can be ended here
  tls_failure,         ///< intercept: the proxy's own TLS could not go on with what a peer sent
  flood,               ///< intercept: a peer sends without end what brings nothing forward
  policy,              ///< who may use the proxy, and for what
  no_credentials,      ///< the client was asked for a user and a password, and has not come back
  no_target,           ///< the client did not say where it wants to go
  own_page,            ///< the client asked for a page of the proxy's own
  plain_http,          ///< the client speaks plain HTTP where TLS is, and was told so
};
struct ProxyClosing {
  ProxyReason reason;
  std::chrono::seconds limit{};  ///< of a time-out
  std::string detail{};          ///< what was wrong; empty where the reason says all
};

/// Intercept: the certificate that the client is shown in place of the server's own.
struct LeafMinted {
  /// Shared, for an entry of a timeline is as large as its largest kind.
  std::shared_ptr<const certs::MirrorPlan> plan;
  std::vector<std::string> added_names;  ///< by which the client reached a target of another name
  /// What the server showed: the judgement in the client leg's timeline is of this chain.
  std::shared_ptr<const std::vector<certs::Certificate>> original;
  bool server_named = false;  ///< it was asked for by a name (SNI), whatever the client sent
};

/// What the client asked in HTTP, inside TLS, was read, and got no answer: neither the head of a
/// response nor, in HTTP/2, an end of its stream or GOAWAY. Also of what came too late.
struct RequestUnanswered {
  bool http2 = false;     ///< whose own frames may have come
  bool later = false;     ///< others were answered; this was the last one
  bool given_up = false;  ///< by the client, which reset its stream
  bool sent = true;       ///< it came whole
  Time begun{};
};

/// Where HTTP was read: the last answer, of a known length, was not whole when the connection
/// ended.
struct AnswerCut {
  std::uint64_t bytes = 0;                   ///< of its content came
  std::optional<std::uint64_t> announced{};  ///< by Content-Length; else by chunks or frames
  bool endless = false;                      ///< of a type that has no end (text/event-stream)
};

/// Where HTTP was read: how one side, on whose leg it stands, gave HTTP/2 up.
struct Http2GivenUp {
  enum class How : std::uint8_t {
    goaway,    ///< one that names an error
    reset,     ///< of a stream, when no request had been answered
    in_http1,  ///< by an answer to the preface
  };
  How how = How::goaway;
  parser::Http2Error error{};
  std::string debug{};  ///< what GOAWAY says besides, raw
};

/// Inside TLS the server spoke a protocol of lines, and said no with these, or with none.
struct RefusedInside {
  parser::Shared<parser::Refusals> refusals;
};

/// The observation ended while the connection was still open (a capture's end).
struct StillOpen {};

using Fact =
    std::variant<Accepted, Represented, Target, Connected, ConnectFailed, parser::Observation,
                 ChainSeen, ChainJudged, LeafMinted, LegClosed, ProxyClosing, RequestUnanswered,
                 AnswerCut, Http2GivenUp, RefusedInside, StillOpen>;

/// One fact, and when. `leg` is the side that produced it: that sent the bytes, or that closed.
struct Entry {
  Time time;
  Leg leg = Leg::client;
  Fact fact;
  /// Its place among the entries of both legs: a clock that is set while a connection lasts tells
  /// no order.
  std::uint64_t number = 0;
};

/// What one side sent, counted; also after single records are no longer reported.
struct Flow {
  std::uint64_t bytes = 0;
  Time last{};
  std::optional<Time> after_end;   ///< of the first bytes that came when the other side had ended
  std::uint64_t not_captured = 0;  ///< bytes that the side sent and a capture lacks
  bool begun_before = false;       ///< the capture begins in the middle of the stream
  bool whole() const { return not_captured == 0 && !begun_before; }
};

/// A time in which neither side sent anything, ended by what one of them sent.
struct Pause {
  std::chrono::microseconds length{};  ///< 0: there was none
  Time end{};
  Leg ended_by = Leg::client;
  std::array<std::uint64_t, 2> bytes_before{};  ///< by side: that it had sent by then
  std::uint64_t client_bytes_unanswered = 0;    ///< of these, since the server had sent something
};

/// Bounded: after `capacity` entries further observations are counted and dropped; what the
/// proxy adds is always kept, and is bounded by what the parser reports.
class Timeline {
 public:
  static constexpr std::size_t capacity = 320;
  /// Shorter ones are not told from a partner that is only slow.
  static constexpr std::chrono::milliseconds shortest_pause{4500};

  explicit Timeline(Scope scope = Scope::relayed) : scope_(scope) {}

  Scope scope() const { return scope_; }
  /// What has been the client's alone so far is to be intercepted.
  void begin_interception() { scope_ = Scope::client_leg; }

  /// Adds an entry. False when it was dropped.
  bool add(Entry&& entry);
  void count_bytes(Leg leg, std::uint64_t bytes, Time time);
  /// `missing` bytes of the side were not captured; 0: all that came before the first one.
  void count_gap(Leg leg, std::uint64_t missing);

  std::span<const Entry> entries() const { return entries_; }
  const Flow& flow(Leg leg) const { return flows_[static_cast<std::size_t>(leg)]; }
  /// The last one of `shortest_pause` or more.
  const Pause& pause() const { return pause_; }
  std::size_t dropped() const { return dropped_; }
  /// What the client had sent since the server had spoken, but for a last word of the server's of
  /// at most `word` bytes.
  std::uint64_t unanswered_but_for(std::uint64_t word) const {
    if (client_bytes_unanswered_ > 0) return client_bytes_unanswered_;
    return answer_bytes_ <= word ? client_bytes_answered_ : 0;
  }

 private:
  Scope scope_;
  std::vector<Entry> entries_;
  Flow flows_[2];
  bool ended_[2] = {};  ///< the side, by itself
  Pause pause_;
  std::uint64_t client_bytes_unanswered_ = 0;
  std::uint64_t client_bytes_answered_ = 0;  ///< by what the server said last
  std::uint64_t answer_bytes_ = 0;           ///< of that
  std::size_t dropped_ = 0;
};

class HttpDigest;

/// What is known of a connection.
struct Timelines {
  const Timeline& first;                 ///< relayed, or the client leg's
  const Timeline* server_leg = nullptr;  ///< when it is intercepted
  const HttpDigest* http = nullptr;      ///< what could be read of HTTP
};

}  // namespace legible::proxy
