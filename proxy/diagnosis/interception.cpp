#include "proxy/diagnosis/interception.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "proxy/diagnosis.hpp"
#include "proxy/diagnosis/primary_event.hpp"

namespace legible::proxy {
namespace diagnosis {
namespace {

Closer closer_in_place(Closer closer, Scope scope) {
  if (closer != Closer::client && closer != Closer::server) return closer;
  switch (party(scope, closer == Closer::client ? Leg::client : Leg::server)) {
    case Party::client:
      return Closer::client;
    case Party::server:
      return Closer::server;
    case Party::proxy:
      break;
  }
  return Closer::proxy;
}

VerdictAlert alert_in_place(VerdictAlert alert, Scope scope) {
  alert.from = party(scope, alert.leg);
  alert.leg = leg_of(scope, alert.leg);
  return alert;
}

/// One leg's conversation, judged for itself.
struct JudgedLeg {
  JudgedLeg(const Timeline& conversation, const History& history)
      : timeline(conversation),
        primary(find_primary_event(conversation)),
        verdict(diagnose(conversation, history)) {
    put_in_place(verdict, conversation.scope());
  }

  /// The peer, or the proxy for a reason of its own, ended this leg. What the proxy does for the
  /// other leg's sake ends nothing.
  bool decided() const {
    return verdict.closer != Closer::nobody &&
           (verdict.closer != Closer::proxy || closed_for_its_own_reason());
  }

  bool closed_for_its_own_reason() const {
    return std::ranges::any_of(timeline.entries(), [](const Entry& entry) {
      return std::holds_alternative<ProxyClosing>(entry.fact) ||
             std::holds_alternative<ConnectFailed>(entry.fact);
    });
  }

  const Timeline& timeline;
  PrimaryEvent primary;
  Verdict verdict;
};

const JudgedLeg& first_to_end(const JudgedLeg& client, const JudgedLeg& server) {
  if (!client.decided()) return server.decided() ? server : client;
  if (!server.decided()) return client;
  return server.primary.time < client.primary.time ? server : client;
}

const LeafMinted* minted(const Timeline& client_leg) {
  for (const Entry& entry : client_leg.entries()) {
    if (const auto* found = std::get_if<LeafMinted>(&entry.fact)) return found;
  }
  return nullptr;
}

bool about_server_certificate(Cause cause) {
  return cause >= Cause::server_cert_untrusted_ca && cause <= Cause::clock_skew;
}

/// A client that refuses the certificate of a server in which nothing is wrong refuses the proxy's
/// own authority, or it pins the real one.
void doubt_own_authority(Verdict& verdict, const LeafMinted* leaf) {
  const bool refused = verdict.closer == Closer::client && about_server_certificate(verdict.cause);
  if (!refused || !leaf || leaf->issuer != certs::MintIssuer::interception_ca) return;
  verdict.alternatives.insert(
      verdict.alternatives.begin(),
      {verdict.cause, "it would say the same of the server's own certificate without the proxy"});
  verdict.cause = Cause::proxy_cert_untrusted;
  verdict.summary =
      std::string("the CLIENT closed: ") + std::string(describe(Cause::proxy_cert_untrusted).title);
}

LegSummary summary_of(const Verdict& verdict, Leg leg) {
  // Each conversation's own summary stands at the side of its peer.
  return leg == Leg::client ? verdict.client : verdict.server;
}

}  // namespace

void put_in_place(Verdict& verdict, Scope scope) {
  if (verdict.leg) verdict.leg = leg_of(scope, *verdict.leg);
  verdict.closer = closer_in_place(verdict.closer, scope);
  if (verdict.alert) verdict.alert = alert_in_place(*verdict.alert, scope);
  for (LegSummary* leg : {&verdict.client, &verdict.server}) {
    if (leg->closed_by) leg->closed_by = closer_in_place(*leg->closed_by, scope);
    if (leg->alert) leg->alert = alert_in_place(*leg->alert, scope);
  }
}

}  // namespace diagnosis

Verdict diagnose_intercepted(const Timeline& client_leg, const Timeline& server_leg,
                             const History& history) {
  using namespace diagnosis;
  const JudgedLeg client(client_leg, history);
  const JudgedLeg server(server_leg, history);
  Verdict verdict = first_to_end(client, server).verdict;
  verdict.client = summary_of(client.verdict, Leg::client);
  verdict.server = summary_of(server.verdict, Leg::server);
  doubt_own_authority(verdict, minted(client_leg));
  return verdict;
}

}  // namespace legible::proxy
