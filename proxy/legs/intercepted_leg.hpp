#pragma once
// One leg of an intercepted connection: its stream, the TLS session that ends there, and the record
// of what is said on it.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "proxy/legs/leg_secrets.hpp"
#include "proxy/legs/two_leg_connection.hpp"
#include "proxy/record/connection_record.hpp"
#include "proxy/tls/session.hpp"

namespace legible::proxy {

class InterceptedLeg final : public LegStream, private tls::Session::PlaintextSink {
 public:
  class Owner {
   public:
    /// What the peer of `from` has said within TLS. Valid during the call.
    virtual void on_plaintext(InterceptedLeg& from, std::span<const std::uint8_t> bytes) = 0;

   protected:
    ~Owner() = default;
  };

  InterceptedLeg(TwoLegConnection& of, Owner& owner, Leg which)
      : LegStream(of, which), owner_(owner) {}

  /// The role that the proxy plays on this leg.
  Leg proxy_role() const { return parser::other(side); }
  /// Application data can be written.
  bool open() const;
  /// Something can still be said to the peer.
  bool hears() const { return stream && !own_end_told && !write_failed; }
  /// Bytes on their way to the peer that its kernel has not taken.
  std::size_t backlog() const;
  /// Messages of the peer's that brought nothing forward, each of which costs an answer or a
  /// decryption: warning alerts (CVE-2016-8610), ChangeCipherSpecs, empty records, tickets.
  std::uint64_t idle_messages() const;

  /// Bytes that the peer sent, for the session, which there must be, and the record. Returns what
  /// is not on record yet: bytes behind those over which the session has failed, which are no part
  /// of the reason.
  std::span<const std::uint8_t> feed(std::span<const std::uint8_t> bytes);
  /// Bytes that the peer sent before there was a session, which are on record.
  void replay(std::span<const std::uint8_t> bytes) { session->feed(bytes, *this); }
  /// The first alert that ends the connection among what the peer has said since the last call.
  std::optional<parser::AlertDescription> new_fatal_alert();

  /// Sends what the session has to say. False: the peer takes no more bytes, as now turned out.
  bool flush();
  /// An alert in a record of its own, to a peer that has no session yet.
  void write_in_clear(parser::AlertLevel level, parser::AlertDescription description);

  std::unique_ptr<LegSecrets> secrets;
  std::unique_ptr<ConnectionRecord> record;
  std::optional<tls::Session> session;
  std::vector<std::uint8_t> undelivered;  ///< plaintext for the peer, before its handshake is done
  bool own_end_told = false;              ///< the proxy's end of this leg is on record
  bool notified = false;                  ///< the peer's close_notify was passed on

 private:
  void on_plaintext(std::span<const std::uint8_t> bytes) override;

  Owner& owner_;
  std::size_t entries_seen_ = 0;                   ///< of the record's timeline, for alerts
  std::optional<parser::ProtocolVersion> agreed_;  ///< by these entries
  std::uint64_t idle_seen_ = 0;                    ///< among them
};

}  // namespace legible::proxy
