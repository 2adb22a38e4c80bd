// A second handshake inside an established connection, up to TLS 1.2: who asked, who refused, and
// how far it came.

#include <fmt/format.h>

#include "proxy/diagnosis/record_sizes.hpp"
#include "proxy/diagnosis/rules.hpp"
#include "proxy/diagnosis/text.hpp"
#include "proxy/diagnosis/wire_names.hpp"

namespace legible::proxy::diagnosis {
namespace {

/// The asker may live with a refusal that it was told in a warning: then it ends in order, later.
bool gave_up_when_refused(const Situation& situation, Leg asked) {
  return situation.primary.leg == asked &&
         situation.facts.side(parser::other(asked)).has_warning(alert_number::no_renegotiation) &&
         situation.primary.mechanism != Mechanism::close_notify;
}

/// It was the proxy that refused. Most servers do as it does; most clients would have gone on.
void doubt_own_refusal(Finding& finding, Leg asked) {
  finding.with("this proxy carries out no second handshake");
  if (asked == Leg::client) {
    finding.or_else(Cause::proxy_limit, "it works when this host is relayed (--relay HOST)");
    return;
  }
  finding.or_else(finding.cause,
                  "it fails in the same way when this host is relayed (--relay HOST)");
  finding.cause = Cause::proxy_limit;
}

/// By its length, if that tells (RFC 5246 section 7.4.1.1: a header, and nothing else). A server
/// may repeat it.
bool may_be_hello_request(const Facts& facts) {
  constexpr std::uint32_t header = 4;
  const auto* record = facts.renegotiation_record;
  const auto bytes = record ? plaintext_bytes(facts, record->length) : std::nullopt;
  return !bytes || *bytes == header || *bytes == 2 * header;
}

/// The other side would not even begin.
Finding not_wanted(const Situation& situation, Leg asked) {
  Finding finding;
  finding.confidence = Confidence::medium;
  finding.with(
      fmt::format("{} sent a handshake message inside the encrypted connection, and {} ended it",
                  who(asked), who(situation.primary.closer)));
  if (gave_up_when_refused(situation, asked)) {
    finding.with(fmt::format("{} had answered it with {}", who(parser::other(asked)),
                             alert_name(alert_number::no_renegotiation)));
  }
  if (asked == Leg::server && !may_be_hello_request(situation.facts)) {
    finding.cause = Cause::protocol_violation;
    return finding.with("it is longer than a HelloRequest, which alone may come there")
        .or_else(Cause::late_client_auth_impossible, "the client's log speaks of a renegotiation");
  }
  if (asked == Leg::server) {
    finding.cause = Cause::late_client_auth_impossible;
    finding.or_else(Cause::renegotiation_refused,
                    "the server wanted new keys, not a client certificate");
  } else {
    finding.cause = Cause::renegotiation_refused;
  }
  if (!situation.bare_close()) finding.raise();
  if (situation.proxy_plays(parser::other(asked))) doubt_own_refusal(finding, asked);
  return finding;
}

/// It began and came to no end. A server asks for a second handshake to get a certificate.
Finding broken_off(const Situation& situation, Leg asked) {
  Finding finding;
  finding.with(fmt::format(
      "{} asked for a second handshake inside the encrypted connection, which both sides began; {} "
      "ended it before new keys were in use",
      who(asked), who(situation.primary.closer)));
  if (asked == Leg::server && situation.server_closed()) {
    finding.cause = Cause::client_cert_rejected;
    finding.or_else(Cause::client_cert_missing, "the client has no certificate configured");
  }
  finding.or_else(Cause::renegotiation_refused, "the log of the side that closed says so");
  return finding;
}

/// The client's own new keys were in use.
bool client_had_done_its_part(const Situation& situation) {
  return situation.client_closed() && !situation.bare_close() && !situation.alert_sent_as_fatal() &&
         situation.facts.renegotiated[static_cast<std::size_t>(Leg::client)];
}

Finding left_in_the_middle() {
  Finding finding;
  finding.cause = Cause::client_satisfied;
  finding.confidence = Confidence::medium;
  finding.with(
      "the server had asked for a second handshake inside the encrypted connection; the client's "
      "new keys were in use, and it closed in order before the server's were");
  return finding.or_else(Cause::renegotiation_refused, "the log of the side that closed says so");
}

}  // namespace

Answer renegotiation(const Situation& situation) {
  const Facts& facts = situation.facts;
  if (!facts.renegotiation_by || facts.renegotiation_done()) return std::nullopt;
  if (!situation.client_closed() && !situation.server_closed()) return std::nullopt;
  const Leg asked = *facts.renegotiation_by;
  const bool refused =
      situation.alert_is(alert_number::no_renegotiation) || gave_up_when_refused(situation, asked);
  if (asked == Leg::server && client_had_done_its_part(situation)) return left_in_the_middle();
  if (facts.renegotiation_answered && !refused) return broken_off(situation, asked);
  if (situation.primary.leg == asked && !refused) return std::nullopt;
  return not_wanted(situation, asked);
}

}  // namespace legible::proxy::diagnosis
