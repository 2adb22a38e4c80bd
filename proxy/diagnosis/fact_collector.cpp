#include <algorithm>
#include <cstdlib>

#include "parser/limits.hpp"
#include "proxy/diagnosis/facts.hpp"
#include "proxy/diagnosis/observations.hpp"
#include "proxy/diagnosis/offer.hpp"
#include "proxy/diagnosis/wire_names.hpp"

namespace legible::proxy::diagnosis {
namespace {

using parser::Content;

/// A client's record of the handshake that is longer than this carries a certificate.
constexpr std::uint16_t smallest_client_certificate = 200;
/// Up to TLS 1.2: a message's header, and the shortest of nonce, tag and MAC that suites add.
constexpr std::uint16_t shortest_protected_message = 4 + 16;
/// After the handshake a server that waits for a request sends a few tickets, no more.
constexpr std::size_t most_tickets = 6;
/// Of a record with a NewSessionTicket.
constexpr std::uint16_t shortest_ticket = 80;

class Collector {
 public:
  Collector(const Timeline& timeline, const PrimaryEvent& primary)
      : timeline_(timeline), primary_(primary) {
    // As many as a connection that succeeds has; vectors that grow from nothing would be made anew
    // four times each.
    constexpr std::size_t usual_records = 8;
    for (SideFacts& side : facts_.sides) side.encrypted.reserve(usual_records);
  }

  Facts collect() {
    const auto entries = timeline_.entries();
    for (const Entry& entry : entries.first(std::min(primary_.index, entries.size()))) take(entry);
    for (const Entry& entry : entries) {
      const auto* dialogue = shared<parser::Dialogue>(entry);
      if (dialogue && !dialogue->with_proxy) facts_.with_server = dialogue;
      if (const auto* refused = std::get_if<RefusedInside>(&entry.fact)) {
        facts_.side(entry.leg).refusals = refused->refusals.get();
      }
      if (const auto* unanswered = std::get_if<RequestUnanswered>(&entry.fact)) {
        facts_.request_unanswered = unanswered;
      }
      if (const auto* cut = std::get_if<AnswerCut>(&entry.fact)) facts_.answer_cut = cut;
      if (const auto* given_up = std::get_if<Http2GivenUp>(&entry.fact)) {
        facts_.http2_given_up = given_up;
        facts_.http2_given_up_by = entry.leg;
      }
    }
    // The facts of the primary event itself that rules name.
    if (primary_.index < entries.size()) take_ending(entries[primary_.index]);
    // An answer without a length is told when the server has closed.
    if (primary_.closer == Closer::server && facts_.both_finished()) take_plain_answer();
    if (ended_by_proxy()) take_own_reason();
    take_own_answer();
    facts_.side(Leg::server).application_data |= !only_tickets();
    facts_.answer_may_be_ticket =
        after_finished_.size() == 1 && after_finished_.front().length >= shortest_ticket;
    count_application_data();
    return std::move(facts_);
  }

 private:
  void take(const Entry& entry) {
    if (const auto* accepted = std::get_if<Accepted>(&entry.fact)) facts_.accepted = accepted;
    if (const auto* target = std::get_if<Target>(&entry.fact)) facts_.target = target;
    if (const auto* connected = std::get_if<Connected>(&entry.fact)) facts_.connected = connected;
    if (const auto* seen = std::get_if<ChainSeen>(&entry.fact)) take_chain(entry.leg, *seen);
    if (const auto* minted = std::get_if<LeafMinted>(&entry.fact)) facts_.minted = minted;
    if (const auto* judged = std::get_if<ChainJudged>(&entry.fact)) {
      facts_.side(entry.leg).judged = judged;
    }
    if (const auto* observation = std::get_if<parser::Observation>(&entry.fact)) {
      std::visit([&](const auto& value) { observe(entry, value); }, *observation);
    }
  }

  void take_ending(const Entry& entry) {
    if (const auto* failed = std::get_if<ConnectFailed>(&entry.fact))
      facts_.connect_failed = failed;
    if (const auto* closing = std::get_if<ProxyClosing>(&entry.fact))
      facts_.proxy_closing = closing;
    if (const auto* first = observed<parser::FirstBytes>(entry)) observe(entry, *first);
    if (primary_.mechanism == Mechanism::plaintext_reply) take_plain_answer();
    if (primary_.closer != Closer::server && !facts_.server().first_bytes) take_late_beginning();
  }

