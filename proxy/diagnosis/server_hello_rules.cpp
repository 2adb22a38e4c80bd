// The client refuses what the server chose: version, suite, extensions, key exchange, signature.
// Asked before the rules about certificates, since each of these is a proof where those weigh.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "proxy/diagnosis/broken_stream.hpp"
#include "proxy/diagnosis/certificate_doubts.hpp"
#include "proxy/diagnosis/key_exchange_signature.hpp"
#include "proxy/diagnosis/offer.hpp"
#include "proxy/diagnosis/rules.hpp"
#include "proxy/diagnosis/shown_chain.hpp"
#include "proxy/diagnosis/text.hpp"
#include "proxy/diagnosis/unoffered_choice.hpp"
#include "proxy/diagnosis/wire_names.hpp"

namespace legible::proxy::diagnosis {
namespace {

using namespace alert_number;
using parser::ClientHello;
using parser::ServerHello;

constexpr const char* other_reason_for_40 =
    "the client's log speaks of the certificate: a few stacks (Erlang) say handshake_failure then";

/// Alerts that mean "not that version" from one stack or another.
bool refuses_version(const Situation& situation) {
  return situation.alert_is(protocol_version) || situation.alert_is(handshake_failure) ||
         situation.alert_is(illegal_parameter) ||
         (situation.primary.mechanism == Mechanism::fin && !situation.after_silence());
}

/// The hello offers this very version, and not just a range that may begin above it.
bool names_version(const ClientHello& hello, parser::ProtocolVersion version) {
  return version == hello.highest_version() ||
         std::ranges::find(hello.supported_versions, version) != hello.supported_versions.end();
}

Answer version_refused(const Situation& situation) {
  const ClientHello& hello = *situation.facts.hello;
  const ServerHello& answer = *situation.facts.server_hello;
  const bool outside = !may_offer(hello, answer.version);
  const bool early =
      situation.phase == Phase::server_hello || situation.phase == Phase::server_auth;
  const bool old = answer.version < parser::tls12 && answer.version < hello.highest_version() &&
                   hello.supported_versions.empty();
  if (!early || !refuses_version(situation)) return std::nullopt;
  // wolfSSL says handshake_failure for TLS 1.1, JSSE illegal_parameter for SSL 3.0.
  if (!outside && !old && !situation.alert_is(protocol_version)) return std::nullopt;
  // The version in a record's header can be wrong too: OpenSSL says protocol_version for both.
  if (names_version(hello, answer.version) && situation.facts.server().malformed) {
    return std::nullopt;
  }
  Finding finding;
  finding.cause = Cause::no_shared_version;
  finding.confidence =
      outside || situation.alert_is(protocol_version) ? Confidence::certain : Confidence::medium;
  finding.with(fmt::format("the server chose {}; the client offers {}",
                           version_name(answer.version), offered_range(hello)));
  if (hello.supported_versions.empty() && !outside) {
    finding.with("without supported_versions a hello does not tell its lowest version");
  }
  if (answer.version > hello.highest_version()) {
    finding.with("the server chose more than was offered: it breaks the protocol");
  }
  return finding;
}

/// The reverse of what OpenSSL 3 does as a server.
Answer old_signature_refused(const Situation& situation) {
  const bool old = situation.facts.server_hello->version < parser::tls12;
  if (!old || !situation.facts.server_key_exchange || !situation.alert_is(internal_error) ||
      !doubts_about_server(situation).empty()) {
    return std::nullopt;
  }
  Finding finding;
  finding.cause = Cause::no_shared_version;
  finding.confidence = Confidence::medium;
  finding.with(fmt::format(
      "the server chose {}, which signs with MD5 and SHA-1: OpenSSL 3 answers internal_error where "
      "its security level forbids them, also if it offered that version",
      version_name(situation.facts.server_hello->version)));
  finding.or_else(Cause::internal_error, "the client's log tells of an error of its own");
  return finding;
}

Answer downgrade_noticed(const Situation& situation) {
  const ServerHello& answer = *situation.facts.server_hello;
  const bool marked = answer.sentinel != parser::DowngradeSentinel::none;
  const bool could_do_better = situation.facts.hello->highest_version() > answer.version;
  if (!marked || !could_do_better || !situation.alert_is(illegal_parameter)) return std::nullopt;
  Finding finding;
  finding.cause = Cause::version_downgrade_detected;
  finding.confidence = Confidence::high;
  return finding.with(fmt::format(
      "the client offered {}, the server chose {} and marked its random value as one that could do "
      "better",
      version_name(situation.facts.hello->highest_version()), version_name(answer.version)));
}

Answer weak_key_exchange(const Situation& situation) {
  constexpr std::uint32_t strong_enough = 2048;
  const auto* exchange = situation.facts.server_key_exchange;
  const bool refused = situation.alert_is(handshake_failure) ||
                       situation.alert_is(insufficient_security) ||
                       situation.alert_is(illegal_parameter) || situation.bare_close();
  if (!refused || !exchange || !exchange->dh_prime_bits ||
      *exchange->dh_prime_bits >= strong_enough) {
    return std::nullopt;
  }
  Finding finding;
  finding.cause = Cause::weak_dh_refused;
  finding.confidence = situation.bare_close() ? Confidence::medium : Confidence::certain;
  return finding.with(
      fmt::format("the server's Diffie-Hellman prime has {} bits", *exchange->dh_prime_bits));
}

Answer no_secure_renegotiation(const Situation& situation) {
  const ClientHello& hello = *situation.facts.hello;
  const ServerHello& answer = *situation.facts.server_hello;
  const bool insists = hello.has(renegotiation_scsv) || hello.has(extension::renegotiation_info);
  if (situation.facts.tls13() || !situation.alert_is(handshake_failure) || !insists ||
      answer.has(extension::renegotiation_info)) {
    return std::nullopt;
  }
  const bool openssl = uses_openssl(situation.client_stack);
  if (!openssl && !doubts_about_server(situation).empty()) return std::nullopt;
  Finding finding;
  finding.cause = Cause::unsafe_legacy_renegotiation;
  finding.confidence = openssl ? Confidence::certain : Confidence::high;
  finding.with(
      "the client announces secure renegotiation (RFC 5746), and the server's hello "
      "does not confirm it; OpenSSL 3 refuses such servers");
  if (!openssl) finding.or_else(Cause::server_cert_rejected, other_reason_for_40);
  return finding;
}

Answer no_extended_master_secret(const Situation& situation) {
  const bool offered = situation.facts.hello->has(extension::extended_master_secret);
  const bool confirmed = situation.facts.server_hello->has(extension::extended_master_secret);
  if (situation.facts.tls13() || !situation.alert_is(handshake_failure) || !offered || confirmed ||
      !doubts_about_server(situation).empty()) {
    return std::nullopt;
  }
  // A server's flight comes in one piece, certificate included. Those that insist (JSSE with
  // jdk.tls.allowLegacyMasterSecret=false, FIPS builds) do not get as far as that.
  const bool delivered = situation.facts.server_certificate_delivered();
  Finding finding;
  finding.cause = Cause::ems_required;
  finding.confidence = Confidence::medium;
  if (delivered && situation.client_stack != Stack::jsse) finding.lower();
  if (delivered) finding.or_else(Cause::server_cert_rejected, other_reason_for_40);
  finding.or_else(Cause::protocol_violation, "the client's log names another reason");
  return finding.with(
      "the client offers extended_master_secret (RFC 7627), the server does not confirm it, and "
      "the client refuses the server's flight with handshake_failure");
}

Answer fault_in_message(const Situation& situation) {
  const auto number = situation.primary.alert_number();
  const bool of_record = situation.facts.server().malformed &&
                         (number == protocol_version || number == record_overflow);
  const bool fault = of_record || (number && finds_fault_with_message(*number));
  if (number == bad_record_mac) {
    Finding finding;
    finding.cause = Cause::record_corrupted;
    finding.confidence = Confidence::medium;
    finding.or_else(Cause::handshake_altered, "it fails for every server behind one network path");
    return finding.with("the client could not decrypt the server's first encrypted record");
  }
  // After the certificate, illegal_parameter is one of the ways to refuse it.
  const bool of_certificate = number == illegal_parameter && situation.phase != Phase::server_hello;
  if (!fault || of_certificate) return std::nullopt;
  Answer broken = broken_stream(situation, Leg::server);
  if (broken) return broken->raise();
  Finding finding;
  finding.cause = Cause::protocol_violation;
  finding.confidence = Confidence::medium;
  return finding.with("the client finds fault with what the server sent");
}

/// The server breaks a rule that many overlook, and the client hangs up without a word that can be
/// read.
Answer closed_over_broken_flight(const Situation& situation) {
  const bool said_why = situation.primary.unreadable() && situation.facts.server().malformed;
  if (!(situation.bare_close() || said_why) || situation.after_silence()) return std::nullopt;
  Answer broken = broken_stream(situation, Leg::server);
  if (broken) {
    broken->or_else(Cause::server_cert_rejected, "the client's log speaks of the certificate");
  }
  return broken;
}

/// It was the proxy that spoke in the server's place: what the client cannot take is its doing.
Finding refused_as_proxys(Finding finding) {
  if (finding.cause == Cause::record_corrupted) return finding;
  finding.or_else(finding.cause, "the client refuses what the server itself says in the same way");
  finding.cause = Cause::proxy_limit;
  finding.confidence = std::min(finding.confidence, Confidence::medium);
  return finding;
}

}  // namespace

Answer warning_not_tolerated(const Situation& situation) {
  const bool failed =
      situation.alert_is(handshake_failure) || situation.alert_is(unrecognized_name);
  const bool before_keys = situation.phase == Phase::client_hello ||
                           situation.phase == Phase::server_hello ||
                           situation.phase == Phase::server_auth;
  if (!situation.client_closed() || !before_keys) return std::nullopt;
  if (!failed || !situation.facts.server().has_warning(unrecognized_name)) return std::nullopt;
  // A stack that is known to ignore the warning fails for a reason of its own.
  const bool jsse = situation.client_stack == Stack::jsse;
  if (!jsse && situation.client_stack != Stack::unknown) return std::nullopt;
  Finding finding;
  finding.cause = Cause::sni_warning_not_tolerated;
  finding.confidence = jsse ? Confidence::certain : Confidence::high;
  finding.with(
      fmt::format("the client got the warning unrecognized_name (112) for {}, and then failed; "
                  "JSSE does so, other clients pass over the warning",
                  quoted(situation.facts.hello->sni)));
  return finding;
}

Answer server_hello_refused(const Situation& situation) {
  const bool before_application =
      situation.phase == Phase::server_hello || situation.phase == Phase::server_auth ||
      situation.phase == Phase::key_exchange || situation.phase == Phase::client_auth;
  if (!situation.client_closed() || !before_application || !situation.facts.server_hello) {
    return std::nullopt;
  }
  static constexpr Rule rules[] = {
      downgrade_noticed,
      version_refused,
      old_signature_refused,
      choice_not_offered,
      certificate_not_readable,
      weak_key_exchange,
      chain_too_long,
      no_secure_renegotiation,
      detail_not_offered,
      no_extended_master_secret,
      signature_refused,
      fault_in_message,
      closed_over_broken_flight,
  };
  for (const Rule rule : rules) {
    Answer answer = rule(situation);
    if (!answer) continue;
    return situation.proxy_plays(Leg::server) ? refused_as_proxys(*std::move(answer)) : answer;
  }
  return std::nullopt;
}

}  // namespace legible::proxy::diagnosis
