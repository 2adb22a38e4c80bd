#include "proxy/tls/narrowed_offer.hpp"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <catch2/matchers/catch_matchers_string.hpp>

#include "support/timeline_builder.hpp"

namespace legible::proxy::tls {
namespace {

using parser::CipherSuite;
using parser::NamedGroup;
using parser::SignatureScheme;
using tests::append;
using tests::hello_openssl;

/// The elements of `part` are elements of `whole`, in the same order.
template <class T>
bool is_subsequence(const std::vector<T>& part, const std::vector<T>& whole) {
  auto at = whole.begin();
  return std::ranges::all_of(part, [&](const T& each) {
    at = std::find(at, whole.end(), each);
    return at != whole.end();
  });
}

TEST_CASE("an offer is narrowed to the client's, in the client's order") {
  parser::ClientHello hello = hello_openssl();
  hello.alpn = {"h2", "http/1.1"};
  const NarrowedOffer offer = narrow(hello, {});
  CHECK(offer.obstacle.empty());
  CHECK(offer.lowest == parser::tls12);
  CHECK(offer.highest == parser::tls13);
  CHECK(offer.ciphers.front() == CipherSuite{0x1302});
  CHECK(is_subsequence(offer.ciphers, hello.ciphers));
  CHECK(is_subsequence(offer.groups, hello.groups));
  CHECK(is_subsequence(offer.signature_algorithms, hello.signature_algorithms));
  CHECK(offer.alpn == hello.alpn);
  CHECK(offer.extended_master_secret);
  // Static RSA is forward secret for nobody.
  CHECK(std::ranges::find(offer.ciphers, CipherSuite{0x009d}) == offer.ciphers.end());
}

TEST_CASE("what the client does not offer is not offered for it") {
  parser::ClientHello hello = hello_openssl(parser::tls12, parser::tls12);
  std::erase(hello.extensions, parser::ExtensionType{23});
  hello.groups = {NamedGroup{0x11ec}, NamedGroup{0x0018}, NamedGroup{0x0a0a}};
  const NarrowedOffer offer = narrow(hello, {});
  CHECK(offer.obstacle.empty());
  CHECK(offer.highest == parser::tls12);
  CHECK(offer.groups == std::vector<NamedGroup>{{0x0018}});
  CHECK(offer.alpn.empty());
  CHECK_FALSE(offer.extended_master_secret);
}

TEST_CASE("the group whose key share the client sends comes first") {
  parser::ClientHello hello = hello_openssl();
  hello.groups = {NamedGroup{0x0019}, NamedGroup{0x0018}, NamedGroup{0x0017}, NamedGroup{0x001d}};
  hello.key_shares = {NamedGroup{0x0a0a}, NamedGroup{0x0017}};
  CHECK(narrow(hello, {}).groups ==
        std::vector<NamedGroup>{{0x0017}, {0x0019}, {0x0018}, {0x001d}});
  hello.key_shares = {};
  CHECK(narrow(hello, {}).groups == hello.groups);
}

TEST_CASE("a version without a suite is not offered") {
  parser::ClientHello hello = hello_openssl();
  hello.ciphers = {CipherSuite{0x1301}, CipherSuite{0x002f}};
  CHECK(narrow(hello, {}).lowest == parser::tls13);
  hello.ciphers = {CipherSuite{0xc02f}};
  CHECK(narrow(hello, {}).highest == parser::tls12);
}

TEST_CASE("a leg's limits restrict the offer") {
  const NarrowedOffer offer =
      narrow(hello_openssl(), {parser::tls12, parser::tls12, {{0xc02f}, {0xc030}}});
  CHECK(offer.highest == parser::tls12);
  CHECK(offer.ciphers == std::vector<CipherSuite>{{0xc030}, {0xc02f}});
}

TEST_CASE("application protocols that are no C strings are left out") {
  parser::ClientHello hello = hello_openssl();
  hello.alpn = {"", std::string("a\0b", 3), "h2"};
  CHECK(narrow(hello, {}).alpn == std::vector<std::string>{"h2"});
}

TEST_CASE("why a client's TLS cannot be ended here is told") {
  struct Case {
    const char* why;
    void (*change)(parser::ClientHello&);
  };
  const auto c = GENERATE(values<Case>({
      {"TLS 1.1 at most",
       [](parser::ClientHello& hello) {
         hello.supported_versions.clear();
         hello.legacy_version = parser::tls11;
       }},
      {"SSLv2", [](parser::ClientHello& hello) { hello.sslv2_format = true; }},
      {"uncompressed", [](parser::ClientHello& hello) { hello.compression = {{1}}; }},
      {"cipher suites is available",
       [](parser::ClientHello& hello) { hello.ciphers = {{0x0004}, {0xfefe}}; }},
      {"a pre-shared key need that key",
       [](parser::ClientHello& hello) { hello.ciphers = {{0xc037}, {0x00ae}}; }},
      {"--server-ciphers could allow TLS_RSA_WITH_AES_128_CBC_SHA",
       [](parser::ClientHello& hello) { hello.ciphers = {{0xfefe}, {0x002f}}; }},
      {"groups", [](parser::ClientHello& hello) { hello.groups = {NamedGroup{0x11ec}}; }},
      {"signature algorithms",
       [](parser::ClientHello& hello) { hello.signature_algorithms = {{0x0807}}; }},
      {"server name", [](parser::ClientHello& hello) { hello.sni = std::string(256, 'a'); }},
      {"server name", [](parser::ClientHello& hello) { hello.sni = std::string("a\0b", 3); }},
      {"groups",
       [](parser::ClientHello& hello) {
         hello.supported_versions = {parser::tls13};
         hello.groups = {NamedGroup{0x001a}};
       }},
      {"16641 bytes", [](parser::ClientHello& hello) { hello.bytes = 16641; }},
      {"legacy_version",
       [](parser::ClientHello& hello) {
         hello.supported_versions.clear();
         hello.legacy_version = {0x0304};
       }},
      {"in TLS 1.2",
       [](parser::ClientHello& hello) {
         hello.supported_versions = {parser::tls12};
         hello.signature_algorithms = {{0x0804}, {0x0806}};
       }},
  }));
  CAPTURE(c.why);
  parser::ClientHello hello = hello_openssl();
  c.change(hello);
  CHECK_THAT(narrow(hello, {}).obstacle, Catch::Matchers::ContainsSubstring(c.why));
}

TEST_CASE("RSASSA-PSS alone is no offer for TLS 1.2") {
  parser::ClientHello hello = hello_openssl();
  hello.signature_algorithms = {SignatureScheme{0x0804}};
  const NarrowedOffer offer = narrow(hello, {});
  CHECK(offer.obstacle.empty());
  CHECK(offer.lowest == parser::tls13);
  CHECK(offer.ciphers.front() == CipherSuite{0x1302});
  CHECK(offer.ciphers.size() <= 3);
}

}  // namespace
}  // namespace legible::proxy::tls