  void take_plain_answer() {
    for (const Entry& later : timeline_.entries().subspan(primary_.index)) {
      const auto* http = shared<parser::PlainHttp>(later);
      if (http && later.leg == Leg::server) facts_.side(Leg::server).http = http;
    }
  }

  /// A plain server that reads until the client, or the proxy in its place, has ended says only
  /// then that it speaks no TLS.
  void take_late_beginning() {
    for (const Entry& later : timeline_.entries().subspan(primary_.index)) {
      const auto* first = observed<parser::FirstBytes>(later);
      if (!first || later.leg != Leg::server) continue;
      SideFacts late;
      late.first_bytes = *first;
      if (!late.plain_text()) return;
      observe(later, *first);
      return take_plain_answer();
    }
  }

  bool ended_by_proxy() const {
    return primary_.leg && party(timeline_.scope(), *primary_.leg) == Party::proxy;
  }

  /// The proxy's TLS sends its alert first, and says then why.
  void take_own_reason() {
    for (const Entry& later : timeline_.entries().subspan(primary_.index)) {
      const auto* closing = std::get_if<ProxyClosing>(&later.fact);
      const bool why = closing && closing->reason == ProxyReason::tls_failure;
      if (why && !facts_.proxy_closing) facts_.proxy_closing = closing;
    }
  }

  /// In the server's place, whose own came first.
  void take_own_answer() {
    for (const Entry& entry : timeline_.entries()) {
      const auto* closing = std::get_if<ProxyClosing>(&entry.fact);
      if (closing && closing->reason == ProxyReason::plain_http) facts_.told_of_tls = closing;
    }
  }

  void take_chain(Leg leg, const ChainSeen& seen) {
    SideFacts& side = facts_.side(leg);
    side.chain = seen.chain;
    side.certificate =
        seen.chain && !seen.chain->empty() ? CertificateState::sent : CertificateState::empty;
  }

