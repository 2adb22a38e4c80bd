#include "proxy/capture/key_log_decryptor.hpp"

#include <algorithm>
#include <utility>

#include "certs/wiped.hpp"
#include "proxy/capture/key_derivation.hpp"

namespace legible::capture {
namespace {

constexpr parser::ExtensionType encrypt_then_mac{22};
constexpr std::size_t tls13_iv_length = 12;
constexpr std::string_view no_secrets = "the key log has no secrets of it";

// Thoroughness::alerts: tickets come first, and are longer than any alert with its padding. A TLS
// 1.3 alert is 19 bytes; JSSE pads it to 35, mbedTLS to 32, and who pads to 32 bytes of content
// comes to 48.
constexpr int whole_records = 4;
constexpr std::size_t longest_alert = 48;

std::size_t iv_length(const SuiteProtection& protection) {
  switch (protection.protection) {
    case Protection::aead_explicit_nonce:
      return 4;
    case Protection::aead_implicit_nonce:
      return 12;
    case Protection::cbc:
      break;
  }
  return mbedtls_cipher_info_get_iv_size(mbedtls_cipher_info_from_type(protection.cipher));
}

/// Takes the next `count` bytes off the key block.
std::span<const std::uint8_t> take(std::span<const std::uint8_t>& block, std::size_t count) {
  const auto taken = block.first(count);
  block = block.subspan(count);
  return taken;
}

}  // namespace

void KeyLogDecryptor::on_client_hello(const parser::ClientHello& hello) {
  client_random_ = hello.random;
  early_data_offered_ = hello.early_data;
}

void KeyLogDecryptor::on_server_hello(const parser::ServerHello& hello) {
  const ConnectionSecrets* secrets = secrets_.find(client_random_);
  protection_ = protection_of(hello.cipher);
  tls13_ = parser::is_tls13_like(hello.version);
  agreed_.reset();
  obstacle_ = {};
  met_encrypted_ = false;
  if (!protection_) obstacle_ = "its cipher suite cannot be decrypted here";
  if (hello.compression.value != 0) obstacle_ = "its records are compressed";
  if (!obstacle_.empty()) return;
  if (!tls13_) {
    agreed_ =
        AgreedInClear{hello.version, hello.random, hello.session_id, hello.has(encrypt_then_mac)};
    return derive_key_block();
  }
  if (!secrets) {
    obstacle_ = no_secrets;
    return;
  }
  use_tls13_secret(direction(parser::Side::client), secrets->client_handshake);
  use_tls13_secret(direction(parser::Side::server), secrets->server_handshake);
  if (early_data_offered_) early_cipher_ = tls13_cipher(secrets->client_early);
}

void KeyLogDecryptor::derive_key_block() {
  const ConnectionSecrets* secrets = secrets_.find(client_random_);
  const Secret* master = secrets ? &secrets->master : secrets_.find_session(agreed_->session_id);
  if (!master || master->empty()) {
    obstacle_ = no_secrets;
    return;
  }
  obstacle_ = {};
  const AgreedInClear agreed = *std::exchange(agreed_, std::nullopt);
  if (agreed.version < parser::tls10) return;
  std::vector<std::uint8_t> seed(agreed.random.begin(), agreed.random.end());
  seed.insert(seed.end(), client_random_.begin(), client_random_.end());

  const std::size_t mac_key_length =
      protection_->protection == Protection::cbc
          ? mbedtls_md_get_size(mbedtls_md_info_from_type(protection_->mac))
          : 0;
  const std::size_t iv = iv_length(*protection_);
  const std::size_t length = 2 * (mac_key_length + protection_->key_length + iv);
  certs::Wiped key_block(std::vector<std::uint8_t>(length, 0));
  constexpr std::string_view label = "key expansion";
  const bool derived = agreed.version >= parser::tls12
                           ? tls12_prf(protection_->hash, master->bytes(), label, seed, *key_block)
                           : tls10_prf(master->bytes(), label, seed, *key_block);
  if (!derived) return;

  // RFC 5246 section 6.3: MAC keys, keys and IVs, the client's before the server's each.
  std::span<const std::uint8_t> block = *key_block;
  DirectionKeys client;
  DirectionKeys server;
  client.mac_key = take(block, mac_key_length);
  server.mac_key = take(block, mac_key_length);
  client.key = take(block, protection_->key_length);
  server.key = take(block, protection_->key_length);
  client.iv = take(block, iv);
  server.iv = take(block, iv);
  const RecordCipher::Format format{agreed.version, agreed.encrypt_then_mac};
  direction(parser::Side::client).next = RecordCipher::make(*protection_, format, client);
  direction(parser::Side::server).next = RecordCipher::make(*protection_, format, server);
}

std::optional<RecordCipher> KeyLogDecryptor::tls13_cipher(const Secret& secret) const {
  certs::Wiped<std::array<std::uint8_t, Secret::longest>> key;
  std::array<std::uint8_t, tls13_iv_length> iv{};
  const auto used_key = std::span{*key}.first(protection_->key_length);
  if (secret.empty() || !hkdf_expand_label(protection_->hash, secret.bytes(), "key", used_key) ||
      !hkdf_expand_label(protection_->hash, secret.bytes(), "iv", iv)) {
    return std::nullopt;
  }
  return RecordCipher::make(*protection_, {.version = parser::tls13},
                            {.mac_key = {}, .key = used_key, .iv = iv});
}

void KeyLogDecryptor::use_tls13_secret(Direction& direction, const Secret& secret) {
  direction.secret = secret;
  direction.cipher = tls13_cipher(secret);
  direction.sequence = 0;
}

void KeyLogDecryptor::on_finished(parser::Side from) {
  Direction& own = direction(from);
  // A second Finished answers a post-handshake CertificateRequest and changes no keys.
  if (!tls13_ || !protection_ || own.application_keys) return;
  const ConnectionSecrets* secrets = secrets_.find(client_random_);
  if (!secrets) return;
  own.application_keys = true;
  use_tls13_secret(own, from == parser::Side::client ? secrets->client_application
                                                     : secrets->server_application);
}

void KeyLogDecryptor::on_key_update(parser::Side from) {
  Direction& own = direction(from);
  if (!tls13_ || own.secret.empty()) return;
  // RFC 8446 section 7.2.
  certs::Wiped<std::array<std::uint8_t, Secret::longest>> updated;
  const auto used = std::span{*updated}.first(own.secret.bytes().size());
  if (!hkdf_expand_label(protection_->hash, own.secret.bytes(), "traffic upd", used)) return;
  Secret secret;
  secret.assign(used);
  use_tls13_secret(own, secret);
}

std::optional<parser::Plaintext> KeyLogDecryptor::decrypt(parser::Side from,
                                                          std::span<const std::uint8_t, 5> header,
                                                          std::span<const std::uint8_t> payload) {
  Direction& own = direction(from);
  const parser::ContentType type{header[0]};
  if (tls13_) {
    if (type != parser::content_type::application_data) return std::nullopt;
    met_encrypted_ = true;
    return open(from, header, payload) ? tls13_content() : std::nullopt;
  }
  met_encrypted_ = true;

  const auto change_keys = [&] {
    own.cipher = std::move(own.next);
    own.next.reset();
    own.sequence = 0;
  };
  if (agreed_) derive_key_block();
  // The first ChangeCipherSpec was in clear: the first encrypted record is behind it.
  if (!own.cipher && own.next) change_keys();
  if (!open(from, header, payload)) return std::nullopt;
  if (type == parser::content_type::change_cipher_spec && own.next) change_keys();
  return parser::Plaintext{type, plaintext_};
}

bool KeyLogDecryptor::skip(parser::Side from, std::span<const std::uint8_t, 5> header) {
  Direction& own = direction(from);
  const std::size_t size = std::size_t{header[3]} << 8 | header[4];
  const bool data = parser::ContentType{header[0]} == parser::content_type::application_data;
  if (thoroughness_ == Thoroughness::everything || !own.cipher || !data) return false;
  if (tls13_) {
    if (!own.application_keys || size <= longest_alert) return false;
    if (own.records_after_finished < whole_records) {
      ++own.records_after_finished;
      return false;
    }
  }
  ++own.sequence;
  plaintext_ = {};
  return true;
}

bool KeyLogDecryptor::open(parser::Side from, std::span<const std::uint8_t, 5> header,
                           std::span<const std::uint8_t> payload) {
  Direction& own = direction(from);
  if (from == parser::Side::client && early_cipher_ && !own.application_keys) {
    if (early_cipher_->open(early_sequence_, header, payload, plaintext_)) {
      ++early_sequence_;
      return true;
    }
  }
  if (!own.cipher) return false;
  const std::uint64_t lost = own.vain_searches < max_vain_searches ? max_lost_records : 0;
  for (std::uint64_t sequence = own.sequence; sequence <= own.sequence + lost; ++sequence) {
    if (own.cipher->open(sequence, header, payload, plaintext_)) {
      own.sequence = sequence + 1;
      return true;
    }
  }
  ++own.vain_searches;
  return false;
}

std::optional<parser::Plaintext> KeyLogDecryptor::tls13_content() const {
  // RFC 8446 section 5.2: content, its type, and any number of zeros.
  const auto last = std::ranges::find_if(plaintext_.rbegin(), plaintext_.rend(),
                                         [](std::uint8_t byte) { return byte != 0; });
  if (last == plaintext_.rend()) return parser::Plaintext{};
  const auto length = static_cast<std::size_t>(plaintext_.rend() - last) - 1;
  return parser::Plaintext{{*last}, std::span{plaintext_}.first(length)};
}

}  // namespace legible::capture
