// A refused certificate that a protocol shows: the handshake was finished, and what the client says
// or does then is not what one does that is content.

#include <fmt/format.h>

#include "proxy/diagnosis/advice.hpp"
#include "proxy/diagnosis/certificate_doubts.hpp"
#include "proxy/diagnosis/certificate_refusal.hpp"
#include "proxy/diagnosis/minted_leaf.hpp"
#include "proxy/diagnosis/record_sizes.hpp"
#include "proxy/diagnosis/rules.hpp"

namespace legible::proxy::diagnosis {
namespace {

/// Blames the first fault of the server's certificate, if any is known; the others may be meant.
Finding certificate_not_taken(const Situation& situation, std::string because) {
  const auto doubts = doubts_about_server(situation);
  Finding finding;
  finding.cause = Cause::server_cert_rejected;
  if (!doubts.empty() && doubts.front().cause == Cause::proxy_cert_untrusted) {
    finding = proxy_authority_refused(situation);
  } else if (!doubts.empty()) {
    finding.cause = doubts.front().cause;
    finding.with(doubts.front().because);
  }
  finding.confidence = Confidence::medium;
  finding.with(std::move(because));
  for (const Doubt& other : doubts) add_alternative(finding, other.cause);
  return finding;
}

}  // namespace

Answer went_back_to_clear(const Situation& situation) {
  const bool in_clear = situation.primary.mechanism == Mechanism::plaintext_reply;
  if (!in_clear || !situation.client_closed() || !situation.facts.both_finished()) {
    return std::nullopt;
  }
  Finding finding = certificate_not_taken(
      situation,
      "the client finished the handshake, sent no data in TLS and went on in clear: it has given "
      "TLS up; OpenLDAP's clients do so when they do not take the certificate, whose name they "
      "compare last, with what the server's address is called where they run");
  add_alternative(finding, Cause::server_cert_name_mismatch);
  if (!situation.facts.server().leaf()) add_hidden_faults(situation, finding);
  return finding;
}

Answer encrypted_log_in_alone(const Situation& situation) {
  const auto* dialogue = situation.facts.with_server;
  if (!situation.facts.went_on_in_clear || !dialogue || !situation.bare_close()) {
    return std::nullopt;
  }
  const bool agreed = std::ranges::all_of(
      dialogue->lines, [](const auto& line) { return line.text == "PRELOGIN encryption off"; });
  if (!agreed) return std::nullopt;
  Finding finding;
  finding.cause = Cause::none;
  finding.confidence = Confidence::medium;
  finding.title = "only the log-in was encrypted; what came then was in clear";
  finding.with(
      "both sides wanted no more than that (PRELOGIN encryption off): how they end says nothing "
      "about TLS");
  return finding.or_else(Cause::internal_error,
                         "the log-in was refused: the server's log tells why (error 18456)");
}

Answer only_said_goodbye(const Situation& situation) {
  const bool ended = situation.client_closed() || situation.server_closed();
  if (!ended || situation.history.regular() || !only_said_quit(situation.facts)) {
    return std::nullopt;
  }
  Finding finding = certificate_not_taken(
      situation,
      "after the handshake the client said 6 bytes, as long as QUIT, and nothing else; the "
      "greeting that is to come first (RFC 3207 section 4.2) is longer. Mail servers (Postfix) "
      "leave so when they do not take the certificate");
  const bool fault_known =
      finding.cause != Cause::server_cert_rejected && !only_guessed(situation, finding.cause);
  // Who tests by hand says QUIT, too.
  if (!fault_known)
    finding.lower().or_else(Cause::client_satisfied, "somebody only tried the port");
  finding.title = fmt::format("the client left after 6 bytes: {}", describe(finding.cause).title);
  if (!situation.facts.server().leaf()) add_hidden_faults(situation, finding);
  return finding.or_else(Cause::tls_health_check,
                         "a monitor that only looks at the certificate comes back at regular "
                         "intervals");
}

}  // namespace legible::proxy::diagnosis
