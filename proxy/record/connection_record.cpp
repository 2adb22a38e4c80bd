#include "proxy/record/connection_record.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <utility>

#include "parser/alert.hpp"

namespace legible::proxy {
namespace {

bool ends_handshake(const parser::Observation& observation, const parser::ServerHello* chosen) {
  const auto* alert = std::get_if<parser::Alert>(&observation);
  if (!alert) return false;
  if (alert->inferred || alert->encrypted || !alert->level || !alert->description) return true;
  return parser::is_error(*alert->level, *alert->description,
                          chosen ? std::optional(chosen->version) : std::nullopt);
}

}  // namespace

ConnectionRecord::ConnectionRecord(ConnectionId id, RecordContext& context,
                                   parser::RecordDecryptor* decryptor, Scope scope)
    : id_(id),
      context_(context),
      observer_(*this, context.limits, decryptor, this),
      timeline_(scope) {}

// Its users follow. What is told is made a fact in its place: to move one is a call for each of the
// variants that it lies in.
template <class Told>
void ConnectionRecord::add(Time time, Leg leg, Told&& told) {
  Entry entry{time, leg, Fact(std::forward<Told>(told)), ++context_.entries};
  context_.sink.on_entry(id_, timeline_, entry);
  timeline_.add(std::move(entry));
}

ConnectionRecord::~ConnectionRecord() {
  if (!promised_ || concluded_) return;
  try {
    const auto entries = timeline_.entries();
    const Time last = entries.empty() ? now_ : std::max(now_, entries.back().time);
    note(last, Leg::client, ProxyClosing{ProxyReason::resources});
    conclude(last);
  } catch (const std::exception&) {
    // Where there is no memory left even for that, nothing more can be said.
    concluded_ = true;
  }
}

void ConnectionRecord::note(Time time, Leg leg, Fact fact) {
  if (const auto* target = std::get_if<Target>(&fact)) {
    target_host_ = target->host;
    target_has_name_ = target->host_is_name;
  }
  if (std::holds_alternative<ConnectFailed>(fact)) terminal_seen_ = true;
  add(time, leg, std::move(fact));
}

void ConnectionRecord::inform(Time time, Leg leg, Fact fact) {
  timeline_.add({time, leg, std::move(fact), ++context_.entries});
}

void ConnectionRecord::bytes(Time time, Leg leg, std::span<const std::uint8_t> bytes) {
  now_ = time;
  timeline_.count_bytes(leg, bytes.size(), time);
  observer_.feed(leg, bytes, time.time_since_epoch());
}

void ConnectionRecord::answer(Time time, std::span<const std::uint8_t> bytes) {
  now_ = time;
  observer_.feed_own_answer(bytes);
}

void ConnectionRecord::gap(Time time, Leg leg, std::uint64_t missing) {
  now_ = time;
  timeline_.count_gap(leg, missing);
  observer_.gap(leg, missing);
}

void ConnectionRecord::plaintext(Time time, Leg from, std::span<const std::uint8_t> bytes) {
  now_ = time;
  if (!inside_) {
    parser::HttpSink& sink = *this;
    inside_ = std::make_unique<parser::HttpObserver>(sink, context_.limits);
    refusals_ = std::make_unique<parser::RefusalReader>();
  }
  inside_->feed(from, bytes, time.time_since_epoch());
  if (from == Leg::client || !refusals_) return;
  refusals_->feed(bytes);
  if (refusals_->stopped()) tell_refusals();
}

/// They are few, and what follows is not looked at.
void ConnectionRecord::tell_refusals() {
  if (auto found = refusals_->refusals()) inform(now_, Leg::server, RefusedInside{found});
  refusals_.reset();
}

void ConnectionRecord::plaintext_end(Time time, Leg from) {
  now_ = time;
  if (inside_) inside_->end(from);
}

void ConnectionRecord::closed(Time time, Leg leg, parser::StreamEnd how, bool by_proxy,
                              std::uint64_t bytes_in, std::uint64_t bytes_out) {
  now_ = time;
  if (!by_proxy) observer_.end(leg, how);
  terminal_seen_ = true;
  add(time, leg, LegClosed{by_proxy, how, bytes_in, bytes_out, observer_.tail(leg)});
}

void ConnectionRecord::conclude(Time time, const History& history) {
  if (concluded_) return;
  concluded_ = true;
  finish_plaintext(time);
  context_.sink.on_verdict(id_, time, {timeline_, nullptr, http_.get()},
                           diagnose(timeline_, history));
}

Verdict ConnectionRecord::conclude_with(ConnectionRecord& server_leg, Time time,
                                        const History& history) {
  concluded_ = true;
  server_leg.finish_plaintext(time);
  now_ = time;
  tell_http(server_leg.http_.get());
  Verdict verdict = diagnose_intercepted(timeline_, server_leg.timeline_, history);
  context_.sink.on_verdict(id_, time, {timeline_, &server_leg.timeline_, server_leg.http_.get()},
                           verdict);
  return verdict;
}

void ConnectionRecord::on_observation(parser::Side from, parser::Observation&& observation) {
  if (const auto* hello = std::get_if<parser::Shared<parser::ClientHello>>(&observation)) {
    if (!hello_) hello_ = *hello;
  } else if (const auto* answer = std::get_if<parser::Shared<parser::ServerHello>>(&observation)) {
    if (!(*answer)->hello_retry_request) server_hello_ = *answer;
  } else if (std::holds_alternative<parser::HandshakeDone>(observation)) {
    handshake_done_ = true;
  } else if (const auto* record = std::get_if<parser::EncryptedRecord>(&observation)) {
    const bool alert = record->likely == parser::Content::alert ||
                       record->likely == parser::Content::alert_or_empty_certificate;
    spoke_[static_cast<std::size_t>(from)] |= handshake_done_ && !alert;
    server_alerted_ |= handshake_done_ && from == parser::Side::server && alert;
  } else if (const auto* message =
                 std::get_if<parser::Shared<parser::CertificateMessage>>(&observation)) {
    // The parsed chain stands for the message: keeping both would double the memory.
    const parser::Shared<parser::CertificateMessage> kept = *message;
    judge(now_, from, *kept);
    return;
  }
  if (!handshake_done_ && ends_handshake(observation, server_hello())) terminal_seen_ = true;
  add(now_, from, std::move(observation));
}

/// The first answer inside TLS can be why the connection ends.
void ConnectionRecord::on_first_head(parser::Side from, parser::PlainHttp&& head) {
  if (from == parser::Side::client) return;
  inform(now_, from,
         parser::Observation(std::make_shared<const parser::PlainHttp>(std::move(head))));
}

void ConnectionRecord::on_http(parser::Side from, const parser::HttpEvent& event) {
  if (!http_) http_ = std::make_unique<HttpDigest>();
  http_->add(from, event);
  const auto* response = std::get_if<parser::Ref<parser::HttpResponse>>(&event);
  if (response && !answer_seen_) take_answer(*response);
  context_.sink.on_http(id_, now_, from, event);
}

/// What the first answer, if it is an error, says in words tells more than its status.
void ConnectionRecord::take_answer(const parser::HttpResponse& answer) {
  constexpr int first_final = 200;
  constexpr int first_error = 400;
  answer_seen_ = answer.status >= first_final;
  if (answer.status < first_error || answer.headers.find("Content-Encoding")) return;
  parser::PlainHttp told{answer.status,
                         {},
                         {},
                         std::string(answer.headers.find("Server").value_or("")),
                         std::string(answer.body.begin(), answer.body.end())};
  inform(now_, Leg::server,
         parser::Observation(std::make_shared<const parser::PlainHttp>(std::move(told))));
}

void ConnectionRecord::finish_plaintext(Time time) {
  now_ = time;
  observer_.finish_http();
  if (refusals_) tell_refusals();
  if (!inside_) return;
  for (const parser::Side side : {parser::Side::client, parser::Side::server}) inside_->stop(side);
  tell_http(http_.get());
}

/// To whoever is judged: the peer that left may be the one on the other leg.
void ConnectionRecord::tell_http(const HttpDigest* digest) {
  if (digest == nullptr) return;
  const HttpDigest& http = *digest;
  const auto time_of = [](parser::Instant instant) {
    return Time{std::chrono::duration_cast<Time::duration>(instant)};
  };
  if (const ExchangeDigest* request = http.unanswered()) {
    inform(now_, Leg::client,
           RequestUnanswered{.http2 = request->http2,
                             .given_up = request->reset.has_value(),
                             .sent = request->sent,
                             .begun = time_of(request->begun)});
  } else if (const HttpDigest::Asked* last = http.last_unanswered()) {
    inform(now_, Leg::client,
           RequestUnanswered{.later = true, .sent = last->sent, .begun = time_of(last->begun)});
  }
  if (const auto& cut = http.cut()) {
    inform(now_, Leg::server, AnswerCut{cut->bytes, cut->announced, cut->endless});
  }
  using How = Http2GivenUp::How;
  if (http.answered_in_http1()) {
    inform(now_, Leg::server, Http2GivenUp{.how = How::in_http1});
  } else if (const auto& failure = http.failure()) {
    inform(now_, http.failed_by(), Http2GivenUp{How::goaway, failure->error, failure->debug});
  } else if (const ExchangeDigest* refused = http.refused()) {
    inform(now_, Leg::server, Http2GivenUp{.how = How::reset, .error = *refused->reset});
  }
}

void ConnectionRecord::judge(Time time, Leg leg, const parser::CertificateMessage& message) {
  const ParsedChain chain = context_.chains.parse(message);
  add(time, leg, ChainSeen{chain});
  const bool own = party(timeline_.scope(), leg) == Party::proxy;
  // What the proxy shows a client was made after what it was shown, which has been judged.
  if (own && leg == Leg::server) return;

  const auto now = std::chrono::floor<std::chrono::seconds>(time);
  if (leg == Leg::client) {
    auto judgement =
        own ? context_.chains.judge_own(chain, now) : context_.chains.judge_client(chain, now);
    if (judgement) add(time, leg, ChainJudged{{}, std::move(judgement)});
    return;
  }
  const std::string& asked = hello_ && !hello_->sni.empty() ? hello_->sni : target_host_;
  const bool is_name = &asked != &target_host_ || target_has_name_;
  std::string name = verified_name_ ? *verified_name_ : is_name ? asked : std::string();
  auto judgement =
      context_.chains.judge_server(chain, {asked_host_ ? *asked_host_ : asked, name}, now);
  if (judgement) add(time, leg, ChainJudged{std::move(name), std::move(judgement)});
}

}  // namespace legible::proxy
