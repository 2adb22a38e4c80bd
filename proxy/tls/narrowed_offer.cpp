#include "proxy/tls/narrowed_offer.hpp"

#include <fmt/format.h>
#include <mbedtls/ssl.h>

#include <algorithm>
#include <array>

#include "parser/cipher_traits.hpp"
#include "parser/iana_tables.hpp"

namespace legible::proxy::tls {
namespace {

using parser::NamedGroup;
using parser::SignatureScheme;

constexpr parser::ExtensionType extended_master_secret{23};
constexpr parser::CompressionMethod null_compression{0};

/// mbedTLS joins a message's records in a buffer for one: its plaintext, and 256 bytes of padding.
constexpr std::size_t longest_hello = 16384 + 256;

// Of mbedTLS 3.6, in TLS 1.3 and 1.2. Ed25519, Ed448 and RSA-PSS keys it does not have.
constexpr std::array available_groups{
    NamedGroup{0x001d}, NamedGroup{0x0017}, NamedGroup{0x0018}, NamedGroup{0x0019},
    NamedGroup{0x001e}, NamedGroup{0x001a}, NamedGroup{0x001b}, NamedGroup{0x001c},
    NamedGroup{0x0100}, NamedGroup{0x0101}, NamedGroup{0x0102}, NamedGroup{0x0103},
    NamedGroup{0x0104},
};
constexpr std::array available_schemes{
    SignatureScheme{0x0403}, SignatureScheme{0x0503}, SignatureScheme{0x0603},
    SignatureScheme{0x0804}, SignatureScheme{0x0805}, SignatureScheme{0x0806},
    SignatureScheme{0x0401}, SignatureScheme{0x0501}, SignatureScheme{0x0601},
};

template <class T, class Range>
bool contains(const Range& range, const T& value) {
  return std::ranges::find(range, value) != std::ranges::end(range);
}

/// The elements of the client's list that are ours too.
template <class T, class Ours>
std::vector<T> common(const std::vector<T>& clients, const Ours& ours) {
  std::vector<T> both;
  for (const T& each : clients) {
    if (contains(ours, each) && !contains(both, each)) both.push_back(each);
  }
  return both;
}

/// In TLS 1.2 mbedTLS signs nothing by RSASSA-PSS, and does not offer it.
bool is_for_tls12(SignatureScheme scheme) { return scheme.value < 0x0804 || scheme.value > 0x0806; }

/// RFC 8446 section 4.2.7 has no place for them.
bool is_for_tls12_alone(NamedGroup group) { return group.value >= 0x001a && group.value <= 0x001c; }

bool is_tls13_suite(parser::CipherSuite suite) {
  return parser::traits(suite).key_exchange == parser::KeyExchange::any;
}

std::vector<parser::CipherSuite> listed_suites() {
  std::vector<parser::CipherSuite> suites;
  for (const int* number = mbedtls_ssl_list_ciphersuites(); *number != 0; ++number) {
    const parser::CipherSuite suite{static_cast<std::uint16_t>(*number)};
    if (!parser::traits(suite).psk) suites.push_back(suite);
  }
  return suites;
}

bool is_forward_secret(parser::CipherSuite suite) {
  const parser::CipherTraits traits = parser::traits(suite);
  const bool encrypts = traits.protection == parser::RecordProtection::aead ||
                        traits.protection == parser::RecordProtection::block;
  if (!encrypts) return false;
  if (traits.key_exchange == parser::KeyExchange::any) return true;
  return traits.signs && (traits.key_exchange == parser::KeyExchange::ecdhe ||
                          traits.key_exchange == parser::KeyExchange::dhe);
}

bool offers(const parser::ClientHello& hello, parser::ProtocolVersion version) {
  if (hello.supported_versions.empty()) {
    return version <= parser::tls12 && hello.legacy_version >= version;
  }
  return contains(hello.supported_versions, version);
}

/// Takes away what the other parts of the offer make useless. In TLS 1.3 a suite says nothing of
/// groups and keys, before it everything.
void drop_versions_without_suites(NarrowedOffer& offer) {
  const auto has = [&](bool tls13) {
    return std::ranges::any_of(offer.ciphers,
                               [&](auto suite) { return is_tls13_suite(suite) == tls13; });
  };
  if (offer.highest == parser::tls13 && !has(true)) offer.highest = parser::tls12;
  if (offer.lowest == parser::tls12 && !has(false)) offer.lowest = parser::tls13;
}

/// mbedTLS sends a key share for the first group alone. Where the client sends one for another, a
/// server would have to ask for it first (HelloRetryRequest), as it does not directly.
void put_shared_group_first(std::vector<parser::NamedGroup>& groups,
                            const parser::ClientHello& hello) {
  const auto shared = std::ranges::find_if(
      groups, [&](parser::NamedGroup group) { return contains(hello.key_shares, group); });
  if (shared != groups.end()) std::rotate(groups.begin(), shared, shared + 1);
}

/// Whether it is for want of permission.
std::string no_suite(const parser::ClientHello& hello) {
  const auto known = std::ranges::find_if(hello.ciphers, is_available);
  const bool with_psk = std::ranges::any_of(
      hello.ciphers, [](parser::CipherSuite suite) { return parser::traits(suite).psk; });
  if (known == hello.ciphers.end() && with_psk) {
    return "none of its cipher suites is available here: those with a pre-shared key need that "
           "key, which only the two peers have";
  }
  if (known == hello.ciphers.end()) return "none of its cipher suites is available here";
  return fmt::format(
      "none of its cipher suites is allowed here: --client-ciphers and --server-ciphers could "
      "allow {}",
      parser::name(*known));
}

}  // namespace

const std::vector<parser::CipherSuite>& forward_secret_suites() {
  static const std::vector<parser::CipherSuite> suites = [] {
    std::vector<parser::CipherSuite> all = listed_suites();
    std::erase_if(all, [](auto suite) { return !is_forward_secret(suite); });
    return all;
  }();
  return suites;
}

bool is_available(parser::CipherSuite suite) {
  static const std::vector<parser::CipherSuite> suites = listed_suites();
  return contains(suites, suite);
}

NarrowedOffer narrow(const parser::ClientHello& hello, const LegLimits& limits) {
  NarrowedOffer offer;
  const auto refuse = [&](std::string why) {
    offer.obstacle = std::move(why);
    return offer;
  };

  if (hello.sslv2_format) return refuse("its hello is in SSLv2 format");
  if (!contains(hello.compression, null_compression)) {
    return refuse("it does not offer uncompressed records");
  }
  if (hello.sni.size() > MBEDTLS_SSL_MAX_HOST_NAME_LEN) {
    return refuse("its server name is longer than any name (RFC 1035 section 3.1)");
  }
  // mbedTLS takes C strings.
  if (hello.sni.find('\0') != std::string::npos) return refuse("its server name has a zero byte");
  if (hello.bytes > longest_hello) {
    return refuse(fmt::format("its hello has {} bytes, and {} are the most that can be read here",
                              hello.bytes, longest_hello));
  }
  if (hello.supported_versions.empty() && hello.legacy_version > parser::tls12) {
    return refuse(fmt::format("its legacy_version is {}, above TLS 1.2",
                              parser::to_text(hello.legacy_version)));
  }
  const bool tls13 = limits.highest >= parser::tls13 && offers(hello, parser::tls13);
  const bool tls12 = limits.lowest <= parser::tls12 && offers(hello, parser::tls12);
  if (!tls13 && !tls12) {
    return refuse(fmt::format("it offers {} at most, and no version from {} to {}",
                              parser::to_text(hello.highest_version()),
                              parser::to_text(limits.lowest), parser::to_text(limits.highest)));
  }
  offer.lowest = tls12 ? parser::tls12 : parser::tls13;
  offer.highest = tls13 ? parser::tls13 : parser::tls12;

  offer.ciphers =
      common(hello.ciphers, limits.ciphers.empty() ? forward_secret_suites() : limits.ciphers);
  std::erase_if(offer.ciphers, [&](auto suite) { return !is_available(suite); });
  drop_versions_without_suites(offer);
  offer.signature_algorithms = common(hello.signature_algorithms, available_schemes);
  const bool signs = !hello.signature_algorithms.empty();
  if (signs && offer.signature_algorithms.empty()) {
    return refuse("none of its signature algorithms is available here");
  }
  if (signs && offer.lowest == parser::tls12 &&
      std::ranges::none_of(offer.signature_algorithms, is_for_tls12)) {
    if (offer.highest == parser::tls12) {
      return refuse("none of its signature algorithms is available here in TLS 1.2");
    }
    offer.lowest = parser::tls13;
  }
  std::erase_if(offer.ciphers, [&](auto suite) {
    return is_tls13_suite(suite) ? offer.highest < parser::tls13 : offer.lowest > parser::tls12;
  });
  if (offer.ciphers.empty()) return refuse(no_suite(hello));

  offer.groups = common(hello.groups, available_groups);
  if (offer.lowest == parser::tls13) std::erase_if(offer.groups, is_for_tls12_alone);
  if (!hello.groups.empty() && offer.groups.empty()) {
    return refuse("none of its groups is available here");
  }
  put_shared_group_first(offer.groups, hello);
  offer.alpn = hello.alpn;
  std::erase_if(offer.alpn, [](const std::string& protocol) {
    return protocol.empty() || protocol.find('\0') != std::string::npos;
  });
  offer.extended_master_secret = hello.has(extended_master_secret);
  return offer;
}

}  // namespace legible::proxy::tls