  void observe(const Entry& entry, const parser::FirstBytes& first) {
    auto& held = facts_.side(entry.leg).first_bytes;
    if (!held) held = first;
    if (facts_.both_finished()) facts_.went_on_in_clear = true;
    if (first.protocol == parser::Protocol::proxy_protocol) take_header(first);
  }
  /// Version 2 (HAProxy, doc/proxy-protocol.txt, section 2.2): the signature, version and command,
  /// family, length.
  void take_header(const parser::FirstBytes& first) {
    constexpr std::size_t fixed = 16;
    constexpr std::uint8_t version2_local = 0x20;
    if (first.count < fixed || first.bytes[12] != version2_local) return;
    facts_.local_header = fixed + (std::uint64_t{first.bytes[14]} << 8 | first.bytes[15]);
  }
  void observe(const Entry&, const parser::Shared<parser::Dialogue>& dialogue) {
    facts_.dialogue = dialogue.get();
    for (const Leg leg : {Leg::client, Leg::server}) {
      facts_.side(leg).bytes_in_clear = dialogue->bytes[static_cast<std::size_t>(leg)];
    }
    // What the server is meant to hear has not begun.
    if (dialogue->with_proxy) facts_.side(Leg::client).first_bytes.reset();
  }
  void observe(const Entry& entry, const parser::Shared<parser::PlainHttp>& http) {
    facts_.side(entry.leg).http = http.get();
  }
  void observe(const Entry&, const parser::Shared<parser::ClientHello>& hello) {
    if (facts_.both_finished()) {
      if (!facts_.renegotiation_by) facts_.renegotiation_by = Leg::client;
    } else if (!facts_.hello) {
      facts_.hello = hello.get();
    } else if (facts_.hello_retry) {
      facts_.second_hello = hello.get();
    } else {
      facts_.hello_repeated = true;
    }
  }
  void observe(const Entry&, const parser::Shared<parser::ServerHello>& hello) {
    if (facts_.both_finished()) return;
    facts_.hello_retry_repeated |= hello->hello_retry_request && facts_.hello_retry != nullptr;
    (hello->hello_retry_request ? facts_.hello_retry : facts_.server_hello) = hello.get();
    if (hello->psk_selected) facts_.resumed = true;
    if (hello->alpn) facts_.alpn = hello->alpn;
    facts_.alpn_seen |= !parser::is_tls13_like(hello->version);
  }
  void observe(const Entry&, const parser::EncryptedExtensions& extensions) {
    if (extensions.alpn) facts_.alpn = extensions.alpn;
    facts_.alpn_seen = true;
  }
  void observe(const Entry&, const parser::Shared<parser::CertificateMessage>&) {}
  void observe(const Entry&, const parser::Shared<parser::CertificateRequest>& request) {
    if (facts_.both_finished()) facts_.renegotiation_by = Leg::server;
    facts_.certificate_request = request.get();
  }
  void observe(const Entry&, const parser::ServerKeyExchange& exchange) {
    facts_.server_key_exchange = &exchange;
  }
  void observe(const Entry& entry, const parser::CertificateVerify& verify) {
    facts_.side(entry.leg).certificate_verify = true;
    facts_.side(entry.leg).proof = verify.scheme;
  }
  void observe(const Entry& entry, const parser::HandshakeMessage& message) {
    using namespace handshake_type;
    SideFacts& side = facts_.side(entry.leg);
    if (message.type == server_hello_done) facts_.server_hello_done = true;
    if (message.type == client_key_exchange) facts_.client_key_exchange = true;
    if (message.type == certificate_status) facts_.certificate_status = true;
    if (message.type == key_update) side.key_update = true;
    if (message.type == finished && facts_.renegotiation_by) {
      facts_.renegotiated[static_cast<std::size_t>(entry.leg)] = true;
    }
    if (message.type == finished) finish(entry.leg);
    if (message.type == hello_request && facts_.both_finished()) {
      facts_.renegotiation_by = Leg::server;
    }
    if (message.type == new_session_ticket && facts_.tls13() && facts_.client().finished) {
      facts_.server_answered_finished = true;
    }
  }
  void observe(const Entry& entry, const parser::ChangeCipherSpec&) {
    if (!facts_.server_hello) return;  // a 0-RTT client's, for middleboxes only
    SideFacts& side = facts_.side(entry.leg);
    side.change_cipher_spec = true;
    const bool abbreviated = entry.leg == Leg::server && facts_.server_hello && !facts_.tls13() &&
                             side.certificate == CertificateState::none_seen &&
                             !facts_.client_key_exchange;
    if (abbreviated) facts_.resumed = true;
  }
  void observe(const Entry& entry, const parser::Alert& alert) {
    if (alert.description) facts_.side(entry.leg).alerts.push_back(alert.description->value);
  }
  void observe(const Entry& entry, const parser::EncryptedRecord& record) {
    if (!facts_.server_hello) return;  // 0-RTT data, or no TLS that is understood
    facts_.side(entry.leg).encrypted.push_back(&record);
    if (record.likely == Content::application_data) {
      facts_.side(entry.leg).application_data = true;
      // With or without tickets before it: whoever answers has accepted.
      if (entry.leg == Leg::server) facts_.server_answered_finished |= facts_.client().finished;
    } else if (!facts_.tls13()) {
      encrypted_tls12(entry.leg, record);
    } else if (entry.leg == Leg::client) {
      client_tls13(record);
    } else {
      server_tls13(record, entry.time);
    }
  }
  void observe(const Entry&, const parser::HandshakeDone& done) {
    facts_.side(Leg::server).finished = true;
    facts_.side(Leg::client).finished = true;
    facts_.resumed |= done.resumed;
    done_ = true;
  }
  void observe(const Entry& entry, const parser::Malformed& malformed) {
    SideFacts& side = facts_.side(entry.leg);
    if (!side.malformed) side.malformed = &malformed;
  }
  void observe(const Entry&, const parser::Incomplete&) {}
  void observe(const Entry&, const parser::LimitReached&) {}

  void finish(Leg leg) { facts_.side(leg).finished = true; }

  void encrypted_tls12(Leg leg, const parser::EncryptedRecord& record) {
    if (facts_.renegotiation_by && record.type == parser::content_type::change_cipher_spec) {
      facts_.renegotiated[static_cast<std::size_t>(leg)] = true;
    }
    const bool whole = record.length >= shortest_protected_message;
    if (record.type != parser::content_type::handshake || !whole) return;
    if (!facts_.both_finished()) return finish(leg);
    if (!facts_.renegotiation_by) {
      facts_.renegotiation_by = leg;
      facts_.renegotiation_record = &record;
    }
    facts_.renegotiation_answered |= leg != *facts_.renegotiation_by;
  }

