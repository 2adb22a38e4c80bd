#include "proxy/diagnosis/stack_guess.hpp"

#include <algorithm>
#include <array>

#include "proxy/diagnosis/offer.hpp"
#include "proxy/diagnosis/wire_names.hpp"

namespace legible::proxy::diagnosis {
namespace {

using parser::ClientHello;

bool has_grease(const ClientHello& hello) {
  return std::ranges::any_of(
      hello.ciphers, [](parser::CipherSuite suite) { return parser::is_grease(suite.value); });
}

/// The first suite of TLS 1.2 in the client's order.
std::uint16_t first_old_suite(const ClientHello& hello) {
  const auto found = std::ranges::find_if(
      hello.ciphers, [](parser::CipherSuite suite) { return !is_tls13_suite(suite); });
  return found == hello.ciphers.end() ? 0 : found->value;
}

/// OpenSSL alone lists ec_point_formats right before supported_groups.
bool has_order_of_openssl(const ClientHello& hello) {
  const auto formats = std::ranges::find(hello.extensions, parser::ExtensionType{11});
  return formats != hello.extensions.end() && formats + 1 != hello.extensions.end() &&
         *(formats + 1) == parser::ExtensionType{10};
}

/// Node's own list begins with this suite. So does PHP's, of the same origin, which then offers DSS
/// before CBC.
bool has_list_of_node(const ClientHello& hello) {
  constexpr std::uint16_t ecdhe_rsa_aes128_gcm = 0xc02f;
  constexpr parser::CipherSuite ecdhe_rsa_aes128_cbc_sha256{0xc027};
  constexpr parser::CipherSuite dhe_dss_aes128_gcm{0x00a2};
  if (first_old_suite(hello) != ecdhe_rsa_aes128_gcm) return false;
  const auto dss = std::ranges::find(hello.ciphers, dhe_dss_aes128_gcm);
  return dss == hello.ciphers.end() ||
         std::find(hello.ciphers.begin(), dss, ecdhe_rsa_aes128_cbc_sha256) != dss;
}

/// OpenSSL's users differ in their cipher lists and in ALPN.
Stack openssl_user(const ClientHello& hello) {
  if (has_list_of_node(hello)) return Stack::node;
  const bool http = std::ranges::find(hello.alpn, "http/1.1") != hello.alpn.end();
  return http ? Stack::curl : Stack::openssl;
}

bool is_java(Stack stack) { return stack == Stack::jsse || stack == Stack::bouncy_castle; }

}  // namespace

Stack guess_client(const ClientHello& hello) {
  using namespace extension;
  const auto has = [&](parser::ExtensionType type) { return hello.has(type); };

  if (hello.sslv2_format) return Stack::unknown;
  if (!hello.has_extensions_block || hello.extensions.empty()) {
    // iSaSiLk sends TLS 1.0 with the renegotiation signal and no extension.
    const bool old = hello.highest_version() <= parser::tls10;
    return old && hello.has(renegotiation_scsv) ? Stack::iaik : Stack::unknown;
  }
  if (has(status_request_v2)) {
    return has(encrypt_then_mac) ? Stack::bouncy_castle : Stack::jsse;
  }
  if (has_grease(hello)) return Stack::boringssl;
  if (has(delegated_credentials)) return Stack::nss;
  if (has(record_size_limit)) {
    constexpr parser::CipherSuite tls13_aes_128_ccm{0x1304};
    const bool ccm = hello.has(tls13_aes_128_ccm) || has(encrypt_then_mac);
    return ccm ? Stack::gnutls : Stack::nss;
  }
  if (has_order_of_openssl(hello)) return openssl_user(hello);
  if (has(signed_certificate_timestamp) && !has(encrypt_then_mac)) return Stack::go;
  if (has(encrypt_then_mac) && hello.supported_versions.empty()) return Stack::mbedtls;
  if (hello.extensions.front() == parser::ExtensionType{43}) return Stack::rustls;
  if (hello.supported_versions.empty() && hello.ciphers.size() == 45) return Stack::bearssl;
  return Stack::unknown;
}

std::string_view name(Stack stack) {
  static constexpr std::array<std::string_view, 15> names{
      "",   "OpenSSL",   "curl",   "Node",    "GnuTLS",  "NSS",     "JSSE",           "JSSE",
      "Go", "BoringSSL", "rustls", "mbedTLS", "wolfSSL", "BearSSL", "IAIK/webMethods"};
  return names.at(static_cast<std::size_t>(stack));
}

bool uses_openssl(Stack stack) {
  return stack == Stack::openssl || stack == Stack::curl || stack == Stack::node;
}

bool withholds_unlisted_certificates(Stack stack) {
  return is_java(stack) || stack == Stack::go || stack == Stack::nss || stack == Stack::iaik;
}

bool says_unknown_ca(Stack stack) {
  switch (stack) {
    case Stack::openssl:
    case Stack::curl:
    case Stack::mbedtls:
      return true;
    default:
      return false;
  }
}

int vague_refusal(Stack stack) {
  switch (stack) {
    case Stack::jsse:
    case Stack::bouncy_castle:
    case Stack::boringssl:  // Chromium; the library's own tools say unknown_ca
      return alert_number::certificate_unknown;
    case Stack::go:
    case Stack::gnutls:
    case Stack::rustls:
    case Stack::wolfssl:
      return alert_number::bad_certificate;
    default:
      return 0;
  }
}

bool rejects_without_alert(Stack stack) { return stack == Stack::node || is_java(stack); }

bool rejects_after_finished(Stack stack) {
  return stack == Stack::node || stack == Stack::gnutls || stack == Stack::nss ||
         stack == Stack::curl;
}

}  // namespace legible::proxy::diagnosis
