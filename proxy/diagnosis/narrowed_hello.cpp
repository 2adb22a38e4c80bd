#include "proxy/diagnosis/narrowed_hello.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "parser/cipher_traits.hpp"
#include "parser/iana_tables.hpp"
#include "proxy/diagnosis/offer.hpp"
#include "proxy/diagnosis/text.hpp"
#include "proxy/diagnosis/wire_names.hpp"

namespace legible::proxy::diagnosis {
namespace {

/// Signals, which are no offer.
bool is_signal(parser::CipherSuite suite) {
  return suite == fallback_scsv || suite == renegotiation_scsv;
}
template <class T>
bool is_signal(T) {
  return false;
}

/// The names of what `all` has and `some` has not.
template <class T, class Name>
std::vector<std::string> left_out(const std::vector<T>& all, const std::vector<T>& some,
                                  Name name) {
  std::vector<std::string> names;
  for (const T& each : all) {
    const bool kept = lists(some, each);
    if (!kept && !is_signal(each) && !parser::is_grease(each.value)) names.push_back(name(each));
  }
  return names;
}

std::string told(std::string_view what, const std::vector<std::string>& names) {
  constexpr std::size_t shown = 4;
  const std::vector<std::string> first(
      names.begin(), names.begin() + static_cast<std::ptrdiff_t>(std::min(names.size(), shown)));
  return fmt::format("the client also offers {} that the proxy could not offer in its stead: {}",
                     what, listed(first, names.size()));
}

/// Schemes of keys that are found in certificates, and that mbedTLS lacks: Ed25519, Ed448, and RSA
/// keys for PSS alone (RFC 8446 section 4.2.3).
bool is_for_another_key(parser::SignatureScheme scheme) {
  return scheme.value >= 0x0807 && scheme.value <= 0x080b;
}

/// What a server may know its client by, or be known by, in place of a certificate.
struct KeyMaterial {
  parser::ExtensionType extension;
  std::string_view what;
};
constexpr KeyMaterial key_materials[] = {
    {{41}, "a pre-shared key (RFC 8446 section 4.2.11)"},
    {{12}, "a user's password (SRP, RFC 5054)"},
    {{19}, "a raw public key of its own (RFC 7250)"},
    {{20}, "to take a raw public key (RFC 7250)"},
};

/// What is missing in the proxy's hello, of what a server may well insist on.
struct Missing {
  std::vector<std::string> sentences{};
  bool only_rare = true;  ///< no more than is needed for a kind of key that few servers have
};

/// Where a refusal for `cause` would look for it. Servers do not say which of the lists had nothing
/// for them.
Missing missing_for(Cause cause, const parser::ClientHello& clients,
                    const parser::ClientHello& proxys, const History& history) {
  Missing missing;
  const auto tell = [&](std::string_view what, const std::vector<std::string>& names) {
    if (names.empty()) return;
    missing.sentences.push_back(told(what, names));
    missing.only_rare = false;
  };
  // Where a hello was answered before, a pre-shared key is the session's that came of it.
  const bool unknown = history.largest_successful_hello == 0;
  for (const KeyMaterial& each : key_materials) {
    if (cause != Cause::server_drops_hello && unknown && clients.has(each.extension) &&
        !proxys.has(each.extension)) {
      missing.sentences.push_back(
          fmt::format("the client also offers {}, which this proxy has none of", each.what));
      missing.only_rare = false;
    }
  }
  if (cause == Cause::no_shared_version) {
    tell("versions", left_out(clients.offered_versions(), proxys.offered_versions(), version_name));
    return missing;
  }
  if (cause != Cause::no_shared_sigalg) {
    auto suites = clients.ciphers;
    std::erase_if(suites, is_outdated);
    if (offers_only_tls13(clients)) std::erase_if(suites, std::not_fn(is_tls13_suite));
    tell("cipher suites", left_out(suites, proxys.ciphers, suite_name));
    // A server has one of the common groups, if any.
    if (std::ranges::none_of(proxys.groups, is_common_group)) {
      tell("groups", left_out(clients.groups, proxys.groups, group_name));
    }
  }
  auto schemes = clients.signature_algorithms;
  std::erase_if(schemes, [](auto scheme) { return !is_for_another_key(scheme); });
  const auto names = left_out(schemes, proxys.signature_algorithms, scheme_name);
  if (names.empty()) return missing;
  missing.sentences.push_back(
      fmt::format("the server may have a certificate with an Ed25519, Ed448 or RSA-PSS key, for "
                  "which this proxy cannot ask: the client accepts {}",
                  listed(names, names.size())));
  return missing;
}

bool may_be_for_lists(Cause cause) {
  return cause == Cause::no_shared_version || cause == Cause::no_shared_cipher ||
         cause == Cause::no_shared_group || cause == Cause::no_shared_sigalg ||
         cause == Cause::server_drops_hello;
}

/// A server that has none of the client's groups can still choose it: RSA key exchange, and DHE
/// where no group of RFC 7919 is listed (its section 4).
bool does_without_groups(parser::CipherSuite suite, const parser::ClientHello& hello) {
  if (is_outdated(suite)) return false;
  const parser::CipherTraits traits = parser::traits(suite);
  if (traits.key_exchange == parser::KeyExchange::dhe && traits.signs) {
    return std::ranges::none_of(hello.groups, [](auto group) { return group.value >> 8 == 1; });
  }
  return parser::name(suite).starts_with("TLS_RSA_WITH_");
}

bool lacks_way_without_groups(const parser::ClientHello& clients,
                              const parser::ClientHello& proxys) {
  return may_offer(clients, parser::tls12) &&
         std::ranges::any_of(clients.ciphers, [&](parser::CipherSuite suite) {
           return does_without_groups(suite, clients) && !lists(proxys.ciphers, suite);
         });
}

/// The client's own hello explains the refusal too.
bool client_has_the_same(Cause cause, const parser::ClientHello& clients,
                         const parser::ClientHello& proxys) {
  if (cause == Cause::server_drops_hello) return true;  // nothing says that it is for the lists
  if (cause == Cause::no_shared_version) return false;
  if (cause == Cause::no_shared_group && lacks_way_without_groups(clients, proxys)) return false;
  const Suspect suspect = narrowest_list(clients);
  return suspect.narrow.how != Narrowness::usual;
}

}  // namespace

void weigh_narrowing(Verdict& verdict, const parser::ClientHello& clients,
                     const parser::ClientHello& proxys, const History& history) {
  if (!may_be_for_lists(verdict.cause)) return;
  const Missing missing = missing_for(verdict.cause, clients, proxys, history);
  if (missing.sentences.empty()) return;
  // Behind what happened, and before what follows from the lists of one hello alone.
  const auto behind_event = verdict.evidence.begin() + (verdict.evidence.empty() ? 0 : 1);
  verdict.evidence.insert(behind_event, missing.sentences.begin(), missing.sentences.end());
  const std::string relayed = "it works when this host is relayed (--relay HOST)";
  if (client_has_the_same(verdict.cause, clients, proxys)) {
    verdict.alternatives.push_back({Cause::proxy_limit, relayed});
    return;
  }
  verdict.alternatives.insert(
      verdict.alternatives.begin(),
      {verdict.cause, "it fails in the same way when this host is relayed (--relay HOST)"});
  const Cause original = std::exchange(verdict.cause, Cause::proxy_limit);
  const bool about_keys = original == Cause::no_shared_sigalg;
  verdict.confidence = missing.only_rare && !about_keys ? Confidence::low : Confidence::medium;
  verdict.title = "the proxy's hello lacks something that the client's has";
  verdict.summary = fmt::format("the SERVER closed: {}", verdict.title);
  verdict.hint = {{}, {}, std::string(describe(Cause::proxy_limit).proxy_hint)};
  verdict.logs = {};
}

}  // namespace legible::proxy::diagnosis