  /// Record lengths betray the content of TLS 1.3.
  void client_tls13(const parser::EncryptedRecord& record) {
    SideFacts& client = facts_.side(Leg::client);
    if (client.finished && !(done_ && finishing_record(record))) {
      if (client.application_data) take_late_certificate(record);
      client.application_data = true;
      return;
    }
    facts_.side(Leg::server).finished = true;
    switch (record.likely) {
      case Content::finished:
        client.finished = true;
        client_finished_length_ = record.length;
        if (!short_record_before_finished_) return;
        client.certificate = CertificateState::empty_inferred;
        facts_.certificate_request_inferred = true;
        return;
      case Content::alert_or_empty_certificate:
        short_record_before_finished_ = true;
        return;
      case Content::empty_certificate_and_finished:
        client.finished = true;
        [[fallthrough]];
      case Content::empty_certificate:
        client.certificate = CertificateState::empty_inferred;
        facts_.certificate_request_inferred = true;
        return;
      case Content::alert:
      case Content::key_update:
      case Content::end_of_early_data:
      case Content::application_data:
        return;
      case Content::certificate_flight:
      case Content::unknown:
        break;
    }
    const bool early_data = facts_.hello && facts_.hello->early_data;
    const bool certificate = record.likely == Content::certificate_flight ||
                             record.length >= smallest_client_certificate;
    if (certificate && !early_data && client.certificate == CertificateState::none_seen) {
      client.certificate = CertificateState::sent_inferred;
      facts_.certificate_request_inferred = true;
    }
    client.early_encrypted_bytes += record.length;
  }

  /// RFC 8446 section 4.6.2: the answer to a CertificateRequest behind the handshake, which ends in
  /// a Finished of its own. Short records before it have no certificate in them.
  void take_late_certificate(const parser::EncryptedRecord& record) {
    if (!facts_.hello || !offers_post_handshake_auth(*facts_.hello)) return;
    const auto& records = facts_.client().encrypted;
    if (record.length != client_finished_length_ || records.size() < 2) return;
    const std::uint16_t before = records[records.size() - 2]->length;
    facts_.late_certificate = true;
    facts_.certificate_request_inferred = true;
    facts_.side(Leg::client).certificate = before < smallest_client_certificate
                                               ? CertificateState::empty_inferred
                                               : CertificateState::sent_inferred;
  }
  /// The server went on: it was content, or that was no certificate.
  void withdraw_late_certificate() {
    facts_.late_certificate = false;
    facts_.certificate_request_inferred = false;
    facts_.side(Leg::client).certificate = CertificateState::none_seen;
  }

  /// HandshakeDone may be reported just before the record that it was inferred from.
  bool finishing_record(const parser::EncryptedRecord& record) {
    const bool first = !finishing_record_seen_;
    finishing_record_seen_ = true;
    return first && (record.likely == Content::finished ||
                     record.likely == Content::empty_certificate_and_finished);
  }

  void server_tls13(const parser::EncryptedRecord& record, Time when) {
    SideFacts& server = facts_.side(Leg::server);
    if (!server.finished) {
      server.early_encrypted_bytes += record.length;
      server.finished = record.likely == Content::finished;
      server.encrypted_by_finished = server.encrypted.size();
      return;
    }
    // Whoever refuses says no more than an alert: the client's Finished was in its flight's record.
    const bool answers = facts_.client().certificate == CertificateState::sent_inferred &&
                         record.length >= shortest_ticket;
    if (answers) take_coalesced_flight();
    facts_.side(Leg::client).finished |= answers;
    if (facts_.client().finished) facts_.server_answered_finished = true;
    if (facts_.late_certificate && record.length >= shortest_ticket) withdraw_late_certificate();
    after_finished_.push_back(
        {record.length, facts_.client().application_data, facts_.client().encrypted.size(), when});
  }

