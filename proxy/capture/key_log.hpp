#pragma once
// TLS secrets as other programs write them down: the NSS key log format
// (draft-ietf-tls-keylogfile).

#include <array>
#include <cstddef>
#include <cstdint>
#include <istream>
#include <span>
#include <string_view>
#include <unordered_map>

namespace legible::capture {

using ClientRandom = std::array<std::uint8_t, 32>;

/// A session identifier of TLS 1.2 and older, filled with zeros behind its end.
using SessionId = std::array<std::uint8_t, 32>;

/// A secret of at most 64 bytes: the output of the longest hash of a suite is 48.
class Secret {
 public:
  static constexpr std::size_t longest = 64;

  std::span<const std::uint8_t> bytes() const { return {bytes_.data(), size_}; }
  bool empty() const { return size_ == 0; }
  void assign(std::span<const std::uint8_t> bytes);

 private:
  std::array<std::uint8_t, longest> bytes_{};
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

class KeyLog {
 public:
  static constexpr std::size_t max_connections = 1'000'000;
  static constexpr std::size_t longest_line = 1024;

  /// Adds the lines of a key log; also the older "RSA Session-ID:... Master-Key:...". Comments,
  /// unknown labels and lines that are malformed are passed over; connections beyond
  /// `max_connections` are not kept.
  void read(std::istream& text);
  /// One line, without its end.
  void add_line(std::string_view line);

  /// The secrets of the connection with this random of the client; null when there are none.
  const ConnectionSecrets* find(const ClientRandom& random) const;
  /// The master secret of the session that the server named so; null when it is not known.
  const Secret* find_session(const SessionId& id) const;
  std::size_t size() const { return connections_.size() + sessions_.size(); }
  bool empty() const { return size() == 0; }

 private:
  struct Hash {
    std::size_t operator()(const std::array<std::uint8_t, 32>& bytes) const;
  };
  void add_session(std::string_view line);

  std::unordered_map<ClientRandom, ConnectionSecrets, Hash> connections_;
  std::unordered_map<SessionId, Secret, Hash> sessions_;
};

}  // namespace legible::capture
