#pragma once
// One connection as it is watched: bytes and endings go in, with their times; events come out as
// they happen, and one verdict at the end. Knows no socket and no clock.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "parser/connection_observer.hpp"
#include "parser/http_observer.hpp"
#include "parser/refusal_reader.hpp"
#include "proxy/diagnosis/diagnosis.hpp"
#include "proxy/record/chain_cache.hpp"
#include "proxy/record/event_sink.hpp"
#include "proxy/record/http_digest.hpp"
#include "proxy/record/timeline.hpp"

namespace legible::proxy {

/// What all connections of one thread share.
struct RecordContext {
  EventSink& sink;
  ChainCache& chains;  ///< parses and judges certificates, once for each chain
  parser::Limits limits;
  std::uint64_t entries = 0;  ///< numbered so far, over all connections
};

class ConnectionRecord final : private parser::ObservationSink, private parser::HttpSink {
 public:
  /// `context` and `decryptor` (may be null) must outlive the record.
  ConnectionRecord(ConnectionId id, RecordContext& context,
                   parser::RecordDecryptor* decryptor = nullptr, Scope scope = Scope::relayed);
  ~ConnectionRecord() override;

  /// The name for which the server's certificate is judged, and the host by whose anchors; unless
  /// they are set, both are what the client asks for, else the target's.
  void verify_name(std::string name, std::string host) {
    verified_name_ = std::move(name);
    asked_host_ = std::move(host);
  }

  /// What was recorded, all of it from the client, is its conversation with the proxy.
  void begin_interception() { timeline_.begin_interception(); }

  /// Goes on without the decryptor, which may be destroyed.
  void stop_decrypting() { observer_.stop_decrypting(); }

  /// From now on it ends with a verdict, at the latest when it is destroyed: whoever was to go on
  /// with it could not.
  void promise_verdict() { promised_ = true; }

  /// Any fact that is not read from the TLS stream's bytes: Accepted, Represented, Target,
  /// Connected, ConnectFailed, LeafMinted, ProxyClosing, StillOpen.
  void note(Time time, Leg leg, Fact fact);

  /// Bytes that the side `leg` sent.
  void bytes(Time time, Leg leg, std::span<const std::uint8_t> bytes);
  /// Bytes that the proxy sent to the client before there was a server, in its place: part of their
  /// dialogue, and no bytes of the server's.
  void answer(Time time, std::span<const std::uint8_t> bytes);
  /// What the client has said was for the proxy alone.
  void begin_anew() { observer_.begin_anew(); }
  /// `missing` bytes of the peer on `leg` were not captured; 0: an unknown number, before the
  /// first.
  void gap(Time time, Leg leg, std::uint64_t missing);

  /// What `from` said inside TLS, where it was ended.
  void plaintext(Time time, Leg from, std::span<const std::uint8_t> bytes);
  /// `from` has said inside TLS that it says no more (close_notify).
  void plaintext_end(Time time, Leg from);

  /// The leg ended: by its peer (how: fin or rst), or by the proxy. Call it once for each side
  /// that ends: a FIN from the peer, and later the proxy's own close, are two endings.
  void closed(Time time, Leg leg, parser::StreamEnd how, bool by_proxy, std::uint64_t bytes_in,
              std::uint64_t bytes_out);

  /// A fact that is no event of this conversation, but that its diagnosis needs.
  void inform(Time time, Leg leg, Fact fact);

  /// Ends the record with its verdict. Later calls do nothing.
  void conclude(Time time, const History& history = {});
  /// Ends the record of an intercepted connection, of which this is the client leg. To be called
  /// once.
  Verdict conclude_with(ConnectionRecord& server_leg, Time time, const History& history = {});

  /// See parser::ConnectionObserver.
  std::uint64_t before_tls(Leg leg) const { return observer_.before_tls(leg); }
  bool speaks_tls(Leg leg) const { return observer_.speaks_tls(leg); }

  ConnectionId id() const { return id_; }
  const Timeline& timeline() const { return timeline_; }
  bool concluded() const { return concluded_; }
  /// Both Finished were seen or inferred.
  bool handshake_done() const { return handshake_done_; }
  /// What the server chose, once both Finished were seen or inferred.
  std::optional<parser::ProtocolVersion> agreed_version() const {
    return handshake_done_ && server_hello_ ? std::optional(server_hello_->version) : std::nullopt;
  }
  /// The client has sent more than an alert since both Finished.
  bool client_spoke() const { return spoke_[0]; }
  /// All that the server has said since then is an alert, as by its length.
  bool server_said_alert_only() const { return server_alerted_ && !spoke_[1]; }
  /// Something has ended the handshake: a fatal alert, a FIN, an RST, bytes that are no TLS.
  bool terminal_seen() const { return terminal_seen_; }
  /// The client's hello, once it is whole; null before.
  const parser::ClientHello* client_hello() const { return hello_.get(); }
  /// The last ServerHello, no HelloRetryRequest; null before.
  const parser::ServerHello* server_hello() const { return server_hello_.get(); }

 private:
  void on_observation(parser::Side from, parser::Observation&& observation) override;
  void on_first_head(parser::Side from, parser::PlainHttp&& head) override;
  void on_http(parser::Side from, const parser::HttpEvent& event) override;
  void take_answer(const parser::HttpResponse& answer);
  void tell_refusals();
  void tell_http(const HttpDigest* digest);
  void finish_plaintext(Time time);
  /// Tells the sink, and keeps it: anything that makes a Fact.
  template <class Told>
  void add(Time time, Leg leg, Told&& told);
  void judge(Time time, Leg leg, const parser::CertificateMessage& message);

  ConnectionId id_;
  RecordContext& context_;
  parser::ConnectionObserver observer_;
  std::unique_ptr<parser::HttpObserver> inside_;     ///< of TLS; once there was plaintext
  std::unique_ptr<parser::RefusalReader> refusals_;  ///< likewise; null where it is of no use
  std::unique_ptr<HttpDigest> http_;                 ///< once there was any
  bool answer_seen_ = false;                         ///< the first one was told
  Timeline timeline_;
  parser::Shared<parser::ClientHello> hello_;
  parser::Shared<parser::ServerHello> server_hello_;
  std::string target_host_;  ///< its name or address
  bool target_has_name_ = false;
  std::optional<std::string> verified_name_;
  std::optional<std::string> asked_host_;
  Time now_{};  ///< of the call in progress, for the observations made in it
  bool handshake_done_ = false;
  std::array<bool, 2> spoke_{};  ///< by Side
  bool server_alerted_ = false;
  bool terminal_seen_ = false;
  bool promised_ = false;
  bool concluded_ = false;
};

}  // namespace legible::proxy
