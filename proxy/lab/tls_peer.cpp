#include "proxy/lab/tls_peer.hpp"

#include <mbedtls/ctr_drbg.h>
#include <mbedtls/entropy.h>
#include <mbedtls/net_sockets.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>
#include <psa/crypto.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "proxy/lab/wire_builder.hpp"

namespace legible::proxy::lab {
namespace {

using parser::Side;

void require(int result, const char* what) {
  if (result != 0) throw std::runtime_error(what);
}

mbedtls_ssl_protocol_version version(parser::ProtocolVersion wire) {
  return wire == parser::tls13 ? MBEDTLS_SSL_VERSION_TLS1_3 : MBEDTLS_SSL_VERSION_TLS1_2;
}

/// The alert for a failure of which mbedTLS tells only the caller.
unsigned char alert_for(std::uint32_t flags, bool client_sent_none, bool tls13) {
  if (client_sent_none) {
    return tls13 ? MBEDTLS_SSL_ALERT_MSG_CERT_REQUIRED : MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE;
  }
  if ((flags & MBEDTLS_X509_BADCERT_EXPIRED) != 0) return MBEDTLS_SSL_ALERT_MSG_CERT_EXPIRED;
  if ((flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0) return MBEDTLS_SSL_ALERT_MSG_UNKNOWN_CA;
  if ((flags & MBEDTLS_X509_BADCERT_REVOKED) != 0) return MBEDTLS_SSL_ALERT_MSG_CERT_REVOKED;
  if ((flags & MBEDTLS_X509_BADCERT_EXT_KEY_USAGE) != 0) {
    return MBEDTLS_SSL_ALERT_MSG_UNSUPPORTED_CERT;
  }
  return MBEDTLS_SSL_ALERT_MSG_BAD_CERT;
}

}  // namespace

struct TlsPeer::State {
  State(BlockingSocket& socket_in, Side side_in, TlsPeerOptions options_in)
      : socket(socket_in), side(side_in), options(std::move(options_in)) {
    mbedtls_entropy_init(&entropy);
    mbedtls_ctr_drbg_init(&random);
    mbedtls_ssl_config_init(&config);
    mbedtls_ssl_init(&ssl);
    mbedtls_x509_crt_init(&chain);
    mbedtls_x509_crt_init(&anchors);
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    mbedtls_ssl_free(&ssl);
    mbedtls_ssl_config_free(&config);
    mbedtls_x509_crt_free(&anchors);
    mbedtls_x509_crt_free(&chain);
    mbedtls_ctr_drbg_free(&random);
    mbedtls_entropy_free(&entropy);
  }

  bool is_server() const { return side == Side::server; }
  bool is_tls13() const {
    return mbedtls_ssl_get_version_number(&ssl) == MBEDTLS_SSL_VERSION_TLS1_3;
  }

  void configure();
  void configure_identity();
  void configure_names();
  bool refuse(unsigned char description);

  // mbedTLS's callbacks. The sender also notes an alert that leaves in clear, since the library
  // does not say whether it sent one.
  static int send_record(void* context, const unsigned char* bytes, std::size_t length);
  static int receive(void* context, unsigned char* buffer, std::size_t length);
  static int accept_known_name(void* context, mbedtls_ssl_context* ssl, const unsigned char* name,
                               std::size_t length);
  static int demand_name(mbedtls_ssl_context* ssl);
  static int compare_with_pin(void* context, mbedtls_x509_crt* certificate, int depth,
                              std::uint32_t* flags);

