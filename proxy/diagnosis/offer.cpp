#include "proxy/diagnosis/offer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <string_view>

#include "parser/cipher_traits.hpp"
#include "parser/iana_tables.hpp"
#include "proxy/diagnosis/text.hpp"
#include "proxy/diagnosis/wire_names.hpp"

namespace legible::proxy::diagnosis {
namespace {

using parser::CipherSuite;
using parser::ClientHello;
using parser::NamedGroup;
using parser::SignatureScheme;

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool is_signal(CipherSuite suite) {
  return suite == fallback_scsv || suite == renegotiation_scsv || parser::is_grease(suite.value);
}

/// "a, b and 3 more", without GREASE.
template <class Number>
std::string list_of(const std::vector<Number>& numbers, std::string (*name)(Number number)) {
  constexpr std::size_t shown = 5;
  std::vector<std::string> items;
  std::size_t total = 0;
  for (const Number number : numbers) {
    if (parser::is_grease(number.value)) continue;
    if (total++ < shown) items.push_back(name(number));
  }
  return listed(items, total);
}

template <class Range, class Predicate>
bool all(const Range& range, Predicate predicate) {
  return !range.empty() && std::ranges::all_of(range, predicate);
}

bool signs_with_rsa(SignatureScheme scheme) { return contains(parser::name(scheme), "rsa"); }
bool is_pkcs1(SignatureScheme scheme) {
  return contains(parser::name(scheme), "rsa_pkcs1");  // RFC 8446 section 4.2.3
}
bool hashes_with_sha1_or_md5(SignatureScheme scheme) {
  const std::uint8_t hash = static_cast<std::uint8_t>(scheme.value >> 8);
  return hash == 1 || hash == 2;  // RFC 5246 section 7.4.1.4.1: md5, sha1
}

/// Every server of TLS 1.3 has one of the three suites of RFC 8446 section 9.1.
Narrow tls13_cipher_list(const std::vector<CipherSuite>& suites, const std::string& list) {
  if (suites.empty()) return {Narrowness::unusable, "the client offers no cipher suite"};
  const auto common = [](CipherSuite suite) {
    return suite.value >= 0x1301 && suite.value <= 0x1303;
  };
  if (std::ranges::none_of(suites, common)) {
    return {Narrowness::unusable,
            fmt::format("the client offers none of the usual suites of TLS 1.3: {}", list)};
  }
  if (suites.size() == 1) {
    return {Narrowness::few, fmt::format("the client offers a single cipher suite: {}", list)};
  }
  return {};
}

}  // namespace

bool is_outdated(CipherSuite suite) {
  const std::string_view name = parser::name(suite);
  for (const std::string_view part :
       {"RC4", "_NULL_", "EXPORT", "anon", "_DES_", "_DES40_", "3DES", "_RC2_", "IDEA", "KRB5",
        "_DSS_", "_PSK_", "SRP", "GOST", "SEED", "ARIA", "CAMELLIA"}) {
    if (contains(name, part)) return true;
  }
  return name.empty();
}

bool is_common_group(NamedGroup group) {
  static constexpr std::array<std::uint16_t, 5> common{0x001d, 0x0017, 0x0018, 0x0019, 0x11ec};
  return std::ranges::find(common, group.value) != common.end();
}

bool is_tls13_suite(CipherSuite suite) { return suite.value >> 8 == 0x13; }

bool offers_only_tls13(const ClientHello& hello) {
  return !hello.supported_versions.empty() && hello.lowest_version() >= parser::tls13;
}

bool offers_only_pre_shared_keys(const ClientHello& hello) {
  std::size_t keys = 0;
  for (const CipherSuite suite : hello.ciphers) {
    if (is_signal(suite) || is_tls13_suite(suite)) continue;
    if (!contains(parser::name(suite), "_PSK_")) return false;
    ++keys;
  }
  return keys > 0;
}

bool offers_only_old_versions(const ClientHello& hello) {
  return hello.highest_version() <= parser::tls11;
}

bool offers_only_suites_since_tls12(const ClientHello& hello) {
  return std::ranges::all_of(hello.ciphers, [](CipherSuite suite) {
    const bool aead = parser::traits(suite).protection == parser::RecordProtection::aead;
    const std::string_view name = parser::name(suite);
    return is_signal(suite) || aead || name.ends_with("SHA256") || name.ends_with("SHA384");
  });
}

bool offers_post_handshake_auth(const ClientHello& hello) {
  constexpr std::uint16_t post_handshake_auth = 0x0031;
  return std::ranges::any_of(hello.extensions, [](const auto& extension) {
    return extension.value == post_handshake_auth;
  });
}

bool may_offer(const ClientHello& hello, parser::ProtocolVersion version) {
  if (hello.supported_versions.empty()) return version <= hello.legacy_version;
  return std::ranges::find(hello.supported_versions, version) != hello.supported_versions.end();
}

Narrow cipher_list(const ClientHello& hello) {
  std::vector<CipherSuite> offered;
  std::ranges::copy_if(hello.ciphers, std::back_inserter(offered),
                       [](CipherSuite suite) { return !is_signal(suite); });
  // Suites of TLS 1.3 say nothing about a server that chooses an older version.
  std::vector<CipherSuite> older;
  std::ranges::copy_if(offered, std::back_inserter(older), std::not_fn(is_tls13_suite));
  if (older.empty() || offers_only_tls13(hello)) {
    std::erase_if(offered, std::not_fn(is_tls13_suite));
    return tls13_cipher_list(offered, list_of(offered, suite_name));
  }
  const auto& suites = older;
  const std::string list = list_of(suites, suite_name);

  if (all(suites, is_outdated)) {
    return {Narrowness::unusable, fmt::format("the client offers only suites that servers have "
                                              "given up, or do not know: {}",
                                              list)};
  }
  if (suites.size() == 1) {
    return {Narrowness::single, fmt::format("the client offers a single cipher suite: {}", list)};
  }
  const auto ecdsa = [](CipherSuite suite) { return contains(parser::name(suite), "ECDSA"); };
  if (all(suites, ecdsa)) {
    return {Narrowness::single, fmt::format("all suites that the client offers need an ECDSA "
                                            "certificate: {}",
                                            list)};
  }
  const auto static_rsa = [](CipherSuite suite) {
    return parser::name(suite).starts_with("TLS_RSA_");
  };
  if (all(suites, static_rsa)) {
    return {Narrowness::few, fmt::format("all suites that the client offers use RSA key exchange, "
                                         "without forward secrecy: {}",
                                         list)};
  }
  const auto dhe = [](CipherSuite suite) { return parser::name(suite).starts_with("TLS_DHE_"); };
  if (suites.size() <= 4 || all(suites, dhe)) {
    return {Narrowness::few, fmt::format("the client offers few cipher suites: {}", list)};
  }
  return {};
}

Narrow group_list(const ClientHello& hello) {
  std::vector<NamedGroup> groups;
  std::ranges::copy_if(hello.groups, std::back_inserter(groups),
                       [](NamedGroup group) { return !parser::is_grease(group.value); });
  const std::string list = list_of(groups, group_name);
  if (!groups.empty() && std::ranges::none_of(groups, is_common_group)) {
    return {Narrowness::unusable, fmt::format("the client offers only unusual groups: {}", list)};
  }
  if (groups.size() == 1) {
    return {Narrowness::few, fmt::format("the client offers a single group: {}", list)};
  }
  return {};
}

Narrow signature_list(const ClientHello& hello) {
  const auto& schemes = hello.signature_algorithms;
  if (schemes.empty() && hello.highest_version() == parser::tls12) {
    return {Narrowness::few,
            "the hello has no signature_algorithms, which in TLS 1.2 stands for SHA-1 alone"};
  }
  const std::string list = list_of(schemes, scheme_name);
  if (all(schemes, hashes_with_sha1_or_md5)) {
    return {Narrowness::unusable,
            fmt::format("the client accepts signatures with SHA-1 or MD5 only: {}", list)};
  }
  const bool tls13_suites_alone = all(
      hello.ciphers, [](CipherSuite suite) { return is_signal(suite) || is_tls13_suite(suite); });
  if (tls13_suites_alone && all(schemes, is_pkcs1)) {
    return {
        Narrowness::unusable,
        fmt::format("the client accepts PKCS#1 signatures only, which TLS 1.3 has not: {}", list)};
  }
  if (!schemes.empty() && std::ranges::none_of(schemes, signs_with_rsa)) {
    return {Narrowness::unusable,
            fmt::format("the client accepts no RSA signature, which most servers make: {}", list)};
  }
  if (schemes.size() == 1) {
    return {Narrowness::few, fmt::format("the client accepts a single signature scheme: {}", list)};
  }
  return {};
}

std::string offered_protocols(const ClientHello& hello) {
  std::vector<std::string> offered;
  for (const auto& protocol : hello.alpn) {
    if (offered.size() < 5) offered.push_back(quoted(protocol));
  }
  return fmt::format("the client offers {}", listed(offered, hello.alpn.size()));
}

bool offers_usual_protocol(const ClientHello& hello) {
  return std::ranges::any_of(
      hello.alpn, [](const auto& protocol) { return protocol == "h2" || protocol == "http/1.1"; });
}

Suspect narrowest_list(const ClientHello& hello) {
  Suspect suspect{Cause::no_shared_cipher, cipher_list(hello)};
  const auto consider = [&](Cause cause, Narrow narrow) {
    if (narrow.how > suspect.narrow.how) suspect = {cause, std::move(narrow)};
  };
  consider(Cause::no_shared_group, group_list(hello));
  consider(Cause::no_shared_sigalg, signature_list(hello));
  return suspect;
}

}  // namespace legible::proxy::diagnosis
