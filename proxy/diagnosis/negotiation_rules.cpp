// The server refuses the ClientHello, or never answers it. handshake_failure alone says nothing:
// the hello tells which list left the server without a choice.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "proxy/diagnosis/broken_hello.hpp"
#include "proxy/diagnosis/insertion.hpp"
#include "proxy/diagnosis/offer.hpp"
#include "proxy/diagnosis/rules.hpp"
#include "proxy/diagnosis/text.hpp"
#include "proxy/diagnosis/wire_names.hpp"

namespace legible::proxy::diagnosis {
namespace {

using namespace alert_number;
using parser::ClientHello;
using parser::SniState;

bool has_dotted_name(const Facts& facts) {
  return facts.target && is_dotted_name(facts.target->host);
}

Finding version_not_shared(const Situation& situation, Confidence confidence) {
  const ClientHello& hello = *situation.facts.hello;
  Finding finding;
  finding.cause = Cause::no_shared_version;
  finding.confidence = confidence;
  finding.with(fmt::format("the client offers {}", offered_range(hello)));
  if (const auto agreed = situation.history.agreed_version) {
    finding.with(fmt::format("this server has agreed on {} before", version_name(*agreed)));
  }
  return finding;
}

/// HAProxy's `option ssl-hello-chk` sends one fixed hello.
bool is_ssl_hello_check(const ClientHello& hello) {
  constexpr std::uint32_t its_bytes = 121;
  return hello.legacy_version == parser::ssl3 && !hello.has_extensions_block &&
         hello.bytes == its_bytes;
}

Answer sslv2_hello(const Situation& situation) {
  const ClientHello& hello = *situation.facts.hello;
  if (!hello.sslv2_format) return std::nullopt;
  Finding finding;
  finding.cause = Cause::sslv2_format_hello;
  finding.confidence = situation.bare_close() ? Confidence::medium : Confidence::high;
  finding.with(fmt::format("the ClientHello has the format of SSL 2.0 and asks for {}",
                           version_name(hello.legacy_version)));
  finding.or_else(Cause::no_shared_version, "a hello in the current format is refused too");
  return finding;
}

Answer ssl3_hello(const Situation& situation) {
  const ClientHello& hello = *situation.facts.hello;
  if (hello.highest_version() > parser::ssl3 || hello.sslv2_format) return std::nullopt;
  if (is_ssl_hello_check(hello)) {
    Finding finding;
    finding.cause = Cause::obsolete_health_check;
    finding.confidence = Confidence::high;
    return finding.with("the hello is the fixed SSL 3.0 hello of HAProxy's ssl-hello-chk");
  }
  if (situation.primary.mechanism == Mechanism::rst) return std::nullopt;
  const bool alert = situation.primary.alert_number().has_value();
  return version_not_shared(situation, alert ? Confidence::high : Confidence::medium);
}

/// Alerts that have one meaning in answer to a hello.
Answer plain_alerts(const Situation& situation) {
  const ClientHello& hello = *situation.facts.hello;
  const auto number = situation.primary.alert_number();
  if (!number) return std::nullopt;
  Finding finding;
  finding.confidence = Confidence::high;
  switch (*number) {
    case protocol_version: {
      // Not in the place where versions are offered.
      if (hello.violation && hello.violation->field == "legacy_version") return std::nullopt;
      finding = version_not_shared(situation, Confidence::certain);
      if (hello.has(fallback_scsv)) {
        finding.lower().or_else(Cause::inappropriate_fallback,
                                "the hello carries TLS_FALLBACK_SCSV: an earlier attempt with a "
                                "higher version comes first");
      }
      return finding;
    }
    case inappropriate_fallback:
      finding.cause = Cause::inappropriate_fallback;
      if (hello.has(fallback_scsv)) {
        finding.raise().with(
            fmt::format("the hello carries TLS_FALLBACK_SCSV and offers {}", offered_range(hello)));
      }
      if (const auto first = situation.history.failed_offer; first > hello.highest_version()) {
        finding.with(
            fmt::format("this client offered {} before, and failed: what stopped that attempt is "
                        "the cause",
                        version_name(*first)));
      }
      return finding;
    case unrecognized_name:
      if (hello.sni_state == SniState::absent) {
        finding.cause = Cause::sni_missing;
        return finding.with("the hello has no server name");
      }
      if (hello.sni_state != SniState::present || hello.sni.size() > longest_host_name) {
        finding.cause = Cause::sni_malformed;
        return finding.with("the name in the hello (SNI) is empty, broken or too long");
      }
      finding.cause = Cause::sni_unrecognised;
      return finding.raise().with(fmt::format("the client asks for {}", quoted(hello.sni)));
    case access_denied:
      finding.confidence = Confidence::medium;
      if (hello.sni_state == SniState::absent) {
        finding.cause = Cause::sni_missing;
        return finding.with(
            "the hello has no server name; rustls answers access_denied when it chooses its "
            "certificate by the name");
      }
      if (hello.sni_state != SniState::present) return std::nullopt;
      finding.cause = Cause::sni_unrecognised;
      finding.with(
          fmt::format("the client asks for {}; rustls answers access_denied when it has "
                      "no certificate for a name",
                      quoted(hello.sni)));
      return finding;
    case no_application_protocol: {
      if (hello.alpn.empty()) return std::nullopt;
      finding.cause = Cause::alpn_mismatch;
      finding.confidence = Confidence::certain;
      return finding.with(offered_protocols(hello));
    }
    case missing_extension:
      finding.cause = Cause::hello_malformed;
      return finding.with(fmt::format(
          "a hello for TLS 1.3 needs supported_groups, key_share and signature_algorithms; this "
          "one "
          "has {} groups, {} key shares, {} schemes",
          hello.groups.size(), hello.key_shares.size(), hello.signature_algorithms.size()));
    case unknown_psk_identity:
      finding.cause = Cause::psk_mismatch;
      return finding.with("the server does not know the identity of the pre-shared key");
    default:
      return std::nullopt;
  }
}

Answer intolerant_server(const Situation& situation) {
  const ClientHello& hello = *situation.facts.hello;
  const auto agreed = situation.history.agreed_version;
  const auto offer = situation.history.successful_offer;
  const bool about_version =
      situation.alert_is(protocol_version) || situation.bare_close() ||
      situation.alert_is(decode_error) || situation.alert_is(illegal_parameter) ||
      situation.alert_is(internal_error) || situation.alert_is(unexpected_message);
  if (!agreed || !offer || !about_version) return std::nullopt;
  const bool newer_on_top = hello.highest_version() > *offer && may_offer(hello, *agreed);
  if (!newer_on_top || hello.supported_versions.empty()) return std::nullopt;
  Finding finding;
  finding.cause = Cause::version_intolerance;
  finding.confidence = Confidence::medium;
  finding.with(
      fmt::format("the client offers {}; {} is among them, and this server agreed on it when an "
                  "earlier hello offered at most {}",
                  offered_range(hello), version_name(*agreed), version_name(*offer)));
  finding.or_else(Cause::server_drops_hello, "the server refuses the older offer now as well");
  return finding;
}

/// What the versions alone tell when the server does not name them: an alert that is not about
/// them, or none. RFC 8446 lets a server that knows no TLS 1.3 see a hello of TLS 1.2 without
/// usable suites.
Answer versions_apart(const Situation& situation) {
  const ClientHello& hello = *situation.facts.hello;
  const bool openssl3 = situation.alert_is(internal_error);
  const bool refused = openssl3 || situation.alert_is(handshake_failure) ||
                       situation.primary.mechanism == Mechanism::fin;
  if (!refused) return std::nullopt;

  Finding finding = version_not_shared(situation, Confidence::medium);
  if (!hello.supported_versions.empty() && hello.lowest_version() > parser::tls13) {
    finding.with("the hello offers no version that has been published");
  } else if (offers_only_old_versions(hello) && openssl3) {
    finding.raise().with(
        "OpenSSL 3 answers internal_error to TLS 1.0 and 1.1: its security level leaves no "
        "signature algorithm for them");
  } else if (offers_only_old_versions(hello)) {
    finding.or_else(Cause::no_shared_cipher,
                    "a hello with the same suites and TLS 1.2 is refused as well");
  } else if (offers_only_tls13(hello) && !openssl3 &&
             narrowest_list(hello).narrow.how == Narrowness::usual) {
    finding.with(
        "servers that do not know supported_versions see an offer without a usable suite, "
        "and log \"no shared cipher\"");
    finding.or_else(Cause::no_shared_cipher,
                    "a hello with TLS 1.2 (openssl s_client -tls1_2) is refused as well");
    if (hello.psk_identities > 0) {
      finding.or_else(Cause::psk_mismatch,
                      "the server does not know the identity of the pre-shared key, and has no "
                      "certificate instead");
    }
  } else {
    return std::nullopt;
  }
  if (situation.bare_close()) {
    finding.or_else(Cause::server_drops_hello, "a hello with TLS 1.2 is dropped as well");
  }
  return finding;
}

/// A client that counts on a pre-shared key. A server that does not know it goes on without, and
/// has no certificate.
Answer key_not_known(const Situation& situation) {
  const ClientHello& hello = *situation.facts.hello;
  if (!situation.alert_is(handshake_failure) || !offers_only_pre_shared_keys(hello)) {
    return std::nullopt;
  }
  Finding finding;
  finding.cause = Cause::psk_mismatch;
  finding.confidence = Confidence::medium;
  finding.with(
      "the client counts on a pre-shared key: below TLS 1.3 it offers suites with one alone");
  return finding.or_else(Cause::no_shared_cipher,
                         "the server's log finds no suite in common: it takes no pre-shared keys");
}

void name_other_lists(Finding& finding) {
  struct Other {
    Cause cause;
    std::string_view distinguish;
  };
  static constexpr Other others[] = {
      {Cause::no_shared_cipher, "the server accepts the hello with more cipher suites added"},
      {Cause::no_shared_group, "the server accepts the hello with other groups added"},
      {Cause::no_shared_sigalg, "the server accepts the hello with other signature schemes added"},
  };
  for (const Other& other : others) {
    if (other.cause != finding.cause) finding.or_else(other.cause, std::string(other.distinguish));
  }
}

/// Servers that have no version in common may say that they have no suite.
void doubt_version(const ClientHello& hello, Narrowness how, Finding& finding) {
  std::vector<std::string> tries;
  if (hello.highest_version() == parser::tls12) {
    tries.emplace_back(
        "a hello with TLS 1.3 (openssl s_client -tls1_3) is accepted: so it is with GnuTLS where "
        "it has no older version");
  }
  if (how == Narrowness::usual && offers_only_suites_since_tls12(hello)) {
    tries.emplace_back(
        "a hello with TLS 1.1 and a suite of its time (openssl s_client -tls1_1 -cipher "
        "ALL:@SECLEVEL=0) is accepted: a server of TLS 1.1 at most knows no suite of this hello");
  }
  if (!tries.empty()) {
    finding.or_else(Cause::no_shared_version, fmt::format("{}", fmt::join(tries, "; or ")));
  }
}

Answer nothing_in_common(const Situation& situation) {
  const ClientHello& hello = *situation.facts.hello;
  const Suspect suspect = narrowest_list(hello);
  const Narrowness how = suspect.narrow.how;
  const bool group_alert =
      situation.alert_is(unexpected_message) && suspect.cause == Cause::no_shared_group;
  const bool alert = situation.alert_is(handshake_failure) ||
                     situation.alert_is(insufficient_security) || group_alert;
  const bool silent_stack =
      situation.primary.mechanism == Mechanism::fin && how >= Narrowness::single;
  // GnuTLS without a group in common, others without a scheme.
  const bool error_of_its_own =
      situation.alert_is(internal_error) && how > Narrowness::usual &&
      (suspect.cause == Cause::no_shared_sigalg || suspect.cause == Cause::no_shared_group);
  if (!alert && !silent_stack && !error_of_its_own) return std::nullopt;

  Finding finding;
  finding.cause = suspect.cause;
  finding.confidence = Confidence::medium;
  if (how == Narrowness::usual) {
    finding.lower();
    if (hello.sni_state == SniState::absent && has_dotted_name(situation.facts)) {
      finding.cause = Cause::sni_missing;
      finding.with("the hello has no server name, and its lists are usual ones");
      finding.or_else(Cause::no_shared_cipher, "the server refuses the hello with a name as well");
      return finding;
    }
    finding.with(
        "the client's lists are usual ones; the server accepts little, or has no "
        "certificate for them");
  } else {
    finding.with(suspect.narrow.why);
    if (how == Narrowness::unusable && alert) finding.raise();
    if (silent_stack) finding.lower();
  }
  name_other_lists(finding);
  if (silent_stack) {
    finding.or_else(Cause::server_drops_hello, "a hello with usual lists is dropped as well");
  }
  if (offers_only_tls13(hello)) {
    finding.or_else(Cause::no_shared_version,
                    "a hello with TLS 1.2 (openssl s_client -tls1_2) is accepted");
  } else {
    doubt_version(hello, how, finding);
  }
  if (hello.highest_version() <= parser::tls12 && !hello.has(extension::extended_master_secret)) {
    finding.or_else(Cause::ems_required,
                    "a hello with extended_master_secret is accepted: FIPS builds insist on it");
  }
  return finding;
}

/// Caddy, Traefik and other servers in Go answer internal_error when they have no certificate for a
/// name; other stacks, when they cannot read a key or sign.
Finding own_error(const Situation& situation) {
  const ClientHello& hello = *situation.facts.hello;
  const bool unnamed = hello.sni_state == SniState::absent;
  const Cause about_name = unnamed ? Cause::sni_missing : Cause::sni_unrecognised;
  const bool suspicious =
      unnamed ? has_dotted_name(situation.facts) : asks_for_another_name(situation);
  Finding finding;
  finding.cause = suspicious ? about_name : Cause::internal_error;
  finding.with("the server reports an error of its own on a usual hello");
  if (suspicious) {
    finding.with(unnamed
                     ? "the hello has no server name: servers in Go (Caddy, Traefik) that have "
                       "no certificate for that answer so"
                     : fmt::format("the client asks for {}: servers in Go (Caddy, Traefik) that "
                                   "have no certificate for a name answer so",
                                   quoted(hello.sni)));
    finding.or_else(Cause::internal_error, "the server's log tells of an error of its own");
  } else {
    finding.or_else(about_name,
                    unnamed ? "a hello with a server name is accepted: Caddy and other servers in "
                              "Go answer so to one without"
                            : "a hello with another name is accepted: Caddy and other servers in "
                              "Go answer so to a name that they have no certificate for");
  }
  finding.or_else(Cause::no_shared_sigalg, "the server's log speaks of signature algorithms");
  if (offers_only_tls13(hello)) {
    finding.or_else(Cause::no_shared_version,
                    "a hello with TLS 1.2 (openssl s_client -tls1_2) is accepted");
  }
  return finding;
}

Answer other_alert(const Situation& situation) {
  const auto number = situation.primary.alert_number();
  if (!number || *number == close_notify) return std::nullopt;
  const ClientHello& hello = *situation.facts.hello;
  Finding finding;
  finding.confidence = Confidence::low;
  switch (*number) {
    case internal_error:
      return own_error(situation);
    case illegal_parameter:
    case decode_error:
    case unexpected_message:
      finding.with(fmt::format("the server finds fault with the hello ({}, {})",
                               count(hello.bytes, "byte"), count(hello.records, "record")));
      finding.cause = Cause::hello_malformed;
      if (hello.records > 1) {
        finding.cause = Cause::fragmented_hello_refused;
        finding.or_else(Cause::hello_malformed, "the same hello in one record is refused as well");
      }
      return finding;
    default:
      finding.cause = Cause::unknown;
      return finding.with("the alert has no usual meaning in answer to a hello");
  }
}

}  // namespace

Answer hello_refused(const Situation& situation) {
  if (situation.phase != Phase::client_hello || !situation.server_closed()) return std::nullopt;
  static constexpr Rule rules[] = {sslv2_hello,    ssl3_hello,        intolerant_server,
                                   plain_alerts,   broken_hello,      key_not_known,
                                   versions_apart, nothing_in_common, other_alert};
  for (const Rule rule : rules) {
    if (Answer answer = rule(situation)) return answer;
  }
  return std::nullopt;
}

}  // namespace legible::proxy::diagnosis
