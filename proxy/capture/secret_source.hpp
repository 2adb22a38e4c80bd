#pragma once
// The secrets of TLS connections, from wherever they are known.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "certs/wiped.hpp"

namespace legible::capture {

using ClientRandom = std::array<std::uint8_t, 32>;

/// A session identifier of TLS 1.2 and older, filled with zeros behind its end.
using SessionId = std::array<std::uint8_t, 32>;

/// A secret of at most 64 bytes: the output of the longest hash of a suite is 48.
class Secret {
 public:
  static constexpr std::size_t longest = 64;

  std::span<const std::uint8_t> bytes() const { return {bytes_->data(), size_}; }
  bool empty() const { return size_ == 0; }
  /// What it held is overwritten.
  void assign(std::span<const std::uint8_t> bytes);

 private:
  certs::Wiped<std::array<std::uint8_t, longest>> bytes_;
  std::uint8_t size_ = 0;
};

/// What is known of one connection; the others are empty.
struct ConnectionSecrets {
  Secret master;              ///< CLIENT_RANDOM: up to TLS 1.2
  Secret client_early;        ///< CLIENT_EARLY_TRAFFIC_SECRET
  Secret client_handshake;    ///< CLIENT_HANDSHAKE_TRAFFIC_SECRET
  Secret server_handshake;    ///< SERVER_HANDSHAKE_TRAFFIC_SECRET
  Secret client_application;  ///< CLIENT_TRAFFIC_SECRET_0
  Secret server_application;  ///< SERVER_TRAFFIC_SECRET_0
};

/// The words of the NSS key log format (draft-ietf-tls-keylogfile).
struct SecretLabel {
  std::string_view name;
  Secret ConnectionSecrets::* secret;
};
inline constexpr std::array secret_labels{
    SecretLabel{"CLIENT_RANDOM", &ConnectionSecrets::master},
    SecretLabel{"CLIENT_EARLY_TRAFFIC_SECRET", &ConnectionSecrets::client_early},
    SecretLabel{"CLIENT_HANDSHAKE_TRAFFIC_SECRET", &ConnectionSecrets::client_handshake},
    SecretLabel{"SERVER_HANDSHAKE_TRAFFIC_SECRET", &ConnectionSecrets::server_handshake},
    SecretLabel{"CLIENT_TRAFFIC_SECRET_0", &ConnectionSecrets::client_application},
    SecretLabel{"SERVER_TRAFFIC_SECRET_0", &ConnectionSecrets::server_application},
};

class SecretSource {
 public:
  virtual ~SecretSource() = default;

  /// The secrets of the connection with this random of the client; null when there are none (yet).
  virtual const ConnectionSecrets* find(const ClientRandom& random) const = 0;
  /// The master secret of the session that the server named so; null when it is not known.
  virtual const Secret* find_session(const SessionId&) const { return nullptr; }
};

}  // namespace legible::capture
