// The server chose what its peer had not offered: a breach of the protocol, whoever meets it.

#include <fmt/format.h>

#include <algorithm>
#include <bitset>
#include <utility>

#include "proxy/diagnosis/offer.hpp"
#include "proxy/diagnosis/text.hpp"
#include "proxy/diagnosis/unoffered_choice.hpp"
#include "proxy/diagnosis/wire_names.hpp"

namespace legible::proxy::diagnosis {
namespace {

using namespace alert_number;
using parser::ClientHello;
using parser::ServerHello;

/// The end fits a choice that was not offered. Other alerts do not: many stacks overlook an
/// extension that they did not ask for, and fail later for another reason.
bool about_choice(const Situation& situation) {
  const auto number = situation.primary.alert_number();
  if (!number) return situation.bare_close() && !situation.after_silence();
  return *number == illegal_parameter || *number == handshake_failure ||
         *number == unsupported_extension || *number == decode_error;
}

/// With what was not offered here no TLS can go on, whatever number its alert has.
bool ended_by_choice(const Situation& situation) {
  return situation.own_tls_failed() || about_choice(situation) ||
         situation.alert_is(internal_error);
}

/// Whoever answers the server's flight has taken what it says.
bool was_taken(const Facts& facts) { return facts.client_key_exchange || facts.client().finished; }

/// `proper`: the alert that RFC 5246 and RFC 8446 ask for.
Finding broken_choice(const Situation& situation, int proper, std::string why) {
  Finding finding;
  finding.cause = Cause::protocol_violation;
  const bool known = situation.alert_is(proper) || situation.own_tls_failed();
  finding.confidence = known                    ? Confidence::certain
                       : situation.bare_close() ? Confidence::medium
                                                : Confidence::high;
  return finding.with(std::move(why));
}

Answer suite_not_offered(const Situation& situation) {
  const ClientHello& hello = *situation.facts.hello;
  const ServerHello& answer = *situation.facts.server_hello;
  if (hello.sslv2_format || answer.sslv2_format || hello.has(answer.cipher) ||
      !ended_by_choice(situation)) {
    return std::nullopt;
  }
  return broken_choice(situation, illegal_parameter,
                       fmt::format("the server chose {}, which the client did not offer",
                                   suite_name(answer.cipher)));
}

Answer compression_not_offered(const Situation& situation) {
  const auto& offered = situation.facts.hello->compression;
  const parser::CompressionMethod chosen = situation.facts.server_hello->compression;
  if (situation.facts.server_hello->sslv2_format || !ended_by_choice(situation) ||
      lists(offered, chosen)) {
    return std::nullopt;
  }
  return broken_choice(
      situation, illegal_parameter,
      fmt::format("the server chose compression method {}, which the client did not offer",
                  chosen.value));
}

Answer share_not_sent(const Situation& situation) {
  const auto& shares = situation.facts.hello->key_shares;
  const auto& group = situation.facts.server_hello->group;
  const bool asked_again = situation.facts.second_hello != nullptr;
  if (!ended_by_choice(situation) || asked_again || shares.empty() || !group ||
      lists(shares, *group)) {
    return std::nullopt;
  }
  return broken_choice(
      situation, illegal_parameter,
      fmt::format("the server's key share is of {}, for which the client sent none",
                  group_name(*group)));
}

/// Go says unexpected_message for a ServerKeyExchange that it cannot follow.
Answer group_not_offered(const Situation& situation) {
  const auto group = unoffered_group(*situation.facts.hello, situation.facts);
  const bool refused = ended_by_choice(situation) || situation.alert_is(unexpected_message);
  if (!group || !refused || was_taken(situation.facts)) return std::nullopt;
  return broken_choice(
      situation, illegal_parameter,
      fmt::format("the server's key exchange is of {}, which the client did not offer",
                  group_name(*group)));
}

/// RFC 8446 section 4.2.9: without a pre-shared key, and with psk_dhe_ke, the server has one too.
Answer key_share_missing(const Situation& situation) {
  const ServerHello& answer = *situation.facts.server_hello;
  if (answer.version != parser::tls13 || answer.group || answer.psk_selected ||
      !(situation.own_tls_failed() || situation.alert_is(missing_extension) ||
        about_choice(situation))) {
    return std::nullopt;
  }
  return broken_choice(situation, missing_extension,
                       "the server's hello has neither a key share nor a pre-shared key");
}

Answer extension_not_offered(const Situation& situation) {
  const ClientHello& hello = *situation.facts.hello;
  if (!about_choice(situation)) return std::nullopt;
  std::bitset<65536> offered;  // either side may send thousands
  for (const parser::ExtensionType type : hello.extensions) offered.set(type.value);
  if (hello.has(renegotiation_scsv)) offered.set(extension::renegotiation_info.value);
  for (const parser::ExtensionType type : situation.facts.server_hello->extensions) {
    if (offered[type.value]) continue;
    Finding finding = broken_choice(
        situation, unsupported_extension,
        fmt::format("the server's hello has extension {}, which the client did not offer",
                    type.value));
    // Many stacks overlook it.
    return finding.confidence == Confidence::high ? finding.lower() : finding;
  }
  return std::nullopt;
}

Answer scheme_not_offered(const Situation& situation) {
  const auto scheme = unoffered_scheme(*situation.facts.hello, situation.facts);
  if (!scheme || !about_choice(situation)) return std::nullopt;
  return broken_choice(
      situation, illegal_parameter,
      fmt::format("the server signed its key exchange with {}, which the client did "
                  "not offer",
                  scheme_name(*scheme)));
}

/// OpenSSL says decode_error for it, Go unsupported_extension, mbedTLS handshake_failure.
Answer protocol_not_offered(const Situation& situation) {
  const ClientHello& hello = *situation.facts.hello;
  const auto protocol = unoffered_protocol(hello, situation.facts);
  if (!protocol || !ended_by_choice(situation) || was_taken(situation.facts)) return std::nullopt;
  return broken_choice(
      situation, illegal_parameter,
      fmt::format("the server chose the application protocol {} (ALPN), which the client did not "
                  "offer; {}",
                  quoted(*protocol),
                  hello.alpn.empty() ? "the client offers none" : offered_protocols(hello)));
}

}  // namespace

std::optional<parser::NamedGroup> unoffered_group(const ClientHello& hello, const Facts& answer) {
  std::optional<parser::NamedGroup> chosen = answer.server_hello->group;
  if (!chosen && answer.server_key_exchange) chosen = answer.server_key_exchange->group;
  if (!chosen || hello.groups.empty() || lists(hello.groups, *chosen)) return std::nullopt;
  return chosen;
}

std::optional<parser::SignatureScheme> unoffered_scheme(const ClientHello& hello,
                                                        const Facts& answer) {
  const auto* exchange = answer.server_key_exchange;
  const auto chosen = exchange ? exchange->scheme : answer.server().proof;
  const auto& offered = hello.signature_algorithms;
  if (!chosen || offered.empty() || lists(offered, *chosen)) return std::nullopt;
  return chosen;
}

std::optional<std::string> unoffered_protocol(const ClientHello& hello, const Facts& answer) {
  if (!answer.alpn || lists(hello.alpn, *answer.alpn)) return std::nullopt;
  return answer.alpn;
}

Answer retry_without_cause(const Situation& situation) {
  const Facts& facts = situation.facts;
  const ServerHello* retry = facts.hello_retry;
  const bool refused = situation.client_closed() || situation.own_tls_failed();
  if (!retry || facts.server_hello || !refused) return std::nullopt;
  if (facts.hello_retry_repeated) {
    return broken_choice(situation, unexpected_message,
                         "the server sent a second HelloRetryRequest; one is the most");
  }
  if (!facts.hello->has(retry->cipher)) {
    return broken_choice(situation, illegal_parameter,
                         fmt::format("the server's HelloRetryRequest names {}, which the client "
                                     "did not offer",
                                     suite_name(retry->cipher)));
  }
  const auto& shares = facts.hello->key_shares;
  if (retry->group && lists(shares, *retry->group)) {
    return broken_choice(situation, illegal_parameter,
                         fmt::format("the server's HelloRetryRequest asks for a key share of {}, "
                                     "which it had",
                                     group_name(*retry->group)));
  }
  if (!retry->group && !retry->has(extension::cookie)) {
    return broken_choice(situation, illegal_parameter,
                         "the server's HelloRetryRequest asks for nothing: neither a group nor a "
                         "cookie is in it");
  }
  return std::nullopt;
}

Answer choice_not_offered(const Situation& situation) {
  for (const Rule rule : {suite_not_offered, compression_not_offered, share_not_sent,
                          group_not_offered, key_share_missing}) {
    if (Answer answer = rule(situation)) return answer;
  }
  return std::nullopt;
}

Answer detail_not_offered(const Situation& situation) {
  for (const Rule rule : {protocol_not_offered, scheme_not_offered, extension_not_offered}) {
    if (Answer answer = rule(situation)) return answer;
  }
  return std::nullopt;
}

}  // namespace legible::proxy::diagnosis
