#include "proxy/diagnosis/shown_chain.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "proxy/diagnosis/certificate_doubts.hpp"
#include "proxy/diagnosis/certificate_text.hpp"
#include "proxy/diagnosis/text.hpp"
#include "proxy/diagnosis/wire_names.hpp"

namespace legible::proxy::diagnosis {

using namespace alert_number;

Answer certificate_not_readable(const Situation& situation) {
  const SideFacts& server = situation.facts.server();
  if (situation.primary.unreadable() || situation.after_silence()) return std::nullopt;
  Finding finding;
  if (server.certificate == CertificateState::empty) {
    finding.cause = Cause::protocol_violation;
    finding.confidence = Confidence::high;
    return finding.with("the server's Certificate message is empty");
  }
  if (!server.chain) return std::nullopt;
  const auto broken = std::ranges::find_if(
      *server.chain, [](const certs::Certificate& each) { return !each.error.empty(); });
  if (broken == server.chain->end()) return std::nullopt;
  finding.cause = Cause::server_cert_rejected;
  finding.confidence = Confidence::high;
  return finding.with(fmt::format("certificate {} of the server's {} cannot be read: {}",
                                  broken - server.chain->begin() + 1, server.chain->size(),
                                  broken->error));
}

Answer chain_too_long(const Situation& situation) {
  const auto& chain = situation.facts.server().chain;
  if (!chain) return std::nullopt;
  constexpr std::size_t most_certificates = 10;  // JSSE's default
  constexpr std::size_t most_bytes = 32768;      // JSSE's default
  std::size_t bytes = 0;
  for (const auto& certificate : *chain) bytes += certificate.der.size();

  const bool many = chain->size() > most_certificates;
  const bool large = bytes > most_bytes;
  const auto number = situation.primary.alert_number();
  // Stacks that count while they build the path call the end of it an unknown issuer.
  const bool path_not_found = number == unknown_ca || number == bad_certificate ||
                              number == certificate_unknown || number == decode_error;
  const bool about_count = number == handshake_failure || number == access_denied ||
                           (path_not_found && doubts_about_server(situation).empty());
  const bool about_size = number == unexpected_message || number == internal_error ||
                          number == decode_error || number == illegal_parameter ||
                          number == handshake_failure;
  const bool bare = situation.bare_close();
  if (!(many && (about_count || bare)) && !(large && (about_size || bare))) return std::nullopt;
  Finding finding;
  finding.cause = Cause::server_chain_too_long;
  finding.confidence = bare || path_not_found ? Confidence::medium : Confidence::high;
  finding.with(fmt::format("the server sent {} with {} in all; JSSE takes {} and {} bytes",
                           count(chain->size(), "certificate"), count(bytes, "byte"),
                           most_certificates, most_bytes));
  if (path_not_found) {
    finding.with("rustls, wolfSSL and PHP take fewer than that, and then miss the issuer");
    finding.or_else(Cause::server_cert_untrusted_ca, "ask which CAs the client trusts");
  }
  return finding;
}

void doubt_chain_order(const Chain& chain, Finding& finding) {
  const auto misplaced = std::ranges::adjacent_find(
      chain, [](const certs::Certificate& subject, const certs::Certificate& next) {
        return subject.issuer != next.subject || (subject.self_issued() && subject.der == next.der);
      });
  if (misplaced == chain.end()) return;
  finding.with(
      fmt::format("the chain is not in order: certificate {}, {}, has not issued the one "
                  "before it (RFC 5246 section 7.4.2)",
                  misplaced - chain.begin() + 2, subject_text(*std::next(misplaced))));
  finding.or_else(
      Cause::server_cert_rejected,
      "it works with the server's certificates in order, the leaf first and each issuer "
      "once: BearSSL and other small stacks do not sort them");
}

}  // namespace legible::proxy::diagnosis
