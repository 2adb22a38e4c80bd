// From the verdicts on the two conversations of an intercepted connection to one on the connection.

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "proxy/diagnosis/advice.hpp"
#include "proxy/diagnosis/certificate_doubts.hpp"
#include "proxy/diagnosis/certificate_text.hpp"
#include "proxy/diagnosis/conversation.hpp"
#include "proxy/diagnosis/diagnosis.hpp"
#include "proxy/diagnosis/masking.hpp"
#include "proxy/diagnosis/narrowed_hello.hpp"
#include "proxy/diagnosis/observations.hpp"
#include "proxy/diagnosis/offer.hpp"
#include "proxy/diagnosis/text.hpp"
#include "proxy/diagnosis/wire_names.hpp"

namespace legible::proxy {
namespace diagnosis {
namespace {

/// One leg's conversation, judged for itself.
struct JudgedLeg {
  JudgedLeg(const Timeline& timeline, const History& history)
      : conversation(timeline, history), verdict(conclude(conversation.situation)) {}

  const Facts& facts() const { return conversation.facts; }
  const Situation& situation() const { return conversation.situation; }
  /// The place of what ended it among the entries of both legs.
  std::uint64_t end() const { return conversation.primary.number; }

  /// The peer, or the proxy for a reason of its own, ended this leg. What the proxy does for the
  /// other leg's sake ends nothing.
  bool decided() const {
    if (verdict.closer == Closer::nobody) return false;
    return verdict.closer != Closer::proxy || facts().proxy_closing || facts().connect_failed;
  }

