#include "proxy/diagnosis/evidence.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "proxy/diagnosis/certificate_text.hpp"
#include "proxy/diagnosis/observations.hpp"
#include "proxy/diagnosis/text.hpp"
#include "proxy/diagnosis/wire_names.hpp"

namespace legible::proxy::diagnosis {
namespace {

/// What the last thing before the end was, for "... after X". Empty: not worth naming.
std::string last_step(const Entry& entry) {
  const std::string_view whose = who(entry.leg);
  if (std::holds_alternative<Accepted>(entry.fact)) return "the connection was accepted";
  if (std::holds_alternative<ChainSeen>(entry.fact)) return concat({whose, "'s Certificate"});
  const auto* observation = std::get_if<parser::Observation>(&entry.fact);
  if (!observation) return {};
  if (shared<parser::ClientHello>(entry)) return "the ClientHello";
  if (const auto* hello = shared<parser::ServerHello>(entry)) {
    return hello->hello_retry_request ? "the HelloRetryRequest" : "the ServerHello";
  }
  if (shared<parser::CertificateRequest>(entry)) return "the CertificateRequest";
  if (std::holds_alternative<parser::ServerKeyExchange>(*observation)) {
    return "the ServerKeyExchange";
  }
  if (std::holds_alternative<parser::CertificateVerify>(*observation)) {
    return concat({whose, "'s CertificateVerify"});
  }
  if (const auto* message = observed<parser::HandshakeMessage>(entry)) {
    if (message->type == handshake_type::server_hello_done) return "the ServerHelloDone";
    if (message->type == handshake_type::client_key_exchange) return "the ClientKeyExchange";
    if (message->type == handshake_type::finished) return concat({whose, "'s Finished"});
    return concat({"a handshake message of ", whose});
  }
  if (const auto* record = observed<parser::EncryptedRecord>(entry)) {
    // Up to TLS 1.2 the record's type is in clear, and its length tells the message.
    const bool finished = record->type == parser::content_type::handshake &&
                          record->likely == parser::Content::finished;
    if (finished) return concat({whose, "'s Finished"});
    return concat({"an encrypted record of ", whose});
  }
  if (std::holds_alternative<parser::ChangeCipherSpec>(*observation)) {
    return concat({whose, "'s ChangeCipherSpec"});
  }
  if (std::holds_alternative<parser::FirstBytes>(*observation)) {
    return concat({whose, "'s first bytes"});
  }
  return {};
}

/// What the closer reacted to: the other side's last step, else the last one at all.
std::string after_what(const Situation& situation) {
  const auto entries = situation.timeline.entries();
  const std::size_t end = std::min(situation.primary.index, entries.size());
  std::string fallback;
  for (std::size_t i = end; i-- > 0;) {
    // Its own first bytes are no step before what the closer did: they are that.
    const bool own = entries[i].leg == situation.primary.leg;
    if (own && observed<parser::FirstBytes>(entries[i])) continue;
    const std::string step = last_step(entries[i]);
    if (step.empty()) continue;
    std::string text =
        concat({" ", duration(situation.primary.time - entries[i].time), " after ", step});
    if (!own) return text;
    if (fallback.empty()) fallback = std::move(text);
  }
  return fallback;
}

std::string_view close_text(parser::StreamEnd how) {
  switch (how) {
    case parser::StreamEnd::fin:
      return ", then FIN";
    case parser::StreamEnd::rst:
      return ", then RST";
    default:
      return "";
  }
}

std::string version_and_suite(const Facts& facts) {
  const parser::ServerHello& hello = *facts.server_hello;
  return concat({"the server chose ", version_name(hello.version),
                 hello.sslv2_format ? "" : ", " + suite_name(hello.cipher),
                 facts.resumed ? ", resuming an earlier session" : ""});
}

std::string judgement_text(const SideFacts& server) {
  if (!server.judged || !server.judged->judgement) return {};
  const auto& judgement = *server.judged->judgement;
  const std::string_view by =
      judgement.system_anchors ? "this machine's store of authorities" : "the given anchors";
  if (judgement.ok) return fmt::format("; good by {}", by);
  std::vector<std::string_view> found;
  for (const certs::Problem& problem : judgement.problems) {
    const std::string_view id = certs::id(problem.id);
    if (std::ranges::find(found, id) == found.end()) found.push_back(id);
  }
  return fmt::format("; found by {}: {}", by, fmt::join(found, ", "));
}

/// The judgement is of the server's own chain, which the client may not have been shown.
std::string server_certificate_text(const Facts& facts) {
  std::string text = fmt::format("the server showed {}", chain_text(*facts.server().chain));
  if (facts.minted) {
    text += fmt::format(", instead of the original: {}", chain_text(*facts.judged_chain()));
  }
  return text + judgement_text(facts.server());
}

std::string client_certificate_text(const Facts& facts) {
  const SideFacts& client = facts.client();
  switch (client.certificate) {
    case CertificateState::none_seen:
      return "the server asked for a client certificate";
    case CertificateState::empty:
    case CertificateState::empty_inferred:
      return "the server asked for a client certificate; the client sent none";
    case CertificateState::sent_inferred:
      return "the server asked for a client certificate; the client sent one, encrypted";
    case CertificateState::sent:
      break;
  }
  const bool validated = facts.tls13() ? facts.server_answered_finished : facts.both_finished();
  return fmt::format(
      "the server asked for a client certificate; the client sent {}{}", chain_text(*client.chain),
      validated ? ", and the server went on after its CertificateVerify: validated" : "");
}

}  // namespace

std::string tell_primary_event(const Situation& situation) {
  const PrimaryEvent& primary = situation.primary;
  const std::string_view closer = who(primary.closer);
  const std::string when = after_what(situation);
  switch (primary.mechanism) {
    case Mechanism::alert_fatal:
    case Mechanism::alert_warning:
    case Mechanism::close_notify: {
      const bool fatal = primary.mechanism == Mechanism::alert_fatal;
      // In TLS 1.3 an error is one whatever its level.
      const bool called_warning = fatal && primary.alert->level == parser::alert_level::warning;
      return concat({closer, fatal ? " sent fatal alert " : " sent warning alert ",
                     alert_name(primary.alert_number().value_or(0)),
                     called_warning ? " (of level warning, which TLS 1.3 ignores)" : "",
                     primary.alert && primary.alert->encrypted ? " (decrypted)" : "", when,
                     primary.followed_by ? close_text(*primary.followed_by) : ""});
    }
    case Mechanism::alert_encrypted:
      return concat({closer, " sent an encrypted record of an alert's size", when,
                     primary.followed_by ? close_text(*primary.followed_by) : ""});
    case Mechanism::fin:
      return concat({closer, " closed (FIN) without an alert", when});
    case Mechanism::rst:
      return concat({closer, " reset the connection (RST) without an alert", when});
    case Mechanism::plaintext_reply:
      return concat({closer, " answered with bytes that are no TLS", when});
    case Mechanism::timeout:
      return concat({closer, " closed after ", duration(primary.silence), " of silence", when});
    case Mechanism::connect_failed:
      if (situation.facts.connect_failed->error == ConnectError::own_listener) {
        return "the proxy opened no connection: it would have been one to itself";
      }
      if (situation.facts.connect_failed->error == ConnectError::not_allowed) {
        return "the proxy opened no connection: no client may go there through it";
      }
      if (situation.facts.connect_failed->error >= ConnectError::upstream_unreachable) {
        return "no connection to the server came about through --via";
      }
      return "the proxy could not connect to the server";
    case Mechanism::proxy_abort:
      return concat({"the proxy closed", when});
    case Mechanism::still_open:
      return "nothing had ended the connection when the observation ended";
    case Mechanism::app_refusal:
      break;
  }
  return concat({closer, " closed", when});
}

std::vector<std::string> tell_handshake(const Situation& situation, Cause cause) {
  const Facts& facts = situation.facts;
  std::vector<std::string> told;
  if (!facts.server_hello) return told;
  told.push_back(version_and_suite(facts));
  if (facts.server().leaf()) told.push_back(server_certificate_text(facts));
  const bool told_by_rule =
      cause >= Cause::client_cert_missing && cause <= Cause::client_cert_rejected;
  if (facts.client_certificate_asked() && !told_by_rule) {
    told.push_back(client_certificate_text(facts));
  }
  return told;
}

std::string tell_waiting(const Situation& situation) {
  const Accepted* accepted = situation.facts.accepted;
  const bool early = situation.phase == Phase::pre_hello || situation.phase == Phase::client_hello;
  if (!accepted || !accepted->after_limit || !situation.client_closed() || !early) return {};
  return "the client may have waited before: until this one was accepted, as many connections were "
         "open as the proxy takes (--max-connections)";
}

std::string tell_earlier_success(const Situation& situation) {
  constexpr std::chrono::hours recent{1};
  const auto& since = situation.history.since_success;
  if (!since || *since > recent || *since < since->zero()) return {};
  if (!situation.facts.hello || situation.facts.both_finished()) return {};
  return fmt::format(
      "{} before, the same hello of this client led to a finished handshake here: of several "
      "servers behind this name one may differ from the others, or something was changed since",
      duration(*since));
}

std::vector<std::string> tell_echoes(const Situation& situation) {
  constexpr std::size_t most = 2;
  std::vector<std::string> told;
  const auto entries = situation.timeline.entries();
  for (std::size_t i = situation.primary.index + 1; i < entries.size() && told.size() < most; ++i) {
    const auto* alert = observed<parser::Alert>(entries[i]);
    if (!alert || !alert->description || entries[i].leg == situation.primary.leg) continue;
    if (alert->description->value == alert_number::close_notify) continue;
    // What the proxy says when it closes for its own reason belongs to that.
    if (situation.primary.by(Closer::proxy) && situation.proxy_plays(entries[i].leg)) continue;
    told.push_back(fmt::format("{}'s alert {} came after that: an echo, not the cause",
                               who(entries[i].leg), alert_name(alert->description->value)));
  }
  return told;
}

}  // namespace legible::proxy::diagnosis
