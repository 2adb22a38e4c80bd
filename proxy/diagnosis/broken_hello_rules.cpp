// Something in the ClientHello is wrong in itself, whatever the server would have accepted.

#include <fmt/format.h>

#include <algorithm>

#include "certs/name_match.hpp"
#include "proxy/diagnosis/broken_hello.hpp"
#include "proxy/diagnosis/broken_stream.hpp"
#include "proxy/diagnosis/offer.hpp"
#include "proxy/diagnosis/text.hpp"
#include "proxy/diagnosis/wire_names.hpp"

namespace legible::proxy::diagnosis {
namespace {

using namespace alert_number;
using parser::ClientHello;
using parser::SniState;

std::string told_beginning(const parser::FirstBytes& first) {
  const bool handshake = first.bytes[0] == parser::content_type::handshake.value;
  return handshake
             ? fmt::format(
                   "the client's first handshake message has type {}; TLS begins with a "
                   "ClientHello",
                   first.bytes[5])
             : fmt::format(
                   "the client's first record has type {}; TLS begins with a handshake record",
                   first.bytes[0]);
}

/// A server that only hangs up may have had another reason.
Finding broken(const Situation& situation, Cause cause, std::string why) {
  Finding finding;
  finding.cause = cause;
  finding.confidence = situation.bare_close() ? Confidence::medium : Confidence::high;
  return finding.with(std::move(why));
}

Answer compression_list(const Situation& situation) {
  const ClientHello& hello = *situation.facts.hello;
  constexpr parser::CompressionMethod null{0};
  if (std::ranges::find(hello.compression, null) == hello.compression.end()) {
    return broken(situation, Cause::compression_unacceptable,
                  "the hello does not offer the null compression method, which all must");
  }
  if (situation.alert_is(illegal_parameter) && hello.compression.size() > 1 &&
      may_offer(hello, parser::tls13)) {
    return broken(situation, Cause::compression_unacceptable,
                  "TLS 1.3 allows no compression method but null, and the hello has others");
  }
  return std::nullopt;
}

Answer extensions_of_tls13(const Situation& situation) {
  const ClientHello& hello = *situation.facts.hello;
  const bool keys = hello.has(extension::key_share);
  const bool lacking = !keys || !hello.has(extension::signature_algorithms);
  const bool tls13 = offers_only_tls13(hello) && may_offer(hello, parser::tls13);
  if (!tls13 || !lacking || hello.psk_identities > 0) return std::nullopt;
  Finding finding = broken(situation, Cause::hello_malformed,
                           fmt::format("a hello for TLS 1.3 needs {}, which this one has not",
                                       keys ? "signature_algorithms" : "key_share"));
  finding.confidence = Confidence::medium;
  finding.or_else(Cause::no_shared_version,
                  "a whole hello of TLS 1.3 (openssl s_client -tls1_3) is refused as well");
  return finding;
}

Answer server_name(const Situation& situation) {
  const ClientHello& hello = *situation.facts.hello;
  if (hello.sni_state == SniState::empty || hello.sni_state == SniState::malformed ||
      hello.sni_state == SniState::several) {
    return broken(situation, Cause::sni_malformed,
                  "the name in the hello (SNI) is empty, broken or there twice");
  }
  if (hello.sni.size() > longest_host_name) {
    return broken(situation, Cause::sni_malformed,
                  fmt::format("the name in the hello (SNI) has {}; a host name has {} at most",
                              count(hello.sni.size(), "byte"), longest_host_name));
  }
  const bool parsing = situation.alert_is(decode_error) || situation.alert_is(illegal_parameter) ||
                       situation.alert_is(unexpected_message);
  const bool address = certs::parse_address(hello.sni).has_value();
  if (parsing && address) {
    return broken(situation, Cause::sni_malformed,
                  fmt::format("the name in the hello (SNI) is an address, {}: RFC 6066 forbids it",
                              quoted(hello.sni)));
  }
  return std::nullopt;
}

Answer pre_shared_key(const Situation& situation) {
  const bool about_proof = situation.alert_is(decrypt_error) ||
                           situation.alert_is(bad_record_mac) ||
                           situation.alert_is(illegal_parameter);
  if (situation.facts.hello->psk_identities == 0 || !about_proof) return std::nullopt;
  Finding finding =
      broken(situation, Cause::psk_mismatch,
             "the hello resumes with a pre-shared key, whose proof the server rejects");
  finding.confidence = Confidence::medium;
  finding.or_else(Cause::resumption_failed, "without the ticket the connection comes about");
  return finding;
}

Answer format(const Situation& situation) {
  const auto* malformed = situation.facts.client().malformed;
  if (malformed == nullptr) return std::nullopt;
  if (malformed->what == "record") return broken_stream(situation, Leg::client);
  return broken(situation, Cause::hello_malformed,
                fmt::format("the client's {} breaks its format at {}", quoted(malformed->what),
                            quoted(malformed->field)));
}

/// OpenSSL's "no protocols available" and "no ciphers available" come before any hello.
Answer nothing_to_offer(const Situation& situation) {
  const bool by_client = situation.client_closed() && situation.primary.alert_number();
  if (!by_client || situation.facts.hello) return std::nullopt;
  const int number = *situation.primary.alert_number();
  if (number != protocol_version && number != internal_error) return std::nullopt;
  Finding finding;
  finding.cause = Cause::internal_error;
  finding.confidence = Confidence::medium;
  finding.title = "the client failed before it had a hello to send";
  finding.to_do.client =
      "Read its log (OpenSSL: \"no protocols available\", \"no ciphers available\"). Most often "
      "its "
      "own settings leave it nothing to offer: the lowest version that it allows is above the "
      "highest, or its library has given up what they name.";
  return finding.with(fmt::format("the client's TLS begins with the alert {}, and no hello came",
                                  alert_name(number)));
}

}  // namespace

Answer begins_without_hello(const Situation& situation) {
  if (Answer answer = nothing_to_offer(situation)) return answer;
  if (!situation.facts.client_begins_without_hello()) return std::nullopt;
  Finding finding;
  finding.cause = Cause::protocol_violation;
  finding.confidence = Confidence::medium;
  return finding.with(told_beginning(*situation.facts.client().first_bytes));
}

Answer broken_hello(const Situation& situation) {
  static constexpr Rule rules[] = {begins_without_hello, compression_list, extensions_of_tls13,
                                   server_name,          pre_shared_key,   format};
  for (const Rule rule : rules) {
    if (Answer answer = rule(situation)) return answer;
  }
  return std::nullopt;
}

}  // namespace legible::proxy::diagnosis
