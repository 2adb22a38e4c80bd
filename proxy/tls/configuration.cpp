#include "proxy/tls/configuration.hpp"

#include <mbedtls/ssl_ticket.h>
#include <mbedtls/x509_crt.h>

#include <stdexcept>
#include <string>

#include "certs/random.hpp"

namespace legible::proxy::tls {
namespace {

// Logjam: a group that is shorter is no longer safe.
constexpr unsigned least_dh_bits = 2048;

mbedtls_ssl_protocol_version library_version(parser::ProtocolVersion version) {
  return version == parser::tls13 ? MBEDTLS_SSL_VERSION_TLS1_3 : MBEDTLS_SSL_VERSION_TLS1_2;
}

/// mbedTLS takes lists as numbers with a zero behind the last.
template <class Number, class WireNumbers>
std::vector<Number> zero_ended(const WireNumbers& numbers) {
  std::vector<Number> list;
  list.reserve(numbers.size() + 1);
  for (const auto number : numbers) list.push_back(static_cast<Number>(number.value));
  list.push_back(0);
  return list;
}

}  // namespace

void require(int result, const char* text) {
  if (result != 0) throw std::runtime_error(text);
}

Configuration::Configuration(const Settings& settings) {
  const bool server = settings.side == parser::Side::server;
  require(
      mbedtls_ssl_config_defaults(&config_, server ? MBEDTLS_SSL_IS_SERVER : MBEDTLS_SSL_IS_CLIENT,
                                  MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT),
      "mbedTLS: no configuration");
  mbedtls_ssl_conf_rng(&config_, certs::random_bytes, nullptr);
  mbedtls_ssl_conf_min_tls_version(&config_, library_version(settings.lowest));
  mbedtls_ssl_conf_max_tls_version(&config_, library_version(settings.highest));
  mbedtls_ssl_conf_extended_master_secret(&config_, settings.extended_master_secret
                                                        ? MBEDTLS_SSL_EXTENDED_MS_ENABLED
                                                        : MBEDTLS_SSL_EXTENDED_MS_DISABLED);
  set_lists(settings);
  set_certificates(settings);
  if (server) {
    if (!settings.tickets) return;
    mbedtls_ssl_conf_session_tickets_cb(&config_, mbedtls_ssl_ticket_write,
                                        mbedtls_ssl_ticket_parse, settings.tickets->native());
  } else {
    mbedtls_ssl_conf_tls13_enable_signal_new_session_tickets(
        &config_, MBEDTLS_SSL_TLS1_3_SIGNAL_NEW_SESSION_TICKETS_ENABLED);
    // Some servers ask for a certificate only when they know what is wanted (RFC 5746).
    mbedtls_ssl_conf_renegotiation(&config_, MBEDTLS_SSL_RENEGOTIATION_ENABLED);
    mbedtls_ssl_conf_dhm_min_bitlen(&config_, least_dh_bits);
  }
}

void Configuration::set_lists(const Settings& settings) {
  ciphers_ = zero_ended<int>(settings.ciphers);
  mbedtls_ssl_conf_ciphersuites(&config_, ciphers_.data());
  if (!settings.groups.empty()) {
    groups_ = zero_ended<std::uint16_t>(settings.groups);
    mbedtls_ssl_conf_groups(&config_, groups_.data());
  }
  if (!settings.signature_algorithms.empty()) {
    signature_algorithms_ = zero_ended<std::uint16_t>(settings.signature_algorithms);
    mbedtls_ssl_conf_sig_algs(&config_, signature_algorithms_.data());
  }
  if (!settings.alpn.empty()) {
    for (const std::string& protocol : settings.alpn) alpn_.push_back(protocol.c_str());
    alpn_.push_back(nullptr);
    require(mbedtls_ssl_conf_alpn_protocols(&config_, alpn_.data()),
            "mbedTLS: the application protocols cannot be used");
  }
}

void Configuration::set_certificates(const Settings& settings) {
  for (const auto& credential : settings.credentials) {
    require(mbedtls_ssl_conf_own_cert(&config_, credential->chain.get(), credential->key.native()),
            "mbedTLS: the certificate cannot be used");
  }
  // Judging is the owner's: by its own rules, all of them at once, after the handshake. A server
  // that refuses inside mbedTLS would encrypt its alert in TLS 1.3 with the wrong keys, too.
  const bool ask = settings.side == parser::Side::server && settings.ask_for_certificate;
  mbedtls_ssl_conf_authmode(&config_, ask ? MBEDTLS_SSL_VERIFY_OPTIONAL : MBEDTLS_SSL_VERIFY_NONE);
  if (!ask || settings.authorities.empty()) return;

  // Of its list of certificates mbedTLS sends nothing but their subjects.
  authorities_.resize(settings.authorities.size());
  for (std::size_t i = 0; i < authorities_.size(); ++i) {
    mbedtls_x509_crt_init(&authorities_[i]);
    authorities_[i].version = 3;
    const std::vector<std::uint8_t>& name = settings.authorities[i];
    authorities_[i].subject_raw.p = const_cast<unsigned char*>(name.data());
    authorities_[i].subject_raw.len = name.size();
    if (i > 0) authorities_[i - 1].next = &authorities_[i];
  }
  mbedtls_ssl_conf_dn_hints(&config_, authorities_.data());
}

}  // namespace legible::proxy::tls
