// The proxy ends TLS with mbedTLS, which cannot do everything that peers do. What it cannot is the
// proxy's limit and no fault of theirs; what no TLS could go on with is theirs. The wire tells the
// two apart: each known limit leaves its trace there.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "parser/cipher_traits.hpp"
#include "proxy/diagnosis/broken_hello.hpp"
#include "proxy/diagnosis/broken_stream.hpp"
#include "proxy/diagnosis/certificate_text.hpp"
#include "proxy/diagnosis/rules.hpp"
#include "proxy/diagnosis/text.hpp"
#include "proxy/diagnosis/unoffered_choice.hpp"
#include "proxy/diagnosis/wire_names.hpp"

namespace legible::proxy::diagnosis {
namespace {

using namespace alert_number;

/// mbedTLS takes no handshake message that is longer than one record's plaintext.
constexpr std::size_t longest_message = 16384;

Finding limit(std::string why) {
  Finding finding;
  finding.cause = Cause::proxy_limit;
  finding.confidence = Confidence::high;
  return finding.with(std::move(why));
}

Answer retry_with_cookie(const Situation& situation) {
  const auto* retry = situation.facts.hello_retry;
  if (!retry || !retry->has(extension::cookie) || situation.facts.server_hello) return std::nullopt;
  return limit(
      "the server's HelloRetryRequest carries a cookie (RFC 8446 section 4.2.2), which this proxy "
      "cannot give back; restricted to TLS 1.2 (--server-tls 1.2-1.2) it would not be asked to");
}

Answer key_update_came(const Situation& situation) {
  for (const Leg side : {Leg::client, Leg::server}) {
    const SideFacts& peer = situation.facts.side(side);
    const bool broken = peer.malformed && peer.malformed->what == "KeyUpdate";
    if (situation.proxy_plays(side) || !peer.key_update || broken) continue;
    return limit(fmt::format(
        "{} renewed its keys (KeyUpdate of TLS 1.3), which this proxy cannot follow; restricted "
        "to TLS 1.2 ({}) no peer renews them so",
        who(side), side == Leg::server ? "--server-tls 1.2-1.2" : "--client-tls 1.2-1.2"));
  }
  return std::nullopt;
}

/// Keys and signatures of other kinds cannot even be parsed: Ed25519, keys for RSA-PSS alone.
bool is_readable_here(const certs::Certificate& certificate) {
  static constexpr std::array<std::string_view, 4> signatures{"RSA", "ecdsa", "sha", "rsassaPss"};
  const bool key = certificate.key.algorithm == "RSA" || certificate.key.algorithm == "EC";
  return key && std::ranges::any_of(signatures, [&](std::string_view family) {
           const auto at = std::ranges::search(certificate.signature, family);
           return !at.empty();
         });
}

Answer certificate_of_unknown_kind(const Situation& situation) {
  for (const Leg side : {Leg::client, Leg::server}) {
    const auto& chain = situation.facts.side(side).chain;
    if (situation.proxy_plays(side) || !chain) continue;
    const auto found = std::ranges::find_if_not(*chain, is_readable_here);
    if (found == chain->end() || !found->error.empty()) continue;
    return limit(fmt::format(
        "{}'s chain holds {}, whose key ({}) or signature ({}) is of a kind "
        "that this proxy's TLS cannot read",
        who(side), subject_text(*found), quoted(found->key.algorithm), quoted(found->signature)));
  }
  return std::nullopt;
}

Answer certificate_too_long(const Situation& situation) {
  for (const Leg side : {Leg::client, Leg::server}) {
    const auto& chain = situation.facts.side(side).chain;
    if (situation.proxy_plays(side) || !chain) continue;
    std::size_t bytes = 0;
    for (const certs::Certificate& each : *chain) bytes += each.der.size();
    if (bytes <= longest_message) continue;
    return limit(fmt::format("{}'s Certificate has {}; this proxy's TLS takes messages of {} bytes",
                             who(side), count(bytes, "byte"), longest_message));
  }
  return std::nullopt;
}

Answer hello_too_long(const Situation& situation) {
  const auto* hello = situation.facts.hello;
  if (situation.proxy_plays(Leg::client) || !hello || hello->bytes <= longest_message) {
    return std::nullopt;
  }
  return limit(fmt::format("the client's hello has {}; this proxy's TLS takes messages of {} bytes",
                           count(hello->bytes, "byte"), longest_message));
}

/// RFC 5246 section 6.2.1 lets a message be cut anywhere; mbedTLS wants its header in one piece.
Answer header_in_pieces(const Situation& situation) {
  constexpr std::uint16_t header = 4;
  const Leg peer = situation.proxy_plays(Leg::client) ? Leg::server : Leg::client;
  const auto* tail = situation.facts.side(peer).tail;
  if (situation.facts.tls13() || !tail || !situation.alert_is(unexpected_message)) {
    return std::nullopt;
  }
  const bool cut = std::ranges::any_of(tail->last, [](const parser::RecordTail::Record& record) {
    return record.type == parser::content_type::handshake && record.length > 0 &&
           record.length < header;
  });
  if (!cut) return std::nullopt;
  return limit(
      fmt::format("{} cuts a message within its header of {} bytes, which this proxy's TLS "
                  "takes in one record only",
                  who(peer), header));
}

/// Nobody could take this hello. The server has met the proxy's own.
Answer hello_broken(const Situation& situation) {
  const Facts& facts = situation.facts;
  if (situation.proxy_plays(Leg::client) || !facts.hello || facts.server_hello) return std::nullopt;
  return broken_hello(situation);
}

/// The peer wants new keys, or a client certificate, within the connection.
Answer renegotiation_refused_here(const Situation& situation) {
  const auto by = situation.facts.renegotiation_by;
  if (!by || situation.proxy_plays(*by)) return std::nullopt;
  if (situation.facts.tls13()) {
    // RFC 8446 sections 4.1.2 and 4.6.2; what this proxy offers has no post_handshake_auth.
    Finding finding;
    finding.cause = Cause::protocol_violation;
    finding.confidence = Confidence::high;
    return finding.with(fmt::format(
        "{} began a second handshake within the connection: TLS 1.3 has no renegotiation, and a "
        "client certificate may be asked for later only of a client that offered it "
        "(post_handshake_auth)",
        who(*by)));
  }
  Finding finding = limit(fmt::format(
      "{} began a second handshake within the connection (renegotiation), which this proxy "
      "could not carry out",
      who(*by)));
  if (*by == Leg::server) {
    finding.with("its usual reason is to ask for a client certificate after the request");
  }
  return finding;
}

/// What broke the peer's stream is known by its place in it.
Answer peer_broke_records(const Situation& situation) {
  const Leg peer = situation.proxy_plays(Leg::client) ? Leg::server : Leg::client;
  const auto* malformed = situation.facts.side(peer).malformed;
  const bool of_record = malformed && malformed->what == "record";
  Finding finding;
  finding.confidence = Confidence::high;
  const bool no_record = malformed && is_no_record(*malformed);
  const bool overflow = situation.alert_is(record_overflow) && !no_record;
  if (overflow || (of_record && is_oversized_record(*malformed))) {
    finding.cause = Cause::record_overflow;
    return finding.with(fmt::format("a record of {}'s is longer than one may be", who(peer)));
  }
  if (!of_record) return std::nullopt;
  finding.cause = Cause::protocol_violation;
  finding.title = title_of_break(situation, peer);
  return finding.with(broken_format(*malformed, peer));
}

/// RFC 5246 section 7.3, RFC 8446 section 4.4.4: nothing that is protected comes before the keys,
/// and no data before the Finished.
Answer peer_broke_order(const Situation& situation) {
  const Leg peer = situation.proxy_plays(Leg::client) ? Leg::server : Leg::client;
  const SideFacts& side = situation.facts.side(peer);
  if (!situation.facts.server_hello) return std::nullopt;
  Finding finding;
  finding.cause = Cause::protocol_violation;
  finding.confidence = Confidence::high;
  if (side.application_data && !side.finished) {
    return finding.with(fmt::format("{} sent application data before its Finished", who(peer)));
  }
  if (!situation.facts.tls13() && side.finished && !side.change_cipher_spec) {
    return finding.with(
        fmt::format("{} sent its Finished without a ChangeCipherSpec before it", who(peer)));
  }
  return std::nullopt;
}

/// The peer's bytes are at fault, whoever reads them.
Answer peer_broke_protocol(const Situation& situation) {
  const Facts& facts = situation.facts;
  const Leg peer = situation.proxy_plays(Leg::client) ? Leg::server : Leg::client;
  Finding finding;
  finding.confidence = Confidence::high;
  const auto number = situation.primary.alert_number();
  if (number == bad_record_mac) {
    const bool of_finished =
        !facts.tls13() && facts.side(peer).change_cipher_spec && !facts.both_finished();
    finding.cause = of_finished ? Cause::handshake_altered : Cause::record_corrupted;
    if (!facts.both_finished()) {
      finding.lower().or_else(of_finished ? Cause::record_corrupted : Cause::handshake_altered,
                              "it fails for every peer behind one network path");
    }
    return finding.with(fmt::format("a record of {}'s does not verify (its MAC)", who(peer)));
  }
  if (number == decrypt_error) {
    const bool finished = !facts.tls13() && facts.side(peer).change_cipher_spec;
    if (finished) {
      finding.cause = Cause::handshake_altered;
      return finding.with(fmt::format("{}'s Finished does not verify", who(peer)));
    }
    const auto scheme = peer == Leg::server ? unoffered_scheme(*facts.hello, facts) : std::nullopt;
    if (scheme) {
      finding.cause = Cause::protocol_violation;
      return finding.with(
          fmt::format("the server signed with {}, which was not offered", scheme_name(*scheme)));
    }
    finding.cause =
        peer == Leg::server ? Cause::server_cert_key_mismatch : Cause::client_cert_bad_proof;
    finding.or_else(Cause::handshake_altered, "it fails for every peer behind one network path");
    return finding.with(
        fmt::format("{}'s signature does not verify with its certificate's key", who(peer)));
  }
  if (const auto* malformed = facts.side(peer).malformed) {
    finding.cause = Cause::protocol_violation;
    return finding.with(broken_format(*malformed, peer));
  }
  return std::nullopt;
}

/// mbedTLS's alert names a fault of the peer's, and none of the limits that make it do so without
/// one has left its trace.
Finding unexplained(const Situation& situation) {
  Finding finding = limit("no known limit fits what crossed the wire");
  finding.confidence = Confidence::medium;
  const auto number = situation.primary.alert_number();
  if (!number || !finds_fault_with_message(*number)) return finding;
  const Leg peer = situation.proxy_plays(Leg::client) ? Leg::server : Leg::client;
  finding.cause = Cause::protocol_violation;
  finding.or_else(Cause::proxy_limit,
                  "another program that is connected directly gets on with the same peer");
  return finding.with(fmt::format("the proxy's TLS finds fault with what {} sent", who(peer)));
}

}  // namespace

Answer own_tls_failed(const Situation& situation) {
  if (!situation.own_tls_failed()) return std::nullopt;
  // What a hello says that no peer may say is known without the library.
  static constexpr Rule rules[] = {
      retry_with_cookie,
      key_update_came,
      certificate_of_unknown_kind,
      certificate_too_long,
      hello_too_long,
      header_in_pieces,
      hello_broken,
      retry_without_cause,
      peer_broke_records,
      renegotiation_refused_here,
      peer_broke_order,
      peer_broke_protocol,
      server_hello_refused,
  };
  const std::string library = fmt::format("the proxy's own TLS could not go on: {}",
                                          quoted(situation.facts.proxy_closing->detail));
  for (const Rule rule : rules) {
    if (Answer answer = rule(situation)) return answer->with(library);
  }
  return unexplained(situation).with(library);
}

}  // namespace legible::proxy::diagnosis
