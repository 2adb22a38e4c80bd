#pragma once
// What had crossed the wire when the connection ended: one pass over the timeline up to the primary
// event, so that every rule asks questions and none walks entries.

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "proxy/diagnosis/primary_event.hpp"
#include "proxy/record/timeline.hpp"

namespace legible::proxy::diagnosis {

using Chain = std::vector<certs::Certificate>;

/// A side's certificates, as far as they could be seen.
enum class CertificateState : std::uint8_t {
  none_seen,
  empty,           ///< an empty Certificate message, read
  empty_inferred,  ///< the same, told by a record's length
  sent,            ///< a chain, read
  sent_inferred,   ///< records of a certificate's size
};

/// What one side sent before the primary event.
struct SideFacts {
  std::optional<parser::FirstBytes> first_bytes;
  const parser::PlainHttp* http = nullptr;
  const parser::Refusals* refusals = nullptr;  ///< also what was told after the end
  const parser::Malformed* malformed = nullptr;

  std::uint64_t bytes_in_clear = 0;  ///< of its stream, in a dialogue before TLS
  /// Of so many bytes of its stream, those behind the dialogue.
  std::uint64_t after_dialogue(std::uint64_t bytes) const {
    return bytes - std::min(bytes, bytes_in_clear);
  }

  CertificateState certificate = CertificateState::none_seen;
  std::shared_ptr<const Chain> chain;
  const ChainJudged* judged = nullptr;

  bool certificate_verify = false;
  std::optional<parser::SignatureScheme> proof;  ///< of its CertificateVerify
  bool key_update = false;
  bool change_cipher_spec = false;
  bool finished = false;
  bool application_data = false;             ///< some was sent, as far as can be seen
  std::uint64_t application_bytes = 0;       ///< record payloads; upper bound
  const parser::RecordTail* tail = nullptr;  ///< its records when it closed
  std::uint64_t early_encrypted_bytes = 0;   ///< TLS 1.3: of encrypted records before Finished
  std::vector<const parser::EncryptedRecord*> encrypted;  ///< handshake phase and after
  std::size_t encrypted_by_finished = 0;                  ///< TLS 1.3: of these, up to Finished
  std::vector<int> alerts;                                ///< readable ones that ended nothing

  bool plain_text() const;  ///< its first bytes were no TLS
  /// What it answered inside TLS was read, and would have been known for a refusal.
  bool answer_read() const { return http || (refusals && refusals->replies.empty()); }
  bool has_warning(int number) const;
  bool certificate_empty() const {
    return certificate == CertificateState::empty ||
           certificate == CertificateState::empty_inferred;
  }
  bool certificate_sent() const {
    return certificate == CertificateState::sent || certificate == CertificateState::sent_inferred;
  }
  const certs::Certificate* leaf() const;
};

struct Facts {
  const Accepted* accepted = nullptr;
  const Target* target = nullptr;
  const Connected* connected = nullptr;
  const ConnectFailed* connect_failed = nullptr;
  const ProxyClosing* proxy_closing = nullptr;  ///< also when the proxy's own alert came before it
  const ProxyClosing* told_of_tls =
      nullptr;                         ///< the client, by a page of the proxy's; see plain_http
  const LeafMinted* minted = nullptr;  ///< what the client was shown is the proxy's work
  const parser::Dialogue* dialogue = nullptr;
  /// The last one that was held with the server, also where it was told only after the end.
  const parser::Dialogue* with_server = nullptr;
  /// The client's PROXY header says that it speaks for itself (command LOCAL), and is so long.
  std::optional<std::uint64_t> local_header;

  const parser::ClientHello* hello = nullptr;         ///< the first one
  const parser::ClientHello* second_hello = nullptr;  ///< after a HelloRetryRequest
  bool hello_repeated = false;                        ///< a second one that nobody asked for
  const parser::ServerHello* hello_retry = nullptr;   ///< the last one
  bool hello_retry_repeated = false;
  const parser::ServerHello* server_hello = nullptr;
  const parser::ServerKeyExchange* server_key_exchange = nullptr;
  const parser::CertificateRequest* certificate_request = nullptr;
  bool certificate_request_inferred = false;  ///< TLS 1.3: the client answered one
  /// TLS 1.3: it did so behind the handshake, and the server has not gone on since.
  bool late_certificate = false;
  std::optional<std::string> alpn;  ///< that the server chose
  bool alpn_seen = false;           ///< its choice, or that it chose none, was in clear or read
  bool certificate_status = false;  ///< a stapled OCSP answer
  bool went_on_in_clear = false;    ///< behind the log-in, as TDS lets the two sides agree
  bool server_hello_done = false;
  bool client_key_exchange = false;
  const RequestUnanswered* request_unanswered = nullptr;
  /// What the client asked, whole, could be read, so that it is no guess. A part of an answer is
  /// one.
  bool asked_in_vain() const {
    const auto* request = request_unanswered;
    return request && request->sent &&
           (request->http2 || request->later || !server().application_data);
  }
  const AnswerCut* answer_cut = nullptr;
  const Http2GivenUp* http2_given_up = nullptr;
  Leg http2_given_up_by = Leg::server;
  std::uint64_t sent_to_nobody = 0;  ///< bytes of the server's that came when the client had left
  bool resumed = false;
  bool server_answered_finished = false;  ///< TLS 1.3: the server wrote after the client's Finished
  bool answer_may_be_ticket = false;      ///< TLS 1.3: all that the server sent after its Finished
  std::optional<Leg> renegotiation_by;    ///< who sent a handshake record after both Finished
  /// What began that, where it could not be read.
  const parser::EncryptedRecord* renegotiation_record = nullptr;
  bool renegotiation_answered = false;  ///< the other side sent handshake records too
  std::array<bool, 2> renegotiated{};   ///< whose new keys are in use
  bool renegotiation_done() const { return renegotiated[0] && renegotiated[1]; }

  std::array<SideFacts, 2> sides;
  SideFacts& side(Leg leg) { return sides[static_cast<std::size_t>(leg)]; }
  const SideFacts& side(Leg leg) const { return sides[static_cast<std::size_t>(leg)]; }
  const SideFacts& client() const { return side(Leg::client); }
  const SideFacts& server() const { return side(Leg::server); }

  /// The server's own chain, of which `server().judged` speaks; null when none was seen.
  const Chain* judged_chain() const;

  bool tls13() const;
  std::optional<parser::ProtocolVersion> version() const;
  bool both_finished() const { return client().finished && server().finished; }
  /// The server asked for a client certificate, seen or inferred.
  bool client_certificate_asked() const {
    return certificate_request != nullptr || certificate_request_inferred;
  }
  /// The server's certificate was delivered: seen, or (TLS 1.3) records of its size were.
  bool server_certificate_delivered() const;
  /// The server has said all that it says before the client's answer.
  bool server_flight_complete() const;
  /// The client speaks TLS, and begins with something else than a ClientHello.
  bool client_begins_without_hello() const;
  /// The client has begun to answer the server's flight.
  bool client_flight_begun() const;
};

/// Collects what came before `primary`. The facts point into `timeline`.
Facts collect_facts(const Timeline& timeline, const PrimaryEvent& primary);

}  // namespace legible::proxy::diagnosis
