#include "proxy/tls/session.hpp"

#include <mbedtls/error.h>
#include <mbedtls/ssl.h>
#include <mbedtls/ssl_ciphersuites.h>
#include <psa/crypto.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "proxy/tls/configuration.hpp"
#include "proxy/tls/early_data_filter.hpp"
#include "proxy/tls/own_alert.hpp"
#include "proxy/tls/record_buffers.hpp"
#include "proxy/tls/record_headers.hpp"

namespace legible::proxy::tls {
namespace {

using parser::Side;

const capture::SecretLabel* label_of(mbedtls_ssl_key_export_type type) {
  const auto label = [](std::string_view name) {
    return std::ranges::find(capture::secret_labels, name, &capture::SecretLabel::name);
  };
  switch (type) {
    case MBEDTLS_SSL_KEY_EXPORT_TLS12_MASTER_SECRET:
      return label("CLIENT_RANDOM");
    case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_EARLY_SECRET:
      return label("CLIENT_EARLY_TRAFFIC_SECRET");
    case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_HANDSHAKE_TRAFFIC_SECRET:
      return label("CLIENT_HANDSHAKE_TRAFFIC_SECRET");
    case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_SERVER_HANDSHAKE_TRAFFIC_SECRET:
      return label("SERVER_HANDSHAKE_TRAFFIC_SECRET");
    case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_CLIENT_APPLICATION_TRAFFIC_SECRET:
      return label("CLIENT_TRAFFIC_SECRET_0");
    case MBEDTLS_SSL_KEY_EXPORT_TLS1_3_SERVER_APPLICATION_TRAFFIC_SECRET:
      return label("SERVER_TRAFFIC_SECRET_0");
    default:
      return nullptr;
  }
}

/// TLS 1.2: a server has read all that the client says.
bool is_before_own_finished(const mbedtls_ssl_context& ssl) {
  const int next = ssl.MBEDTLS_PRIVATE(state);
  return next == MBEDTLS_SSL_NEW_SESSION_TICKET || next == MBEDTLS_SSL_SERVER_CHANGE_CIPHER_SPEC;
}

/// RFC 8446 section 4.4.4: a server that has sent its Finished sends under its application keys.
/// mbedTLS waits for the client's Finished; until then it would send alerts, and sends nothing
/// else, under keys that the client has put away. `Session` sends nothing behind a fatal alert, so
/// that mbedTLS, which counts from zero again then, uses no nonce twice.
void send_under_application_keys(mbedtls_ssl_context& ssl) {
  mbedtls_ssl_transform* const application = ssl.MBEDTLS_PRIVATE(transform_application);
  if (application == nullptr || ssl.MBEDTLS_PRIVATE(transform_out) == application) return;
  ssl.MBEDTLS_PRIVATE(transform_out) = application;
  std::ranges::fill(ssl.MBEDTLS_PRIVATE(cur_out_ctr), 0);
}

constexpr parser::AlertDescription record_overflow{MBEDTLS_SSL_ALERT_MSG_RECORD_OVERFLOW};

/// An alert, by its record. TLS 1.3: two bytes, the type, padding and the tag; a step of the
/// handshake that fails sends nothing else that is as short.
bool may_be_alert(std::span<const unsigned char> record) {
  constexpr std::size_t longest = 5 + MBEDTLS_SSL_CID_TLS1_3_PADDING_GRANULARITY + 16;
  if (record.empty()) return false;
  return record[0] == parser::content_type::alert.value ||
         (record[0] == parser::content_type::application_data.value && record.size() <= longest);
}

std::string library_text(int code) {
  std::array<char, 160> text{};
  mbedtls_strerror(code, text.data(), text.size());
  return text.data();
}

}  // namespace

struct Session::Impl {
  Impl(Settings settings_in, LiveSecrets& secrets_in)
      : settings(std::move(settings_in)), secrets(secrets_in), configuration(settings) {
    mbedtls_ssl_init(&ssl);
  }
  ~Impl() { mbedtls_ssl_free(&ssl); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void set_up();
  void resume();

  void feed(std::span<const std::uint8_t> bytes, PlaintextSink& sink);
  void feed_without_early_data(std::span<const std::uint8_t> bytes, PlaintextSink& sink);
  void drive(PlaintextSink* sink);
  int handshake();
  int read(PlaintextSink& sink);
  void fail(int code);
  bool next_record_is_too_long() const;
  bool next_record_is_misplaced();
  bool is_tls13() const { return ssl.MBEDTLS_PRIVATE(tls_version) == MBEDTLS_SSL_VERSION_TLS1_3; }
  bool content_was_too_long(int code) const;
  void save_session();
  void write(std::span<const std::uint8_t> bytes);
  void write_waiting();

  std::size_t unread() const;

  static int send(void* self, const unsigned char* bytes, std::size_t size);
  static int receive(void* self, unsigned char* buffer, std::size_t size);
  static void export_secret(void* self, mbedtls_ssl_key_export_type type,
                            const unsigned char* secret, std::size_t size,
                            const unsigned char client_random[32], const unsigned char*,
                            mbedtls_tls_prf_types);

  const Settings settings;
  LiveSecrets& secrets;
  const Configuration configuration;
  mbedtls_ssl_context ssl;
  RecordBuffers buffers;

  std::optional<EarlyDataFilter> early_data;  ///< until it cannot come any more
  State state = State::handshaking;
  std::optional<Failure> failure;
  std::optional<parser::AlertDescription> peer_alert;
  bool starved = false;     ///< everything that was fed has been used
  bool alert_left = false;  ///< by the library itself, in its present step; told if that fails
  bool over = false;        ///< a fatal alert was sent: nothing more is, or is read
  bool close_notify_sent = false;
  std::uint64_t idle_messages = 0;
  std::optional<SessionState> session;
  std::vector<std::uint8_t> unwritten;  ///< plaintext that waits for the end of a renegotiation
  std::vector<std::uint8_t> output;
  std::vector<std::uint8_t> kept;  ///< fed earlier, not used yet
  std::size_t kept_used = 0;
  std::span<const std::uint8_t> lent;  ///< being fed
  RecordHeaders records;               ///< of what mbedTLS has taken
};

void Session::Impl::set_up() {
  require(mbedtls_ssl_setup(&ssl, configuration.native()), "mbedTLS: no memory for a session");
  if (settings.side == Side::client) {
    const std::string& name = settings.server_name;
    require(mbedtls_ssl_set_hostname(&ssl, name.empty() ? nullptr : name.c_str()),
            "mbedTLS: the server's name cannot be used");
    resume();
  } else if (settings.early_data_offered) {
    early_data.emplace(secrets);
  }
  mbedtls_ssl_set_bio(&ssl, this, send, receive, nullptr);
  mbedtls_ssl_set_export_keys_cb(&ssl, export_secret, this);
}

/// A state that cannot be used makes for a full handshake. mbedTLS offers the state's version
/// alone, and its suite: both must be what would be wanted without it.
void Session::Impl::resume() {
  if (settings.resumed->empty()) return;
  mbedtls_ssl_session kept_session;
  mbedtls_ssl_session_init(&kept_session);
  const bool read = mbedtls_ssl_session_load(&kept_session, settings.resumed->data(),
                                             settings.resumed->size()) == 0;
  const parser::ProtocolVersion version{
      static_cast<std::uint16_t>(kept_session.MBEDTLS_PRIVATE(tls_version))};
  const parser::CipherSuite suite{
      static_cast<std::uint16_t>(kept_session.MBEDTLS_PRIVATE(ciphersuite))};
  const bool offered = std::ranges::find(settings.ciphers, suite) != settings.ciphers.end();
  if (read && version == settings.highest && offered) {
    mbedtls_ssl_set_session(&ssl, &kept_session);
  }
  mbedtls_ssl_session_free(&kept_session);
}

void Session::Impl::save_session() {
  mbedtls_ssl_session fresh;
  mbedtls_ssl_session_init(&fresh);
  std::size_t size = 0;
  if (mbedtls_ssl_get_session(&ssl, &fresh) == 0) {
    mbedtls_ssl_session_save(&fresh, nullptr, 0, &size);
    SessionState serialised{std::vector<std::uint8_t>(size)};
    if (mbedtls_ssl_session_save(&fresh, serialised->data(), size, &size) == 0) {
      session = std::move(serialised);
    }
  }
  mbedtls_ssl_session_free(&fresh);
}

void Session::Impl::feed(std::span<const std::uint8_t> bytes, PlaintextSink& sink) {
  lent = bytes;
  drive(&sink);
  kept.insert(kept.end(), lent.begin(), lent.end());
  lent = {};
}

void Session::Impl::feed_without_early_data(std::span<const std::uint8_t> bytes,
                                            PlaintextSink& sink) {
  early_data->add(bytes);
  for (auto piece = early_data->next(); !piece.empty(); piece = early_data->next()) {
    feed(piece, sink);
    if (state != State::handshaking && state != State::open) break;
    const capture::ConnectionSecrets* known = secrets.find({});
    const mbedtls_ssl_session* agreed = ssl.MBEDTLS_PRIVATE(session_negotiate);
    if (known && !known->client_handshake.empty() && agreed) {
      early_data->on_server_hello(
          {static_cast<std::uint16_t>(agreed->MBEDTLS_PRIVATE(ciphersuite))});
    }
  }
  if (state != State::handshaking) early_data.reset();
}

void Session::Impl::drive(PlaintextSink* sink) {
  starved = false;
  while (state == State::handshaking || state == State::open) {
    const int result = state == State::handshaking ? handshake() : read(*sink);
    write_waiting();
    // WANT_READ does not mean that all input is used: a ticket takes two calls.
    if (result == MBEDTLS_ERR_SSL_WANT_READ && starved) return;
    if (result == MBEDTLS_ERR_SSL_WANT_READ || result >= 0) continue;
    if (result == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
      save_session();
      ++idle_messages;
      continue;
    }
    if (result == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY) {
      state = state == State::handshaking ? State::abandoned : State::peer_closed;
      return;
    }
    // mbedTLS says the same of a server's empty Certificate.
    const bool alert_came = ssl.MBEDTLS_PRIVATE(in_msgtype) == MBEDTLS_SSL_MSG_ALERT;
    if (result == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE && alert_came) {
      peer_alert = parser::AlertDescription{ssl.MBEDTLS_PRIVATE(in_msg)[1]};
    }
    return fail(result);
  }
}

void Session::Impl::write(std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const int written = mbedtls_ssl_write(&ssl, bytes.data(), bytes.size());
    if (written == MBEDTLS_ERR_SSL_RECEIVED_NEW_SESSION_TICKET) {
      save_session();
      continue;
    }
    if (written == MBEDTLS_ERR_SSL_WANT_READ ||
        written == MBEDTLS_ERR_SSL_WAITING_SERVER_HELLO_RENEGO) {
      unwritten.assign(bytes.begin(), bytes.end());
      return;
    }
    if (written <= 0) return fail(written);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void Session::Impl::write_waiting() {
  if (unwritten.empty() || mbedtls_ssl_is_handshake_over(&ssl) == 0) return;
  write(std::exchange(unwritten, {}));
}

int Session::Impl::handshake() {
  while (mbedtls_ssl_is_handshake_over(&ssl) == 0) {
    if (settings.withhold_finished && is_before_own_finished(ssl)) {
      state = State::withheld;
      return 0;
    }
    alert_left = false;
    if (const int result = mbedtls_ssl_handshake_step(&ssl); result != 0) return result;
    if (settings.side == Side::server) send_under_application_keys(ssl);
  }
  state = State::open;
  // In TLS 1.3 tickets come later.
  const bool tls12 = mbedtls_ssl_get_version_number(&ssl) == MBEDTLS_SSL_VERSION_TLS1_2;
  if (settings.side == Side::client && tls12) save_session();
  return 0;
}

int Session::Impl::read(PlaintextSink& sink) {
  // A record's longest content: one call for each record.
  std::array<unsigned char, MBEDTLS_SSL_IN_CONTENT_LEN> buffer;
  alert_left = false;
  // mbedTLS takes four empty records in a row for a broken MAC.
  int& empty_records = ssl.MBEDTLS_PRIVATE(nb_zero);
  empty_records = 0;
  const int result = mbedtls_ssl_read(&ssl, buffer.data(), buffer.size());
  idle_messages += static_cast<std::uint64_t>(empty_records);
  if (result > 0) sink.on_plaintext({buffer.data(), static_cast<std::size_t>(result)});
  return result;
}

void Session::Impl::fail(int code) {
  state = State::failed;
  failure = Failure{code, library_text(code)};
  const std::optional<parser::AlertDescription> alert =
      next_record_is_too_long() || content_was_too_long(code) ? record_overflow : own_alert(code);
  if (std::exchange(over, true) || alert_left || !alert) return;
  mbedtls_ssl_send_alert_message(&ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL, alert->value);
}

/// mbedTLS looks at no length of its own: a record that fits its buffer it reads.
bool Session::Impl::next_record_is_too_long() const {
  const bool is_protected = ssl.MBEDTLS_PRIVATE(transform_in) != nullptr;
  return records.at_payload() && records.length() > longest_record(is_protected, is_tls13());
}

/// RFC 8446 sections 2 and 5: a message or an alert in clear where it has to be protected, which
/// mbedTLS takes for a broken MAC (who finds a fatal one in it knows better), and a
/// ChangeCipherSpec behind the Finished, which it passes over.
bool Session::Impl::next_record_is_misplaced() {
  if (!records.at_payload() || !is_tls13()) return false;
  if (records.type() == parser::content_type::handshake ||
      records.type() == parser::content_type::alert) {
    return ssl.MBEDTLS_PRIVATE(transform_in) != nullptr;
  }
  return records.type() == parser::content_type::change_cipher_spec &&
         mbedtls_ssl_is_handshake_over(&ssl) != 0;
}

/// RFC 8446 section 5.4: content, its type and padding. mbedTLS finds it out after decryption.
bool Session::Impl::content_was_too_long(int code) const {
  constexpr std::size_t type_and_tag = 1 + 16;
  return code == MBEDTLS_ERR_SSL_INVALID_RECORD && is_tls13() &&
         records.length() > longest_content + type_and_tag;
}

/// Behind the record over which it failed, be it at its header. Early data is taken as a whole.
std::size_t Session::Impl::unread() const {
  const std::size_t left = kept.size() - kept_used;
  const std::size_t of_record = records.at_payload() ? records.length() : 0;
  return early_data ? 0 : left - std::min(left, of_record);
}

int Session::Impl::send(void* self, const unsigned char* bytes, std::size_t size) {
  Impl& own = *static_cast<Impl*>(self);
  // The library does not say whether it has sent one.
  if (may_be_alert({bytes, size})) own.alert_left = true;
  own.output.insert(own.output.end(), bytes, bytes + size);
  return static_cast<int>(size);
}

int Session::Impl::receive(void* self, unsigned char* buffer, std::size_t size) {
  Impl& own = *static_cast<Impl*>(self);
  // The library asks for a header, then for the rest of its record.
  if (own.next_record_is_too_long()) return MBEDTLS_ERR_SSL_INVALID_RECORD;
  if (own.next_record_is_misplaced()) return MBEDTLS_ERR_SSL_UNEXPECTED_RECORD;
  const std::size_t from_kept = std::min(size, own.kept.size() - own.kept_used);
  std::ranges::copy(std::span(own.kept).subspan(own.kept_used, from_kept), buffer);
  own.kept_used += from_kept;
  if (own.kept_used == own.kept.size()) {
    own.kept.clear();
    own.kept_used = 0;
  }
  const std::size_t from_lent = std::min(size - from_kept, own.lent.size());
  std::ranges::copy(own.lent.first(from_lent), buffer + from_kept);
  own.lent = own.lent.subspan(from_lent);
  own.records.pass({buffer, from_kept + from_lent});
  if (from_kept + from_lent > 0) return static_cast<int>(from_kept + from_lent);
  own.starved = true;
  return MBEDTLS_ERR_SSL_WANT_READ;
}

void Session::Impl::export_secret(void* self, mbedtls_ssl_key_export_type type,
                                  const unsigned char* secret, std::size_t size,
                                  const unsigned char client_random[32], const unsigned char*,
                                  mbedtls_tls_prf_types) {
  const capture::SecretLabel* label = label_of(type);
  if (label == nullptr) return;
  capture::ClientRandom random;
  std::copy_n(client_random, random.size(), random.begin());
  static_cast<Impl*>(self)->secrets.add(*label, random, {secret, size});
}

Session::Session(Settings settings, LiveSecrets& secrets)
    : impl_(std::make_unique<Impl>(std::move(settings), secrets)) {
  impl_->set_up();
}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

Session::State Session::state() const { return impl_->state; }
const std::optional<Failure>& Session::failure() const { return impl_->failure; }
std::optional<parser::AlertDescription> Session::peer_alert() const { return impl_->peer_alert; }
std::uint64_t Session::idle_messages() const { return impl_->idle_messages; }
std::size_t Session::unread() const { return impl_->unread(); }
std::vector<std::uint8_t>& Session::output() { return impl_->output; }

void Session::start() { impl_->drive(nullptr); }

Session::State Session::feed(std::span<const std::uint8_t> bytes, PlaintextSink& sink) {
  Impl& own = *impl_;
  if (own.over || (own.state != State::handshaking && own.state != State::open)) return own.state;
  const RecordBuffers::Use use(own.buffers, own.ssl);
  if (own.early_data) {
    own.feed_without_early_data(bytes, sink);
  } else {
    own.feed(bytes, sink);
  }
  return own.state;
}

void Session::write(std::span<const std::uint8_t> bytes) {
  Impl& own = *impl_;
  if (own.state != State::open && own.state != State::peer_closed) return;
  if (own.over || own.close_notify_sent) return;
  const RecordBuffers::Use use(own.buffers, own.ssl);
  if (own.unwritten.empty()) return own.write(bytes);
  own.unwritten.insert(own.unwritten.end(), bytes.begin(), bytes.end());
}

std::size_t Session::unwritten() const { return impl_->unwritten.size(); }

void Session::close_notify() {
  if (impl_->over || std::exchange(impl_->close_notify_sent, true)) return;
  const RecordBuffers::Use use(impl_->buffers, impl_->ssl);
  // mbedtls_ssl_close_notify() keeps silent before the handshake is done.
  mbedtls_ssl_send_alert_message(&impl_->ssl, MBEDTLS_SSL_ALERT_LEVEL_WARNING,
                                 MBEDTLS_SSL_ALERT_MSG_CLOSE_NOTIFY);
}

void Session::send_alert(parser::AlertDescription description) {
  if (std::exchange(impl_->over, true)) return;
  const RecordBuffers::Use use(impl_->buffers, impl_->ssl);
  mbedtls_ssl_send_alert_message(&impl_->ssl, MBEDTLS_SSL_ALERT_LEVEL_FATAL, description.value);
}

std::optional<SessionState> Session::new_session() {
  return std::exchange(impl_->session, std::nullopt);
}

std::optional<std::string> Session::alpn() const {
  const char* const chosen = mbedtls_ssl_get_alpn_protocol(&impl_->ssl);
  return chosen == nullptr ? std::nullopt : std::optional<std::string>(chosen);
}

void prepare_library() {
  if (psa_crypto_init() != PSA_SUCCESS) throw std::runtime_error("mbedTLS: no cryptography");
  // It fills a static table at its first call.
  mbedtls_ssl_list_ciphersuites();
}

}  // namespace legible::proxy::tls