  BlockingSocket& socket;
  Side side;
  TlsPeerOptions options;
  std::vector<const char*> alpn;
  bool alert_sent = false;
  mbedtls_entropy_context entropy;
  mbedtls_ctr_drbg_context random;
  mbedtls_ssl_config config;
  mbedtls_ssl_context ssl;
  mbedtls_x509_crt chain;
  mbedtls_x509_crt anchors;
};

void TlsPeer::State::configure() {
  static const psa_status_t crypto_ready = psa_crypto_init();
  if (crypto_ready != PSA_SUCCESS) throw std::runtime_error("psa_crypto_init");
  require(mbedtls_ctr_drbg_seed(&random, mbedtls_entropy_func, &entropy, nullptr, 0), "random");
  require(mbedtls_ssl_config_defaults(&config,
                                      is_server() ? MBEDTLS_SSL_IS_SERVER : MBEDTLS_SSL_IS_CLIENT,
                                      MBEDTLS_SSL_TRANSPORT_STREAM, MBEDTLS_SSL_PRESET_DEFAULT),
          "configuration");
  mbedtls_ssl_conf_rng(&config, mbedtls_ctr_drbg_random, &random);
  mbedtls_ssl_conf_min_tls_version(&config, version(options.lowest));
  mbedtls_ssl_conf_max_tls_version(&config, version(options.highest));

  if (!options.suites.empty()) {
    options.suites.push_back(0);
    mbedtls_ssl_conf_ciphersuites(&config, options.suites.data());
  }
  if (!options.groups.empty()) {
    options.groups.push_back(0);
    mbedtls_ssl_conf_groups(&config, options.groups.data());
  }
  if (!options.signature_schemes.empty()) {
    options.signature_schemes.push_back(MBEDTLS_TLS1_3_SIG_NONE);
    mbedtls_ssl_conf_sig_algs(&config, options.signature_schemes.data());
  }
  if (!options.alpn.empty()) {
    for (const std::string& protocol : options.alpn) alpn.push_back(protocol.c_str());
    alpn.push_back(nullptr);
    require(mbedtls_ssl_conf_alpn_protocols(&config, alpn.data()), "alpn");
  }
  configure_identity();
  require(mbedtls_ssl_setup(&ssl, &config), "setup");
  configure_names();
}

void TlsPeer::State::configure_identity() {
  for (const auto& der : options.trusted) {
    require(mbedtls_x509_crt_parse_der(&anchors, der.data(), der.size()), "trust anchor");
  }
  mbedtls_ssl_conf_ca_chain(&config, &anchors, nullptr);
  if (options.check == PeerCheck::none) {
    mbedtls_ssl_conf_authmode(&config, MBEDTLS_SSL_VERIFY_NONE);
  } else {
    // A TLS 1.3 server that refuses inside mbedTLS encrypts its alert with the wrong keys: it
    // judges after the handshake instead.
    const bool judge_later = is_server() && options.highest == parser::tls13;
    mbedtls_ssl_conf_authmode(
        &config, judge_later ? MBEDTLS_SSL_VERIFY_OPTIONAL : MBEDTLS_SSL_VERIFY_REQUIRED);
  }
  if (!options.pinned.empty()) {
    mbedtls_ssl_conf_verify(&config, compare_with_pin, &options.pinned);
  }
  mbedtls_ssl_conf_cert_req_ca_list(&config, options.list_authorities
                                                 ? MBEDTLS_SSL_CERT_REQ_CA_LIST_ENABLED
                                                 : MBEDTLS_SSL_CERT_REQ_CA_LIST_DISABLED);
  if (options.identity == nullptr) return;
  for (const auto& der : options.identity->chain) {
    require(mbedtls_x509_crt_parse_der(&chain, der.data(), der.size()), "certificate");
  }
  require(mbedtls_ssl_conf_own_cert(&config, &chain, options.identity->key.native()),
          "own certificate");
}

void TlsPeer::State::configure_names() {
  if (is_server()) {
    if (!options.known_names.empty()) {
      mbedtls_ssl_conf_sni(&config, accept_known_name, &options.known_names);
    }
    if (options.sni_required) {
      mbedtls_ssl_set_user_data_p(&ssl, this);
      mbedtls_ssl_conf_cert_cb(&config, demand_name);
    }
  } else {
    const char* const name = options.server_name.empty() ? nullptr : options.server_name.c_str();
    require(mbedtls_ssl_set_hostname(&ssl, name), "server name");
  }
  mbedtls_ssl_set_bio(&ssl, this, send_record, receive, nullptr);
}

bool TlsPeer::State::refuse(unsigned char description) {
  if (!std::exchange(alert_sent, true)) {
    mbedtls_ssl_send_alert_message(&ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL, description);
  }
  return false;
}

int TlsPeer::State::send_record(void* context, const unsigned char* bytes, std::size_t length) {
  auto& state = *static_cast<State*>(context);
  if (length > 0 && bytes[0] == parser::content_type::alert.value) state.alert_sent = true;
  const std::span<const std::uint8_t> record{bytes, length};
  if (std::exchange(state.options.hello_in_two_records, false)) {
    return state.socket.send(in_two_records(record)) ? static_cast<int>(length)
                                                     : MBEDTLS_ERR_NET_CONN_RESET;
  }
  return state.socket.send(record) ? static_cast<int>(length) : MBEDTLS_ERR_NET_CONN_RESET;
}

int TlsPeer::State::receive(void* context, unsigned char* buffer, std::size_t length) {
  std::size_t count = 0;
  switch (static_cast<State*>(context)->socket.read({buffer, length}, count)) {
    case ReadEnd::data:
      return static_cast<int>(count);
    case ReadEnd::fin:
      return 0;
    case ReadEnd::timeout:
      return MBEDTLS_ERR_SSL_TIMEOUT;
    case ReadEnd::reset:
      break;
  }
  return MBEDTLS_ERR_NET_CONN_RESET;
}

int TlsPeer::State::accept_known_name(void* context, mbedtls_ssl_context*,
                                      const unsigned char* name, std::size_t length) {
  const auto& known = *static_cast<const std::vector<std::string>*>(context);
  const std::string asked{reinterpret_cast<const char*>(name), length};
  // Any failure makes mbedTLS send unrecognized_name.
  return std::ranges::find(known, asked) != known.end() ? 0 : -1;
}

int TlsPeer::State::demand_name(mbedtls_ssl_context* ssl) {
  std::size_t length = 0;
  if (mbedtls_ssl_get_hs_sni(ssl, &length) != nullptr && length > 0) return 0;
  static_cast<State*>(mbedtls_ssl_get_user_data_p(ssl))
      ->refuse(MBEDTLS_SSL_ALERT_MSG_UNRECOGNIZED_NAME);
  return -1;
}

int TlsPeer::State::compare_with_pin(void* context, mbedtls_x509_crt* certificate, int depth,
                                     std::uint32_t* flags) {
  const auto& pinned = *static_cast<const std::vector<std::uint8_t>*>(context);
  const std::span<const std::uint8_t> shown{certificate->raw.p, certificate->raw.len};
  // mbedTLS answers it by certificate_unknown.
  if (depth == 0 && !std::ranges::equal(pinned, shown)) *flags |= MBEDTLS_X509_BADCERT_OTHER;
  return 0;
}

TlsPeer::TlsPeer(BlockingSocket& socket, parser::Side side, TlsPeerOptions options)
    : state_(std::make_unique<State>(socket, side, std::move(options))) {
  state_->configure();
}

TlsPeer::~TlsPeer() = default;

bool TlsPeer::handshake_through(Flight flight) {
  mbedtls_ssl_context& ssl = state_->ssl;
  const int next = flight == Flight::server_first             ? MBEDTLS_SSL_CLIENT_CERTIFICATE
                   : state_->options.highest == parser::tls13 ? MBEDTLS_SSL_HANDSHAKE_WRAPUP
                   : state_->is_server() ? MBEDTLS_SSL_CLIENT_CHANGE_CIPHER_SPEC
                                         : MBEDTLS_SSL_SERVER_CHANGE_CIPHER_SPEC;
  while (ssl.MBEDTLS_PRIVATE(state) != next) {
    if (mbedtls_ssl_handshake_step(&ssl) != 0) return false;
  }
  return true;
}

bool TlsPeer::handshake() {
  State& state = *state_;
  const int result = mbedtls_ssl_handshake(&state.ssl);
  if (result != 0) {
    // A peer that has left needs no alert, and one that says nothing is left without any: real
    // clients do so when their patience ends.
    const bool no_alert =
        result == MBEDTLS_ERR_SSL_CONN_EOF || result == MBEDTLS_ERR_NET_CONN_RESET ||
        result == MBEDTLS_ERR_SSL_TIMEOUT || result == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE ||
        result == MBEDTLS_ERR_SSL_INVALID_RECORD;
    if (no_alert) return false;
    return state.refuse(MBEDTLS_SSL_ALERT_MSG_HANDSHAKE_FAILURE);
  }
  if (!state.is_server()) return true;
  if (state.options.check == PeerCheck::required) {
    const std::uint32_t flags = mbedtls_ssl_get_verify_result(&state.ssl);
    const bool none = mbedtls_ssl_get_peer_cert(&state.ssl) == nullptr;
    if (none || flags != 0) return state.refuse(alert_for(flags, none, state.is_tls13()));
  }
  return true;
}

bool TlsPeer::write(std::string_view text) {
  return mbedtls_ssl_write(&state_->ssl, reinterpret_cast<const unsigned char*>(text.data()),
                           text.size()) > 0;
}

bool TlsPeer::write_empty_record() { return mbedtls_ssl_write(&state_->ssl, nullptr, 0) == 0; }

bool TlsPeer::read() {
  std::array<unsigned char, 4096> buffer{};
  // Servers differ in how many empty records they take in a row; mbedTLS takes three.
  int& empty_records = state_->ssl.MBEDTLS_PRIVATE(nb_zero);
  int result = 0;
  do {
    empty_records = 0;
    result = mbedtls_ssl_read(&state_->ssl, buffer.data(), buffer.size());
  } while (result == MBEDTLS_ERR_SSL_WANT_READ ||
           result == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET ||
           (result == 0 && empty_records > 0));
  return result > 0;
}

void TlsPeer::close_notify() { mbedtls_ssl_close_notify(&state_->ssl); }

}  // namespace legible::proxy::lab