  /// The server goes on, and no record of a Finished's length was seen: it was in one with the
  /// client's certificate, as JSSE's SSLEngine and NSS send it. What came behind that is data.
  void take_coalesced_flight() {
    SideFacts& client = facts_.side(Leg::client);
    if (client.finished || client.encrypted.empty()) return;
    client.application_data |= client.encrypted.back()->likely != Content::certificate_flight;
  }

  /// TLS 1.3: a server's tickets look like data. They come before the client has asked for
  /// anything, or in a pair of one length (OpenSSL's second may have a block more), between which
  /// the client had no time to ask again; and all of them before any answer.
  bool only_tickets() const {
    const auto of_one_length = [](const AfterFinished& a, const AfterFinished& b) {
      constexpr int block = 16;
      return a.length == b.length || std::abs(a.length - b.length) == block;
    };
    const auto pair = [&](const AfterFinished& a, const AfterFinished& b) {
      constexpr std::chrono::microseconds no_time{500};
      const bool together =
          a.after_client_records == b.after_client_records || b.when - a.when < no_time;
      return together && of_one_length(a, b);
    };
    const auto& records = after_finished_;
    if (records.size() > most_tickets) return false;
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (records[i].length < shortest_ticket) return false;
      const bool paired = (i > 0 && pair(records[i - 1], records[i])) ||
                          (i + 1 < records.size() && pair(records[i], records[i + 1]));
      const bool first_kind = of_one_length(records[i], records.front());
      if (records[i].after_request && !(paired && first_kind)) return false;
    }
    return true;
  }

  /// Application records are counted, not reported: the counts stand in the closing facts.
  void count_application_data() {
    for (const Entry& entry : timeline_.entries()) {
      const auto* closed = std::get_if<LegClosed>(&entry.fact);
      if (!closed) continue;
      SideFacts& side = facts_.side(entry.leg);
      side.application_bytes = std::max(side.application_bytes, closed->tail.application_bytes);
      if (!side.tail) side.tail = &closed->tail;
    }
    forget_what_came_late();
    if (!facts_.both_finished()) return;
    constexpr std::size_t nearly_all_reported = parser::Limits{}.encrypted_records - 8;
    constexpr std::uint64_t two_goodbyes = 2 * 64;
    for (const Leg leg : {Leg::client, Leg::server}) {
      SideFacts& side = facts_.side(leg);
      if (!facts_.tls13()) {
        side.application_data |= side.application_bytes > 0;
        continue;
      }
      std::uint64_t handshake = 0;
      for (const auto* record : side.encrypted) handshake += record->length;
      const bool beyond_what_was_reported =
          !side.encrypted.empty() && side.application_bytes > handshake + two_goodbyes;
      side.application_data |=
          beyond_what_was_reported && side.encrypted.size() >= nearly_all_reported;
    }
  }

  /// What the server sent when the client had ended its direction was no answer that it waited for,
  /// if that was all: a goodbye comes late too.
  void forget_what_came_late() {
    if (primary_.closer != Closer::client) return;
    const auto ended = std::ranges::find_if(timeline_.entries(), [](const Entry& entry) {
      const auto* closed = std::get_if<LegClosed>(&entry.fact);
      return closed && !closed->by_proxy && entry.leg == Leg::client;
    });
    if (ended == timeline_.entries().end()) return;
    const std::uint64_t all = timeline_.flow(Leg::server).bytes;
    const std::uint64_t late = all - std::min(all, std::get<LegClosed>(ended->fact).bytes_out);
    facts_.sent_to_nobody = late;
    std::uint64_t& data = facts_.side(Leg::server).application_bytes;
    if (data <= late) data = 0;
  }

  const Timeline& timeline_;
  const PrimaryEvent& primary_;
  Facts facts_;
  struct AfterFinished {
    std::uint16_t length;
    bool after_request;                ///< the client had sent data
    std::size_t after_client_records;  ///< encrypted ones
    Time when;
  };
  std::vector<AfterFinished> after_finished_;  ///< TLS 1.3: of the server
  std::uint16_t client_finished_length_ = 0;   ///< TLS 1.3: of its record; 0: not known
  bool done_ = false;
  bool finishing_record_seen_ = false;
  bool short_record_before_finished_ = false;
};

}  // namespace

Facts collect_facts(const Timeline& timeline, const PrimaryEvent& primary) {
  return Collector{timeline, primary}.collect();
}

}  // namespace legible::proxy::diagnosis
