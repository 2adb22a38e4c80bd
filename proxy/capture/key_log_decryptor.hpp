#pragma once
// Decrypts the records of one connection with its secrets: those of a key log, or of a session
// that is ended here.

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "parser/record_decryptor.hpp"
#include "proxy/capture/record_cipher.hpp"
#include "proxy/capture/secret_source.hpp"

namespace legible::capture {

/// TLS 1.3 with its traffic secrets; TLS 1.0 to 1.2 with the master secret, AEAD and CBC suites.
/// A record that does not verify is not decrypted. After lost records the sequence number is found
/// again, if few are missing.
class KeyLogDecryptor final : public parser::RecordDecryptor {
 public:
  /// How many records in a row may be missing, and how often that may be tried in vain.
  static constexpr std::uint64_t max_lost_records = 16;
  static constexpr int max_vain_searches = 16;

  /// What of the records after the handshake is worth the work.
  enum class Thoroughness : std::uint8_t {
    everything,
    /// The first few, and later those that are short enough for an alert: of longer ones the
    /// content is taken for application data, and is not decrypted. For a session that is ended
    /// here, whose data is decrypted anyway.
    alerts,
  };

  /// `secrets` must outlive the decryptor. Secrets that come later are found when they are needed.
  explicit KeyLogDecryptor(const SecretSource& secrets,
                           Thoroughness thoroughness = Thoroughness::everything)
      : secrets_(secrets), thoroughness_(thoroughness) {}

  void on_client_hello(const parser::ClientHello& hello) override;
  void on_server_hello(const parser::ServerHello& hello) override;
  bool skip(parser::Side from, std::span<const std::uint8_t, 5> header) override;
  std::optional<parser::Plaintext> decrypt(parser::Side from,
                                           std::span<const std::uint8_t, 5> header,
                                           std::span<const std::uint8_t> payload) override;
  bool has_key(parser::Side from) const override {
    return directions_[static_cast<std::size_t>(from)].cipher.has_value();
  }
  void on_finished(parser::Side from) override;
  void on_key_update(parser::Side from) override;

  /// Why nothing of the last handshake could be decrypted; empty when it could, or when nothing in
  /// it was encrypted.
  std::string_view obstacle() const { return met_encrypted_ ? obstacle_ : std::string_view(); }

 private:
  struct Direction {
    std::optional<RecordCipher> cipher;
    std::optional<RecordCipher> next;  ///< up to TLS 1.2: in force after ChangeCipherSpec
    std::uint64_t sequence = 0;
    Secret secret;  ///< TLS 1.3: the one in force
    bool application_keys = false;
    int records_after_finished = 0;  ///< counted up to `whole_records`
    int vain_searches = 0;
  };

  Direction& direction(parser::Side side) { return directions_[static_cast<std::size_t>(side)]; }
  /// Up to TLS 1.2 the keys follow from the master secret and these.
  struct AgreedInClear {
    parser::ProtocolVersion version;
    std::array<std::uint8_t, 32> random{};
    SessionId session_id{};
    bool encrypt_then_mac = false;
  };

  void derive_key_block();
  std::optional<RecordCipher> tls13_cipher(const Secret& secret) const;
  void use_tls13_secret(Direction& direction, const Secret& secret);
  bool open(parser::Side from, std::span<const std::uint8_t, 5> header,
            std::span<const std::uint8_t> payload);
  std::optional<parser::Plaintext> tls13_content() const;

  const SecretSource& secrets_;
  Thoroughness thoroughness_;
  ClientRandom client_random_{};
  bool early_data_offered_ = false;
  bool tls13_ = false;
  const SuiteProtection* protection_ = nullptr;
  std::optional<AgreedInClear> agreed_;  ///< while no keys were derived from it
  std::string_view obstacle_;
  bool met_encrypted_ = false;                ///< a record that keys would have opened
  std::optional<RecordCipher> early_cipher_;  ///< of 0-RTT data, which stands before the rest
  std::uint64_t early_sequence_ = 0;
  std::array<Direction, 2> directions_;
  std::vector<std::uint8_t> plaintext_;
};

}  // namespace legible::capture