  Conversation conversation;
  Verdict verdict;
};

bool about_client_certificate(Cause cause) {
  return cause == Cause::proxy_no_client_cert ||
         (cause >= Cause::client_cert_missing && cause <= Cause::client_cert_rejected);
}

/// In TLS 1.3 the client is done before the server has judged, and a refusal inside the tunnel has
/// been said when the client leaves for it. Whoever leaves in order then ends nothing.
bool refused_late(const JudgedLeg& client, const JudgedLeg& server) {
  const bool inside = server.verdict.mechanism == Mechanism::app_refusal;
  const bool behind = server.facts().tls13() && about_client_certificate(server.verdict.cause);
  return (inside || behind) && client.verdict.outcome == Outcome::ok;
}

/// The leg that ended first decides; what followed is a consequence.
bool client_leg_decides(const JudgedLeg& client, const JudgedLeg& server) {
  if (!server.decided()) return true;
  if (!client.decided() || refused_late(client, server)) return false;
  return client.end() <= server.end();
}

// --- what only both legs together tell ---

void retitle(Verdict& verdict, std::string_view title) {
  verdict.title = title;
  verdict.summary = fmt::format("the {} closed: {}",
                                verdict.closer == Closer::client ? "CLIENT" : "SERVER", title);
}

/// Another cause than the one leg's conversation alone gave.
void blame(Verdict& verdict, Cause cause, Confidence confidence, const Situation& situation) {
  verdict.cause = cause;
  verdict.confidence = confidence;
  retitle(verdict, describe(cause).title);
  verdict.hint = hints(situation, cause);
  verdict.logs = log_lines(situation, cause);
}

/// The client left before it had any answer. The proxy answers when the server has.
void tell_what_kept_the_client(Verdict& verdict, const JudgedLeg& client, const JudgedLeg& server) {
  if (verdict.closer != Closer::client || verdict.phase != Phase::client_hello) return;
  const Facts& facts = server.facts();
  const bool waited = verdict.cause == Cause::server_silent;
  if (!facts.connected) {
    verdict.evidence.emplace_back("the proxy had not reached the server yet");
    if (waited) {
      blame(verdict, Cause::tcp_connect_timeout, Confidence::medium, client.situation());
    }
  } else if (facts.server().plain_text()) {
    blame(verdict, server.verdict.cause, server.verdict.confidence, client.situation());
    verdict.alternatives = server.verdict.alternatives;
    verdict.evidence.emplace_back("the server answered when the client had left, and not in TLS");
  } else if (!facts.server_hello && !facts.hello_retry) {
    verdict.evidence.emplace_back("the server had not answered the proxy's hello yet");
    if (!waited || !facts.connected->announced) return;
    blame(verdict, Cause::proxy_header_to_tls, Confidence::medium, server.situation());
    verdict.evidence.emplace_back(
        "the proxy itself sent a PROXY header before that hello (--send-proxy-protocol)");
    verdict.alternatives.push_back(
        {Cause::server_silent, "the server does the same without --send-proxy-protocol"});
  } else if (!facts.both_finished()) {
    verdict.evidence.emplace_back(
        "the server had answered the proxy's hello; the handshake with it was not complete yet");
    if (!waited) return;
    verdict.phase = server.situation().phase;
    verdict.confidence = Confidence::medium;
    retitle(verdict, stalled_in_handshake);
  } else {
    verdict.evidence.emplace_back(
        "the server had answered; the proxy was still making the certificate to show");
    if (waited) {
      blame(verdict, Cause::proxy_limit, Confidence::high, client.situation());
    } else if (verdict.cause == Cause::unknown) {
      verdict.alternatives.push_back(
          {Cause::proxy_limit,
           "the next connection, for which the certificate is made already, succeeds: the client "
           "waits less long than that takes"});
    }
  }
}

/// A server may have refused inside the tunnel what the client then took for its answer.
void doubt_answer(Verdict& verdict, const JudgedLeg& server) {
  const Facts& facts = server.facts();
  if (verdict.outcome != Outcome::ok || !facts.client_certificate_asked() ||
      facts.server().answer_read()) {
    return;
  }
  const bool none = facts.client().certificate_empty();
  const auto doubts = doubts_about_client(server.situation());
  if (!none && doubts.empty()) return;
  verdict.confidence = std::min(verdict.confidence, Confidence::medium);
  verdict.evidence.push_back(
      none ? "the server asked the proxy for a client certificate, and got none"
           : fmt::format("the server asked for a client certificate, and got the proxy's: {}",
                         doubts.front().because));
  verdict.alternatives.push_back(
      {none ? Cause::proxy_no_client_cert : Cause::client_cert_refused_by_app,
       "the answer inside is a refusal (an HTTP error, a 4xx or 5xx reply): the server's log, or "
       "the client's, shows it"});
}

/// The server missed a certificate that the client, asked in turn, has not either: directly it
/// fails for the same reason.
void tell_that_client_has_none(Verdict& verdict, const JudgedLeg& client) {
  const bool missing = verdict.cause == Cause::proxy_no_client_cert;
  if (!missing || client.facts().client().certificate != CertificateState::empty) return;
  const Cause cause = verdict.mechanism == Mechanism::app_refusal
                          ? Cause::client_cert_refused_by_app
                          : Cause::client_cert_missing;
  blame(verdict, cause, std::min(verdict.confidence, Confidence::high), client.situation());
  verdict.evidence.emplace_back(
      "the client was asked in turn, and presented none either: directly it fails for the same "
      "reason");
  verdict.alternatives.push_back(
      {Cause::proxy_no_client_cert,
       "the client has a certificate that it did not present to the proxy; the proxy needs one of "
       "its own (--client-cert), or this host is relayed (--relay HOST)"});
}

/// The refusal of a client certificate on the server's leg, seen from the client.
void tell_clients_part(Verdict& verdict, const JudgedLeg& client, const JudgedLeg& server) {
  if (!about_client_certificate(verdict.cause)) return;
  tell_that_client_has_none(verdict, client);
  if (const certs::Certificate* own = client.facts().client().leaf()) {
    verdict.evidence.push_back(
        fmt::format("the client presented {} to the proxy, which cannot pass it on: only the "
                    "client holds its key",
                    subject_text(*own)));
  }
  if (!server.facts().tls13()) return;
  verdict.evidence.emplace_back(
      client.facts().both_finished()
          ? "in TLS 1.3 the refusal comes after the handshake: the client believed itself "
            "connected, "
            "and its leaving is no cause"
          : "in TLS 1.3 the refusal comes after the handshake: the proxy had already begun to "
            "answer the client");
}

/// Where the other leg stood.
void tell_other_leg(Verdict& verdict, const JudgedLeg& other, std::string_view whose) {
  const Facts& facts = other.facts();
  if (!facts.server_hello) return;
  verdict.evidence.push_back(
      fmt::format("on the {}'s leg: {}, {}, {}", whose, version_name(facts.server_hello->version),
                  suite_name(facts.server_hello->cipher),
                  facts.both_finished() ? "handshake complete" : "handshake not complete"));
}

/// What the client would have failed for, had the server's leg gone well: the next thing to mend.
void tell_own_refusal(Verdict& verdict, const JudgedLeg& client) {
  const Verdict& own = client.verdict;
  const bool refused = own.closer == Closer::client && own.mechanism == Mechanism::alert_fatal;
  if (!refused || own.cause == verdict.cause || own.confidence < Confidence::medium) return;
  verdict.evidence.push_back(fmt::format(
      "the client refused too, for a reason of its own, which is left when this is mended: {} ({})",
      own.title, id(own.cause)));
}

/// What the proxy then did on the other leg.
void tell_consequence(Verdict& verdict, const JudgedLeg& first, const JudgedLeg& other,
                      std::string_view whose) {
  for (const Entry& entry : other.situation().timeline.entries()) {
    if (entry.number < first.end() || !other.situation().proxy_plays(entry.leg)) continue;
    const auto* alert = observed<parser::Alert>(entry);
    if (alert && alert->description) {
      const int number = alert->description->value;
      const bool same = first.conversation.primary.alert_number() == number;
      verdict.evidence.push_back(
          same ? fmt::format("the proxy then passed that alert on to the {}", whose)
               : fmt::format("the proxy then sent {} to the {}", alert_name(number), whose));
      return;
    }
    if (const auto* closed = std::get_if<LegClosed>(&entry.fact)) {
      verdict.evidence.push_back(fmt::format(
          "the proxy then {} towards the {}",
          closed->how == parser::StreamEnd::rst ? "reset the connection" : "closed", whose));
      return;
    }
  }
}

/// The server chose a version that the proxy does not speak, and the client may.
void tell_unspoken_version(Verdict& verdict, const JudgedLeg& client, const JudgedLeg& server) {
  const parser::ClientHello* offered = client.facts().hello;
  const parser::ServerHello* choice = server.facts().server_hello;
  const bool own = verdict.cause == Cause::no_shared_version && verdict.closer == Closer::proxy;
  if (!own || !offered || !choice || !may_offer(*offered, choice->version)) return;
  blame(verdict, Cause::proxy_limit, Confidence::medium, client.situation());
  verdict.summary = fmt::format("the PROXY closed: {}", verdict.title);
  verdict.evidence.push_back(
      fmt::format("the proxy speaks no {}; the client {}", version_name(choice->version),
                  offered->supported_versions.empty()
                      ? "may: without supported_versions its hello tells no lowest version"
                      : "offers it"));
  verdict.alternatives.insert(
      verdict.alternatives.begin(),
      {Cause::no_shared_version,
       "it fails in the same way when this host is relayed (--relay HOST)"});
}

/// RFC 8446 section 4.6.2: a server may ask for a certificate behind the handshake only where that
/// was offered. The client does, the proxy cannot, and Apache's answer says so.
void tell_missing_post_handshake_auth(Verdict& verdict, const JudgedLeg& client,
                                      const JudgedLeg& server) {
  constexpr int forbidden = 403;
  const parser::ClientHello* offered = client.facts().hello;
  const parser::PlainHttp* answer = server.facts().server().http;
  if (!offered || !offers_post_handshake_auth(*offered)) return;
  const bool gave_up = verdict.closer == Closer::server && verdict.phase >= Phase::post_handshake &&
                       (verdict.cause == Cause::internal_error || verdict.cause == Cause::unknown);
  if (gave_up) {
    verdict.alternatives.push_back(
        {Cause::proxy_limit,
         "the server's log says that its client does not support post-handshake authentication: "
         "the client offers that, and this proxy cannot"});
  }
  if (!answer || answer->status != forbidden ||
      answer->text.find("Post-Handshake Authentication") == std::string::npos) {
    return;
  }
  verdict.outcome = Outcome::failed;
  verdict.mechanism = Mechanism::app_refusal;
  verdict.leg = Leg::server;
  verdict.closer = Closer::server;
  blame(verdict, Cause::proxy_limit, Confidence::high, client.situation());
  verdict.evidence.emplace_back(
      "the answer inside is HTTP 403, which says that the server could not ask for a client "
      "certificate behind the handshake (post_handshake_auth): the client offers that, and this "
      "proxy cannot");
}

/// What `auto` does about it by itself needs no advice.
void tell_what_auto_learns(Verdict& verdict, const Facts& facts) {
  const bool automatic = facts.target && facts.target->reason.starts_with("--mode auto");
  const certs::MirrorPlan* shown = facts.minted ? facts.minted->plan.get() : nullptr;
  if (!automatic || !broken_by_interception(verdict, shown)) return;
  verdict.hint.proxy =
      "Repeat the call: this client's next connections to this host are relayed (--mode auto).";
}

LegSummary annotate(const JudgedLeg& leg) {
  LegSummary summary =
      leg.situation().scope() == Scope::client_leg ? leg.verdict.client : leg.verdict.server;
  if (leg.verdict.closer != Closer::nobody) {
    summary.closed_by = leg.verdict.closer;
    summary.mechanism = leg.verdict.mechanism;
  }
  if (leg.verdict.alert) summary.alert = leg.verdict.alert;
  if (leg.situation().scope() == Scope::server_leg && !leg.facts().connected) {
    summary.reached = Phase::server_connect;
  }
  return summary;
}

}  // namespace
}  // namespace diagnosis

bool broken_by_interception(const Verdict& verdict, const certs::MirrorPlan* shown) {
  // What it thinks of such a defect a client tells of the server's own certificate alone.
  const bool refused = verdict.outcome == Outcome::failed && verdict.closer == Closer::client;
  if (refused && shown && !shown->not_carried.empty()) return true;
  if (verdict.confidence < Confidence::medium || !verdict.relaying_helps) return false;
  return verdict.cause == Cause::proxy_cert_untrusted ||
         verdict.cause == Cause::proxy_no_client_cert || verdict.cause == Cause::proxy_limit ||
         verdict.cause == Cause::server_cert_pinned;
}

Verdict diagnose_intercepted(const Timeline& client_leg, const Timeline& server_leg,
                             const History& history) {
  using namespace diagnosis;
  const JudgedLeg client(client_leg, history);
  const JudgedLeg server(server_leg, history);
  const bool by_client_leg = client_leg_decides(client, server);
  Verdict verdict = by_client_leg ? client.verdict : server.verdict;
  if (by_client_leg) {
    tell_what_kept_the_client(verdict, client, server);
    doubt_answer(verdict, server);
    tell_other_leg(verdict, server, "server");
    tell_consequence(verdict, client, server, "server");
  } else {
    // The proxy's hello tells nothing of the stack whose settings a hint may name.
    Situation told = server.situation();
    told.client_stack = client.situation().client_stack;
    verdict.hint.client = hints(told, verdict.cause).client;
    verdict.logs = log_lines(told, verdict.cause);
    tell_unspoken_version(verdict, client, server);
    // In TLS 1.3 a server finds only behind its ServerHello that nothing fits its key.
    const bool hello_refused =
        verdict.closer == Closer::server &&
        (!server.facts().server_hello || verdict.cause == Cause::no_shared_sigalg);
    if (hello_refused && client.facts().hello && server.facts().hello) {
      weigh_narrowing(verdict, *client.facts().hello, *server.facts().hello,
                      client.situation().history);
    }
    tell_clients_part(verdict, client, server);
    tell_other_leg(verdict, client, "client");
    tell_own_refusal(verdict, client);
    tell_consequence(verdict, server, client, "client");
  }
  tell_missing_post_handshake_auth(verdict, client, server);
  verdict.masking = tell_masking(client.facts(), server.facts());
  tell_what_auto_learns(verdict, client.facts());
  verdict.client = annotate(client);
  verdict.server = annotate(server);
  return verdict;
}

}  // namespace legible::proxy
